// A store in a thread of its own, with a timer and a clock that the test drives, and a hand on its worker.
import type { Worker } from "node:worker_threads";
import { onTestFinished } from "vitest";
import type { Store, StoreLimits } from "../../src/store/store.ts";
import type { SqliteStoreOptions } from "../../src/store/store-options.ts";
import { openThreadedStore } from "../../src/store/threaded-store.ts";
import { makeDirectory, START_MS } from "./fixtures.ts";

export interface ThreadedBench {
  readonly store: Store;
  readonly directory: string;
  readonly logged: { level: string; message: string }[];
  /** The workers so far, the newest last. */
  readonly workers: readonly Worker[];
  /** Fires the timer that flushes and watches, so often. */
  tick(times?: number): void;
  /** Ends the worker of today as a crash would; resolves when it is gone. */
  crash(): Promise<unknown>;
}

export async function openThreaded(
  limits: Partial<StoreLimits> = {},
  directory = makeDirectory(),
): Promise<ThreadedBench> {
  const logged: ThreadedBench["logged"] = [];
  const log = (level: string) => (_fields: object, message: string) => logged.push({ level, message });
  const workers: Worker[] = [];
  const onWorker = (worker: Worker): void => void workers.push(worker);
  process.on("worker", onWorker);
  onTestFinished(() => void process.off("worker", onWorker));
  let work: () => void = () => undefined;
  const options: SqliteStoreOptions = {
    directory,
    limits,
    clock: { nowMs: () => START_MS, monotonicMs: () => START_MS },
    log: { info: log("info"), warn: log("warn"), error: log("error") },
    startTimer: (timed) => {
      work = timed;
      return () => undefined;
    },
  };
  const opened = await openThreadedStore(options);
  if (opened.kind === "failed") throw new Error(opened.message);
  const { store } = opened;
  onTestFinished(() => store.close());
  return {
    store,
    directory,
    logged,
    workers,
    tick: (times = 1) => {
      for (let n = 0; n < times; n++) work();
    },
    crash: async () => workers.at(-1)?.terminate(),
  };
}

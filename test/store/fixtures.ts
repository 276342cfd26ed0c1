// A store on a real file, with a timer and a clock that the test drives.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import type { Store, StoreLimits, StoreRead } from "../../src/store/store.ts";
import type { SqliteStoreOptions } from "../../src/store/store-options.ts";
import { START_MS } from "./batches.ts";

export * from "./batches.ts";

export function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "parallax-store-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export interface Bench {
  readonly store: Store;
  readonly directory: string;
  readonly logged: { level: string; message: string }[];
  /** Fires the flush timer. */
  tick(): void;
  advance(ms: number): void;
}

/** A store on a file of its own; closed when the test ends. */
export function openStore(limits: Partial<StoreLimits> = {}, directory = makeDirectory()): Bench {
  const logged: Bench["logged"] = [];
  const log = (level: string) => (_fields: object, message: string) => logged.push({ level, message });
  let nowMs = START_MS;
  let work: () => void = () => undefined;
  const options: SqliteStoreOptions = {
    directory,
    // Tests of what is kept look at samples of one moment; that of the pause sets it.
    limits: { sampleRenewMs: 0, ...limits },
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
    log: { info: log("info"), warn: log("warn"), error: log("error") },
    startTimer: (timed) => {
      work = timed;
      return () => undefined;
    },
  };
  const opened = openSqliteStore(options);
  if (opened.kind === "failed") throw new Error(opened.message);
  const { store } = opened;
  onTestFinished(() => store.close());
  return { store, directory, logged, tick: () => work(), advance: (ms) => (nowMs += ms) };
}

export function answerOf<T>(read: StoreRead<T>): T {
  if (read.kind === "failed") throw new Error(`${read.code}: ${read.message}`);
  return read.value;
}

// Entry of the store's thread (worker): holds the file, and does one piece of work after another for control.
// It keeps nothing that control could not hand over again. When it is lost, control starts another one.
import { parentPort, workerData } from "node:worker_threads";
import { assertNever } from "../core/assert.ts";
import { systemClock } from "../core/clock.ts";
import { mergedBatchOf } from "./hand-over.ts";
import type { HandOver } from "./pending.ts";
import { openSqliteStore } from "./sqlite-store.ts";
import type { Store, StoreLog, StoreRead } from "./store.ts";
import type { FromStoreThread, StoreThreadData, StoreWork } from "./thread-messages.ts";

const say = (message: FromStoreThread): void => parentPort?.postMessage(message);

function logAt(level: keyof StoreLog): StoreLog[typeof level] {
  return (fields, message) => say({ kind: "logged", level, fields, message });
}

function recordHandOver(store: Store, handOver: HandOver | undefined): void {
  if (handOver !== undefined) store.record(mergedBatchOf(handOver));
}

async function carryOut(store: Store, work: StoreWork): Promise<StoreRead<unknown> | undefined> {
  switch (work.kind) {
    case "flush":
      recordHandOver(store, work.handOver);
      await store.flush();
      return undefined;
    case "request": {
      const ask: (...given: never[]) => Promise<StoreRead<unknown>> = store[work.name];
      return ask.apply(store, work.given as never[]);
    }
    case "close":
      recordHandOver(store, work.handOver);
      await store.close();
      // Nothing else holds the thread: it ends once this is said.
      parentPort?.unref();
      return undefined;
    default:
      return assertNever(work);
  }
}

const { directory, limits } = workerData as StoreThreadData;
const opened = openSqliteStore({
  directory,
  clock: systemClock,
  log: { info: logAt("info"), warn: logAt("warn"), error: logAt("error") },
  ...(limits === undefined ? {} : { limits }),
  // Control says when: it knows what waits.
  startTimer: () => () => undefined,
});
if (opened.kind === "failed") {
  const { code, message } = opened;
  say({ kind: "open-failed", fault: { code, message } });
} else {
  const { store } = opened;
  // What throws here is a bug: it ends the thread, and control says so.
  parentPort?.on("message", async (work: StoreWork) => {
    const read = await carryOut(store, work);
    say({ kind: "done", read, health: store.health() });
  });
  say({ kind: "opened" });
}

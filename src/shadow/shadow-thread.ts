// Entry of a shadow thread (worker): drains its rings, hands batches of verdicts to control, and beats.
// When it dies or hangs, control replaces it; what was under way is counted as lost.
import { setPriority } from "node:os";
import { platform } from "node:process";
import { parentPort, workerData } from "node:worker_threads";
import { assertNever } from "../core/assert.ts";
import { Counters } from "../core/counters.ts";
import { FailureThrottle } from "../core/failure-throttle.ts";
import type { FromThread, ShadowThreadData, ToThread } from "../core/messages.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { RefusalSign } from "../seam/refusal.ts";
import { RingConsumer, sleepUntilWoken } from "../seam/ring.ts";
import { Deadlines } from "../wire/deadlines.ts";
import { type CustomModules, loadCustomModules, moduleNamesOf, NO_MODULES } from "./custom-modules.ts";
import { freezeBuiltIns } from "./frozen-built-ins.ts";
import { startRecordings } from "./recordings.ts";
import { Shadow } from "./shadow.ts";

const BEAT_MS = 500;
const BATCH_MS = 250;
/** Records taken in one go before sockets get their turn. */
const DRAIN_RECORDS = 64;
/** After work, the rings are looked at again after this long: under load no producer pays for waking us. */
const POLL_MS = 1;

/**
 * Where cores are short, who serves goes first: a candidate that answers a thousand mirrors at once must not
 * hold up a client. A scheduling hint alone; on Linux it is the calling thread's, elsewhere the process's.
 */
const NICENESS = 10;

function yieldToServing(): void {
  if (platform !== "linux") return;
  try {
    setPriority(NICENESS);
  } catch (error) {
    // A sandbox may forbid it: the mirrors go on at the same priority.
    say({ kind: "failure", code: "internal", detail: `setpriority: ${String(error)}`, count: 1 });
  }
}

const data = workerData as ShadowThreadData;
const counters = new Counters(data.counters);
const wake = new Int32Array(data.wake);
const rings = data.rings.map(({ servingThread, memory }) => ({
  servingThread,
  ring: new RingConsumer(memory),
}));
const say = (message: FromThread): void => parentPort?.postMessage(message);
const failures = new FailureThrottle((code, detail, count) => say({ kind: "failure", code, detail, count }));
let onIdle = (): void => undefined;

const beat = (): void => counters.set("heartbeatMs", Date.now());
beat();
setInterval(beat, BEAT_MS).unref();

function modulesNamedBy({ routes }: Snapshot): readonly string[] {
  return moduleNamesOf(routes.flatMap(({ compare }) => compare.rules));
}

function loadModulesOf(snapshot: Snapshot): Promise<CustomModules> {
  const names = modulesNamedBy(snapshot);
  if (names.length > 0) freezeBuiltIns();
  return loadCustomModules(names, (detail) => failures.add("rule-failed", detail, performance.now()));
}

const recordings = startRecordings(data.snapshot, {
  threadId: data.thread,
  counters,
  reportFailure: (code, detail) => failures.add(code, detail, performance.now()),
});

const shadow = new Shadow(data.snapshot, {
  customModules: await loadModulesOf(data.snapshot),
  threadId: data.thread,
  counters,
  deadlines: new Deadlines(),
  reportFailure: (code, detail) => failures.add(code, detail, performance.now()),
  random: Math.random,
  recordings,
  refusal: new RefusalSign(data.refusal),
  onIdle: () => onIdle(),
});

/** Unique within a data directory: time, serving thread, running number. */
function exchangeId(startedAtMs: number, servingThread: number, sequence: number): string {
  return `${startedAtMs.toString(36)}-${servingThread}-${(sequence >>> 0).toString(36)}`;
}

const hasWork = (): boolean => rings.some(({ ring }) => !ring.isEmpty);

/** Takes what there is, a bounded number of records; answers how many. */
function drain(): number {
  let taken = 0;
  for (const { servingThread, ring } of rings) {
    for (let i = 0; i < DRAIN_RECORDS; i++) {
      const record = ring.read();
      if (record === undefined) break;
      shadow.take(record, exchangeId(record.startedAtMs, servingThread, record.sequence));
      taken++;
    }
  }
  return taken;
}

function drainAndGoOn(): void {
  const taken = drain();
  if (taken >= DRAIN_RECORDS) setImmediate(drainAndGoOn);
  else if (taken > 0) setTimeout(drainAndGoOn, POLL_MS);
  else void sleepUntilWoken(wake, hasWork).then(drainAndGoOn);
}

function sendBatch(): void {
  const batch = shadow.takeBatch();
  if (batch !== undefined) say({ kind: "batch", batch });
}

function stop(deadlineMs: number): void {
  while (drain() > 0);
  shadow.stop();
  const finish = (): void => {
    clearTimeout(timer);
    sendBatch();
    void (recordings?.close() ?? Promise.resolve()).then(() => say({ kind: "stopped" }));
  };
  const timer = setTimeout(finish, deadlineMs);
  onIdle = finish;
  if (shadow.isIdle) finish();
}

yieldToServing();

setInterval(sendBatch, BATCH_MS).unref();

function applyNow(snapshot: Snapshot, modules: CustomModules): void {
  shadow.apply(snapshot, modules);
  say({ kind: "applied", epoch: snapshot.epoch });
}

let newestEpoch = 0;

/** Modules are loaded first; a snapshot that was overtaken meanwhile is not applied. A killed one needs none. */
function applySoon(snapshot: Snapshot): void {
  newestEpoch = snapshot.epoch;
  if (snapshot.isKilled || modulesNamedBy(snapshot).length === 0) {
    applyNow(snapshot, NO_MODULES);
    return;
  }
  void loadModulesOf(snapshot).then((modules) => {
    if (snapshot.epoch === newestEpoch) applyNow(snapshot, modules);
  });
}

parentPort?.on("message", (message: ToThread) => {
  switch (message.kind) {
    case "snapshot":
      applySoon(message.snapshot);
      return;
    case "stop":
      stop(message.deadlineMs);
      return;
    default:
      assertNever(message);
  }
});

drainAndGoOn();
say({ kind: "ready" });

// Entry of a serving thread (worker): builds it from its data, obeys control, and beats.
// It holds no durable state: when it dies, control starts another one on the same port and ring.
import { parentPort, workerData } from "node:worker_threads";
import { assertNever } from "../core/assert.ts";
import { CALLERS_EVERY_MS, type CallerDelta } from "../core/callers.ts";
import { Counters } from "../core/counters.ts";
import { FailureThrottle } from "../core/failure-throttle.ts";
import { KillCell } from "../core/kill-cell.ts";
import type { FromThread, ServingThreadData, ToThread } from "../core/messages.ts";
import { RefusalSign } from "../seam/refusal.ts";
import { RingProducer } from "../seam/ring.ts";
import { Deadlines } from "../wire/deadlines.ts";
import { watchKillFile } from "./kill-file.ts";
import { Listener } from "./listener.ts";
import { ServingContext } from "./serving-context.ts";

const BEAT_MS = 500;

const data = workerData as ServingThreadData;
const counters = new Counters(data.counters);
const say = (message: FromThread): void => parentPort?.postMessage(message);
const failures = new FailureThrottle((code, detail, count) => say({ kind: "failure", code, detail, count }));

const kill = new KillCell(data.kill);
const context = new ServingContext(data.snapshot, {
  counters,
  ring: new RingProducer(data.ring, data.wake),
  refusal: new RefusalSign(data.refusal),
  kill,
  deadlines: new Deadlines(),
  reportFailure: (code, detail) => failures.add(code, detail, performance.now()),
  onTripped: (trip) => say({ kind: "tripped", ...trip }),
});
const listener = new Listener(context, data.listen);

if (data.killFile !== undefined) watchKillFile(data.killFile, kill, () => say({ kind: "kill-file" }));

const beat = (): void => counters.set("heartbeatMs", Date.now());
beat();
setInterval(beat, BEAT_MS).unref();

const sayCallers = (callers: readonly CallerDelta[]): void => {
  if (callers.length > 0) say({ kind: "callers", callers });
};
setInterval(() => sayCallers(context.callers.take()), CALLERS_EVERY_MS).unref();

parentPort?.on("message", (message: ToThread) => {
  switch (message.kind) {
    case "snapshot":
      sayCallers(context.callers.takeAll());
      context.apply(message.snapshot);
      say({ kind: "applied", epoch: message.snapshot.epoch });
      return;
    case "stop":
      void listener.drain(message.deadlineMs).then(() => {
        sayCallers(context.callers.take());
        say({ kind: "stopped" });
      });
      return;
    default:
      assertNever(message);
  }
});

listener.listen(data.listen).then(
  (port) => say({ kind: "listening", host: data.listen.host, port }),
  (error: NodeJS.ErrnoException) =>
    say({ kind: "listen-failed", code: error.code ?? "unknown", message: error.message }),
);

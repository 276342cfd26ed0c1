// A thread that does what its test says.
import { parentPort, workerData } from "node:worker_threads";
import { Counters } from "../../src/core/counters.ts";
import type { FromThread, ToThread } from "../../src/core/messages.ts";

const { counters: memory, does } = workerData as {
  readonly counters: SharedArrayBuffer;
  readonly does: string;
};
const counters = new Counters(memory);
const say = (message: FromThread): void => parentPort?.postMessage(message);

function serve(onStop: () => void): void {
  parentPort?.on("message", (message: ToThread) => {
    if (message.kind === "snapshot") {
      // Late enough for its epoch to be looked at before.
      setTimeout(() => say({ kind: "applied", epoch: message.snapshot.epoch }), 50);
    } else onStop();
  });
  counters.set("heartbeatMs", Date.now());
  say({ kind: "listening", host: "127.0.0.1", port: 1 });
}

for (let i = 0; i < 7; i++) counters.addExchange(5);
if (does === "throws") throw new Error("thrown by the script");
else if (does === "exits") process.exit(0);
else if (does === "listen-failed") {
  parentPort?.on("message", () => undefined);
  say({ kind: "listen-failed", code: "EMFILE", message: "too many open files" });
} else if (does === "hangs") {
  serve(() => undefined);
  setImmediate(() => {
    for (;;);
  });
} else if (does === "disobeys") serve(() => undefined);
else if (does === "throws-on-stop")
  serve(() => {
    throw new Error("thrown at the stop");
  });
else serve(() => say({ kind: "stopped" }));

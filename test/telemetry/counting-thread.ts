// Begins and ends exchanges as fast as it can, in two blocks, until it is terminated.
import { parentPort, workerData } from "node:worker_threads";
import { Counters } from "../../src/core/counters.ts";

const [serving, shadow] = (workerData as SharedArrayBuffer[]).map((memory) => new Counters(memory));
parentPort?.postMessage("counting");
for (;;) {
  serving?.addExchange(1);
  shadow?.addMatch(1);
}

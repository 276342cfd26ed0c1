// The producing side of the two-thread test: records that tell their number in every byte.
import { workerData } from "node:worker_threads";
import { RingProducer } from "../../src/seam/ring.ts";

const { memory, wake, records } = workerData as {
  readonly memory: SharedArrayBuffer;
  readonly wake: SharedArrayBuffer;
  readonly records: number;
};
const producer = new RingProducer(memory, wake);
const wakeCell = new Int32Array(wake);
const never = new Int32Array(new SharedArrayBuffer(4));

for (let sequence = 0; sequence < records; sequence++) {
  const size = (sequence * 37) % 2000;
  const facts = {
    slot: 1,
    epoch: 1,
    sequence,
    skip: -1,
    status: 200,
    servedBy: "legacy" as const,
    isAdapted: false,
    decidedBy: 1,
    unit: -1,
    answerCapture: "complete" as const,
    recordedRequest: undefined,
    startedAtMs: 0,
    latencyMs: 0,
  };
  const bytes = {
    requestHead: Buffer.alloc(size, sequence & 0xff),
    requestBody: [],
    answerHead: Buffer.alloc(0),
    answerBody: [Buffer.alloc(size >> 1, ~sequence & 0xff)],
  };
  // Every so often the ring runs dry, and the write races the other side's falling asleep.
  if (sequence % 100 === 0) Atomics.wait(never, 0, 0, Atomics.load(wakeCell, 0) === 1 ? 0 : 1);
  while (producer.write(facts, bytes) === 0) Atomics.wait(never, 0, 0, 1);
}

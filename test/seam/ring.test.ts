// The ring: what goes in comes out, whole and in order, or is refused; and no wake-up is lost.
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ExchangeBytes, ExchangeFacts } from "../../src/seam/record.ts";
import {
  allocateRing,
  allocateWake,
  RingConsumer,
  RingProducer,
  ringCapacityBytes,
  ringUsedBytes,
  sleepUntilWoken,
} from "../../src/seam/ring.ts";

const CAPACITY_BYTES = 64 * 1024;
const HEADER_BYTES = 72;

const facts = (sequence: number): ExchangeFacts => ({
  slot: sequence % 4096,
  epoch: 7,
  sequence,
  skip: -1,
  status: 200 + (sequence % 300),
  servedBy: sequence % 2 === 0 ? "legacy" : "candidate",
  isAdapted: false,
  decidedBy: sequence % 9,
  unit: sequence % 5 === 0 ? -1 : (sequence * 0x9e3779b1) >>> 0,
  answerCapture: (["complete", "absent", "overflow", "aborted"] as const)[sequence % 4] ?? "absent",
  recordedRequest: undefined,
  startedAtMs: 1.7e12 + sequence,
  latencyMs: sequence / 7,
});

/** Bytes that tell where they belong. */
const filled = (size: number, seed: number): Buffer => {
  const bytes = Buffer.alloc(size);
  for (let i = 0; i < size; i++) bytes[i] = (seed * 31 + i * 7) & 0xff;
  return bytes;
};

const ofSize = (size: number, seed = 0): ExchangeBytes => ({
  requestHead: filled(size, seed),
  requestBody: [],
  answerHead: Buffer.alloc(0),
  answerBody: [],
});

/** What a record of `bytes` takes in the ring. */
const takenBytes = (bytes: number): number => Math.ceil(bytes / 8) * 8;

function moveTo(memory: SharedArrayBuffer, position: number): void {
  new Int32Array(memory, 0, 2).fill(position | 0);
}

interface Queued {
  readonly facts: ExchangeFacts;
  readonly head: Buffer;
  readonly body: Buffer;
  readonly answer: Buffer;
}

const command = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.nat(3000), fc.array(fc.nat(9000), { maxLength: 3 }), fc.nat(20_000)) },
  { weight: 2, arbitrary: fc.constant("read" as const) },
);

describe("the ring", () => {
  test("is a bounded queue of records, wherever it stands and however it wraps", () => {
    let refused = 0;
    let wrapped = 0;
    fc.assert(
      fc.property(
        // Near the ends of int32 and uint32, where positions wrap; in units of 8 bytes.
        fc.constantFrom(0, 8190, 2 ** 31 - 5000, 2 ** 32 - 5000),
        fc.array(command, { minLength: 1, maxLength: 60 }),
        (start, commands) => {
          const memory = allocateRing(CAPACITY_BYTES);
          moveTo(memory, start);
          const producer = new RingProducer(memory, allocateWake());
          const consumer = new RingConsumer(memory);
          const model: Queued[] = [];
          let sequence = 0;
          let usedMin = 0;
          for (const next of commands) {
            if (next === "read") {
              const record = consumer.read();
              const expected = model.shift();
              if (expected === undefined) {
                expect(record).toBeUndefined();
                continue;
              }
              expect(record).toMatchObject(expected.facts);
              expect(record?.requestHead.equals(expected.head)).toBe(true);
              expect(record?.requestBody.equals(expected.body)).toBe(true);
              expect(record?.answerHead.length).toBe(3);
              expect(record?.answerBody.equals(expected.answer)).toBe(true);
              usedMin -= takenBytes(record?.bytesTotal ?? 0);
            } else {
              const [headSize, bodySizes, answerSize] = next;
              const now = facts(sequence++);
              const requestBody = bodySizes.map((size, index) => filled(size, index));
              const head = filled(headSize, sequence);
              const answer = filled(answerSize, sequence + 1);
              const body = Buffer.concat(requestBody);
              const bytes = {
                requestHead: head,
                requestBody,
                answerHead: filled(3, 9),
                answerBody: [answer],
              };
              const total = HEADER_BYTES + head.length + body.length + 3 + answer.length;
              const usedBefore = ringUsedBytes(memory);
              const written = producer.write(now, bytes);
              if (written === 0) {
                refused++;
                // Only for want of room: padding at the end costs at most what the record itself needs.
                expect(usedBefore + 2 * takenBytes(total)).toBeGreaterThan(CAPACITY_BYTES);
                expect(ringUsedBytes(memory)).toBe(usedBefore);
              } else {
                expect(written).toBe(total);
                model.push({ facts: now, head, body, answer });
                usedMin += takenBytes(total);
                if (ringUsedBytes(memory) > usedMin) wrapped++;
              }
            }
            expect(ringUsedBytes(memory)).toBeGreaterThanOrEqual(usedMin);
            expect(ringUsedBytes(memory)).toBeLessThanOrEqual(CAPACITY_BYTES);
            expect(consumer.isEmpty).toBe(model.length === 0);
          }
        },
      ),
      { numRuns: 200, seed: 20_260 },
    );
    // The property is empty when the ring never was full, or never wrapped.
    expect(refused).toBeGreaterThan(50);
    expect(wrapped).toBeGreaterThan(50);
  });

  test("takes a record of its whole size and refuses one of a byte more", () => {
    const room = CAPACITY_BYTES - HEADER_BYTES;
    for (const [size, isTaken] of [
      [room - 1, true],
      [room, true],
      [room + 1, false],
      [10 * room, false],
    ] as const) {
      const memory = allocateRing(CAPACITY_BYTES);
      const written = new RingProducer(memory, allocateWake()).write(facts(1), ofSize(size));
      expect([size, written > 0]).toEqual([size, isTaken]);
      expect(new RingConsumer(memory).read()?.requestHead.length).toBe(isTaken ? size : undefined);
    }
  });

  test("takes a record of half its size wherever it stands, once it is empty", () => {
    const half = CAPACITY_BYTES / 2 - HEADER_BYTES;
    for (let unit = 0; unit < CAPACITY_BYTES / 8; unit += 61) {
      const memory = allocateRing(CAPACITY_BYTES);
      moveTo(memory, unit);
      expect(new RingProducer(memory, allocateWake()).write(facts(1), ofSize(half, unit))).toBeGreaterThan(0);
      expect(new RingConsumer(memory).read()?.requestHead.equals(filled(half, unit))).toBe(true);
    }
  });

  test("is as large as asked for, rounded up to a power of two, and never tiny", () => {
    expect(ringCapacityBytes(allocateRing(1))).toBe(64 * 1024);
    expect(ringCapacityBytes(allocateRing(64 * 1024 + 1))).toBe(128 * 1024);
    expect(ringCapacityBytes(allocateRing(1024 * 1024))).toBe(1024 * 1024);
  });

  test("gives copies: what is written later does not change what was read", () => {
    const memory = allocateRing(CAPACITY_BYTES);
    const producer = new RingProducer(memory, allocateWake());
    const consumer = new RingConsumer(memory);
    producer.write(facts(1), ofSize(30_000, 1));
    const first = consumer.read();
    for (let i = 2; i < 8; i++) {
      producer.write(facts(i), ofSize(30_000, i));
      consumer.read();
    }
    expect(first?.requestHead.equals(filled(30_000, 1))).toBe(true);
  });
});

const RECORDS = 20_000;
/** Runs in a thread of its own: fills the ring as fast as it can, and pauses so that the other side falls asleep. */
const PRODUCER = new URL("producer-thread.ts", import.meta.url);

describe("two threads", () => {
  test("lose no record, mix none up, and always wake", async () => {
    const memory = allocateRing(CAPACITY_BYTES);
    const wake = allocateWake();
    const cell = new Int32Array(wake);
    const consumer = new RingConsumer(memory);
    const worker = new Worker(PRODUCER, { workerData: { memory, wake, records: RECORDS } });
    const exited = once(worker, "exit");
    let expected = 0;
    let slept = 0;
    while (expected < RECORDS) {
      const record = consumer.read();
      if (record === undefined) {
        slept++;
        // A lost wake-up ends here: the test's time limit is the assertion.
        await sleepUntilWoken(cell, () => !consumer.isEmpty);
        continue;
      }
      if (record.sequence !== expected) expect(record.sequence).toBe(expected);
      const size = (expected * 37) % 2000;
      const isWhole =
        record.requestHead.length === size &&
        record.requestHead.every((byte) => byte === (expected & 0xff)) &&
        record.answerBody.length === size >> 1 &&
        record.answerBody.every((byte) => byte === (~expected & 0xff));
      if (!isWhole) expect(`record ${expected} as it was written`).toBe("torn");
      expected++;
    }
    await exited;
    expect(consumer.read()).toBeUndefined();
    expect(slept).toBeGreaterThan(10);
  });
});

describe("sleep", () => {
  test("does not begin when there is work", async () => {
    const wake = allocateWake();
    await sleepUntilWoken(new Int32Array(wake), () => true);
    expect(new Int32Array(wake)[0]).toBe(0);
  });

  test("ends when a record is written between the last look and falling asleep", async () => {
    const memory = allocateRing(CAPACITY_BYTES);
    const wake = allocateWake();
    const producer = new RingProducer(memory, wake);
    await sleepUntilWoken(new Int32Array(wake), () => {
      producer.write(facts(1), ofSize(10));
      // What was seen before the write: nothing.
      return false;
    });
    expect(new RingConsumer(memory).read()?.sequence).toBe(1);
  });

  test("ends with a record that comes while asleep", async () => {
    const memory = allocateRing(CAPACITY_BYTES);
    const wake = allocateWake();
    const asleep = sleepUntilWoken(new Int32Array(wake), () => false);
    expect(new Int32Array(wake)[0]).toBe(1);
    new RingProducer(memory, wake).write(facts(1), ofSize(10));
    await asleep;
    expect(new Int32Array(wake)[0]).toBe(0);
  });
});

// A single-producer, single-consumer ring of records in shared memory. The producer never waits: a record
// that finds no room is refused, and the caller counts the skip. So the shadow side cannot slow the serving
// side or grow its memory, whatever it does.
import { CAPTURE_STATES, type ExchangeBytes, type ExchangeFacts, type ExchangeRecord } from "./record.ts";

/** Positions are in units of 8 bytes and wrap at 2^32, which every power of two divides. */
const UNIT_BYTES = 8;
const CONTROL_BYTES = 64;
const WRITE_CELL = 0;
const READ_CELL = 1;

// A record's header: fourteen int32, then two float64.
const HEADER_BYTES = 72;
const I_TOTAL = 0;
const I_SLOT = 1;
const I_EPOCH = 2;
const I_SEQUENCE = 3;
const I_SKIP = 4;
const I_STATUS = 5;
const I_CAPTURE = 6;
const I_REQUEST_HEAD = 7;
const I_REQUEST_BODY = 8;
const I_ANSWER_HEAD = 9;
const I_ANSWER_BODY = 10;
/** 0: not to be recorded; else one more than the request's capture. */
const I_RECORDED = 11;
/** Who served, why, and whether there is a unit: four bits for the reason, one each for the others, and for an adapter. */
const I_DECISION = 12;
const I_UNIT = 13;
const F_STARTED_AT = 7;
const F_LATENCY = 8;
const BY_CANDIDATE = 0x10;
const HAS_UNIT = 0x20;
const IS_ADAPTED = 0x40;
const REASON_MASK = 0xf;
/** In I_TOTAL: the rest up to the end of the memory is unused, go on at its start. */
const WRAP = -1;

/** In the wake cell of a shadow thread. */
const AWAKE = 0;
const ASLEEP = 1;

/** Memory for a ring of at least `bytes`, rounded up to a power of two. */
export function allocateRing(bytes: number): SharedArrayBuffer {
  const capacity = 2 ** Math.ceil(Math.log2(Math.max(bytes, 64 * 1024)));
  return new SharedArrayBuffer(CONTROL_BYTES + capacity);
}

/** One cell per shadow thread: producers look at it, and wake the thread only when it sleeps. */
export function allocateWake(): SharedArrayBuffer {
  return new SharedArrayBuffer(4);
}

function capacityUnits(memory: SharedArrayBuffer): number {
  return (memory.byteLength - CONTROL_BYTES) / UNIT_BYTES;
}

/** Bytes that wait in the ring: for metrics, from any thread. */
export function ringUsedBytes(memory: SharedArrayBuffer): number {
  const control = new Int32Array(memory, 0, 2);
  return ((Atomics.load(control, WRITE_CELL) - Atomics.load(control, READ_CELL)) >>> 0) * UNIT_BYTES;
}

/** Bytes that a ring can hold. */
export function ringCapacityBytes(memory: SharedArrayBuffer): number {
  return memory.byteLength - CONTROL_BYTES;
}

function sizeOf(parts: readonly Uint8Array[]): number {
  let size = 0;
  for (const part of parts) size += part.length;
  return size;
}

export class RingProducer {
  readonly #control: Int32Array;
  readonly #ints: Int32Array;
  readonly #floats: Float64Array;
  readonly #bytes: Uint8Array;
  readonly #capacity: number;
  readonly #wake: Int32Array;

  constructor(memory: SharedArrayBuffer, wake: SharedArrayBuffer) {
    this.#control = new Int32Array(memory, 0, 2);
    this.#ints = new Int32Array(memory, CONTROL_BYTES);
    this.#floats = new Float64Array(memory, CONTROL_BYTES);
    this.#bytes = new Uint8Array(memory, CONTROL_BYTES);
    this.#capacity = capacityUnits(memory);
    this.#wake = new Int32Array(wake);
  }

  /** Copies a record in. Answers its bytes, or 0 when there is no room: nothing was written then. */
  write(facts: ExchangeFacts, bytes: ExchangeBytes): number {
    const requestBody = sizeOf(bytes.requestBody);
    const answerBody = sizeOf(bytes.answerBody);
    const total =
      HEADER_BYTES + bytes.requestHead.length + requestBody + bytes.answerHead.length + answerBody;
    const units = Math.ceil(total / UNIT_BYTES);
    const position = this.#control[WRITE_CELL] as number;
    const used = (position - Atomics.load(this.#control, READ_CELL)) >>> 0;
    let at = (position >>> 0) % this.#capacity;
    const padding = at + units > this.#capacity ? this.#capacity - at : 0;
    // Notes of skipped exchanges leave half of the ring to those that are to be mirrored.
    const capacity = facts.skip < 0 ? this.#capacity : this.#capacity / 2;
    if (used + padding + units > capacity) return 0;
    if (padding > 0) {
      this.#ints[at * 2] = WRAP;
      at = 0;
    }
    const ints = this.#ints;
    const base = at * 2;
    ints[base + I_TOTAL] = total;
    ints[base + I_SLOT] = facts.slot;
    ints[base + I_EPOCH] = facts.epoch;
    ints[base + I_SEQUENCE] = facts.sequence;
    ints[base + I_SKIP] = facts.skip;
    ints[base + I_STATUS] = facts.status;
    ints[base + I_CAPTURE] = CAPTURE_STATES.indexOf(facts.answerCapture);
    ints[base + I_REQUEST_HEAD] = bytes.requestHead.length;
    ints[base + I_REQUEST_BODY] = requestBody;
    ints[base + I_ANSWER_HEAD] = bytes.answerHead.length;
    ints[base + I_ANSWER_BODY] = answerBody;
    const { recordedRequest } = facts;
    ints[base + I_RECORDED] = recordedRequest === undefined ? 0 : 1 + CAPTURE_STATES.indexOf(recordedRequest);
    ints[base + I_DECISION] =
      facts.decidedBy |
      (facts.servedBy === "candidate" ? BY_CANDIDATE : 0) |
      (facts.unit >= 0 ? HAS_UNIT : 0) |
      (facts.isAdapted ? IS_ADAPTED : 0);
    ints[base + I_UNIT] = facts.unit | 0;
    this.#floats[at + F_STARTED_AT] = facts.startedAtMs;
    this.#floats[at + F_LATENCY] = facts.latencyMs;
    let to = at * UNIT_BYTES + HEADER_BYTES;
    this.#bytes.set(bytes.requestHead, to);
    to += bytes.requestHead.length;
    to = this.#copy(bytes.requestBody, to);
    this.#bytes.set(bytes.answerHead, to);
    to += bytes.answerHead.length;
    this.#copy(bytes.answerBody, to);
    Atomics.store(this.#control, WRITE_CELL, (position + padding + units) | 0);
    if (Atomics.load(this.#wake, 0) === ASLEEP) {
      Atomics.store(this.#wake, 0, AWAKE);
      Atomics.notify(this.#wake, 0);
    }
    return total;
  }

  #copy(parts: readonly Uint8Array[], to: number): number {
    let at = to;
    for (const part of parts) {
      this.#bytes.set(part, at);
      at += part.length;
    }
    return at;
  }
}

export class RingConsumer {
  readonly #control: Int32Array;
  readonly #ints: Int32Array;
  readonly #floats: Float64Array;
  readonly #bytes: Uint8Array;
  readonly #capacity: number;

  constructor(memory: SharedArrayBuffer) {
    this.#control = new Int32Array(memory, 0, 2);
    this.#ints = new Int32Array(memory, CONTROL_BYTES);
    this.#floats = new Float64Array(memory, CONTROL_BYTES);
    this.#bytes = new Uint8Array(memory, CONTROL_BYTES);
    this.#capacity = capacityUnits(memory);
  }

  get isEmpty(): boolean {
    return Atomics.load(this.#control, WRITE_CELL) === (this.#control[READ_CELL] as number);
  }

  /** Takes the oldest record out, as a copy of its own; undefined when the ring is empty. */
  read(): ExchangeRecord | undefined {
    if (this.isEmpty) return undefined;
    let position = this.#control[READ_CELL] as number;
    let at = (position >>> 0) % this.#capacity;
    if (this.#ints[at * 2 + I_TOTAL] === WRAP) {
      position += this.#capacity - at;
      at = 0;
    }
    const ints = this.#ints;
    const base = at * 2;
    const total = ints[base + I_TOTAL] as number;
    const start = at * UNIT_BYTES + HEADER_BYTES;
    const bytes = Buffer.allocUnsafe(total - HEADER_BYTES);
    bytes.set(this.#bytes.subarray(start, start + bytes.length));
    const requestHeadEnd = ints[base + I_REQUEST_HEAD] as number;
    const requestBodyEnd = requestHeadEnd + (ints[base + I_REQUEST_BODY] as number);
    const answerHeadEnd = requestBodyEnd + (ints[base + I_ANSWER_HEAD] as number);
    const decision = ints[base + I_DECISION] as number;
    const record: ExchangeRecord = {
      slot: ints[base + I_SLOT] as number,
      epoch: ints[base + I_EPOCH] as number,
      sequence: ints[base + I_SEQUENCE] as number,
      skip: ints[base + I_SKIP] as number,
      status: ints[base + I_STATUS] as number,
      servedBy: (decision & BY_CANDIDATE) === 0 ? "legacy" : "candidate",
      decidedBy: decision & REASON_MASK,
      unit: (decision & HAS_UNIT) === 0 ? -1 : (ints[base + I_UNIT] as number) >>> 0,
      isAdapted: (decision & IS_ADAPTED) !== 0,
      answerCapture: CAPTURE_STATES[ints[base + I_CAPTURE] as number] ?? "aborted",
      recordedRequest: CAPTURE_STATES[(ints[base + I_RECORDED] as number) - 1],
      startedAtMs: this.#floats[at + F_STARTED_AT] as number,
      latencyMs: this.#floats[at + F_LATENCY] as number,
      bytesTotal: total,
      requestHead: bytes.subarray(0, requestHeadEnd),
      requestBody: bytes.subarray(requestHeadEnd, requestBodyEnd),
      answerHead: bytes.subarray(requestBodyEnd, answerHeadEnd),
      answerBody: bytes.subarray(answerHeadEnd),
    };
    Atomics.store(this.#control, READ_CELL, (position + Math.ceil(total / UNIT_BYTES)) | 0);
    return record;
  }
}

/** Sleeps until a producer writes to a ring of this thread. `hasWork` is asked once more on the way to sleep. */
export async function sleepUntilWoken(wake: Int32Array, hasWork: () => boolean): Promise<void> {
  Atomics.store(wake, 0, ASLEEP);
  if (hasWork()) {
    Atomics.store(wake, 0, AWAKE);
    return;
  }
  const wait = Atomics.waitAsync(wake, 0, ASLEEP);
  if (wait.async) await wait.value;
}

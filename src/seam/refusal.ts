// What a shadow thread tells serving threads the other way: for how long it will admit nothing, and why. It saves
// copying what would be skipped. A sign alone, never a wait: it ends by itself, also when its thread is lost.
// Times are of the machine's monotonic clock, which all threads share; a change of the date moves nothing.
import { hrtime } from "node:process";

/** In memory: the reason's place in this list, and until when, in milliseconds. */
const REASONS = ["in-flight", "breaker-open"] as const;
export type RefusalReason = (typeof REASONS)[number];

const REASON_CELL = 0;
const UNTIL_CELL = 1;
const NONE = 0;

/** Of one shadow thread, which alone writes it. */
export function allocateRefusal(): SharedArrayBuffer {
  return new SharedArrayBuffer(2 * Float64Array.BYTES_PER_ELEMENT);
}

/** Milliseconds of the clock that all threads of the process share. */
export function sharedNowMs(): number {
  return Number(hrtime.bigint() / 1000n) / 1000;
}

export class RefusalSign {
  readonly #cells: Float64Array;

  constructor(memory: SharedArrayBuffer) {
    this.#cells = new Float64Array(memory);
  }

  /** Nothing will be admitted for the next `forMs`. */
  refuse(reason: RefusalReason, forMs: number): void {
    this.#cells[UNTIL_CELL] = sharedNowMs() + forMs;
    this.#cells[REASON_CELL] = 1 + REASONS.indexOf(reason);
  }

  /** There is room again, or a probe may pass. */
  admit(): void {
    this.#cells[REASON_CELL] = NONE;
  }

  /** The clock is read only while the sign is set. */
  reason(): RefusalReason | undefined {
    const cell = this.#cells[REASON_CELL] ?? NONE;
    if (cell === NONE || sharedNowMs() >= (this.#cells[UNTIL_CELL] ?? 0)) return undefined;
    return REASONS[cell - 1];
  }
}

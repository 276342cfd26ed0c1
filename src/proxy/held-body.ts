// A body that is taken whole before it goes on, up to a limit of its own and within what the thread may keep.
// One piece of memory that grows: a body in one-byte chunks costs no more than its bytes.
import { Buffer } from "node:buffer";
import type { CaptureBudget } from "../core/capture.ts";

const EMPTY = Buffer.alloc(0);
const BYTES_FIRST = 16 * 1024;

export class HeldBody {
  readonly #budget: CaptureBudget;
  #buffer: Buffer = EMPTY;
  #length = 0;
  #bytesMax = 0;

  constructor(budget: CaptureBudget) {
    this.#budget = budget;
  }

  begin(bytesMax: number): void {
    this.#bytesMax = bytesMax;
  }

  /** Copies `bytes[start..end]`. False where that is more than may be held: what is held stays. */
  add(bytes: Buffer, start: number, end: number): boolean {
    const length = this.#length + end - start;
    if (length > this.#bytesMax || (length > this.#buffer.length && !this.#grow(length))) return false;
    bytes.copy(this.#buffer, this.#length, start, end);
    this.#length = length;
    return true;
  }

  #grow(length: number): boolean {
    const size = Math.min(this.#bytesMax, Math.max(BYTES_FIRST, this.#buffer.length * 2, length));
    if (!this.#budget.take(size - this.#buffer.length)) return false;
    const grown = Buffer.allocUnsafeSlow(size);
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
    return true;
  }

  /** What is held; nothing may be added afterwards. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  release(): void {
    if (this.#buffer.length === 0) return;
    this.#budget.give(this.#buffer.length);
    this.#buffer = EMPTY;
    this.#length = 0;
  }
}

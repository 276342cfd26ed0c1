// The kept bytes of one message, up to a limit: past it the capture is `overflow`, and nothing of it is kept.
// Large parts are held by reference, small ones gathered in blocks: a body in one-byte chunks costs no more
// than its bytes. What a capture holds is charged to a budget that all captures of a thread share.
import { Buffer } from "node:buffer";
import type { CaptureState } from "./exchange.ts";

/** A part of at least this size is held as it is. */
const REFERENCE_BYTES_MIN = 2 * 1024;
const BLOCK_BYTES = 16 * 1024;

/** What a thread may keep at once, over all its exchanges. */
export class CaptureBudget {
  #bytesMax: number;
  #used = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  resize(bytesMax: number): void {
    this.#bytesMax = bytesMax;
  }

  take(bytes: number): boolean {
    if (this.#used + bytes > this.#bytesMax) return false;
    this.#used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }
}

export class Capture {
  readonly #budget: CaptureBudget;
  readonly #parts: Buffer[] = [];
  /** Gathers small parts; its first `#blockUsed` bytes are kept. */
  #block: Buffer | undefined;
  #blockUsed = 0;
  #bytes = 0;
  #bytesMax = 0;
  #charged = 0;
  state: CaptureState = "absent";
  /** It was the thread's budget, not the message's own limit. */
  isOverBudget = false;

  constructor(budget: CaptureBudget) {
    this.#budget = budget;
  }

  begin(bytesMax: number): void {
    this.#bytesMax = bytesMax;
    this.state = "absent";
    this.isOverBudget = false;
  }

  /** Keeps `part`, which must not change any more. False once the capture is `overflow`. */
  add(part: Buffer): boolean {
    if (this.state === "overflow") return false;
    this.#bytes += part.length;
    if (this.#bytes > this.#bytesMax) return this.#overflow(false);
    if (this.#parts.length === 0 || part.length >= REFERENCE_BYTES_MIN) return this.#hold(part);
    return this.#gather(part);
  }

  #hold(part: Buffer): boolean {
    if (!this.#charge(part.length)) return this.#overflow(true);
    this.#endBlock();
    this.#parts.push(part);
    this.state = "complete";
    return true;
  }

  #gather(part: Buffer): boolean {
    if (this.#block === undefined || this.#blockUsed + part.length > BLOCK_BYTES) {
      if (!this.#charge(BLOCK_BYTES)) return this.#overflow(true);
      this.#endBlock();
      this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    }
    part.copy(this.#block, this.#blockUsed);
    this.#blockUsed += part.length;
    return true;
  }

  #endBlock(): void {
    if (this.#block === undefined) return;
    this.#parts.push(this.#block.subarray(0, this.#blockUsed));
    this.#block = undefined;
    this.#blockUsed = 0;
  }

  #charge(bytes: number): boolean {
    if (!this.#budget.take(bytes)) return false;
    this.#charged += bytes;
    return true;
  }

  #overflow(isOverBudget: boolean): false {
    this.release();
    this.isOverBudget = isOverBudget;
    this.state = "overflow";
    return false;
  }

  /** What is kept, in order; nothing may be added afterwards. */
  parts(): readonly Buffer[] {
    this.#endBlock();
    return this.#parts;
  }

  /** Lets go of what is kept. */
  release(): void {
    this.state = "absent";
    this.#bytes = 0;
    if (this.#charged === 0) return;
    this.#budget.give(this.#charged);
    this.#charged = 0;
    this.#block = undefined;
    this.#blockUsed = 0;
    this.#parts.length = 0;
  }
}

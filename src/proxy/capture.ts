// The kept bytes of one message, up to a limit: past it the capture is `overflow`, and nothing of it is kept.
// It holds references to bytes that nobody changes any more; the copy is made once, at the seam.
import type { CaptureState } from "../core/exchange.ts";

/** What a serving thread may keep for mirrors at once, over all its exchanges. */
export class CaptureBudget {
  readonly #bytesMax: number;
  #used = 0;

  constructor(bytesMax: number) {
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
  readonly parts: Uint8Array[] = [];
  state: CaptureState = "absent";
  /** It was the thread's budget, not the message's own limit. */
  isOverBudget = false;
  #bytes = 0;
  #bytesMax = 0;

  begin(bytesMax: number): void {
    this.#bytesMax = bytesMax;
    this.state = "absent";
    this.isOverBudget = false;
  }

  /** Keeps `part`, which must not change any more. */
  add(part: Uint8Array, budget: CaptureBudget): void {
    if (this.state === "overflow") return;
    const isOverLimit = this.#bytes + part.length > this.#bytesMax;
    if (isOverLimit || !budget.take(part.length)) {
      this.release(budget);
      this.isOverBudget = !isOverLimit;
      this.state = "overflow";
      return;
    }
    this.state = "complete";
    this.#bytes += part.length;
    this.parts.push(part);
  }

  /** Lets go of what is kept. */
  release(budget: CaptureBudget): void {
    this.state = "absent";
    if (this.parts.length === 0) return;
    budget.give(this.#bytes);
    this.#bytes = 0;
    this.parts.length = 0;
  }
}

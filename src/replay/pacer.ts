// When the next exchange is sent: at once, so many a second, or as they once came. Time is an argument.

export type Pace =
  | { readonly kind: "free" }
  | { readonly kind: "rate"; readonly perSecond: number }
  /** The recorded times, `factor` times as fast. */
  | { readonly kind: "speed"; readonly factor: number };

/** Timers are late and services slow: what was missed is made up for within this, and no burst comes after a pause. */
const CATCH_UP_MS = 100;

export class Pacer {
  readonly #pace: Pace;
  #nextMs = Number.NEGATIVE_INFINITY;
  #start: { readonly nowMs: number; readonly atMs: number } | undefined;

  constructor(pace: Pace) {
    this.#pace = pace;
  }

  /** How long the exchange that was recorded at `atMs` has to wait. To be called once for each, in their order. */
  waitMs(nowMs: number, atMs: number): number {
    switch (this.#pace.kind) {
      case "free":
        return 0;
      case "rate": {
        const dueMs = Math.max(this.#nextMs, nowMs - CATCH_UP_MS);
        this.#nextMs =
          (this.#nextMs === Number.NEGATIVE_INFINITY ? nowMs : dueMs) + 1000 / this.#pace.perSecond;
        return Math.max(0, dueMs - nowMs);
      }
      case "speed": {
        this.#start ??= { nowMs, atMs };
        const dueMs = this.#start.nowMs + (atMs - this.#start.atMs) / this.#pace.factor;
        return Math.max(0, dueMs - nowMs);
      }
    }
  }
}

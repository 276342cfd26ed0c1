// The judge's bound on time. Reading a clock costs as much as comparing a value, so it is read rarely.
import type { Clock } from "../core/clock.ts";

/** Steps between two looks at the clock: well under a millisecond of work. */
const STEPS_PER_LOOK = 8192;

export class Deadline {
  readonly #clock: Clock;
  readonly #endMs: number;
  #steps = 0;
  #isOver = false;

  constructor(clock: Clock, timeMsMax: number) {
    this.#clock = clock;
    this.#endMs = clock.monotonicMs() + timeMsMax;
  }

  /** Notes work done; true once the time is up. */
  spend(steps: number): boolean {
    this.#steps += steps;
    if (this.#steps >= STEPS_PER_LOOK) {
      this.#steps = 0;
      if (this.#clock.monotonicMs() > this.#endMs) this.#isOver = true;
    }
    return this.#isOver;
  }
}

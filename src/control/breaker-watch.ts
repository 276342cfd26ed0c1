// Tells when the breaker of a shadow thread opens and when it closes, from the counters that the thread shares.
// Invariant: every opening and every closing is told once, in their order, however often it is looked.
import type { Counters } from "../core/counters.ts";

interface Seen {
  readonly counters: Counters;
  readonly isOpen: boolean;
  readonly opened: number;
}

export class BreakerWatch {
  readonly #onChange: (thread: number, isOpen: boolean) => void;
  readonly #seen = new Map<number, Seen>();

  constructor(onChange: (thread: number, isOpen: boolean) => void) {
    this.#onChange = onChange;
  }

  /** Was the breaker of any thread open when it was last looked? */
  get isAnyOpen(): boolean {
    return [...this.#seen.values()].some(({ isOpen }) => isOpen);
  }

  /** Looks at the counters that the thread has now: another worker in its place begins with a closed breaker. */
  look(thread: number, counters: Counters): void {
    // Half-open is still open: a probe that fails would otherwise be told as a change each time.
    const now: Seen = {
      counters,
      isOpen: counters.get("breakerState") !== 0,
      opened: counters.get("breakerOpened"),
    };
    const before = this.#seen.get(thread);
    this.#seen.set(thread, now);
    const wasOpen = before?.isOpen ?? false;
    const openedBefore = before?.counters === counters ? before.opened : 0;
    const hasFlapped = !wasOpen && !now.isOpen && now.opened > openedBefore;
    if (hasFlapped) this.#onChange(thread, true);
    if (hasFlapped || wasOpen !== now.isOpen) this.#onChange(thread, now.isOpen);
  }
}

// One coarse clock for every time limit of a thread: a sweep over all open connections, ten times a second.
// A limit fires up to one tick late and never early; setting one costs an assignment.

export const TICK_MS = 100;
/** A sweep that is later than this was held up by other work. */
const LATE_MS_MAX = 100;

export interface Deadlined {
  /** When it is due, on this clock; Infinity for never. */
  deadlineAtMs: number;
  onDeadline(): void;
}

export class Deadlines {
  readonly #members = new Set<Deadlined>();
  readonly #timer: NodeJS.Timeout;
  #nowMs = performance.now();

  constructor() {
    this.#timer = setInterval(() => this.#sweep(), TICK_MS);
    this.#timer.unref();
  }

  /** A deadline `ms` from now, rounded up to the tick behind it. */
  in(ms: number): number {
    return this.#nowMs + ms + TICK_MS;
  }

  add(member: Deadlined): void {
    this.#members.add(member);
  }

  remove(member: Deadlined): void {
    this.#members.delete(member);
  }

  #sweep(): void {
    const nowMs = performance.now();
    const lateMs = nowMs - this.#nowMs - TICK_MS;
    this.#nowMs = nowMs;
    // While the loop was blocked nobody could be served or read: that time is nobody's fault.
    if (lateMs > LATE_MS_MAX) for (const member of this.#members) member.deadlineAtMs += lateMs;
    for (const member of this.#members) {
      if (member.deadlineAtMs > this.#nowMs) continue;
      member.deadlineAtMs = Number.POSITIVE_INFINITY;
      member.onDeadline();
    }
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#members.clear();
  }
}

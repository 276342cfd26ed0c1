// A circuit breaker around the candidate: opens after failures in a row, lets one probe through after a while.
// Pure: time is an argument.

export const CLOSED = 0;
export const HALF_OPEN = 1;
export const OPEN = 2;

export interface BreakerSettings {
  readonly failuresToOpen: number;
  readonly openMs: number;
}

export class Breaker {
  #settings: BreakerSettings;
  #state = CLOSED;
  #failures = 0;
  #openedAtMs = 0;
  /** How often it has opened. */
  opened = 0;

  constructor(settings: BreakerSettings) {
    this.#settings = settings;
  }

  configure(settings: BreakerSettings): void {
    this.#settings = settings;
  }

  get state(): number {
    return this.#state;
  }

  /** May this mirror be sent? A yes while open makes it the one probe. */
  admits(nowMs: number): boolean {
    if (this.#state === CLOSED) return true;
    if (this.#state === HALF_OPEN || nowMs - this.#openedAtMs < this.#settings.openMs) return false;
    this.#state = HALF_OPEN;
    return true;
  }

  /** How long nothing will be admitted, as far as is known now: 0 while a probe may pass or is under way. */
  closedForMs(nowMs: number): number {
    return this.#state === OPEN ? Math.max(0, this.#openedAtMs + this.#settings.openMs - nowMs) : 0;
  }

  /** The candidate gave a whole answer, whatever its status. */
  succeed(): void {
    this.#failures = 0;
    this.#state = CLOSED;
  }

  /** A mirror that was admitted was never sent: it says nothing of the candidate, and another may be the probe. */
  abandon(): void {
    if (this.#state === HALF_OPEN) this.#state = OPEN;
  }

  fail(nowMs: number): void {
    this.#failures++;
    const isProbe = this.#state === HALF_OPEN;
    if (!isProbe && (this.#state === OPEN || this.#failures < this.#settings.failuresToOpen)) return;
    this.#state = OPEN;
    this.#openedAtMs = nowMs;
    this.opened++;
  }
}

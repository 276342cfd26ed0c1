// Lets one report per code and second through and counts the rest: a dead upstream fails thousands of times
// a second, and says the same each time.

const INTERVAL_MS = 1_000;
/** Codes come from a fixed table; this only guards against a caller that makes them up. */
const CODES_MAX = 100;

export class FailureThrottle {
  readonly #counts = new Map<string, { sinceMs: number; held: number }>();
  readonly #report: (code: string, detail: string, count: number) => void;

  constructor(report: (code: string, detail: string, count: number) => void) {
    this.#report = report;
  }

  add(code: string, detail: string, nowMs: number): void {
    const entry = this.#counts.get(code);
    if (entry === undefined) {
      if (this.#counts.size < CODES_MAX) this.#counts.set(code, { sinceMs: nowMs, held: 0 });
      this.#report(code, detail, 1);
    } else if (nowMs - entry.sinceMs >= INTERVAL_MS) {
      this.#report(code, detail, entry.held + 1);
      entry.sinceMs = nowMs;
      entry.held = 0;
    } else entry.held++;
  }
}

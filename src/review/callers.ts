// Who still calls the legacy, on its way from the serving threads to the store: redacted, added up, kept until it is
// written. Invariant: nothing goes on from here that the detectors have not seen; what waits is bounded.
import type { CallerDelta } from "../core/callers.ts";
import { OTHER } from "../core/other.ts";
import type { Detector } from "../core/snapshot.ts";
import { within } from "../core/within.ts";
import { compileSecretScan } from "../diff/redact-secrets.ts";
import type { CallerStore, CallerSums } from "../store/caller-store.ts";

/** Callers that wait for a store in trouble; further ones are counted under *other* of their route. */
export const CALLERS_WAITING_MAX = 20_000;
/** A shutdown waits no longer for a store in trouble. */
const STOP_MS_MAX = 2000;

interface CallerIntakeParts {
  readonly store: Pick<CallerStore, "recordCallers">;
  readonly nowMs: () => number;
  readonly detectors: () => readonly Detector[];
}

export class CallerIntake {
  readonly #parts: CallerIntakeParts;
  #waiting = new Map<string, CallerSums>();
  #writing: Promise<void> | undefined;
  #scan: { readonly detectors: readonly Detector[]; readonly text: (text: string) => string } | undefined;

  constructor(parts: CallerIntakeParts) {
    this.#parts = parts;
  }

  /** Takes what a thread has counted, and writes it. */
  see(deltas: readonly CallerDelta[]): void {
    const nowMs = this.#parts.nowMs();
    const redacted = this.#redaction();
    for (const delta of deltas)
      this.#wait({
        ...delta,
        unit: redacted(delta.unit),
        userAgent: redacted(delta.userAgent),
        firstSeenMs: nowMs,
        lastSeenMs: nowMs,
      });
    this.#write();
  }

  /** Resolves when all that waits is written, or could not be, or not soon. */
  async stop(): Promise<void> {
    const flushed = async () => {
      await this.#writing;
      this.#write();
      await this.#writing;
    };
    await within(STOP_MS_MAX, flushed(), () => undefined);
  }

  #redaction(): (text: string) => string {
    const detectors = this.#parts.detectors();
    if (this.#scan?.detectors !== detectors) {
      const scan = compileSecretScan(detectors);
      this.#scan = { detectors, text: (text) => scan?.text(text) ?? text };
    }
    return this.#scan.text;
  }

  #wait(sums: CallerSums): void {
    const { route, unitKind, unit, userAgent } = sums;
    const key = JSON.stringify([route, unitKind, unit, userAgent]);
    const known = this.#waiting.get(key);
    if (known === undefined && this.#waiting.size >= CALLERS_WAITING_MAX && unitKind !== OTHER) {
      this.#wait({ ...sums, unitKind: OTHER, unit: OTHER, userAgent: OTHER });
      return;
    }
    this.#waiting.set(
      key,
      known === undefined
        ? sums
        : {
            ...sums,
            requests: known.requests + sums.requests,
            firstSeenMs: Math.min(known.firstSeenMs, sums.firstSeenMs),
            lastSeenMs: Math.max(known.lastSeenMs, sums.lastSeenMs),
          },
    );
  }

  /** One at a time. What could not be written waits for the next time. */
  #write(): void {
    if (this.#writing !== undefined || this.#waiting.size === 0) return;
    const sums = [...this.#waiting.values()];
    this.#waiting = new Map();
    this.#writing = this.#parts.store.recordCallers(sums).then((written) => {
      this.#writing = undefined;
      // A store that was only late may have written it: never counted twice. The store says what ails it itself.
      if (written.kind === "failed" && written.code !== "busy") for (const one of sums) this.#wait(one);
      else if (this.#waiting.size > 0) this.#write();
    });
  }
}

/** When the legacy was last called since then; null: not since; undefined: the store cannot say. */
export async function lastCallerMs(
  store: Pick<CallerStore, "callersSince">,
  route: string,
  sinceMs: number,
): Promise<number | null | undefined> {
  const read = await store.callersSince(route, sinceMs);
  if (read.kind === "failed") return undefined;
  return read.value.callers === 0 ? null : (read.value.lastSeenMs ?? null);
}

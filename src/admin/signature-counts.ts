// How many signatures wait for somebody, for the summary: read at most every two seconds, whoever asks.
import type { Clock } from "../core/clock.ts";
import { OPEN_STATES, UNTRIAGED_STATES } from "../core/triage.ts";
import { within } from "../core/within.ts";
import type { ReviewStore, SignatureCount } from "../store/review-store.ts";
import type { Summary } from "./schemas.ts";

/** Listeners of live events ask once a second, and the page of each besides. */
const AGE_MS_MAX = 2_000;
/** Who asks waits this long for the store, which may be busy; then it has what was said last. */
const PATIENCE_MS = 500;

type Counts = Summary["signatures"];

interface Reading {
  readonly atMs: number;
  readonly counts: Promise<Counts>;
  isDone: boolean;
}

export class SignatureCounts {
  readonly #review: Pick<ReviewStore, "signatureCounts">;
  readonly #clock: Clock;
  #read: Reading | undefined;
  #last: Counts = null;

  constructor(review: Pick<ReviewStore, "signatureCounts">, clock: Clock) {
    this.#review = review;
    this.#clock = clock;
  }

  /** Null while the store cannot be read. */
  async current(): Promise<Counts> {
    const nowMs = this.#clock.monotonicMs();
    const isOld = this.#read?.isDone === true && nowMs - this.#read.atMs >= AGE_MS_MAX;
    const { counts } = this.#read === undefined || isOld ? this.#begin(nowMs) : this.#read;
    return within(PATIENCE_MS, counts, () => this.#last);
  }

  #begin(atMs: number): Reading {
    const counts = this.#count();
    const read: Reading = { atMs, counts, isDone: false };
    this.#read = read;
    void counts.then((last) => {
      read.isDone = true;
      this.#last = last;
    });
    return read;
  }

  /** What was read is not so any more. */
  forget(): void {
    this.#read = undefined;
  }

  async #count(): Promise<Counts> {
    const read = await this.#review.signatureCounts();
    if (read.kind === "failed") return null;
    const relevant = read.value.filter(({ tier }) => tier !== "noise" && tier !== "transient");
    const untriaged = relevant.filter(({ state }) => UNTRIAGED_STATES.includes(state));
    return {
      open: sumOf(relevant.filter(({ state }) => OPEN_STATES.includes(state))),
      untriaged: sumOf(untriaged),
      confirmed: sumOf(untriaged.filter(({ tier }) => tier === "confirmed")),
    };
  }
}

function sumOf(counts: readonly SignatureCount[]): number {
  return counts.reduce((sum, { signatures }) => sum + signatures, 0);
}

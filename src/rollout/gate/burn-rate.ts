// How fast the candidate burns the budget of failures, over a long and a short window: the watch after a step.
// A ring of minutes; what is older than the longest window is forgotten.

/** Of the ring. Windows are whole buckets, the one that is filling included. */
export const BUCKET_MS = 60_000;
/** Six hours and a half: the longest window that a gate can ask for, and some. */
export const BUCKETS_MAX = 390;

/** What was answered to clients, by arm, and failed. */
export interface ServedSums {
  readonly requestsLegacy: number;
  readonly errorsLegacy: number;
  readonly requestsCandidate: number;
  readonly errorsCandidate: number;
}

/** One bucket: its number since 1970, then the four sums. */
export type BurnBucket = [
  number: number,
  requestsLegacy: number,
  errorsLegacy: number,
  requestsCandidate: number,
  errorsCandidate: number,
];

export class BurnRing {
  readonly #buckets: BurnBucket[];

  constructor(buckets: readonly BurnBucket[] = []) {
    this.#buckets = buckets.map((bucket) => [...bucket]);
  }

  /** A clock that went back adds to the newest bucket. */
  add(sums: ServedSums, nowMs: number): void {
    const number = Math.floor(nowMs / BUCKET_MS);
    let newest = this.#buckets.at(-1);
    if (newest === undefined || newest[0] < number) {
      newest = [number, 0, 0, 0, 0];
      this.#buckets.push(newest);
      if (this.#buckets.length > BUCKETS_MAX) this.#buckets.shift();
    }
    newest[1] += sums.requestsLegacy;
    newest[2] += sums.errorsLegacy;
    newest[3] += sums.requestsCandidate;
    newest[4] += sums.errorsCandidate;
  }

  /** Sums of the last `windowMs`, rounded up to whole buckets. */
  sums(windowMs: number, nowMs: number): ServedSums {
    const first = Math.floor(nowMs / BUCKET_MS) - Math.ceil(windowMs / BUCKET_MS) + 1;
    const sums = { requestsLegacy: 0, errorsLegacy: 0, requestsCandidate: 0, errorsCandidate: 0 };
    for (const [number, requestsLegacy, errorsLegacy, requestsCandidate, errorsCandidate] of this.#buckets) {
      if (number < first) continue;
      sums.requestsLegacy += requestsLegacy;
      sums.errorsLegacy += errorsLegacy;
      sums.requestsCandidate += requestsCandidate;
      sums.errorsCandidate += errorsCandidate;
    }
    return sums;
  }

  /** The clock was set ahead by so much, or back. */
  shift(jumpMs: number): void {
    const buckets = Math.round(jumpMs / BUCKET_MS);
    for (const bucket of this.#buckets) bucket[0] += buckets;
  }

  toJSON(): BurnBucket[] {
    return this.#buckets.map((bucket) => [...bucket]);
  }
}

// What gates elsewhere do, on the same streams: a fixed threshold per interval (as Flagger's checks), and a
// Mann-Whitney test of interval metrics over all intervals so far (as Kayenta's judge). Neither sees bodies or pairs.
import { normalBelow } from "./streams.ts";

export interface PeerGate {
  readonly name: string;
  /** One request as a client's metrics show it. */
  add(arm: "legacy" | "candidate", hasFailed: boolean, bucket: number): void;
  /** At the end of an interval. True: fail. */
  look(): boolean;
}

/** Exchanges between two looks: a minute at 17 requests a second. */
export const INTERVAL = 1_000;

/** Fails at the first interval in which the candidate's errors or slow answers are over the limit. */
export class FixedThreshold implements PeerGate {
  readonly name = "fixed threshold";
  readonly #errorsMax: number;
  readonly #slowMax: number;
  readonly #slowBucket: number;
  #requests = 0;
  #errors = 0;
  #slow = 0;

  /** Slower than `slowBucket` may be `slowMax` of the answers: so a limit on a quantile is told. */
  constructor(errorsMax: number, slowMax: number, slowBucket: number) {
    this.#errorsMax = errorsMax;
    this.#slowMax = slowMax;
    this.#slowBucket = slowBucket;
  }

  add(arm: "legacy" | "candidate", hasFailed: boolean, bucket: number): void {
    if (arm === "legacy") return;
    this.#requests++;
    if (hasFailed) this.#errors++;
    if (bucket > this.#slowBucket) this.#slow++;
  }

  look(): boolean {
    const isOver =
      this.#requests > 0 &&
      (this.#errors / this.#requests > this.#errorsMax || this.#slow / this.#requests > this.#slowMax);
    this.#requests = 0;
    this.#errors = 0;
    this.#slow = 0;
    return isOver;
  }
}

/** Of the second sample's ranks against the first's: z, with midranks and the correction for ties. */
export function mannWhitneyZ(first: readonly number[], second: readonly number[]): number {
  const all = [...first.map((value) => [value, 0] as const), ...second.map((value) => [value, 1] as const)];
  all.sort(([a], [b]) => a - b);
  let ranks = 0;
  let ties = 0;
  for (let from = 0; from < all.length; ) {
    let to = from;
    while (to < all.length && all[to]?.[0] === all[from]?.[0]) to++;
    const size = to - from;
    ties += size ** 3 - size;
    for (let i = from; i < to; i++) if (all[i]?.[1] === 1) ranks += (from + to + 1) / 2;
    from = to;
  }
  const [n, m] = [first.length, second.length];
  const total = n + m;
  const u = ranks - (m * (m + 1)) / 2;
  const variance = ((n * m) / 12) * (total + 1 - ties / (total * (total - 1)));
  return variance === 0 ? 0 : (u - (n * m) / 2) / Math.sqrt(variance);
}

/** Requests of one arm that one value of a metric is made of. */
const GROUP = 100;
const CONFIDENCE = 0.98;
/** Values per arm that the judge wants before it judges. */
const VALUES_MIN = 10;

interface Metrics {
  requests: number;
  errors: number;
  slowest: number;
  readonly errorRates: number[];
  readonly slowests: number[];
}

const newMetrics = (): Metrics => ({ requests: 0, errors: 0, slowest: 0, errorRates: [], slowests: [] });

export class MannWhitney implements PeerGate {
  readonly name = "Mann-Whitney";
  readonly #arms = { legacy: newMetrics(), candidate: newMetrics() };

  add(arm: "legacy" | "candidate", hasFailed: boolean, bucket: number): void {
    const metrics = this.#arms[arm];
    metrics.requests++;
    if (hasFailed) metrics.errors++;
    metrics.slowest = Math.max(metrics.slowest, bucket);
    if (metrics.requests === GROUP) {
      metrics.errorRates.push(metrics.errors / GROUP);
      metrics.slowests.push(metrics.slowest);
      metrics.requests = 0;
      metrics.errors = 0;
      metrics.slowest = 0;
    }
  }

  look(): boolean {
    const { legacy, candidate } = this.#arms;
    if (candidate.errorRates.length < VALUES_MIN || legacy.errorRates.length < VALUES_MIN) return false;
    const isHigh = (first: readonly number[], second: readonly number[]) =>
      normalBelow(mannWhitneyZ(first, second)) > 1 - (1 - CONFIDENCE) / 2;
    return isHigh(legacy.errorRates, candidate.errorRates) || isHigh(legacy.slowests, candidate.slowests);
  }
}

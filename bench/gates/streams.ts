// Simulated exchanges of a route: who is asked, what both services do. Seeded, so that a run can be run again.
import { LATENCY_BUCKETS, latencyBucket } from "../../src/core/latency-buckets.ts";

/** Even numbers of 0 to 1 (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** How both services behave. Rates are 0..1. */
export interface World {
  readonly legacyErrors: number;
  readonly candidateErrors: number;
  /** Requests that both services fail, beside their own. */
  readonly sharedErrors: number;
  /** Mismatches that were not told as noise, and those that were. */
  readonly mismatches: number;
  readonly noise: number;
  /** Spread of a log-normal latency with a median of 20 ms. */
  readonly legacySigma: number;
  readonly candidateSigma: number;
  readonly units: number;
  /** Share of the requests that the first unit sends. */
  readonly heavyShare: number;
  /** Whether that unit alone meets the shared errors. */
  readonly isHeavyFailing: boolean;
  /** Of requests: one unit's request that the candidate alone fails, sent again `retries` times. */
  readonly retriedShare: number;
  readonly retries: number;
}

export const EQUAL: World = {
  legacyErrors: 0.01,
  candidateErrors: 0.01,
  sharedErrors: 0,
  mismatches: 0,
  noise: 0,
  legacySigma: 0.6,
  candidateSigma: 0.6,
  units: 500,
  heavyShare: 0,
  isHeavyFailing: false,
  retriedShare: 0,
  retries: 0,
};

/** A log-normal's p99 is its median times exp(2.326·sigma): this much more doubles it. */
export const SIGMA_DOUBLES_P99 = Math.LN2 / 2.3263;

const TABLE = 65_536;
const MEDIAN_MS = 20;
const tables = new Map<number, Uint8Array>();

/** Bucket of the latency at each 65,536th of the distribution. */
function tableOf(sigma: number): Uint8Array {
  const known = tables.get(sigma);
  if (known !== undefined) return known;
  const table = new Uint8Array(TABLE);
  for (let i = 0; i < TABLE; i++)
    table[i] = Math.min(
      LATENCY_BUCKETS - 1,
      latencyBucket(MEDIAN_MS * Math.exp(sigma * normalQuantile((i + 0.5) / TABLE))),
    );
  tables.set(sigma, table);
  return table;
}

/** By halving an interval of the distribution function (Abramowitz and Stegun 7.1.26, error below 1e-7). */
function normalQuantile(share: number): number {
  let [low, high] = [-6, 6];
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (normalBelow(middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

export function normalBelow(z: number): number {
  const t = 1 / (1 + 0.3275911 * (Math.abs(z) / Math.SQRT2));
  const polynomial =
    ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  const erf = 1 - polynomial * Math.exp((-z * z) / 2);
  return z >= 0 ? (1 + erf) / 2 : (1 - erf) / 2;
}

/** One exchange, in an object that is used again for the next. */
export interface Exchange {
  unit: number;
  hasLegacyFailed: boolean;
  hasCandidateFailed: boolean;
  isMismatch: boolean;
  isNoise: boolean;
  legacyBucket: number;
  candidateBucket: number;
}

export class Stream {
  readonly #world: World;
  readonly #random: () => number;
  readonly #legacy: Uint8Array;
  readonly #candidate: Uint8Array;
  readonly #hashes: Uint32Array;
  #retriesLeft = 0;
  readonly #exchange: Exchange = {
    unit: 0,
    hasLegacyFailed: false,
    hasCandidateFailed: false,
    isMismatch: false,
    isNoise: false,
    legacyBucket: 0,
    candidateBucket: 0,
  };

  constructor(world: World, seed: number) {
    this.#world = world;
    this.#random = randomFrom(seed);
    this.#legacy = tableOf(world.legacySigma);
    this.#candidate = tableOf(world.candidateSigma);
    this.#hashes = Uint32Array.from({ length: world.units }, () => Math.floor(this.#random() * 2 ** 32));
  }

  next(): Exchange {
    const world = this.#world;
    const random = this.#random;
    const exchange = this.#exchange;
    const isRetry = this.#retriesLeft > 0;
    if (isRetry) this.#retriesLeft--;
    const isBad = isRetry || (world.retriedShare > 0 && random() < world.retriedShare);
    if (isBad && !isRetry) this.#retriesLeft = world.retries;
    const isHeavy = world.heavyShare > 0 && random() < world.heavyShare;
    const index = isBad || isHeavy ? 0 : Math.floor(random() * world.units);
    exchange.unit = this.#hashes[index] ?? 0;
    const meetsShared = world.sharedErrors > 0 && (index === 0 || !world.isHeavyFailing);
    const isShared = meetsShared && random() < world.sharedErrors;
    exchange.hasLegacyFailed = isShared || (!isBad && random() < world.legacyErrors);
    exchange.hasCandidateFailed = isShared || isBad || random() < world.candidateErrors;
    const differs = random();
    exchange.isMismatch = differs < world.mismatches + world.noise;
    exchange.isNoise = exchange.isMismatch && differs >= world.mismatches;
    exchange.legacyBucket = this.#legacy[Math.floor(random() * TABLE)] ?? 0;
    exchange.candidateBucket = this.#candidate[Math.floor(random() * TABLE)] ?? 0;
    return exchange;
  }
}

// What was seen since a route's step began, in bounded memory: sums, a sample of units, latencies, a ring of minutes.
// Plain data in and out, so that it survives a restart. It judges nothing: gate.ts does.
import { type ArmDelta, type RolloutDelta, UNIT_BANDS, UNITLESS_BAND } from "../../core/batch.ts";
import { LATENCY_BUCKETS } from "../../core/latency-buckets.ts";
import { noneServed, SERVED_KEYS, type ServedCounts } from "../../core/served-counts.ts";
import { stepEvidenceSchema, VERSION } from "../step-evidence-schema.ts";
import { addToContest, type Contest, newContest } from "./bounds.ts";
import { type BurnBucket, BurnRing } from "./burn-rate.ts";
import { UnitCaps, type UnitTally } from "./unit-caps.ts";
import { UnitSample, type UnitSampleState } from "./unit-sample.ts";

/** Pairs whose legacy latencies fix the step's reference, and are no evidence themselves. */
export const REFERENCE_PAIRS = 500;

/** Sums of one arm; an arm is who served the client. */
export interface ArmSums {
  pairs: number;
  match: number;
  mismatch: number;
  noise: number;
  incomparable: number;
  candidateFailed: number;
  legacyFailed: number;
  bothFailed: number;
}

/** What only counts against the candidate up to a cap per unit (unit-caps). */
export interface CappedSums {
  mismatch: number;
  candidateFailed: number;
  legacyFailed: number;
}

/** Latency bucket → count. */
export interface Latencies {
  /** Of the legacy's first pairs. */
  reference: number[];
  legacy: number[];
  candidate: number[];
  /** Of all pairs, each service where it served the client: by one clock, but not the same requests. */
  servedLegacy: number[];
  servedCandidate: number[];
}

export interface StepEvidenceState {
  readonly version: typeof VERSION;
  readonly since: number;
  readonly clockAtMs: number | null;
  readonly warmUpMs: number;
  readonly firstAtMs: number | null;
  readonly servedByLegacy: ArmSums;
  readonly servedByCandidate: ArmSums;
  /** What is beyond a unit's cap. */
  readonly excess: CappedSums;
  readonly units: UnitSampleState;
  readonly isUnitsCut: boolean;
  readonly tallies: readonly UnitTally[];
  readonly latencies: Latencies;
  readonly bands: readonly number[];
  readonly served: ServedCounts;
  readonly contest: Contest;
  readonly burn: readonly BurnBucket[];
}

type ServedSums = Record<keyof ServedCounts, number>;

const ARM_KEYS = [
  "pairs",
  "match",
  "mismatch",
  "noise",
  "incomparable",
  "candidateFailed",
  "legacyFailed",
  "bothFailed",
] as const satisfies readonly (keyof ArmSums)[];

function noSums(): ArmSums {
  return {
    pairs: 0,
    match: 0,
    mismatch: 0,
    noise: 0,
    incomparable: 0,
    candidateFailed: 0,
    legacyFailed: 0,
    bothFailed: 0,
  };
}

const noLatencies = (): number[] => new Array<number>(LATENCY_BUCKETS).fill(0);

function addLatencies(to: number[], counts: Readonly<Record<number, number>>): void {
  for (const [bucket, count] of Object.entries(counts))
    to[Number(bucket)] = (to[Number(bucket)] ?? 0) + count;
}

export const sumOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

function newState(since: number, clockAtMs: number | null, warmUpMs: number): StepEvidenceState {
  return {
    version: VERSION,
    since,
    clockAtMs,
    warmUpMs,
    firstAtMs: null,
    servedByLegacy: noSums(),
    servedByCandidate: noSums(),
    excess: { mismatch: 0, candidateFailed: 0, legacyFailed: 0 },
    units: { level: 0, legacy: [], candidate: [] },
    isUnitsCut: false,
    tallies: [],
    latencies: {
      reference: noLatencies(),
      legacy: noLatencies(),
      candidate: noLatencies(),
      servedLegacy: noLatencies(),
      servedCandidate: noLatencies(),
    },
    bands: new Array<number>(UNIT_BANDS + 1).fill(0),
    served: noneServed(),
    contest: newContest(),
    burn: [],
  };
}

export class StepEvidence {
  readonly since: number;
  readonly warmUpMs: number;
  #clockAtMs: number | null;
  #firstAtMs: number | null;
  readonly servedByLegacy: Readonly<ArmSums>;
  readonly servedByCandidate: Readonly<ArmSums>;
  readonly latencies: Readonly<Latencies>;
  readonly contest: Contest;
  readonly units: UnitSample;
  readonly burn: BurnRing;
  readonly #arms: { readonly legacy: ArmSums; readonly candidate: ArmSums };
  readonly #excess: CappedSums;
  readonly #caps: UnitCaps;
  readonly #bands: number[];
  readonly #served: ServedSums;
  /** Of this process: the counters of another one begin anew. */
  readonly #servedLast: ServedSums = noneServed();
  #isUnitsCut: boolean;

  /** The step's clock starts when every thread has the decision; null: not yet. What comes in warm-up is not counted. */
  constructor({
    since,
    clockAtMs,
    warmUpMs = 0,
    state = newState(since, clockAtMs, warmUpMs),
  }: {
    readonly since: number;
    readonly clockAtMs: number | null;
    readonly warmUpMs?: number;
    readonly state?: StepEvidenceState;
  }) {
    this.since = since;
    this.warmUpMs = warmUpMs;
    this.#clockAtMs = clockAtMs;
    this.#firstAtMs = state.firstAtMs;
    this.#arms = { legacy: { ...state.servedByLegacy }, candidate: { ...state.servedByCandidate } };
    this.servedByLegacy = this.#arms.legacy;
    this.servedByCandidate = this.#arms.candidate;
    this.latencies = structuredClone(state.latencies);
    this.contest = structuredClone(state.contest);
    this.units = new UnitSample(state.units);
    this.burn = new BurnRing(state.burn);
    this.#excess = { ...state.excess };
    this.#caps = new UnitCaps(state.tallies);
    this.#bands = [...state.bands];
    this.#served = { ...state.served };
    this.#isUnitsCut = state.isUnitsCut;
  }

  /** Of what `toJSON` gave, parsed; undefined where it is of another version, edited or no such thing. */
  static from(json: unknown): StepEvidence | undefined {
    const read = stepEvidenceSchema.safeParse(json);
    if (!read.success) return undefined;
    const state: StepEvidenceState = read.data;
    return new StepEvidence({ ...state, state });
  }

  get clockAtMs(): number | null {
    return this.#clockAtMs;
  }

  /** Every thread has the decision. */
  start(clockAtMs: number): void {
    this.#clockAtMs = clockAtMs;
  }

  /** The wall clock was set ahead by so much, or back: all that is dated moves along. */
  shift(jumpMs: number): void {
    if (this.#clockAtMs !== null) this.#clockAtMs += jumpMs;
    if (this.#firstAtMs !== null) this.#firstAtMs += jumpMs;
    this.burn.shift(jumpMs);
  }

  /** When the first evidence that counts came; null: none did. */
  get firstAtMs(): number | null {
    return this.#firstAtMs;
  }

  /** Every thread has the step, and its warm-up is over. */
  isWarm(nowMs: number): boolean {
    return this.#clockAtMs !== null && nowMs >= this.#clockAtMs + this.warmUpMs;
  }

  #counts(nowMs: number): boolean {
    if (!this.isWarm(nowMs)) return false;
    this.#firstAtMs ??= nowMs;
    return true;
  }

  /** False: it is of another step, or came before the step's clock or in its warm-up, and was left out. */
  add(delta: RolloutDelta, nowMs: number): boolean {
    if (delta.since !== this.since || !this.#counts(nowMs)) return false;
    this.#addArm(delta.servedByLegacy, "legacy");
    this.#addArm(delta.servedByCandidate, "candidate");
    this.#addLatencies(delta);
    for (const [band, count] of Object.entries(delta.unitBands ?? {}))
      this.#bands[Number(band)] = (this.#bands[Number(band)] ?? 0) + count;
    return true;
  }

  #addArm(delta: ArmDelta, arm: "legacy" | "candidate"): void {
    const sums = this.#arms[arm];
    for (const key of ARM_KEYS) sums[key] += delta[key];
    for (const unit of delta.units) this.units.add(unit, arm);
    if (delta.isUnitsCut) this.#isUnitsCut = true;
    for (const failures of delta.unitFailures ?? []) {
      const excess = this.#caps.excessOf(failures);
      this.#excess.mismatch += excess.mismatch;
      this.#excess.candidateFailed += excess.candidateFailed;
      this.#excess.legacyFailed += excess.legacyFailed;
    }
  }

  #addLatencies({ servedByLegacy, servedByCandidate }: RolloutDelta): void {
    addLatencies(this.latencies.servedLegacy, servedByLegacy.legacyLatency);
    addLatencies(this.latencies.servedCandidate, servedByCandidate.candidateLatency);
    const isReference = sumOf(this.latencies.reference) < REFERENCE_PAIRS;
    for (const { legacyLatency, candidateLatency } of [servedByLegacy, servedByCandidate]) {
      addLatencies(isReference ? this.latencies.reference : this.latencies.legacy, legacyLatency);
      if (!isReference) addLatencies(this.latencies.candidate, candidateLatency);
    }
  }

  /** Cumulative: what has come since the last call counts. A sum that fell began anew (a restart). */
  addServed(counts: ServedCounts, nowMs: number): void {
    const added = noneServed();
    for (const key of SERVED_KEYS) {
      const last = this.#servedLast[key];
      added[key] = counts[key] < last ? counts[key] : counts[key] - last;
      this.#servedLast[key] = counts[key];
    }
    if (!this.#counts(nowMs)) return;
    for (const key of SERVED_KEYS) this.#served[key] += added[key];
    // A rescued request is one that the candidate failed, whatever the client got.
    const candidate = added.requestsCandidate + added.rescued;
    const legacy = Math.max(0, added.requestsLegacy - added.rescued);
    if (candidate > 0 && legacy > 0)
      addToContest(
        this.contest,
        added.errorsCandidate + added.rescued,
        added.errorsLegacy,
        candidate / (candidate + legacy),
      );
    this.burn.add(added, nowMs);
  }

  get served(): ServedCounts {
    return this.#served;
  }

  /** Some batch listed fewer units than it saw. */
  get isUnitsCut(): boolean {
    return this.#isUnitsCut;
  }

  /** Both arms together. */
  get pairs(): Readonly<ArmSums> {
    const sums = noSums();
    for (const key of ARM_KEYS) sums[key] = this.#arms.legacy[key] + this.#arms.candidate[key];
    return sums;
  }

  /** What counts towards a rollback: of each unit only the first few failures. */
  get capped(): Readonly<CappedSums> {
    const { mismatch, noise, candidateFailed, legacyFailed } = this.pairs;
    return {
      mismatch: Math.max(0, mismatch - noise - this.#excess.mismatch),
      candidateFailed: Math.max(0, candidateFailed - this.#excess.candidateFailed),
      legacyFailed: Math.max(0, legacyFailed - this.#excess.legacyFailed),
    };
  }

  /** Requests by hundredth of the unit's hash, and last those without a unit. */
  get bands(): readonly number[] {
    return this.#bands;
  }

  /** Bounded: at most about 200 kB, most of it units. */
  toJSON(): StepEvidenceState {
    return {
      version: VERSION,
      since: this.since,
      clockAtMs: this.#clockAtMs,
      warmUpMs: this.warmUpMs,
      firstAtMs: this.#firstAtMs,
      servedByLegacy: { ...this.#arms.legacy },
      servedByCandidate: { ...this.#arms.candidate },
      excess: { ...this.#excess },
      units: this.units.toJSON(),
      isUnitsCut: this.#isUnitsCut,
      tallies: this.#caps.toJSON(),
      latencies: structuredClone(this.latencies),
      bands: [...this.#bands],
      served: { ...this.#served },
      contest: structuredClone(this.contest),
      burn: this.burn.toJSON(),
    };
  }
}

/**
 * Share of the requests whose units the candidate would serve at a percentage: exact at whole percents, even within
 * one. Requests without a unit are the legacy's. Null where batches tell no bands.
 */
export function requestShareAt(evidence: StepEvidence, basisPoints: number): number | null {
  const total = sumOf(evidence.bands);
  if (total === 0) return null;
  const whole = Math.floor(basisPoints / 100);
  const part = (basisPoints % 100) / 100;
  const below = sumOf(evidence.bands.slice(0, Math.min(whole, UNITLESS_BAND)));
  const within = whole < UNITLESS_BAND ? part * (evidence.bands[whole] ?? 0) : 0;
  return (below + within) / total;
}

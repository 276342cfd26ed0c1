// What exchanges say of a route's step, since the last batch: paired outcomes, latencies and units, by who served.
// Of the step alone: what an earlier step decided, or a trusted client chose, is in none of it.

import {
  type ArmDelta,
  type RolloutDelta,
  UNIT_BANDS,
  UNITLESS_BAND,
  UNITS_PER_BATCH_MAX,
  type UnitFailures,
} from "../core/batch.ts";
import { OTHER_SLOT } from "../core/counters.ts";
import { DECISION_REASONS, type DecisionReason } from "../core/decision.ts";
import type { Answer } from "../core/exchange.ts";
import { LATENCY_BUCKETS, latencyBucket } from "../core/latency-buckets.ts";
import { SKIP_REASONS } from "../core/skip.ts";
import type { RouteSettings, Snapshot, Stage } from "../core/snapshot.ts";
import type { Verdict } from "../core/verdict.ts";
import type { ExchangeFacts } from "../seam/record.ts";

const SERVER_ERROR_MIN = 500;
const HASHES = 2 ** 32;
const OVERRIDE = DECISION_REASONS.indexOf("override");
const RESCUED = SKIP_REASONS.indexOf("rescued");

type Decided = Pick<ExchangeFacts, "slot" | "epoch" | "servedBy" | "decidedBy" | "unit" | "skip">;

/** How one of the two ended. */
export interface Ended {
  /** 0 when it gave no whole answer. */
  readonly status: number;
  /** Undefined where its end was not waited for, or it gave none. */
  readonly latencyMs: number | undefined;
}

/**
 * The two sides of a pair are not timed alike. Who serves is timed on the serving thread, from the request's arrival
 * to the answer's last byte: with the client's own slowness and the wait for a connection in it. Who is mirrored to is
 * timed here, from the request's last byte out, with no client to wait for, on a thread that yields to the serving
 * ones. So with the legacy serving (all of the shadow stage) the candidate looks faster by what clients add, and slower
 * where this thread is busy; with the candidate serving it is the other way round.
 *
 * A gate that wants them alike holds the candidate's latency where it served against the legacy's where that one
 * served: one clock, and units that were dealt out at random. Before the candidate serves, and when all are with it,
 * the paired ratio is a coarse sign: it finds a candidate that is slower by much, and certifies none as being as fast.
 */
export interface PairOutcome {
  readonly legacy: Ended;
  readonly candidate: Ended;
  readonly verdict: Verdict["kind"];
  readonly isNoise: boolean;
}

export function endOf({ status, capture }: Pick<Answer, "status" | "capture">, latencyMs: number): Ended {
  const isWhole = capture === "complete" || capture === "absent";
  return { status, latencyMs: isWhole ? latencyMs : undefined };
}

/** Who did not serve gave no whole answer. */
export function unanswered({ servedBy, status }: Pick<ExchangeFacts, "servedBy" | "status">): PairOutcome {
  const served: Ended = { status, latencyMs: undefined };
  const mirrored: Ended = { status: 0, latencyMs: undefined };
  const [legacy, candidate] = servedBy === "legacy" ? [served, mirrored] : [mirrored, served];
  return { legacy, candidate, verdict: "incomparable", isNoise: false };
}

/**
 * Reasons whose units are listed. A sample-ratio check holds the units of the two arms against the percentage, so an
 * arm must list what the percentage dealt out and nothing that was put there: no cohort, no list, nobody killed. Only
 * at `canary`, where the percentage is not in force yet, those that were chosen are listed, so that a gate can ask for
 * a least number of different units; no ratio is to be asked of the arms then.
 */
const DEALT_OUT: readonly DecisionReason[] = ["stage", "percentage", "everybody"];
const CHOSEN: readonly DecisionReason[] = ["cohort", "allow"];

function listedAt(stage: Stage): Uint8Array {
  const reasons = stage === "canary" ? [...DEALT_OUT, ...CHOSEN] : DEALT_OUT;
  return Uint8Array.from(DECISION_REASONS, (reason) => (reasons.includes(reason) ? 1 : 0));
}

interface Step {
  readonly route: string;
  readonly since: number;
  /** By index into DECISION_REASONS: 1 where the unit is listed. */
  readonly listed: Uint8Array;
}

function stepOf({ name, stage, rollout }: RouteSettings): Step {
  return { route: name, since: rollout.since, listed: listedAt(stage) };
}

type Failures = { -readonly [Key in Exclude<keyof UnitFailures, "unit">]: number };

class Arm {
  pairs = 0;
  match = 0;
  mismatch = 0;
  noise = 0;
  incomparable = 0;
  candidateFailed = 0;
  legacyFailed = 0;
  bothFailed = 0;
  isUnitsCut = false;
  readonly legacyLatency = new Uint32Array(LATENCY_BUCKETS);
  readonly candidateLatency = new Uint32Array(LATENCY_BUCKETS);
  readonly units = new Set<number>();
  /** By unit: bounded as `units` is. */
  readonly #failures = new Map<number, Failures>();

  see(unit: number): void {
    if (this.units.size < UNITS_PER_BATCH_MAX) this.units.add(unit);
    else if (!this.units.has(unit)) this.isUnitsCut = true;
  }

  add({ legacy, candidate, verdict, isNoise }: PairOutcome, unit: number): void {
    const isLegacyFailed = isFailed(legacy);
    const isCandidateFailed = isFailed(candidate);
    const isOneSided = isLegacyFailed !== isCandidateFailed;
    this.pairs++;
    // A failure of one service is counted as that. Its error page says nothing of what an answer would have said:
    // as a mismatch, two services that now and then fail, each by itself, would never be equal.
    this[isOneSided ? "incomparable" : verdict]++;
    if (isNoise && !isOneSided) this.noise++;
    const isMismatch = verdict === "mismatch" && !isNoise && !isOneSided;
    if (unit >= 0 && (isMismatch || isOneSided)) {
      const failures = this.#failuresOf(unit);
      if (isMismatch) failures.mismatch++;
      if (isCandidateFailed && !isLegacyFailed) failures.candidateFailed++;
      if (isLegacyFailed && !isCandidateFailed) failures.legacyFailed++;
    }
    if (isLegacyFailed && isCandidateFailed) this.bothFailed++;
    else if (isLegacyFailed) this.legacyFailed++;
    else if (isCandidateFailed) this.candidateFailed++;
    // An error page is sent at once: it would make who fails look fast.
    else if (legacy.latencyMs !== undefined && candidate.latencyMs !== undefined) {
      const legacyAt = latencyBucket(legacy.latencyMs);
      const candidateAt = latencyBucket(candidate.latencyMs);
      this.legacyLatency[legacyAt] = (this.legacyLatency[legacyAt] as number) + 1;
      this.candidateLatency[candidateAt] = (this.candidateLatency[candidateAt] as number) + 1;
    }
  }

  /** Past the bound: counts that nobody reads, as if the unit were not known. */
  #failuresOf(unit: number): Failures {
    const known = this.#failures.get(unit);
    if (known !== undefined) return known;
    const fresh = { mismatch: 0, candidateFailed: 0, legacyFailed: 0 };
    if (this.#failures.size < UNITS_PER_BATCH_MAX) this.#failures.set(unit, fresh);
    return fresh;
  }

  delta(): ArmDelta {
    const { legacyLatency, candidateLatency, units, ...counts } = this;
    return {
      ...counts,
      legacyLatency: sparse(legacyLatency),
      candidateLatency: sparse(candidateLatency),
      units: [...units],
      unitFailures: Array.from(this.#failures, ([unit, failures]) => ({ unit, ...failures })),
    };
  }
}

function isFailed({ status }: Ended): boolean {
  return status === 0 || status >= SERVER_ERROR_MIN;
}

function sparse(counts: Uint32Array): Readonly<Record<number, number>> {
  const kept: Record<number, number> = {};
  for (const [bucket, count] of counts.entries()) if (count > 0) kept[bucket] = count;
  return kept;
}

interface Sums {
  readonly step: Step;
  readonly legacy: Arm;
  readonly candidate: Arm;
  /** By hundredth of the hash's range, and last those without a unit: whoever decided. */
  readonly bands: Uint32Array;
}

export class RolloutTally {
  #epoch = 0;
  /** By slot. */
  #steps: ReadonlyMap<number, Step> = new Map();
  #sums = new Map<number, Sums>();

  constructor(snapshot: Snapshot) {
    this.apply(snapshot);
  }

  apply({ epoch, routes }: Snapshot): void {
    this.#epoch = epoch;
    // What no route has of its own says nothing of any.
    const own = routes.filter(({ slot }) => slot !== OTHER_SLOT);
    this.#steps = new Map(own.map((route) => [route.slot, stepOf(route)]));
    for (const [slot, { step }] of this.#sums)
      if (this.#steps.get(slot)?.since !== step.since) this.#sums.delete(slot);
  }

  /**
   * Counts a record that came in its band and lists its unit, whether or not it is mirrored: what a service does with
   * a request, or may be asked, must not decide which units are counted in its arm. So a rescued one is its decision's,
   * not its server's.
   */
  see(record: Decided): void {
    const { unit } = record;
    const step = this.#stepOf(record);
    if (step === undefined) return;
    const sums = this.#sumsOf(record.slot, step);
    const band = unit < 0 ? UNITLESS_BAND : Math.floor((unit / HASHES) * UNIT_BANDS);
    sums.bands[band] = (sums.bands[band] as number) + 1;
    if (unit < 0 || step.listed[record.decidedBy] !== 1) return;
    const isCandidates = record.servedBy === "candidate" || record.skip === RESCUED;
    (isCandidates ? sums.candidate : sums.legacy).see(unit);
  }

  /** Adds an exchange of which both services' ends are known. */
  add(record: Decided, outcome: PairOutcome): void {
    const step = this.#stepOf(record);
    if (step !== undefined) this.#sumsOf(record.slot, step)[record.servedBy].add(outcome, record.unit);
  }

  /**
   * The step that the exchange is evidence of, if it is of any. What a newer snapshot than this thread's decided may
   * belong to the next step already.
   */
  #stepOf({ slot, epoch, decidedBy }: Decided): Step | undefined {
    const step = this.#steps.get(slot);
    if (step === undefined || decidedBy === OVERRIDE) return undefined;
    return epoch >= step.since && epoch <= this.#epoch ? step : undefined;
  }

  #sumsOf(slot: number, step: Step): Sums {
    let sums = this.#sums.get(slot);
    if (sums === undefined) {
      sums = { step, legacy: new Arm(), candidate: new Arm(), bands: new Uint32Array(UNIT_BANDS + 1) };
      this.#sums.set(slot, sums);
    }
    return sums;
  }

  /** What was added since the last call. */
  take(): readonly RolloutDelta[] {
    if (this.#sums.size === 0) return [];
    const deltas = [...this.#sums.values()].map(({ step, legacy, candidate, bands }) => ({
      route: step.route,
      since: step.since,
      servedByLegacy: legacy.delta(),
      servedByCandidate: candidate.delta(),
      unitBands: sparse(bands),
    }));
    this.#sums = new Map();
    return deltas;
  }
}

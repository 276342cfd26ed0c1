// The gate of Parallax on a simulated step, looked at after every exchange: evidence against the candidate grows with
// its failures, mismatches and slow answers alone, so that looking after each of those misses nothing.
import type { ArmDelta, RolloutDelta, UnitFailures } from "../../src/core/batch.ts";
import type { GateSettings } from "../../src/core/gate-settings.ts";
import type { ServedCounts } from "../../src/core/served-counts.ts";
import { logEvidenceToFail } from "../../src/rollout/gate/alpha.ts";
import { isSlower } from "../../src/rollout/gate/latency-checks.ts";
import { isFailingInPairs, mismatchEvidence, verdictOnRate } from "../../src/rollout/gate/pair-checks.ts";
import type { GateContext } from "../../src/rollout/gate/reading.ts";
import { isFailingInService } from "../../src/rollout/gate/served-checks.ts";
import { StepEvidence } from "../../src/rollout/gate/step-evidence.ts";
import type { Exchange } from "./streams.ts";

/** What of a step the gate is shown. */
export interface View {
  /** Share of the units that the candidate serves, 0..1. */
  readonly share: number;
  /** False: nothing is mirrored, so that only what was served is seen. */
  readonly isPaired: boolean;
  /** Whether batches tell whose failures they were. */
  readonly knowsUnits: boolean;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Arm = Mutable<Omit<ArmDelta, "legacyLatency" | "candidateLatency" | "units" | "unitFailures">> & {
  legacyLatency: Record<number, number>;
  candidateLatency: Record<number, number>;
  units: number[];
  unitFailures: UnitFailures[];
};

function newArm(): Arm {
  return {
    pairs: 0,
    match: 0,
    mismatch: 0,
    noise: 0,
    incomparable: 0,
    candidateFailed: 0,
    legacyFailed: 0,
    bothFailed: 0,
    legacyLatency: {},
    candidateLatency: {},
    units: [],
    isUnitsCut: false,
    unitFailures: [],
  };
}

/** A bucket below every limit that the legacy's first pairs may fix, near enough: slower answers are looked at. */
const SLOW_BUCKET_MARGIN = 2;

export const NOW_MS = 1_000_000;

export class OwnGate {
  readonly evidence = new StepEvidence({ since: 1, clockAtMs: 0 });
  readonly #settings: GateSettings;
  readonly #context: GateContext;
  readonly #view: View;
  readonly #slowBucket: number;
  #arms = { legacy: newArm(), candidate: newArm() };
  readonly #served: Mutable<ServedCounts> = {
    requestsLegacy: 0,
    requestsCandidate: 0,
    errorsLegacy: 0,
    errorsCandidate: 0,
    candidateFailed: 0,
    rescued: 0,
    unitMissing: 0,
  };

  constructor(settings: GateSettings, view: View, legacyQuantileBucket: number) {
    this.#settings = settings;
    this.#view = view;
    this.#slowBucket = legacyQuantileBucket - SLOW_BUCKET_MARGIN;
    this.#context = contextOf(view);
  }

  get context(): GateContext {
    return this.#context;
  }

  /** True: fail. */
  add(exchange: Exchange): boolean {
    const { share, isPaired } = this.#view;
    const isCandidate = exchange.unit < share * 2 ** 32;
    const hasFailed = isCandidate ? exchange.hasCandidateFailed : exchange.hasLegacyFailed;
    if (isCandidate) {
      this.#served.requestsCandidate++;
      if (hasFailed) this.#served.errorsCandidate++;
    } else {
      this.#served.requestsLegacy++;
      if (hasFailed) this.#served.errorsLegacy++;
    }
    if (isPaired) this.#addPair(isCandidate ? this.#arms.candidate : this.#arms.legacy, exchange);
    const isSlow = isPaired && exchange.candidateBucket >= this.#slowBucket;
    if (!isSlow && !hasFailed && !exchange.hasCandidateFailed && !exchange.isMismatch) return false;
    return this.look();
  }

  #addPair(arm: Arm, exchange: Exchange): void {
    const { hasLegacyFailed, hasCandidateFailed } = exchange;
    arm.pairs++;
    if (exchange.isMismatch) arm.mismatch++;
    else arm.match++;
    if (exchange.isNoise) arm.noise++;
    if (hasLegacyFailed && hasCandidateFailed) arm.bothFailed++;
    else if (hasLegacyFailed) arm.legacyFailed++;
    else if (hasCandidateFailed) arm.candidateFailed++;
    const { legacyBucket, candidateBucket } = exchange;
    arm.legacyLatency[legacyBucket] = (arm.legacyLatency[legacyBucket] ?? 0) + 1;
    arm.candidateLatency[candidateBucket] = (arm.candidateLatency[candidateBucket] ?? 0) + 1;
    arm.units.push(exchange.unit);
    if (!this.#view.knowsUnits) return;
    const isOneSided = hasLegacyFailed !== hasCandidateFailed;
    if (!isOneSided && !(exchange.isMismatch && !exchange.isNoise)) return;
    arm.unitFailures.push({
      unit: exchange.unit,
      mismatch: exchange.isMismatch && !exchange.isNoise ? 1 : 0,
      candidateFailed: isOneSided && hasCandidateFailed ? 1 : 0,
      legacyFailed: isOneSided && hasLegacyFailed ? 1 : 0,
    });
  }

  /** Shows the gate what has come since the last look. True: fail. */
  look(): boolean {
    const delta: RolloutDelta = {
      route: "simulated",
      since: 1,
      servedByLegacy: this.#arms.legacy,
      servedByCandidate: this.#arms.candidate,
    };
    this.evidence.add(delta, NOW_MS);
    if (this.#view.share > 0) this.evidence.addServed(this.#served, NOW_MS);
    this.#arms = { legacy: newArm(), candidate: newArm() };
    return this.causes().length > 0;
  }

  /** Which checks fail. */
  causes(): string[] {
    const { evidence } = this;
    const settings = this.#settings;
    const toFail = logEvidenceToFail(settings, this.#context);
    const causes: string[] = [];
    if (verdictOnRate(mismatchEvidence(evidence, settings), settings.alpha, toFail) === "fail")
      causes.push("mismatches");
    if (isFailingInPairs(evidence, settings, this.#context)) causes.push("discordant-failures");
    if (isSlower(evidence, settings, this.#context)) causes.push("latency");
    if (this.#view.share > 0 && isFailingInService(evidence, settings, this.#context)) causes.push("errors");
    return causes;
  }
}

export function contextOf({ share }: View): GateContext {
  const basisPoints = Math.round(share * 10_000);
  return {
    nowMs: NOW_MS,
    stage: share === 0 ? "shadow" : share === 1 ? "live" : "ramp",
    basisPoints,
    nextBasisPoints: basisPoints,
    confirmedUntriaged: 0,
    kpis: [],
    stragglers: 0,
  };
}

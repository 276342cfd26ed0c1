// Batches and settings as the tests of gates need them.
import { POLICIES } from "../../../src/config/gate-policies.ts";
import type { ArmDelta, RolloutDelta } from "../../../src/core/batch.ts";
import type { GateSettings } from "../../../src/core/gate-settings.ts";
import type { ServedCounts } from "../../../src/core/served-counts.ts";
import type { GateContext } from "../../../src/rollout/gate/reading.ts";
import { StepEvidence } from "../../../src/rollout/gate/step-evidence.ts";

export const CLOCK_MS = 1_800_000_000_000;
/** An hour and a half after the step's clock: past every hold of `standard`. */
export const NOW_MS = CLOCK_MS + 5_400_000;

export const STANDARD: GateSettings = {
  policy: "standard",
  ...POLICIES.standard,
  requestShareMax: undefined,
  kpis: [],
};

export function armOf(given: Partial<ArmDelta> = {}): ArmDelta {
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
    ...given,
  };
}

export function deltaOf(
  legacy: Partial<ArmDelta>,
  candidate: Partial<ArmDelta> = {},
  given: Partial<RolloutDelta> = {},
): RolloutDelta {
  return {
    route: "orders",
    since: 7,
    servedByLegacy: armOf(legacy),
    servedByCandidate: armOf(candidate),
    ...given,
  };
}

export const UNITS = Array.from({ length: 100 }, (_, index) => Math.floor(((index + 0.5) / 100) * 2 ** 32));

export function evidenceOf(...deltas: readonly RolloutDelta[]): StepEvidence {
  const evidence = new StepEvidence({ since: 7, clockAtMs: CLOCK_MS });
  for (const delta of deltas) evidence.add(delta, CLOCK_MS + 1000);
  return evidence;
}

/** The legacy's p99 in bucket 60, and the candidate's `slower` buckets above. */
export function latencies(pairs: number, slower = 0): Pick<ArmDelta, "legacyLatency" | "candidateLatency"> {
  const over = Math.floor(pairs / 125);
  const within = Math.floor(pairs / 25);
  return {
    legacyLatency: { 50: pairs - over - within, 60: within, 63: over },
    candidateLatency: { [50 + slower]: pairs - over - within, [60 + slower]: within, [63 + slower]: over },
  };
}

/** Reference first, then clean pairs: all that shadow asks for. */
export function cleanShadow(pairs: number): StepEvidence {
  return evidenceOf(
    deltaOf({ pairs: 600, match: 600, units: UNITS, ...latencies(600) }),
    deltaOf({ pairs: pairs - 600, match: pairs - 600, units: UNITS, ...latencies(pairs - 600) }),
  );
}

export function contextOf(given: Partial<GateContext> = {}): GateContext {
  return {
    nowMs: NOW_MS,
    stage: "shadow",
    basisPoints: 0,
    nextBasisPoints: 100,
    confirmedUntriaged: 0,
    kpis: [],
    stragglers: 0,
    ...given,
  };
}

export function servedOf(given: Partial<ServedCounts> = {}): ServedCounts {
  return {
    requestsLegacy: 0,
    requestsCandidate: 0,
    errorsLegacy: 0,
    errorsCandidate: 0,
    candidateFailed: 0,
    rescued: 0,
    unitMissing: 0,
    ...given,
  };
}

// What a gate says of a step, and all that decided it. Plain data: it goes into the journal, the API and the page.
import type { KpiSeen } from "../../core/gate-settings.ts";
import type { Stage } from "../../core/snapshot.ts";

/** In the order in which one outranks the ones before it: a failure is a failure, whatever else is missing. */
export const GATE_VERDICTS = ["pass", "insufficient", "unhealthy", "fail"] as const;
export type GateVerdict = (typeof GATE_VERDICTS)[number];

export const GATE_CHECKS = [
  "hold", // the step has lasted long enough, warm-up included
  "pairs", // enough exchanges that both answered
  "units", // enough different units
  "mismatches", // upper bound of their rate
  "discordant-failures", // the candidate fails where the legacy does not, more often than the reverse
  "errors", // error rate of who serves, candidate against legacy
  "latency", // ratio at the quantile, and its bound
  "rescues",
  "confirmed", // signatures without a decision
  "request-share", // what the candidate serves, against the cap
  "sample-ratio", // units by arm, as the percentage has it
  "burn-rate", // the watch after a step
  "kpi", // one for each, `subject` tells which
] as const;
export type GateCheckName = (typeof GATE_CHECKS)[number];

export interface GateCheck {
  readonly name: GateCheckName;
  /** Of a KPI its name; else empty. */
  readonly subject: string;
  readonly verdict: GateVerdict;
  /** What was measured; null where nothing could be. */
  readonly value: number | null;
  /** The bound of it that was held against the threshold; null where there is none. */
  readonly bound: number | null;
  readonly threshold: number | null;
  /** How many it was measured on. */
  readonly samples: number;
  /** How value, bound and threshold are to be read. */
  readonly unit: "count" | "rate" | "ratio" | "e-value" | "ms" | "number";
  /** One sentence for people: what it says, and what would change it. */
  readonly text: string;
}

export interface GateReading {
  readonly verdict: GateVerdict;
  readonly atMs: number;
  /** Since the step's clock began. */
  readonly elapsedMs: number;
  readonly checks: readonly GateCheck[];
}

/** When the gate would pass, going on as now. `never`: not from this traffic; a replay would help. */
export interface Eta {
  readonly kind: "now" | "in" | "never" | "unknown";
  /** From now; null but for `in`. */
  readonly ms: number | null;
  readonly text: string;
}

/** What a gate is told beside the evidence of the step. */
export interface GateContext {
  readonly nowMs: number;
  readonly stage: Stage;
  /** Where the route stands, and where the next step would take it: hundredths of a percent of the units. */
  readonly basisPoints: number;
  readonly nextBasisPoints: number;
  /** Confirmed signatures of the route that nobody has decided on; undefined: the store could not say. */
  readonly confirmedUntriaged: number | undefined;
  readonly kpis: readonly KpiSeen[];
  /** Threads that have not acknowledged the step. */
  readonly stragglers: number;
  /** Steps of the whole way, shadow, canary and live among them: alpha is shared among them. */
  readonly steps?: number;
}

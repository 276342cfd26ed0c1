// What a gate asks of the evidence between two steps of a route. Rates and shares are 0..1, times in milliseconds.

/** A business number, asked for while a gate is looked at. */
export interface KpiSettings {
  readonly name: string;
  readonly source:
    | { readonly kind: "prometheus"; readonly url: string; readonly query: string }
    /** Answers JSON with a number `value`. */
    | { readonly kind: "webhook"; readonly url: string };
  /** Sent as a bearer token. */
  readonly token: string | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly timeoutMs: number;
}

/** What a business number said when it was asked for. */
export type KpiReading = {
  readonly name: string;
  readonly min: number | undefined;
  readonly max: number | undefined;
} & (
  | { readonly kind: "value"; readonly value: number }
  /** No number came: why, in words, without secrets. */
  | { readonly kind: "unhealthy"; readonly why: string }
);

/** With how many readings in a row, of the step and after its warm-up, were outside `min` and `max`. */
export type KpiSeen = KpiReading & { readonly outsideInARow: number };

export interface GateSettings {
  /** The policy that it began from; its own settings are in here already. */
  readonly policy: GatePolicy;
  /** Of the whole rollout of a route: how likely equal services are rolled back, at most. */
  readonly alpha: number;
  readonly pairsMin: number;
  readonly unitsMin: number;
  /** Not looked at before; what comes earlier is no evidence. */
  readonly warmUpMs: number;
  /** A step lasts at least as long. */
  readonly holdMs: number;
  /** `insufficient` for longer is told to people. */
  readonly graceMs: number;
  /** Upper bound of the mismatch rate, noise left out. */
  readonly mismatchRateMax: number;
  /** The candidate's error rate may exceed the legacy's by as much. */
  readonly errorRateMargin: number;
  readonly latency: { readonly quantile: number; readonly ratioMax: number };
  readonly rescueRateMax: number;
  /** Confirmed signatures without a decision. */
  readonly confirmedMax: number;
  /** Share of the requests that the candidate serves; undefined: as the units have it. */
  readonly requestShareMax: number | undefined;
  readonly kpis: readonly KpiSettings[];
  /** The watch after a step: budget burnt at this many times its rate over both windows is a failure. */
  readonly slo: {
    readonly availability: number;
    readonly windows: readonly {
      readonly longMs: number;
      readonly shortMs: number;
      readonly burnRate: number;
    }[];
  };
}

export const GATE_POLICIES = ["cautious", "standard", "fast"] as const;
export type GatePolicy = (typeof GATE_POLICIES)[number];

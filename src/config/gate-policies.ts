// The gate policies, and what a route's gate is once its own settings are laid over them. docs/gates.md says why
// each number is what it is.
import type { GatePolicy, GateSettings, KpiSettings } from "../core/gate-settings.ts";
import type { Environment } from "./overlays.ts";
import type { KeyPath } from "./problem.ts";
import type { Settings } from "./schema.ts";
import type { GateConfig } from "./schema-gate.ts";
import type { RolloutConfig, RouteRolloutConfig } from "./schema-rollout.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** The Site Reliability Workbook's pairs: 2 % of a month's budget in an hour, 5 % in six. */
const BURN_WINDOWS = [
  { longMs: HOUR_MS, shortMs: 5 * MINUTE_MS, burnRate: 14.4 },
  { longMs: 6 * HOUR_MS, shortMs: 30 * MINUTE_MS, burnRate: 6 },
] as const;

type Defaults = Omit<GateSettings, "policy" | "kpis" | "requestShareMax">;

export const POLICIES: Readonly<Record<GatePolicy, Defaults>> = {
  cautious: {
    alpha: 0.01,
    pairsMin: 10_000,
    unitsMin: 100,
    warmUpMs: 5 * MINUTE_MS,
    holdMs: 24 * HOUR_MS,
    graceMs: 72 * HOUR_MS,
    mismatchRateMax: 0.0005,
    errorRateMargin: 0.0005,
    latency: { quantile: 0.99, ratioMax: 1.2 },
    rescueRateMax: 0.001,
    confirmedMax: 0,
    slo: { availability: 0.9995, windows: BURN_WINDOWS },
  },
  standard: {
    alpha: 0.05,
    pairsMin: 4_000,
    unitsMin: 20,
    warmUpMs: 2 * MINUTE_MS,
    holdMs: HOUR_MS,
    graceMs: 24 * HOUR_MS,
    mismatchRateMax: 0.001,
    errorRateMargin: 0.001,
    latency: { quantile: 0.99, ratioMax: 1.3 },
    rescueRateMax: 0.005,
    confirmedMax: 0,
    slo: { availability: 0.999, windows: BURN_WINDOWS },
  },
  fast: {
    alpha: 0.05,
    pairsMin: 500,
    unitsMin: 5,
    warmUpMs: 30 * SECOND_MS,
    holdMs: 10 * MINUTE_MS,
    graceMs: 2 * HOUR_MS,
    mismatchRateMax: 0.01,
    errorRateMargin: 0.01,
    latency: { quantile: 0.95, ratioMax: 1.5 },
    rescueRateMax: 0.02,
    confirmedMax: 0,
    slo: { availability: 0.999, windows: BURN_WINDOWS },
  },
};

type KpiConfig = NonNullable<GateConfig["kpis"]>[number];

function kpiFrom(config: KpiConfig, environment: Environment): KpiSettings {
  const { name, prometheus, webhook, tokenEnvironment, min, max, timeoutMs } = config;
  return {
    name,
    source:
      prometheus === undefined
        ? { kind: "webhook", url: webhook?.url ?? "" }
        : { kind: "prometheus", url: prometheus.url, query: prometheus.query },
    token: tokenEnvironment === undefined ? undefined : environment[tokenEnvironment],
    min,
    max,
    timeoutMs,
  };
}

const milliseconds = (seconds: number | undefined) =>
  seconds === undefined ? undefined : seconds * SECOND_MS;
const rate = (percent: number | undefined) => (percent === undefined ? undefined : percent / 100);

/**
 * The route's own settings over the global ones over the policy's. A route that names another policy than the global
 * one gets that policy's numbers, without the global gate's.
 */
export function gateSettingsFrom(
  global: Pick<RolloutConfig, "policy" | "gate">,
  route: Pick<RouteRolloutConfig, "policy" | "gate"> | undefined,
  environment: Environment,
): GateSettings {
  const policy = route?.policy ?? global.policy;
  const defaults = POLICIES[policy];
  const below: GateConfig = policy === global.policy ? global.gate : { kpis: global.gate.kpis };
  const above: GateConfig = route?.gate ?? {};
  const given = <K extends keyof GateConfig>(key: K): GateConfig[K] => above[key] ?? below[key];
  return {
    policy,
    alpha: given("alpha") ?? defaults.alpha,
    pairsMin: given("pairsMin") ?? defaults.pairsMin,
    unitsMin: given("unitsMin") ?? defaults.unitsMin,
    warmUpMs: milliseconds(given("warmUpSeconds")) ?? defaults.warmUpMs,
    holdMs: milliseconds(given("holdSeconds")) ?? defaults.holdMs,
    graceMs: milliseconds(given("graceSeconds")) ?? defaults.graceMs,
    mismatchRateMax: rate(given("mismatchPercentMax")) ?? defaults.mismatchRateMax,
    errorRateMargin: rate(given("errorPercentMargin")) ?? defaults.errorRateMargin,
    latency: {
      quantile: above.latency?.quantile ?? below.latency?.quantile ?? defaults.latency.quantile,
      ratioMax: above.latency?.ratioMax ?? below.latency?.ratioMax ?? defaults.latency.ratioMax,
    },
    rescueRateMax: rate(given("rescuePercentMax")) ?? defaults.rescueRateMax,
    confirmedMax: given("confirmedMax") ?? defaults.confirmedMax,
    requestShareMax: rate(given("requestSharePercentMax")),
    kpis: (given("kpis") ?? []).map((kpi) => kpiFrom(kpi, environment)),
    slo: {
      availability:
        rate(above.slo?.availabilityPercent ?? below.slo?.availabilityPercent) ?? defaults.slo.availability,
      windows: defaults.slo.windows,
    },
  };
}

export interface GateFault {
  readonly path: KeyPath;
  readonly found: unknown;
  readonly allowed: string;
}

function tokenFaults(gate: GateConfig | undefined, at: KeyPath, environment: Environment): GateFault[] {
  return (gate?.kpis ?? []).flatMap(({ tokenEnvironment }, index) =>
    tokenEnvironment === undefined || environment[tokenEnvironment]
      ? []
      : [
          {
            path: [...at, "kpis", index, "tokenEnvironment"],
            found: tokenEnvironment,
            allowed: "an environment variable that is set; it holds the bearer token",
          },
        ],
  );
}

/** Variables that business numbers of any gate name, and that are not there. */
export function gateFaults(
  { rollout, routes }: Pick<Settings, "rollout" | "routes">,
  environment: Environment,
): GateFault[] {
  return [
    ...tokenFaults(rollout.gate, ["rollout", "gate"], environment),
    ...routes.flatMap(({ rollout: own }, index) =>
      tokenFaults(own?.gate, ["routes", index, "rollout", "gate"], environment),
    ),
  ];
}

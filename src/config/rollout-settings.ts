// Config → what serving threads decide by, for one route. Where it stands on its way is an argument.
import type { Cohort, Condition, RequestValue, RouteRollout, Stage } from "../core/snapshot.ts";
import { parseNetwork } from "./grammar.ts";
import type { Settings } from "./schema.ts";
import type { CohortConfig, RouteRolloutConfig, ValueConfig } from "./schema-rollout.ts";

/** Where a route stands. The journal says it (rollout/state); before its first entry, the config. */
export interface RoutePosition {
  readonly stage: Stage;
  /** Hundredths of a percent of the units, 0 to 10,000. */
  readonly basisPoints: number;
  /** The epoch from which it stands there. */
  readonly since: number;
  /** What the units were bucketed by when the first of them was exposed; it stays. */
  readonly salt?: string | undefined;
  /** The sunset that somebody moved it to, ISO 8601; it counts where it is later than the config's. */
  readonly sunset?: string | undefined;
  /** The route alone was killed: none of its brownouts, as the legacy must serve it. */
  readonly isKilled?: boolean | undefined;
}

/** The segment that `{name}` is in `template`, or -1. */
export function segmentOf(template: string, name: string): number {
  return template.split("/").slice(1).indexOf(`{${name}}`);
}

function valueFrom(config: ValueConfig, template: string): RequestValue {
  const { header, cookie, query, path, claim } = config;
  if (header !== undefined) return { kind: "header", name: header.toLowerCase() };
  if (cookie !== undefined) return { kind: "cookie", name: cookie };
  if (query !== undefined) return { kind: "query", name: query };
  if (claim !== undefined) return { kind: "claim", name: claim };
  const name = path ?? "";
  return { kind: "path", name, segment: segmentOf(template, name) };
}

export function conditionFrom(config: CohortConfig["where"][number], template: string): Condition {
  if (config.networks !== undefined)
    return { kind: "networks", networks: config.networks.map((text) => parseNetwork(text) ?? text) };
  const from = valueFrom(config, template);
  if (config.matches !== undefined) return { kind: "pattern", from, pattern: config.matches };
  return { kind: "values", from, values: config.in ?? (config.is === undefined ? [] : [config.is]) };
}

function cohortFrom(config: CohortConfig, template: string): Cohort {
  return { name: config.name, conditions: config.where.map((where) => conditionFrom(where, template)) };
}

/** `template` is the path template of the route's match. */
export function routeRolloutFrom(
  global: Settings["rollout"],
  own: RouteRolloutConfig | undefined,
  { position, template }: { readonly position: RoutePosition; readonly template: string },
): RouteRollout {
  const units = own?.units ?? global.units;
  const given = Object.entries(own?.rescue ?? {}).filter(([, value]) => value !== undefined);
  return {
    since: position.since,
    basisPoints: position.basisPoints,
    salt: position.salt ?? global.salt,
    units: units.map(({ kind, ...from }) => ({ kind, from: valueFrom(from, template) })),
    deny: (own?.deny ?? []).map((cohort) => cohortFrom(cohort, template)),
    allow: (own?.allow ?? []).map((cohort) => cohortFrom(cohort, template)),
    cohorts: (own?.cohorts ?? []).map((cohort) => cohortFrom(cohort, template)),
    rescue: { ...global.rescue, ...Object.fromEntries(given) },
    tripwireFailures: own?.tripwireFailures ?? global.tripwireFailures,
  };
}

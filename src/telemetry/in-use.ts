// What of the config is in use, as the counters know: what nobody needs can go.
import type { Counters } from "../core/counters.ts";
import type { Snapshot } from "../core/snapshot.ts";

export interface RouteInUse {
  readonly route: string;
  /** Names of its lists' entries. */
  readonly deny: readonly string[];
  readonly allow: readonly string[];
  readonly cohorts: readonly string[];
  /** When the legacy may stop to answer; undefined where nothing says. */
  readonly sunsetMs: number | undefined;
  /** Requests since the start that went through its adapter, and all that the candidate served; undefined without one. */
  readonly adapter: { readonly adapted: number; readonly toCandidate: number } | undefined;
}

export interface InUse {
  readonly routes: readonly RouteInUse[];
  /** The header by which trusted clients choose; undefined where nobody is trusted. */
  readonly overrideHeader: string | undefined;
  /** Requests since the start whose client chose, and all requests. */
  readonly overridden: number;
  readonly requests: number;
}

export function readInUse({ routes, override }: Snapshot, blocks: readonly Counters[]): InUse {
  const sum = (count: (block: Counters) => number) =>
    blocks.reduce((total, block) => total + count(block), 0);
  return {
    routes: routes.map(({ name, slot, rollout: { deny, allow, cohorts }, deprecation, adapters }) => ({
      route: name,
      deny: deny.map((entry) => entry.name),
      allow: allow.map((entry) => entry.name),
      cohorts: cohorts.map((entry) => entry.name),
      sunsetMs: deprecation?.sunsetMs,
      adapter: adapters && {
        adapted: sum((block) => block.routeEvents(slot, "adapted")),
        toCandidate: sum((block) => block.routeEvents(slot, "toCandidate")),
      },
    })),
    overrideHeader: override.networks.length === 0 ? undefined : override.header,
    overridden: routes.reduce(
      (total, { slot }) => total + sum((block) => block.routeEvents(slot, "overridden")),
      0,
    ),
    requests: routes.reduce((total, { slot }) => total + sum((block) => block.exchanges(slot)), 0),
  };
}

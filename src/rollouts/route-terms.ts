// Config → what a route's rollout is held against (rollout/controller). Pure.
import type { Config } from "../config/load.ts";
import type { RouteConfig } from "../config/schema-routes.ts";
import { DEFAULT_ROUTE } from "../config/snapshot.ts";
import type { RouteTerms } from "../rollout/controller.ts";
import { stepsOf } from "../rollout/step.ts";

/** Of every route of the config, by name. */
export function routeTermsOf(config: Config): ReadonlyMap<string, RouteTerms> {
  const { routes } = config.settings;
  if (routes.length === 0) return new Map([[DEFAULT_ROUTE, termsFrom(config, undefined)]]);
  return new Map(routes.map((route) => [route.name, termsFrom(config, route)]));
}

function termsFrom({ settings, gates }: Config, route: RouteConfig | undefined): RouteTerms {
  const { rollout, upstreams, record } = settings;
  const own = route?.rollout;
  const isUsed = upstreams.candidate !== undefined || record.dir !== undefined;
  return {
    begin: route?.stage ?? (isUsed ? "shadow" : "off"),
    steps: stepsOf(own?.steps ?? rollout.steps),
    gateSettings: (route && gates.routes[route.name]) ?? gates.global,
    advance: own?.advance ?? rollout.advance,
    approvers: own?.approvers ?? rollout.approvers,
    after: own?.after ?? [],
    freeze: rollout.freeze,
    hasUnits: (own?.units ?? rollout.units).length > 0,
    hasCohorts: (own?.cohorts.length ?? 0) + (own?.allow.length ?? 0) > 0,
    hasCandidate: upstreams.candidate !== undefined,
    hasDeny: (own?.deny.length ?? 0) > 0,
    salt: rollout.salt,
  };
}

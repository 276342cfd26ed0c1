// What `parallax check` says of rollouts: who is moved by what, through which gate, and by whom. Pure.
// Routes that go alike are told together.
import { LOCAL, SHARED_NAME } from "../admin/identity.ts";
import type { Config } from "../config/load.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { number } from "../report/wording.ts";
import type { RouteTerms } from "../rollout/controller.ts";
import { frozenUntil } from "../rollout/freeze.ts";
import { routeTermsOf } from "../rollouts/route-terms.ts";
import { duration, name } from "./rollout-words.ts";

/** A line for routes that go alike, and one for what would surprise. `nowMs`: freezes that are on. */
export function rolloutLines(config: Config, snapshot: Snapshot, nowMs: number): readonly string[] {
  if (snapshot.upstreams.candidate === undefined) return [];
  const routesByText = new Map<string, readonly string[]>();
  for (const [route, terms] of routeTermsOf(config)) {
    const text = termsText(terms, snapshot.routes.find((one) => one.name === route)?.rollout.units ?? []);
    routesByText.set(text, [...(routesByText.get(text) ?? []), name(route)]);
  }
  return [
    ...[...routesByText].map(([text, routes]) => `rollout   ${routes.join(", ")}: ${text}`),
    ...warnings(config, nowMs).map((warning) => `to know   ${warning}`),
  ];
}

function termsText(terms: RouteTerms, units: Snapshot["routes"][number]["rollout"]["units"]): string {
  const { gateSettings, steps, approvers, advance, after, hasUnits, hasCohorts } = terms;
  const ramp = steps.filter(({ stage }) => stage === "ramp").map(({ basisPoints }) => basisPoints / 100);
  const by = units.map(({ kind, from }) => `${kind} (${from.kind} ${from.name})`).join(", else ");
  const { policy, pairsMin, holdMs } = gateSettings;
  const people = approvers.length === 0 ? "any operator" : approvers.map(name).join(", ");
  return [
    hasCohorts ? "canary for who is listed" : "no canary",
    hasUnits ? `${ramp.join(", ")} % by ${by}` : "no percentages: no rollout.units, so that live is next",
    `gate ${policy}: ${number(pairsMin)} pairs, ${duration(holdMs)} a step at least`,
    `promoted ${advance === "automatic" ? "by itself, or " : ""}by ${people}`,
    ...(after.length === 0 ? [] : [`never beyond ${after.map(name).join(", ")}`]),
  ].join(" · ");
}

function warnings({ settings }: Config, nowMs: number): readonly string[] {
  const { rollout, admin, routes } = settings;
  const frozen = frozenUntil(rollout.freeze, nowMs);
  const approvers = new Set([
    ...rollout.approvers,
    ...routes.flatMap((route) => route.rollout.approvers ?? []),
  ]);
  const people = new Set([LOCAL.who, SHARED_NAME, ...admin.tokens.map((token) => token.name)]);
  const unknown = admin.trustedProxy === undefined ? [...approvers].filter((one) => !people.has(one)) : [];
  return [
    ...(frozen === null
      ? []
      : [`nothing is promoted until ${new Date(frozen.untilMs).toISOString()}: ${name(frozen.name)}`]),
    ...(unknown.length === 0
      ? []
      : [
          `${unknown.map(name).join(", ")} may promote, and nobody is called so: admin.tokens or admin.trustedProxy name people, and who has no token is ${LOCAL.who}`,
        ]),
    ...(rollout.jwt?.trust === "unverified"
      ? ["rollout.jwt.trust is unverified: whoever sends a token chooses its claims, and so who serves it"]
      : []),
  ];
}

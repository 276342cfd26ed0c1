// What can go now, each with its evidence. Pure: it is told what is in use, and takes nothing away itself.
// Invariant: what nothing is known of is not called unused.
import { z } from "zod";
import type { InUse } from "../telemetry/in-use.ts";
import type { RolloutRouteAnswer } from "./rollout-schemas.ts";
import type { RuleAnswer } from "./rule-schemas.ts";

export const CLEANUP_KINDS = ["rule", "route", "list", "override", "deprecation", "adapter"] as const;

export const cleanupSchema = z.object({
  items: z.array(
    z.object({
      kind: z.enum(CLEANUP_KINDS),
      subject: z.string().describe("A rule's id, a route's name, a header's name"),
      what: z.string().describe("For people"),
      evidence: z.array(z.string()).describe("Why nobody needs it, a sentence each"),
      how: z.string().describe("What to do"),
    }),
  ),
});
export type CleanupAnswer = z.infer<typeof cleanupSchema>;
type CleanupItem = CleanupAnswer["items"][number];

/** What nobody used since this morning may be used tomorrow. */
const QUIET_SECONDS = 7 * 86_400;

export interface CleanupFacts {
  readonly nowMs: number;
  /** Of the process: its counters know of no time before. */
  readonly uptimeSeconds: number;
  readonly rules: readonly RuleAnswer[];
  readonly rollouts: readonly Pick<RolloutRouteAnswer, "route" | "stage" | "enteredAtMs" | "latch">[];
  readonly inUse: InUse;
  /** Route → whether somebody called the legacy since its sunset; only of those past it. */
  readonly calledSinceSunset: ReadonlyMap<string, boolean>;
}

export function findCleanups(facts: CleanupFacts): readonly CleanupItem[] {
  return [
    ...facts.rules.flatMap(ruleItem),
    ...facts.rollouts.flatMap((rollout) => routeItems(rollout, facts)),
    ...overrideItem(facts),
    ...facts.inUse.routes.flatMap((route) => deprecationItem(route, facts)),
    ...facts.inUse.routes.flatMap((route) => adapterItem(route, facts)),
  ];
}

const number = (value: number) => value.toLocaleString("en-US");
const instant = (ms: number) => new Date(ms).toISOString();

function ruleItem({ id, rule, flags, hits, lastHitMs, added }: RuleAnswer): readonly CleanupItem[] {
  const evidence = flags.flatMap((flag) => {
    if (flag.kind === "never-hit")
      return [`It hid nothing in ${number(flag.compared)} exchanges that were compared.`];
    if (flag.kind !== "expired") return [];
    const last = lastHitMs === null ? "never" : `last at ${instant(lastHitMs)}`;
    return [`It was agreed upon until ${flag.expires}; it hid ${number(hits)} places, ${last}.`];
  });
  if (evidence.length === 0) return [];
  const place = rule.path ?? rule.header ?? "";
  const how =
    added === null
      ? "take it out of the config and reload, or agree upon another date"
      : `DELETE /api/rules/${id}, or the page`;
  return [{ kind: "rule", subject: id, what: `rule ${rule.kind} ${place}`.trim(), evidence, how }];
}

function routeItems(
  { route, stage, enteredAtMs, latch }: CleanupFacts["rollouts"][number],
  { inUse }: CleanupFacts,
): readonly CleanupItem[] {
  if (stage !== "complete" || latch !== null) return [];
  const since = enteredAtMs === null ? "" : ` since ${instant(enteredAtMs)}`;
  const evidence = [`The route is complete${since}: the candidate serves all of it.`];
  const lists = inUse.routes.find((other) => other.route === route);
  const named = [
    ...(lists?.deny ?? []).map((name) => `deny ${name}`),
    ...(lists?.allow ?? []).map((name) => `allow ${name}`),
    ...(lists?.cohorts ?? []).map((name) => `cohort ${name}`),
  ];
  const finished: CleanupItem = {
    kind: "route",
    subject: route,
    what: `rollout of route ${route}`,
    evidence,
    how: "point its clients at the candidate, then take the route out of the config",
  };
  if (named.length === 0) return [finished];
  const what = `lists of route ${route}: ${named.join(", ")}`;
  return [
    finished,
    {
      kind: "list",
      subject: route,
      what,
      evidence,
      how: "take rollout.deny, allow and cohorts of the route out, and reload",
    },
  ];
}

function overrideItem({ inUse, uptimeSeconds }: CleanupFacts): readonly CleanupItem[] {
  const { overrideHeader, overridden, requests } = inUse;
  const isKnown = uptimeSeconds >= QUIET_SECONDS && requests > 0;
  if (overrideHeader === undefined || overridden > 0 || !isKnown) return [];
  const days = Math.floor(uptimeSeconds / 86_400);
  return [
    {
      kind: "override",
      subject: overrideHeader,
      what: `override header ${overrideHeader}`,
      evidence: [
        `None of ${number(requests)} requests of the last ${days} days had it from a trusted client.`,
      ],
      how: "take rollout.override out of the config, and reload",
    },
  ];
}

function adapterItem(
  { route, adapter }: InUse["routes"][number],
  { uptimeSeconds }: CleanupFacts,
): readonly CleanupItem[] {
  const isKnown = uptimeSeconds >= QUIET_SECONDS && adapter !== undefined && adapter.toCandidate > 0;
  if (!isKnown || adapter.adapted > 0) return [];
  const days = Math.floor(uptimeSeconds / 86_400);
  const asked = `${number(adapter.toCandidate)} requests that the candidate got in the last ${days} days`;
  return [
    {
      kind: "adapter",
      subject: route,
      what: `adapter of route ${route}`,
      evidence: [`None of ${asked} went through it.`],
      how: "take adapters of the route out of the config, and reload",
    },
  ];
}

function deprecationItem(
  { route, sunsetMs }: InUse["routes"][number],
  { calledSinceSunset, nowMs }: CleanupFacts,
): readonly CleanupItem[] {
  const isQuiet = calledSinceSunset.get(route) === false;
  if (sunsetMs === undefined || nowMs - sunsetMs < QUIET_SECONDS * 1000 || !isQuiet) return [];
  return [
    {
      kind: "deprecation",
      subject: route,
      what: `legacy of route ${route}`,
      evidence: [`Its sunset was ${instant(sunsetMs)}, and the store knows of nobody who called it since.`],
      how: "turn the legacy's endpoints off, then take deprecation of the route out of the config",
    },
  ];
}

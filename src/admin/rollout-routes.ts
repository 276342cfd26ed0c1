// The API of rollouts: where each route stands, what is next, what was done, who is served by whom; and what people do.
// A change is answered when it is durable, and acknowledged or late: the answer names the stragglers.
import type { z } from "zod";
import { assertNever } from "../core/assert.ts";
import { type ApiAnswer, type ApiRoute, failure, type JsonAnswer, ok, route } from "./api-route.ts";
import type { AdminDependencies } from "./dependencies.ts";
import { NO_QUERY } from "./query-schemas.ts";
import { briefOf, totalsOf } from "./rollout-brief.ts";
import type { RolloutChange } from "./rollout-desk.ts";
import { explainQuerySchema, journalQuerySchema, rolloutListQuerySchema } from "./rollout-query-schemas.ts";
import {
  explainSchema,
  extendBodySchema,
  journalSchema,
  planSchema,
  ROLLOUT_ACTIONS,
  type RolloutAction,
  rolloutActionBodySchema,
  rolloutChangeSchema,
  rolloutListSchema,
  rolloutRouteSchema,
} from "./rollout-schemas.ts";

/** Of the names that somebody who mistyped one is shown. */
const NAMES_SHOWN_MAX = 20;

const SUMMARIES: Readonly<Record<RolloutAction, string>> = {
  promote: "Take a route to its next step, or to the one named; the gate must have passed, unless forced",
  pause: "Hold a route where it stands: nobody and nothing promotes it",
  resume: "End a pause",
  rollback:
    "Take a route back, to the last step that was stable or to the one named; latched until it is armed",
  kill: "Take one route to off at once: the legacy alone, nothing mirrored; latched until it is armed",
  arm: "End a latch: the route may be promoted again; a killed one is mirrored again, from shadow on",
};

const NO_SUCH_ROUTE = { 404: "The config has no such route" };
const CHANGE_FAILURES = {
  ...NO_SUCH_ROUTE,
  409: "It stands elsewhere by now: the answer has its route as it is",
  422: "It may not be done now: the message says what may, problems say what stands in the way",
  503: "The journal cannot be written: nothing was done",
};

export const ROLLOUT_ROUTES: readonly ApiRoute[] = [
  route({
    method: "get",
    path: "/api/rollout",
    summary: "Where every route stands: stage, step, shares, gate, time to certify, what may be done",
    role: "viewer",
    query: rolloutListQuerySchema,
    answer: rolloutListSchema,
    failures: {},
    handle: async ({ dependencies, query: { detail }, actor }) => {
      const routes = dependencies.rollout.routes(actor.who);
      const totals = totalsOf(routes);
      if (detail === "none") return ok({ totals, routes: [] });
      return ok({ totals, routes: detail === "brief" ? routes.map(briefOf) : routes });
    },
  }),
  route({
    method: "get",
    path: "/api/rollout/{id}",
    summary: "Where one route stands; the id is its name",
    role: "viewer",
    query: NO_QUERY,
    answer: rolloutRouteSchema,
    failures: NO_SUCH_ROUTE,
    handle: async ({ dependencies, id, actor }) => {
      const found = dependencies.rollout.route(id, actor.who);
      return found === undefined ? noSuchRoute(id, dependencies) : ok(found);
    },
  }),
  route({
    method: "get",
    path: "/api/rollout/{id}/plan",
    summary: "All steps of one route, what must hold to leave each, and how long that takes at this traffic",
    role: "viewer",
    query: NO_QUERY,
    answer: planSchema,
    failures: NO_SUCH_ROUTE,
    handle: async ({ dependencies, id, actor }) => {
      const plan = dependencies.rollout.plan(id, actor.who);
      return plan === undefined ? noSuchRoute(id, dependencies) : ok(plan);
    },
  }),
  ...ROLLOUT_ACTIONS.map(actionRoute),
  route({
    method: "post",
    path: "/api/rollout/{id}/extend",
    summary: "Put off the end of a deprecated route's legacy: its sunset is later from now on",
    role: "operator",
    query: NO_QUERY,
    body: extendBodySchema,
    answer: rolloutChangeSchema,
    failures: CHANGE_FAILURES,
    handle: async ({ dependencies, id, body, actor, changed }) => {
      const change = await dependencies.rollout.extend(id, body, actor);
      if (change.kind === "ok") changed("rollout");
      return change.kind === "unknown" ? noSuchRoute(id, dependencies) : changeAnswer(change);
    },
  }),
  route({
    method: "get",
    path: "/api/journal",
    summary: "What was done to a route, or to all: who, when, why, and what the gate said; newest first",
    role: "viewer",
    query: journalQuerySchema,
    answer: journalSchema,
    failures: { 503: "The journal cannot be read" },
    handle: async ({ dependencies, query: { route, before, limit, sealed } }) => {
      // One more than asked for tells whether there is more.
      const asked = { route, before, limit: limit + 1, isSealed: sealed === "true" };
      const read = await dependencies.rollout.journal(asked);
      if (!read.ok) return failure(503, "journal-unavailable", read.message);
      const entries = read.entries.slice(0, limit);
      const isMore = read.entries.length > limit;
      return ok({ entries, before: isMore ? (entries.at(-1)?.sequence ?? null) : null, head: read.head });
    },
  }),
  route({
    method: "get",
    path: "/api/explain",
    summary: "Who serves such a request, and why: unit, bucket, threshold, rule; now, or as it was at a time",
    role: "viewer",
    query: explainQuerySchema,
    answer: explainSchema,
    failures: { 404: "The config has no such route, or none that takes such a request" },
    handle: async ({ dependencies, query }) => {
      const { route, target, header: headers, at, ...asked } = query;
      if (route === undefined && target === undefined)
        return failure(400, "invalid-query", "query: a route or a target is needed");
      const atMs = at === undefined ? undefined : Date.parse(at);
      const explained = await dependencies.rollout.explain({ ...asked, route, target, headers, atMs });
      if (explained !== undefined) return ok(explained);
      return route === undefined
        ? failure(404, "not-found", "no route takes such a request")
        : noSuchRoute(route, dependencies);
    },
  }),
];

function actionRoute(action: RolloutAction): ApiRoute {
  return route({
    method: "post",
    path: `/api/rollout/{id}/${action}`,
    summary: SUMMARIES[action],
    role: "operator",
    query: NO_QUERY,
    body: rolloutActionBodySchema,
    isBodyOptional: action === "resume",
    answer: rolloutChangeSchema,
    failures: CHANGE_FAILURES,
    handle: async ({ dependencies, id, body = {}, actor, changed }) => {
      const problem = bodyProblem(action, body);
      if (problem !== undefined) return failure(400, "invalid-body", `body: ${problem}`);
      const change = await dependencies.rollout.act(id, { ...body, action }, actor);
      if (change.kind === "ok") changed("rollout");
      return change.kind === "unknown" ? noSuchRoute(id, dependencies) : changeAnswer(change);
    },
  });
}

/** What goes with the action, and nothing else: what is not heeded must not look as if it were. */
function bodyProblem(
  action: RolloutAction,
  { reason, to, force }: z.output<typeof rolloutActionBodySchema>,
): string | undefined {
  if (reason === undefined && action !== "resume") return "a reason is needed";
  if (to !== undefined && action !== "promote" && action !== "rollback")
    return "to: with promote and rollback alone";
  if (force !== undefined && action !== "promote") return "force: with promote alone";
  return undefined;
}

function changeAnswer(change: Exclude<RolloutChange, { kind: "unknown" }>): ApiAnswer {
  switch (change.kind) {
    case "ok":
      return ok({ route: change.route, epoch: change.epoch });
    case "refused":
      return failure(422, "rollout-refused", change.message, change.problems);
    case "conflict": {
      const { status, body } = failure(409, "rollout-conflict", change.message);
      return { status, body: { ...body, route: change.route } };
    }
    case "failed":
      return failure(503, "journal-unavailable", change.message);
    default:
      return assertNever(change);
  }
}

function noSuchRoute(name: string, dependencies: AdminDependencies): JsonAnswer {
  const names = dependencies.rollout.routes().map(({ route }) => route);
  const shown = names.slice(0, NAMES_SHOWN_MAX).join(", ");
  const more = names.length > NAMES_SHOWN_MAX ? ` and ${names.length - NAMES_SHOWN_MAX} more` : "";
  return failure(404, "not-found", `no route is called ${name}; there are ${shown}${more}`);
}

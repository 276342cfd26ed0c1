// The API of people's work: who asks, triage, the audit log, deletion, live events.
import type { z } from "zod";
import type { TriageDecision } from "../core/triage.ts";
import { answerFrom, failure, ok, route, STORE_DOWN } from "./api-route.ts";
import { auditQuerySchema, NO_QUERY } from "./query-schemas.ts";
import {
  auditSchema,
  meSchema,
  purgeBodySchema,
  purgeSchema,
  triageBodySchema,
  triageSchema,
  vacuumSchema,
} from "./review-schemas.ts";
import { summarySchema } from "./schemas.ts";

const DAY_MS = 86_400_000;

export const REVIEW_ROUTES = [
  route({
    method: "get",
    path: "/api/me",
    summary: "Who asks, as the audit log would have it, and what they may do",
    role: "viewer",
    query: NO_QUERY,
    answer: meSchema,
    failures: {},
    handle: async ({ actor }) => ok(actor),
  }),
  route({
    method: "get",
    path: "/api/events",
    summary:
      "Server-sent events: summary (as /api/summary) about once a second, and changed ({what: triage, rules, kill, reload or rollout})",
    role: "viewer",
    query: NO_QUERY,
    answer: summarySchema,
    streams: "events",
    failures: { 503: "As many listen as can be" },
    handle: async ({ summary }) => ok(await summary()),
  }),
  route({
    method: "post",
    path: "/api/triage",
    summary:
      "Decide about signatures: accepted until a day, a bug with a link, fixed, or new; owner; comment",
    role: "reviewer",
    query: NO_QUERY,
    body: triageBodySchema,
    answer: triageSchema,
    failures: STORE_DOWN,
    handle: async ({ dependencies, body, actor, changed }) => {
      const { ids, owner, comment } = body;
      const read = decisionFrom(body, dependencies.clock.nowMs());
      if (read.kind === "refused") return failure(400, "invalid-body", read.message);
      const { decision } = read;
      if (decision === undefined && owner === undefined && comment === undefined)
        return failure(400, "invalid-body", "body: a state, an owner or a comment is needed");
      const signatureIds = [...new Set(ids)];
      const change = { ...actor, signatureIds, decision, owner, comment };
      return answerFrom(await dependencies.store.triage(change), (count) => {
        if (count > 0) changed("triage");
        return ok({ changed: count });
      });
    },
  }),
  route({
    method: "get",
    path: "/api/audit",
    summary: "Who changed what, newest first",
    role: "viewer",
    query: auditQuerySchema,
    answer: auditSchema,
    failures: STORE_DOWN,
    handle: async ({ dependencies, query }) =>
      answerFrom(await dependencies.store.audit(query), (entries) => ok({ entries })),
  }),
  route({
    method: "post",
    path: "/api/data/purge",
    summary:
      "Delete what is stored of an endpoint, of a route, or samples before a time; or say what would go",
    role: "operator",
    query: NO_QUERY,
    body: purgeBodySchema,
    answer: purgeSchema,
    failures: STORE_DOWN,
    handle: async ({ dependencies, body, actor, changed }) => {
      const { endpoint, route: ofRoute, before, dryRun } = body;
      if (endpoint === undefined && ofRoute === undefined && before === undefined)
        return failure(400, "invalid-body", "body: an endpoint, a route or before is needed");
      const beforeMs = before === undefined ? undefined : Date.parse(before);
      const asked = { endpoint, route: ofRoute, beforeMs, isDryRun: dryRun };
      return answerFrom(await dependencies.store.purge({ ...asked, ...actor }), (counts) => {
        if (!dryRun) changed("triage");
        return ok(counts);
      });
    },
  }),
  route({
    method: "post",
    path: "/api/data/vacuum",
    summary: "Give the room of what was deleted back to the disk",
    role: "operator",
    query: NO_QUERY,
    answer: vacuumSchema,
    failures: STORE_DOWN,
    handle: async ({ dependencies, actor }) => answerFrom(await dependencies.store.vacuum(actor), ok),
  }),
];

type ReadDecision =
  | { readonly kind: "ok"; readonly decision: TriageDecision | undefined }
  | { readonly kind: "refused"; readonly message: string };

/** The fields that go with the state, and no others: what is not kept must not look as if it were. */
function decisionFrom(
  { state, expires, link }: z.output<typeof triageBodySchema>,
  nowMs: number,
): ReadDecision {
  const refused = (message: string) => ({ kind: "refused", message }) as const;
  if (expires !== undefined && state !== "accepted") return refused("expires: with state accepted alone");
  if (link !== undefined && state !== "bug") return refused("link: with state bug alone");
  switch (state) {
    case undefined:
      return { kind: "ok", decision: undefined };
    case "accepted": {
      if (expires === undefined) return refused("expires: the last day of the acceptance is needed");
      // The whole of that day, in UTC.
      const expiresMs = Date.parse(expires) + DAY_MS;
      return expiresMs <= nowMs
        ? refused("expires: today or later")
        : { kind: "ok", decision: { state, expiresMs } };
    }
    case "bug":
      return link === undefined
        ? refused("link: where the bug is followed up is needed")
        : { kind: "ok", decision: { state, link } };
    default:
      return { kind: "ok", decision: { state } };
  }
}

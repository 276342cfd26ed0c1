// The API of rules: those in force, a trial of others, those worth having, and putting one to work.
import type { z } from "zod";
import { assertNever } from "../core/assert.ts";
import { type ApiAnswer, answerFrom, failure, ok, route, STORE_DOWN } from "./api-route.ts";
import type { PreviewResult, RuleChange } from "./dependencies.ts";
import { NO_QUERY, rulesQuerySchema, suggestionsQuerySchema } from "./query-schemas.ts";
import { addRuleBodySchema, ruleChangeSchema } from "./review-schemas.ts";
import {
  previewBodySchema,
  previewSchema,
  type RuleAnswer,
  rulesSchema,
  suggestionsSchema,
} from "./rule-schemas.ts";

export const RULE_ROUTES = [
  route({
    method: "get",
    path: "/api/rules",
    summary: "The rules in force: what each hid, where, how often, when last, and whether it is worth a look",
    role: "viewer",
    query: rulesQuerySchema,
    answer: rulesSchema,
    failures: STORE_DOWN,
    handle: async ({ dependencies, query }) =>
      answerFrom(await dependencies.rules(), (rules) => ok(rulesAnswer(rules, query))),
  }),
  route({
    method: "post",
    path: "/api/rules",
    summary: "Put a rule to work, after those of the config; it stays over restarts and reloads",
    role: "reviewer",
    query: NO_QUERY,
    body: addRuleBodySchema,
    answer: ruleChangeSchema,
    failures: {
      409: "It counts already, or there are as many added ones as can be",
      422: "The rule has problems, all of them listed; nothing changed",
      ...STORE_DOWN,
    },
    handle: async ({ dependencies, body, actor }) =>
      ruleChangeAnswer(await dependencies.addRule(body, actor)),
  }),
  route({
    method: "delete",
    path: "/api/rules/{id}",
    summary: "Take a rule that was put to work here out again",
    role: "reviewer",
    query: NO_QUERY,
    answer: ruleChangeSchema,
    failures: {
      404: "There is no such rule",
      409: "It is a rule of the config: it is taken out there",
      ...STORE_DOWN,
    },
    handle: async ({ dependencies, id, actor }) => ruleChangeAnswer(await dependencies.removeRule(id, actor)),
  }),
  route({
    method: "post",
    path: "/api/rules/preview",
    summary: "Try rules: what they would hide of the stored samples, judged again; nothing is changed",
    role: "reviewer",
    query: NO_QUERY,
    body: previewBodySchema,
    answer: previewSchema,
    failures: { 422: "The rules have problems, all of them listed", ...STORE_DOWN },
    handle: async ({ dependencies, body }) => previewAnswer(await dependencies.previewRules(body)),
  }),
  route({
    method: "get",
    path: "/api/rules/suggestions",
    summary:
      "Rules that would explain what the legacy itself changes, each with its evidence; none is in force",
    role: "viewer",
    query: suggestionsQuerySchema,
    answer: suggestionsSchema,
    failures: STORE_DOWN,
    handle: async ({ dependencies, query: { endpoint, limit, offset } }) =>
      answerFrom(await dependencies.ruleSuggestions(endpoint), (found) =>
        ok({ total: found.length, suggestions: found.slice(offset, offset + limit) }),
      ),
  }),
];

function rulesAnswer(
  rules: readonly RuleAnswer[],
  { route, flagged, limit, offset }: z.output<typeof rulesQuerySchema>,
): z.input<typeof rulesSchema> {
  const found = rules.filter(
    (rule) =>
      (route === undefined || rule.routes.includes(route)) &&
      (flagged === undefined || rule.flags.length > 0 === (flagged === "true")),
  );
  return { total: found.length, rules: found.slice(offset, offset + limit) };
}

function ruleChangeAnswer(change: RuleChange): ApiAnswer {
  switch (change.kind) {
    case "ok":
      return ok({ id: change.id, epoch: change.epoch });
    case "refused":
      return failure(422, "invalid-rules", "the rule has problems; nothing changed", change.problems);
    case "conflict":
      return failure(409, "rule-conflict", change.message);
    case "unknown":
      return failure(404, "not-found", "no rule has this id");
    case "failed":
      return answerFrom(change, ok);
    default:
      return assertNever(change);
  }
}

function previewAnswer(result: PreviewResult): ApiAnswer {
  switch (result.kind) {
    case "ok":
      return ok(result.preview);
    case "refused":
      return failure(422, "invalid-rules", "the rules have problems", result.problems);
    case "busy":
      return failure(503, "preview-busy", "another preview is under way; try again in a moment");
    case "failed":
      return answerFrom(result, ok);
    default:
      return assertNever(result);
  }
}

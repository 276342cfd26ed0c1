// The API of what changes traffic: the kill switch and a reload, and nothing else.
import { failure, ok, route } from "./api-route.ts";
import { NO_QUERY } from "./query-schemas.ts";
import { killBodySchema } from "./review-schemas.ts";
import { killSchema, reloadSchema } from "./schemas.ts";

export const TRAFFIC_ROUTES = [
  route({
    method: "post",
    path: "/api/kill",
    summary: "Kill switch on: legacy only, nothing mirrored",
    role: "operator",
    query: NO_QUERY,
    body: killBodySchema,
    isBodyOptional: true,
    answer: killSchema,
    failures: {},
    handle: async ({ dependencies, actor, body }) =>
      ok(await dependencies.setKilled(true, actor, body?.reason)),
  }),
  route({
    method: "delete",
    path: "/api/kill",
    summary: "Kill switch off",
    role: "operator",
    query: NO_QUERY,
    body: killBodySchema,
    isBodyOptional: true,
    answer: killSchema,
    failures: {},
    handle: async ({ dependencies, actor, body }) =>
      ok(await dependencies.setKilled(false, actor, body?.reason)),
  }),
  route({
    method: "post",
    path: "/api/reload",
    summary: "Read the config file again; a bad one changes nothing",
    role: "operator",
    query: NO_QUERY,
    answer: reloadSchema,
    failures: { 422: "The config has problems, all of them listed; nothing changed" },
    handle: async ({ dependencies, actor }) => {
      const result = await dependencies.reload(actor);
      return result.ok
        ? ok({ epoch: result.epoch })
        : failure(422, "invalid-config", "the config has problems; nothing changed", result.problems);
    },
  }),
];

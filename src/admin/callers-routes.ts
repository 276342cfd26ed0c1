// The API of who still calls the legacy.
import { z } from "zod";
import { OTHER } from "../core/other.ts";
import type { StoredCaller } from "../store/caller-store.ts";
import { answerFrom, ok, route, STORE_DOWN } from "./api-route.ts";
import { atMs, count } from "./fields.ts";

const limitError = "a whole number from 1 to 1000";

export const callersQuerySchema = z.strictObject({
  route: z.string().optional(),
  since: z.iso.datetime({ offset: true }).optional().describe("Seen at this time or later"),
  limit: z.coerce
    .number({ error: limitError })
    .int({ error: limitError })
    .min(1, { error: limitError })
    .max(1000, { error: limitError })
    .default(100),
});

export const callersSchema = z.object({
  total: count.describe("Callers that the filters let through, before the limit"),
  callers: z.array(
    z.object({
      route: z.string(),
      unit: z
        .object({ kind: z.string(), id: z.string().describe("Redacted") })
        .nullable()
        .describe("null: the request had none of the route's units, or it is not known whose it was"),
      userAgent: z.string().nullable().describe("Its products, without comments; null where none was sent"),
      isOther: z.boolean().describe("All callers past the limit of the route, as one"),
      firstSeenMs: atMs,
      lastSeenMs: atMs,
      requests: count,
    }),
  ),
});
export type CallersAnswer = z.infer<typeof callersSchema>;

function callerAnswer({
  unitKind,
  unit,
  userAgent,
  ...rest
}: StoredCaller): CallersAnswer["callers"][number] {
  const isOther = unitKind === OTHER;
  return {
    ...rest,
    isOther,
    unit: isOther || unitKind === "" ? null : { kind: unitKind, id: unit },
    userAgent: isOther || userAgent === "" ? null : userAgent,
  };
}

export const CALLER_ROUTES = [
  route({
    method: "get",
    path: "/api/callers",
    summary: "Who still calls the legacy: per route, unit and user agent, newest first, over restarts",
    role: "viewer",
    query: callersQuerySchema,
    answer: callersSchema,
    failures: STORE_DOWN,
    handle: async ({ dependencies, query }) => {
      const { route: ofRoute, since, limit } = query;
      const sinceMs = since === undefined ? undefined : Date.parse(since);
      const read = await dependencies.store.callers({ route: ofRoute, sinceMs, limit });
      return answerFrom(read, ({ total, rows }) => ok({ total, callers: rows.map(callerAnswer) }));
    },
  }),
];

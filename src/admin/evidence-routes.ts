// The API of the evidence: totals, endpoints, signatures, exchanges, trends, latency, and the export of them.
import type { ApiAnswer } from "./api-route.ts";
import { answerFrom, failure, NOT_FOUND, ok, route, STORE_DOWN } from "./api-route.ts";
import { curlLine } from "./curl.ts";
import { ExportFailure, exportText } from "./export.ts";
import {
  differencesQuerySchema,
  endpointsQuerySchema,
  exportQuerySchema,
  latencyQuerySchema,
  NO_QUERY,
  trendsQuerySchema,
} from "./query-schemas.ts";
import { latencySchema, trendSchema } from "./review-schemas.ts";
import { endpointAnswer, signatureAnswer } from "./rows.ts";
import {
  differencesSchema,
  endpointsSchema,
  exchangeSchema,
  exportLineSchema,
  signatureSchema,
  summarySchema,
} from "./schemas.ts";
import { latencyAnswer, readTrend, trendAnswer } from "./trends.ts";

/** The store's time is a number. */
function withSinceMs<Q extends { readonly since?: string | undefined }>({ since, ...query }: Q) {
  return { ...query, sinceMs: since === undefined ? undefined : Date.parse(since) };
}

/** The first piece is read before anything is answered, so that a store that cannot be read is still a 503. */
async function linesAnswer(text: AsyncGenerator<string>): Promise<ApiAnswer> {
  try {
    const first = await text.next();
    return { status: 200, lines: startedWith(first, text) };
  } catch (error) {
    if (error instanceof ExportFailure) return answerFrom({ kind: "failed", ...error.fault }, ok);
    throw error;
  }
}

async function* startedWith(
  first: IteratorResult<string, unknown>,
  rest: AsyncGenerator<string>,
): AsyncGenerator<string> {
  if (first.done === true) return;
  yield first.value;
  yield* rest;
}

export const EVIDENCE_ROUTES = [
  route({
    method: "get",
    path: "/api/summary",
    summary: "Uptime, epoch, totals since the start, and the state of threads and store",
    role: "viewer",
    query: NO_QUERY,
    answer: summarySchema,
    failures: {},
    handle: async ({ summary }) => ok(await summary()),
  }),
  route({
    method: "get",
    path: "/api/endpoints",
    summary: "Per endpoint: exchanges, match rate, latency and status mix of both upstreams, over restarts",
    role: "viewer",
    query: endpointsQuerySchema,
    answer: endpointsSchema,
    failures: STORE_DOWN,
    handle: async ({ dependencies, query }) =>
      answerFrom(await dependencies.store.endpoints(withSinceMs(query)), ({ total, rows }) => {
        const stages = dependencies.stages();
        const endpoints = rows.map((row) => ({
          ...endpointAnswer(row),
          stage: stages.get(row.route) ?? null,
        }));
        return ok({ total, endpoints });
      }),
  }),
  route({
    method: "get",
    path: "/api/differences",
    summary: "Signatures of differences, with counts, first and last seen, and the ids of stored samples",
    role: "viewer",
    query: differencesQuerySchema,
    answer: differencesSchema,
    failures: STORE_DOWN,
    handle: async ({ dependencies, query: { state: states, tier: tiers, ...query } }) => {
      const read = await dependencies.store.differences({ ...withSinceMs(query), states, tiers });
      return answerFrom(read, ({ total, rows }) => ok({ total, differences: rows.map(signatureAnswer) }));
    },
  }),
  route({
    method: "get",
    path: "/api/differences/{id}",
    summary: "One signature",
    role: "viewer",
    query: NO_QUERY,
    answer: signatureSchema,
    failures: { ...NOT_FOUND, ...STORE_DOWN },
    handle: async ({ dependencies, id }) =>
      answerFrom(await dependencies.store.signature(id), (signature) =>
        signature === undefined
          ? failure(404, "not-found", "no signature has this id")
          : ok(signatureAnswer(signature)),
      ),
  }),
  route({
    method: "get",
    path: "/api/export",
    summary:
      "All that is stored, a JSON object a line: endpoints, signatures, exchanges (redacted), rules; an answer that is cut is not whole",
    role: "viewer",
    query: exportQuerySchema,
    answer: exportLineSchema,
    streams: "lines",
    failures: { 503: "The store cannot be read at the moment, or other exports are under way" },
    handle: ({ dependencies, query: { state: states, ...query }, curlBase }) =>
      linesAnswer(exportText({ dependencies, query: { ...withSinceMs(query), states }, curlBase })),
  }),
  route({
    method: "get",
    path: "/api/exchanges/{id}",
    summary: "One stored exchange, redacted: both answers, the differences, the patch, a curl line",
    role: "viewer",
    query: NO_QUERY,
    answer: exchangeSchema,
    failures: { ...NOT_FOUND, ...STORE_DOWN },
    handle: async ({ dependencies, id, curlBase }) =>
      answerFrom(await dependencies.store.exchange(id), (exchange) =>
        exchange === undefined
          ? failure(404, "not-found", "no stored exchange has this id; the oldest samples are removed")
          : ok({ ...exchange, curl: curlLine(exchange.request, curlBase) }),
      ),
  }),
  route({
    method: "get",
    path: "/api/trends",
    summary: "Sums by minute, hour or day: of all traffic, a route, an endpoint or a signature",
    role: "viewer",
    query: trendsQuerySchema,
    answer: trendSchema,
    failures: STORE_DOWN,
    handle: async ({ dependencies, query }) => {
      const asked = readTrend(query, dependencies.clock.nowMs());
      if (asked.kind === "refused") return failure(400, "invalid-query", asked.message);
      return answerFrom(await dependencies.store.trend(asked.query), (points) =>
        ok(trendAnswer(asked.query.resolution, points)),
      );
    },
  }),
  route({
    method: "get",
    path: "/api/latency",
    summary: "Distribution of latency of both upstreams, over restarts: of an endpoint, a route, or all",
    role: "viewer",
    query: latencyQuerySchema,
    answer: latencySchema,
    failures: STORE_DOWN,
    handle: async ({ dependencies, query }) =>
      answerFrom(await dependencies.store.latency(query), (counts) => ok(latencyAnswer(counts))),
  }),
];

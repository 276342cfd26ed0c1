// The JSON API: one table of routes. The server serves it, the OpenAPI document is made from it.
// Invariant: nothing is reachable under /api/ that is not in the table.
import { z } from "zod";
import type { RuleHit } from "../core/batch.ts";
import { latencyQuantileMs } from "../core/latency-buckets.ts";
import type { StoredEndpoint, StoredSignature, StoreRead, UpstreamCounts } from "../store/store.ts";
import { matchRateOf } from "../telemetry/match-rate.ts";
import { curlLine } from "./curl.ts";
import type { AdminDependencies, PlacedRule } from "./dependencies.ts";
import {
  differencesQuerySchema,
  differencesSchema,
  type EndpointAnswer,
  endpointsQuerySchema,
  endpointsSchema,
  exchangeSchema,
  killSchema,
  type RuleAnswer,
  reloadSchema,
  rulesQuerySchema,
  rulesSchema,
  type SignatureAnswer,
  type Summary,
  signatureSchema,
  summarySchema,
} from "./schemas.ts";

export interface ApiAnswer {
  readonly status: 200 | 400 | 404 | 422 | 503;
  readonly body: unknown;
}

interface ApiInput<Q> {
  readonly dependencies: AdminDependencies;
  readonly query: Q;
  /** The `{id}` of the path, decoded; empty where it has none. */
  readonly id: string;
  /** Who asks, for the log. */
  readonly who: string;
  /** Where curl lines go, without a slash at the end. */
  readonly curlBase: string;
}

interface ApiRouteOf<Q extends z.ZodType> {
  readonly method: "get" | "post" | "delete";
  /** With `{id}` at most once. */
  readonly path: string;
  readonly summary: string;
  readonly query: Q;
  readonly answer: z.ZodType;
  /** Statuses besides 200 and those that every route has. */
  readonly failures: Readonly<Record<number, string>>;
  readonly handle: (input: ApiInput<z.output<Q>>) => Promise<ApiAnswer>;
}

/** The query type is erased: the server parses with the route's own schema before it calls `handle`. */
export type ApiRoute = Omit<ApiRouteOf<z.ZodType>, "handle"> & {
  readonly run: (query: unknown, input: Omit<ApiInput<unknown>, "query">) => Promise<ApiAnswer>;
};

function route<Q extends z.ZodType>(definition: ApiRouteOf<Q>): ApiRoute {
  const { handle, ...rest } = definition;
  return {
    ...rest,
    run: async (query, input) => {
      const parsed = definition.query.safeParse(query);
      if (!parsed.success) return failure(400, "invalid-query", queryProblem(parsed.error));
      return handle({ ...input, query: parsed.data });
    },
  };
}

function queryProblem(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join(".") || "query"}: ${issue.message}`).join("; ");
}

function failure(status: ApiAnswer["status"], code: string, message: string, problems?: readonly string[]) {
  return { status, body: { error: code, message, ...(problems === undefined ? {} : { problems }) } };
}

const ok = (body: unknown): ApiAnswer => ({ status: 200, body });

/** The answer made from what the store read, or 503 while it cannot read. */
function answerFrom<T>(read: StoreRead<T>, make: (value: T) => ApiAnswer): ApiAnswer {
  if (read.kind === "ok") return make(read.value);
  return failure(503, "store-unavailable", `the store cannot be read at the moment: ${read.code}`);
}

const NO_QUERY = z.strictObject({});
const STORE_DOWN = { 503: "The store cannot be read at the moment" };
const NOT_FOUND = { 404: "Not stored (any more)" };

export const API_ROUTES: readonly ApiRoute[] = [
  route({
    method: "get",
    path: "/api/summary",
    summary: "Uptime, epoch, totals since the start, and the state of threads and store",
    query: NO_QUERY,
    answer: summarySchema,
    failures: {},
    handle: async ({ dependencies }) => ok(summaryOf(dependencies)),
  }),
  route({
    method: "get",
    path: "/api/endpoints",
    summary: "Per endpoint: exchanges, match rate, latency and status mix of both upstreams, over restarts",
    query: endpointsQuerySchema,
    answer: endpointsSchema,
    failures: STORE_DOWN,
    handle: async ({ dependencies, query }) =>
      answerFrom(await dependencies.store.endpoints(query), ({ total, rows }) =>
        ok({ total, endpoints: rows.map(endpointAnswer) }),
      ),
  }),
  route({
    method: "get",
    path: "/api/differences",
    summary: "Signatures of differences, with counts, first and last seen, and the ids of stored samples",
    query: differencesQuerySchema,
    answer: differencesSchema,
    failures: STORE_DOWN,
    handle: async ({ dependencies, query }) => {
      const { since, ...rest } = query;
      const sinceMs = since === undefined ? undefined : Date.parse(since);
      const read = await dependencies.store.differences({ ...rest, sinceMs });
      return answerFrom(read, ({ total, rows }) => ok({ total, differences: rows.map(signatureAnswer) }));
    },
  }),
  route({
    method: "get",
    path: "/api/differences/{id}",
    summary: "One signature",
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
    path: "/api/rules",
    summary: "The rules in force, with how often each hid a difference and when last; a rule may have none",
    query: rulesQuerySchema,
    answer: rulesSchema,
    failures: STORE_DOWN,
    handle: async ({ dependencies, query }) =>
      answerFrom(await dependencies.store.ruleHits(), (hits) =>
        ok(rulesAnswer(dependencies.rules(), hits, query)),
      ),
  }),
  route({
    method: "get",
    path: "/api/exchanges/{id}",
    summary: "One stored exchange, redacted: both answers, the differences, the patch, a curl line",
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
    method: "post",
    path: "/api/kill",
    summary: "Kill switch on: legacy only, nothing mirrored",
    query: NO_QUERY,
    answer: killSchema,
    failures: {},
    handle: async ({ dependencies, who }) => ok(await dependencies.setKilled(true, who)),
  }),
  route({
    method: "delete",
    path: "/api/kill",
    summary: "Kill switch off",
    query: NO_QUERY,
    answer: killSchema,
    failures: {},
    handle: async ({ dependencies, who }) => ok(await dependencies.setKilled(false, who)),
  }),
  route({
    method: "post",
    path: "/api/reload",
    summary: "Read the config file again; a bad one changes nothing",
    query: NO_QUERY,
    answer: reloadSchema,
    failures: { 422: "The config has problems, all of them listed; nothing changed" },
    handle: async ({ dependencies, who }) => {
      const result = await dependencies.reload(who);
      return result.ok
        ? ok({ epoch: result.epoch })
        : failure(422, "invalid-config", "the config has problems; nothing changed", result.problems);
    },
  }),
];

export function summaryOf({ summary, store }: Pick<AdminDependencies, "summary" | "store">): Summary {
  return { ...summary(), store: store.health() };
}

/** One page. Global rules stand in each route's list, so only the page's own are made into answers. */
function rulesAnswer(
  rules: Iterable<PlacedRule>,
  hits: readonly RuleHit[],
  { route, limit, offset }: z.output<typeof rulesQuerySchema>,
): z.input<typeof rulesSchema> {
  const hitsOf = new Map(hits.map((hit) => [`${hit.index} ${hit.route}`, hit]));
  const shown: RuleAnswer[] = [];
  let total = 0;
  for (const placed of rules) {
    if (route !== undefined && placed.route !== route) continue;
    if (total >= offset && shown.length < limit) {
      const hit = hitsOf.get(`${placed.index} ${placed.route}`);
      shown.push({ ...placed, hits: hit?.hits ?? 0, lastHitMs: hit?.lastHitMs ?? null });
    }
    total++;
  }
  return { total, rules: shown };
}

function upstreamAnswer({ status, latency }: UpstreamCounts): EndpointAnswer["legacy"] {
  const quantile = (q: number) => latencyQuantileMs(latency, q) ?? null;
  return {
    status: Object.fromEntries(status),
    latencyMs: { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99) },
  };
}

export function endpointAnswer(stored: StoredEndpoint): EndpointAnswer {
  const { incomparable, skipped, legacy, candidate, ...rest } = stored;
  const matchRate = matchRateOf(stored.match, stored.mismatch);
  return {
    ...rest,
    incomparable: Object.fromEntries(incomparable),
    skipped: Object.fromEntries(skipped),
    matchRate: { ...matchRate, rate: matchRate.rate ?? null },
    legacy: upstreamAnswer(legacy),
    candidate: upstreamAnswer(candidate),
  };
}

export function signatureAnswer(stored: StoredSignature): SignatureAnswer {
  return { ...stored, exchangeIds: [...stored.exchangeIds] };
}

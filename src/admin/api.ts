// The JSON API: one table of routes. The server serves it, the OpenAPI document is made from it.
// Invariant: nothing is reachable under /api/ that is not in the table.
import { z } from "zod";
import { assertNever } from "../core/assert.ts";
import type { StoreRead } from "../store/store.ts";
import { curlLine } from "./curl.ts";
import type { AdminDependencies, PreviewResult } from "./dependencies.ts";
import { ExportFailure, exportText } from "./export.ts";
import {
  differencesQuerySchema,
  endpointsQuerySchema,
  exportQuerySchema,
  rulesQuerySchema,
  suggestionsQuerySchema,
} from "./query-schemas.ts";
import { endpointAnswer, signatureAnswer } from "./rows.ts";
import {
  previewBodySchema,
  previewSchema,
  type RuleAnswer,
  rulesSchema,
  suggestionsSchema,
} from "./rule-schemas.ts";
import {
  differencesSchema,
  endpointsSchema,
  exchangeSchema,
  exportLineSchema,
  killSchema,
  reloadSchema,
  type Summary,
  signatureSchema,
  summarySchema,
} from "./schemas.ts";

export interface JsonAnswer {
  readonly status: 200 | 400 | 404 | 422 | 503;
  readonly body: unknown;
}

/** Text that is made while it is sent: pieces of whole lines of JSON, the first of which is there already. */
export interface LinesAnswer {
  readonly status: 200;
  readonly lines: AsyncGenerator<string>;
}

export type ApiAnswer = JsonAnswer | LinesAnswer;

interface ApiInput<Q, B> {
  readonly dependencies: AdminDependencies;
  readonly query: Q;
  readonly body: B;
  /** The `{id}` of the path, decoded; empty where it has none. */
  readonly id: string;
  /** Who asks, for the log. */
  readonly who: string;
  /** Where curl lines go, without a slash at the end. */
  readonly curlBase: string;
}

interface ApiRouteOf<Q extends z.ZodType, B extends z.ZodType> {
  readonly method: "get" | "post" | "delete";
  /** With `{id}` at most once. */
  readonly path: string;
  readonly summary: string;
  readonly query: Q;
  /** Of a JSON body; a route without it takes none. */
  readonly body?: B;
  readonly answer: z.ZodType;
  /** `answer` is one line of many. */
  readonly isLines?: true;
  /** Statuses besides 200 and those that every route has. */
  readonly failures: Readonly<Record<number, string>>;
  readonly handle: (input: ApiInput<z.output<Q>, z.output<B>>) => Promise<ApiAnswer>;
}

/** What a client asks, not yet looked at; `body` is the text, empty without one. */
export interface ApiQuestion {
  readonly query: unknown;
  readonly bodyText: string;
}

/** The types are erased: the route parses with its own schemas before it calls `handle`. */
export type ApiRoute = Omit<ApiRouteOf<z.ZodType, z.ZodType>, "handle"> & {
  readonly run: (
    question: ApiQuestion,
    input: Omit<ApiInput<unknown, unknown>, "query" | "body">,
  ) => Promise<ApiAnswer>;
};

function route<Q extends z.ZodType, B extends z.ZodType = z.ZodUndefined>(
  definition: ApiRouteOf<Q, B>,
): ApiRoute {
  const { handle, ...rest } = definition;
  return {
    ...rest,
    run: async ({ query, bodyText }, input) => {
      const parsed = definition.query.safeParse(query);
      if (!parsed.success) return failure(400, "invalid-query", problemText(parsed.error, "query"));
      if (definition.body === undefined)
        return handle({ ...input, query: parsed.data, body: undefined as z.output<B> });
      const body = definition.body.safeParse(jsonFrom(bodyText));
      if (!body.success) return failure(400, "invalid-body", problemText(body.error, "body"));
      return handle({ ...input, query: parsed.data, body: body.data });
    },
  };
}

function problemText(error: z.ZodError, whole: string): string {
  return error.issues.map((issue) => `${issue.path.join(".") || whole}: ${issue.message}`).join("; ");
}

function jsonFrom(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the schema says what is wanted instead
  }
}

export function failure(
  status: JsonAnswer["status"],
  code: string,
  message: string,
  problems?: readonly string[],
) {
  return { status, body: { error: code, message, ...(problems === undefined ? {} : { problems }) } };
}

const ok = (body: unknown): ApiAnswer => ({ status: 200, body });

/** The answer made from what the store read, or 503 while it cannot read. */
function answerFrom<T>(read: StoreRead<T>, make: (value: T) => ApiAnswer): ApiAnswer {
  if (read.kind === "ok") return make(read.value);
  return failure(503, "store-unavailable", `the store cannot be read at the moment: ${read.code}`);
}

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
      answerFrom(await dependencies.store.endpoints(withSinceMs(query)), ({ total, rows }) =>
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
      const read = await dependencies.store.differences(withSinceMs(query));
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
    path: "/api/export",
    summary:
      "All that is stored, a JSON object a line: endpoints, signatures, exchanges (redacted), rules; an answer that is cut is not whole",
    query: exportQuerySchema,
    answer: exportLineSchema,
    isLines: true,
    failures: { 503: "The store cannot be read at the moment, or other exports are under way" },
    handle: ({ dependencies, query, curlBase }) =>
      linesAnswer(exportText({ dependencies, query: withSinceMs(query), curlBase })),
  }),
  route({
    method: "get",
    path: "/api/rules",
    summary: "The rules in force: what each hid, where, how often, when last, and whether it is worth a look",
    query: rulesQuerySchema,
    answer: rulesSchema,
    failures: STORE_DOWN,
    handle: async ({ dependencies, query }) =>
      answerFrom(await dependencies.rules(), (rules) => ok(rulesAnswer(rules, query))),
  }),
  route({
    method: "post",
    path: "/api/rules/preview",
    summary: "Try rules: what they would hide of the stored samples, judged again; nothing is changed",
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
    query: suggestionsQuerySchema,
    answer: suggestionsSchema,
    failures: STORE_DOWN,
    handle: async ({ dependencies, query: { endpoint, limit, offset } }) =>
      answerFrom(await dependencies.ruleSuggestions(endpoint), (found) =>
        ok({ total: found.length, suggestions: found.slice(offset, offset + limit) }),
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
  return { ...summary(), signatures: null, store: store.health() };
}

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

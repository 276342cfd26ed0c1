// What a route of the JSON API is, and the answers that all of them share.
import type { z } from "zod";
import type { Role } from "../core/role.ts";
import type { Actor } from "../store/review-store.ts";
import type { StoreRead } from "../store/store.ts";
import type { AdminDependencies } from "./dependencies.ts";
import type { Change } from "./live-events.ts";
import type { Summary } from "./schemas.ts";

export interface JsonAnswer<B = unknown> {
  readonly status: 200 | 400 | 404 | 409 | 422 | 503;
  readonly body: B;
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
  /** Who asks. */
  readonly actor: Actor;
  /** Where curl lines go, without a slash at the end. */
  readonly curlBase: string;
  readonly summary: () => Promise<Summary>;
  /** Tells who listens for changes. */
  readonly changed: (what: Change) => void;
}

interface ApiRouteOf<Q extends z.ZodType, B extends z.ZodType> {
  readonly method: "get" | "post" | "delete";
  /** With `{id}` at most once. */
  readonly path: string;
  readonly summary: string;
  /** What one has to be for it. */
  readonly role: Role;
  readonly query: Q;
  /** Of a JSON body; a route without it takes none. */
  readonly body?: B;
  /** A request without any is fine, and its body undefined. */
  readonly isBodyOptional?: boolean;
  readonly answer: z.ZodType;
  /** `answer` is one line of many, or the data of one event of many. */
  readonly streams?: "lines" | "events";
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

export function route<Q extends z.ZodType, B extends z.ZodType = z.ZodUndefined>(
  definition: ApiRouteOf<Q, B>,
): ApiRoute {
  const { handle, ...rest } = definition;
  return {
    ...rest,
    run: async ({ query, bodyText }, input) => {
      const parsed = definition.query.safeParse(query);
      if (!parsed.success) return failure(400, "invalid-query", problemText(parsed.error, "query"));
      if (definition.body === undefined || (definition.isBodyOptional === true && bodyText === ""))
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
): JsonAnswer<object> {
  return { status, body: { error: code, message, ...(problems === undefined ? {} : { problems }) } };
}

export const ok = (body: unknown): ApiAnswer => ({ status: 200, body });

/** The answer made from what the store read, or 503 while it cannot read. */
export function answerFrom<T>(read: StoreRead<T>, make: (value: T) => ApiAnswer): ApiAnswer {
  if (read.kind === "ok") return make(read.value);
  return failure(503, "store-unavailable", `the store cannot do it at the moment: ${read.code}`);
}

export const STORE_DOWN = { 503: "The store cannot be read at the moment" };
export const NOT_FOUND = { 404: "Not stored (any more)" };

// A stored request made fit to be sent again: who may be sent, what each service gets, and why something is not sent.
// Pure. It never sends a placeholder in place of a value, and never a body that was not wholly kept.
import type { RecordedExchange } from "../core/recording.ts";
import type { MirrorSettings } from "../core/snapshot.ts";
import { rewriteTarget } from "../wire/rewrite-target.ts";
import type { Filler, HeaderPair } from "./fill.ts";

type StoredRequest = RecordedExchange["request"];

/** Why an exchange is not sent, or not judged. */
export const SKIP_REASONS = [
  "unsafe-method",
  "body-cut",
  "redacted",
  "not-sendable",
  "no-recorded-answer",
] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

export interface OutgoingRequest {
  readonly method: string;
  /** Begins with a slash. */
  readonly target: string;
  readonly headers: readonly HeaderPair[];
  readonly body: Buffer;
}

export type Prepared =
  | { readonly kind: "ready"; readonly request: OutgoingRequest }
  | { readonly kind: "skipped"; readonly reason: SkipReason; readonly detail: string };

/** What one service gets otherwise than the other. */
export type LegEdits = Pick<
  MirrorSettings,
  "setHeaders" | "removeHeaders" | "credentials" | "hostHeader" | "pathRewrite"
>;

const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$/;
/** No white space and no control characters: nothing that could end the request line. */
const TARGET = /^\/[\x21-\x7e\x80-\xff]*$/;
/** A field value as latin1 text without line breaks (RFC 9110 §5.5). */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Hop-by-hop (RFC 9110 §7.6.1) and framing headers, which undici writes; and what tells of the first journey: its
 * trace, and the Via by which a Parallax would refuse the request as one that comes back.
 */
const NOT_SENT: ReadonlySet<string> = new Set([
  "connection",
  "content-encoding", // stored bodies are decoded
  "content-length",
  "expect",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "traceparent",
  "tracestate",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "via",
  "x-parallax-role",
]);

const skipped = (reason: SkipReason, detail: string): Prepared => ({ kind: "skipped", reason, detail });

function targetOf(target: string): string {
  const absolute = /^https?:\/\/[^/?#]*/i.exec(target)?.[0];
  if (absolute === undefined) return target;
  const rest = target.slice(absolute.length);
  return rest.startsWith("/") ? rest : `/${rest}`;
}

/** What to send, before the two services' own edits. */
export function prepareRequest(
  stored: StoredRequest,
  { filler, isUnsafeSent }: { readonly filler: Filler; readonly isUnsafeSent: boolean },
): Prepared {
  const { method } = stored;
  if (!SAFE_METHODS.has(method) && !isUnsafeSent)
    return skipped(
      "unsafe-method",
      `${TOKEN.test(method) ? method : "its method"} is sent with --unsafe alone`,
    );
  if (stored.isBodyCut) return skipped("body-cut", "the request's body was not wholly kept");
  const filled = filler.fill(stored);
  if (filled.kind === "missing") return skipped("redacted", filled.why);
  const target = targetOf(filled.target);
  if (!TOKEN.test(method) || method === "CONNECT") return skipped("not-sendable", "its method is none");
  if (!TARGET.test(target)) return skipped("not-sendable", "its target is no path");
  const headers = filled.headers.filter(([name]) => !NOT_SENT.has(name.toLowerCase()));
  const bad = headers.find(([name, value]) => !TOKEN_NAME.test(name) || !FIELD_VALUE.test(value));
  if (bad !== undefined) return skipped("not-sendable", "a header is not valid");
  if (headers.filter(([name]) => name.toLowerCase() === "host").length > 1)
    return skipped("not-sendable", "it has more than one Host");
  return { kind: "ready", request: { method, target, headers, body: filled.body } };
}

const TOKEN_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/;

/** The request as one service gets it. */
export function requestFor(request: OutgoingRequest, edits: LegEdits): OutgoingRequest {
  const { hostHeader, credentials, removeHeaders, setHeaders, pathRewrite } = edits;
  const dropped = new Set([...removeHeaders, ...setHeaders.map(([name]) => name)]);
  if (credentials === "strip") for (const name of ["authorization", "cookie"]) dropped.add(name);
  if (hostHeader !== "preserve") dropped.add("host");
  return {
    ...request,
    target: rewriteTarget(request.target, pathRewrite),
    headers: [
      ...request.headers.filter(([name]) => !dropped.has(name.toLowerCase())),
      ...(hostHeader === "preserve" ? [] : [["host", hostHeader] as const]),
      ...setHeaders,
      ["x-parallax-role", "replay"],
    ],
  };
}

// A line of a recording, or an entry of a HAR 1.2 file, held against what it must be and made a recorded exchange.
// Whatever a stranger wrote ends in an exchange or in one line that says what is wrong.
import * as z from "zod";
import { RECORDING_SCHEMA_VERSION, type RecordedExchange } from "../core/recording.ts";

export type ParsedExchange =
  | { readonly ok: true; readonly exchange: ReplayableExchange }
  | { readonly ok: false; readonly what: string };

/** Route and endpoint are what the recording says; undefined where it does not know. */
export interface ReplayableExchange extends Pick<RecordedExchange, "id" | "atMs" | "request" | "legacy"> {
  readonly route: string | undefined;
  readonly endpoint: string | undefined;
}

const message = z.object({
  headers: z.array(z.tuple([z.string(), z.string()])).readonly(),
  body: z.string(),
  bodyEncoding: z.enum(["utf8", "base64"]),
  bodyBytes: z.number().nonnegative(),
  isBodyCut: z.boolean(),
});
const recorded = z.object({
  schemaVersion: z.literal(RECORDING_SCHEMA_VERSION),
  id: z.string(),
  atMs: z.number(),
  route: z.string(),
  endpoint: z.string(),
  request: message.extend({ method: z.string(), target: z.string() }),
  legacy: message.extend({ status: z.int().min(100).max(999), latencyMs: z.number() }).optional(),
});

const harHeaders = z.array(z.object({ name: z.string(), value: z.string() }));
const harEntry = z.object({
  startedDateTime: z.string().optional(),
  time: z.number().optional(),
  request: z.object({
    method: z.string(),
    url: z.string(),
    headers: harHeaders,
    bodySize: z.number().optional(),
    postData: z.object({ text: z.string().optional(), encoding: z.string().optional() }).optional(),
  }),
  response: z
    .object({
      status: z.number(),
      headers: harHeaders,
      content: z
        .object({ size: z.number().optional(), text: z.string().optional(), encoding: z.string().optional() })
        .optional(),
    })
    .optional(),
});

/** One line of a recording, parsed as JSON. */
export function parseRecorded(value: unknown): ParsedExchange {
  if (typeof value === "object" && value !== null && "schemaVersion" in value) {
    const { schemaVersion } = value;
    if (schemaVersion !== RECORDING_SCHEMA_VERSION)
      return {
        ok: false,
        what: `schemaVersion ${String(schemaVersion).slice(0, 20)}, this Parallax reads ${RECORDING_SCHEMA_VERSION}`,
      };
  }
  const parsed = recorded.safeParse(value);
  if (!parsed.success) return { ok: false, what: `no recorded exchange: ${firstIssue(parsed.error)}` };
  return { ok: true, exchange: { ...parsed.data, legacy: parsed.data.legacy } };
}

/** One entry of `log.entries`. Bodies in a HAR file are decoded text, or base64. */
export function parseHarEntry(value: unknown, index: number): ParsedExchange {
  const parsed = harEntry.safeParse(value);
  if (!parsed.success) return { ok: false, what: `no HAR entry: ${firstIssue(parsed.error)}` };
  const { request, response, startedDateTime, time } = parsed.data;
  if (!URL.canParse(request.url)) return { ok: false, what: "no HAR entry: request.url is no URL" };
  const url = new URL(request.url);
  if (url.protocol !== "http:" && url.protocol !== "https:")
    return { ok: false, what: `a request over ${url.protocol} is none of HTTP` };
  const atMs = Date.parse(startedDateTime ?? "");
  const headers = pairsOf(request.headers);
  const hasHost = headers.some(([name]) => name === "host");
  const { postData } = request;
  const isBodyMissing = postData?.text === undefined && (request.bodySize ?? 0) > 0;
  const content = response?.content;
  // A size of -1 says that it is not known: the answer was not read to its end.
  const isContentMissing = content?.text === undefined && (content?.size ?? 0) !== 0;
  return {
    ok: true,
    exchange: {
      id: `har-${index}`,
      atMs: Number.isFinite(atMs) ? atMs : 0,
      route: undefined,
      endpoint: undefined,
      request: {
        method: request.method,
        target: `${url.pathname}${url.search}`,
        headers: hasHost ? headers : [["host", url.host], ...headers],
        ...bodyOf(postData, isBodyMissing),
      },
      // Browsers write a status of 0 for what was never answered.
      legacy:
        response === undefined || response.status < 100
          ? undefined
          : {
              status: response.status,
              latencyMs: time ?? 0,
              headers: pairsOf(response.headers),
              ...bodyOf(content, isContentMissing),
            },
    },
  };
}

/** Names of HTTP/2 that begin with a colon are the request line's. */
function pairsOf(headers: z.output<typeof harHeaders>): readonly (readonly [string, string])[] {
  return headers
    .map(({ name, value }) => [name.toLowerCase(), value] as const)
    .filter(([name]) => !name.startsWith(":"));
}

function bodyOf(
  content: { readonly text?: string | undefined; readonly encoding?: string | undefined } | undefined,
  isMissing: boolean,
) {
  const body = content?.text ?? "";
  const bodyEncoding = content?.encoding === "base64" ? ("base64" as const) : ("utf8" as const);
  return { body, bodyEncoding, bodyBytes: Buffer.byteLength(body, bodyEncoding), isBodyCut: isMissing };
}

function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue === undefined ? "" : `${issue.path.join(".") || "the line"}: ${issue.message}`;
}

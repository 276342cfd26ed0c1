// What a Content-Type says, as far as the judge needs it: how to compare the body, and whether two values of the
// header mean the same. Type, subtype, parameter names and charset have no case; white space, quotes and the
// order of parameters have no meaning (RFC 9110 §8.3.1); other parameter values keep their case.
import type { FieldLines } from "./exchange.ts";

export type BodyForm =
  | "json"
  | "ndjson"
  | "json-seq"
  | "form"
  | "lines"
  | "not-compared"
  /** By bytes. */
  | "other"
  | "unsaid";

/** Distinct header values remembered; a service has a handful. */
const CACHE_MAX = 256;

interface MediaType {
  readonly essence: string;
  /** Lower case; undefined where none is said. */
  readonly charset: string | undefined;
  /** The same text for values that mean the same. */
  readonly normal: string;
}

const cache = new Map<string, MediaType>();

/** Splits at `;` outside quoted strings. */
function splitParameters(value: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < value.length; at++) {
    const char = value[at];
    if (isQuoted && char === "\\") at++;
    else if (char === '"') isQuoted = !isQuoted;
    else if (char === ";" && !isQuoted) {
      parts.push(value.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(value.slice(start));
  return parts;
}

function normalParameter(text: string): string {
  const equals = text.indexOf("=");
  if (equals < 0) return text.trim().toLowerCase();
  const name = text.slice(0, equals).trim().toLowerCase();
  let value = text.slice(equals + 1).trim();
  if (value.length >= 2 && value.startsWith('"') && value.endsWith('"'))
    value = value.slice(1, -1).replace(/\\(.)/g, "$1");
  return `${name}=${name === "charset" ? value.toLowerCase() : value}`;
}

function parseMediaType(value: string): MediaType {
  const known = cache.get(value);
  if (known !== undefined) return known;
  const [first = "", ...rest] = splitParameters(value);
  const essence = first.trim().toLowerCase();
  // JSON is UTF-8 whether it says so or not (RFC 8259 §8.1, §11).
  const isSaid = (parameter: string) =>
    parameter === "" || (isJson(essence) && parameter === "charset=utf-8");
  const said = rest.map(normalParameter);
  const parameters = said.filter((parameter) => !isSaid(parameter));
  const charset = said.find((parameter) => parameter.startsWith("charset="))?.slice("charset=".length);
  const parsed = { essence, charset, normal: [essence, ...parameters.sort()].join(";") };
  if (cache.size >= CACHE_MAX) cache.clear();
  cache.set(value, parsed);
  return parsed;
}

/** Whether two Content-Type values mean the same. */
export function isSameMediaType(a: string, b: string): boolean {
  return a === b || parseMediaType(a).normal === parseMediaType(b).normal;
}

function isJson(essence: string): boolean {
  return essence === "application/json" || essence === "text/json" || essence.endsWith("+json");
}

const RECORD_TYPES: ReadonlySet<string> = new Set([
  "application/x-ndjson",
  "application/ndjson",
  "application/jsonl",
  "application/x-jsonlines",
]);

/** Texts that are not called one. */
const LINE_TYPES: ReadonlySet<string> = new Set([
  "application/xml",
  "application/javascript",
  "application/x-javascript",
  "application/ecmascript",
  "application/yaml",
  "application/x-yaml",
  "application/toml",
  "application/graphql",
]);

function isLines(essence: string): boolean {
  return (
    essence.startsWith("text/") ||
    essence.endsWith("+xml") ||
    essence.endsWith("+yaml") ||
    LINE_TYPES.has(essence)
  );
}

/** The charset that a Content-Type says, in lower case. */
export function charsetOf(contentType: string | undefined): string | undefined {
  return contentType === undefined ? undefined : parseMediaType(contentType).charset;
}

/** How a body with this Content-Type is compared. Event streams have no end and multipart has random borders. */
export function bodyFormOf(contentType: string | undefined): BodyForm {
  if (contentType === undefined) return "unsaid";
  const { essence } = parseMediaType(contentType);
  if (essence === "") return "unsaid";
  if (isJson(essence)) return "json";
  if (RECORD_TYPES.has(essence)) return "ndjson";
  if (essence === "application/json-seq") return "json-seq";
  if (essence === "application/x-www-form-urlencoded") return "form";
  if (essence === "text/event-stream" || essence.startsWith("multipart/")) return "not-compared";
  return isLines(essence) ? "lines" : "other";
}

/**
 * How two bodies are compared: the same on both sides, else JSON where one says so, else what the one side says that
 * says anything, else by bytes.
 */
export function pairFormOf(legacy: BodyForm, candidate: BodyForm): BodyForm {
  if (legacy === candidate) return legacy;
  if (legacy === "not-compared" || candidate === "not-compared") return "not-compared";
  if (legacy === "json" || candidate === "json") return "json";
  if (legacy === "unsaid") return candidate;
  return candidate === "unsaid" ? legacy : "other";
}

/** How the bodies of two answers are compared, by their content types. */
export function answersFormOf(
  legacy: { readonly headers: FieldLines },
  candidate: { readonly headers: FieldLines },
): BodyForm {
  return pairFormOf(
    bodyFormOf(legacy.headers.get("content-type")),
    bodyFormOf(candidate.headers.get("content-type")),
  );
}

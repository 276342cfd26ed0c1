// A stored request as a line for a POSIX shell.
// Invariant: every part is quoted so that the shell takes it as data, whatever a client once sent.
import type { Sample } from "../core/batch.ts";

/** Bodies longer than this are left out of the line, which says so. */
const BODY_CHARACTERS_MAX = 8192;
/** curl makes these itself. */
const MADE_BY_CURL = new Set(["content-length", "transfer-encoding", "connection", "host"]);

/** Within single quotes a POSIX shell knows no escapes; a quote ends them, is escaped, and begins them again. */
export function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** `base` is where the request is to go, for instance `http://legacy.internal`. */
export function curlLine(request: Sample["request"], base: string): string {
  const host = request.headers.find(([name]) => name === "host")?.[1];
  // --globoff: brackets and braces in a target are data. --path-as-is: so are dot segments.
  const parts = ["curl", "--globoff", "--path-as-is", "--request", quoteForShell(request.method)];
  if (request.method === "HEAD") parts.push("--head");
  if (host !== undefined) parts.push("--header", quoteForShell(`host: ${host}`));
  for (const [name, value] of request.headers)
    if (!MADE_BY_CURL.has(name.toLowerCase()))
      // `name:` without a value would remove the header; `name;` sends it empty.
      parts.push("--header", quoteForShell(value === "" ? `${name};` : `${name}: ${value}`));
  if (request.bodyBytes > 0) parts.push(...bodyParts(request));
  parts.push("--url", quoteForShell(`${base}${request.target}`));
  return parts.join(" ");
}

function bodyParts(request: Sample["request"]): readonly string[] {
  const { body, bodyEncoding, isBodyCut } = request;
  if (isBodyCut || bodyEncoding === "base64" || body.length > BODY_CHARACTERS_MAX || body.includes("\0"))
    return ["--data-binary", "@body-of-the-stored-exchange"];
  return ["--data-raw", quoteForShell(body)];
}

// A stored request as a line for a POSIX shell.
// Invariant: every part is quoted so that the shell takes it as data, whatever a client once sent.
import type { Sample } from "../core/batch.ts";

/** Longer texts go by a pipe: a single argument of a program has its limit, and terminals theirs. */
const ARGUMENT_CHARACTERS_MAX = 8192;
/** Longer bodies are left out of the line, which then asks for a file: nobody pastes a megabyte. */
const BODY_BYTES_MAX = 65_536;
/** curl makes these itself. A stored body is decoded, so that its coding would be a lie. */
const LEFT_OUT = new Set(["content-length", "transfer-encoding", "connection", "host", "content-encoding"]);

/** How a body reaches curl: nothing of it, as an argument, or on standard input from what is before or after. */
interface BodySource {
  readonly before?: string;
  readonly arguments: readonly string[];
  readonly after?: string;
}

/** Within single quotes a POSIX shell knows no escapes; a quote ends them, is escaped, and begins them again. */
export function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** `base` is where the request is to go, for instance `http://legacy.internal`. */
export function curlLine(request: Sample["request"], base: string): string {
  const host = request.headers.find(([name]) => name === "host")?.[1];
  // --globoff: brackets and braces in a target are data. --path-as-is: so are dot segments.
  const source = bodySource(request);
  const parts = ["curl", "--globoff", "--path-as-is", "--request", quoteForShell(request.method)];
  if (request.method === "HEAD") parts.push("--head");
  if (host !== undefined) parts.push("--header", quoteForShell(`host: ${host}`));
  for (const [name, value] of request.headers)
    if (!LEFT_OUT.has(name.toLowerCase()))
      // `name:` without a value would remove the header; `name;` sends it empty.
      parts.push("--header", quoteForShell(value === "" ? `${name};` : `${name}: ${value}`));
  // Else curl calls any body a form.
  const isTyped = request.headers.some(([name]) => name.toLowerCase() === "content-type");
  if (source.arguments.length > 0 && !isTyped) parts.push("--header", "'content-type:'");
  parts.push(...source.arguments);
  parts.push("--url", quoteForShell(`${base}${request.target}`));
  return [source.before, ...parts, source.after].filter((part) => part !== undefined).join(" ");
}

function bodySource({ body, bodyBytes, bodyEncoding, isBodyCut }: Sample["request"]): BodySource {
  if (bodyBytes === 0) return { arguments: [] };
  const piped = ["--data-binary", "@-"];
  const bytes = Buffer.from(body, bodyEncoding);
  // Without that file the shell stops, and nothing is sent; curl itself would send an empty body.
  if (isBodyCut || bytes.length > BODY_BYTES_MAX)
    return { arguments: piped, after: "< body-of-the-stored-exchange" };
  const isArgument =
    bodyEncoding === "utf8" && body.length <= ARGUMENT_CHARACTERS_MAX && !body.includes("\0");
  if (isArgument) return { arguments: ["--data-raw", quoteForShell(body)] };
  return { before: `printf %s '${bytes.toString("base64")}' | base64 -d |`, arguments: piped };
}

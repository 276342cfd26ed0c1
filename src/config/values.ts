// Leaves of the config schema. Each one's error text says what is allowed, whatever was found instead:
// the report puts what was found beside it.
import * as z from "zod";
import {
  endpointTemplateFault,
  isFieldValue,
  isHost,
  isToken,
  parseAddress,
  parseNetwork,
  pathTemplateFault,
  pointerFault,
  upstreamUrlFault,
} from "./grammar.ts";

export const KiB = 1024;
export const MiB = 1024 * KiB;
/** Entries of a list of names: more is a generated file gone wrong. */
export const NAMES_MAX = 1000;
/** Said where a mapping is expected. */
export const section = { error: "a section with keys (a mapping)" };
const SECOND = 1000;
const HOUR = 3600 * SECOND;

/** Headers that frame a message or belong to one hop: the codec's own decision, on every leg. */
const FRAMING_HEADERS: readonly string[] = [
  "connection",
  "content-length",
  "expect",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/** A string that `faultOf` has nothing to say about. */
export function checkedText(allowed: string, faultOf: (text: string) => string | undefined) {
  return z.string({ error: allowed }).check((context) => {
    const fault = faultOf(context.value);
    if (fault !== undefined)
      context.issues.push({ code: "custom", message: fault, input: context.value, continue: true });
  });
}

/** A string for which `isAllowed` holds. */
export function text(allowed: string, isAllowed: (value: string) => boolean) {
  return checkedText(allowed, (value) => (isAllowed(value) ? undefined : allowed));
}

export function integer(min: number, max: number, what: string) {
  const error = `a whole number ${what} from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

export const count = (min: number, max: number) => integer(min, max, "");
export const bytes = (min: number, max: number) => integer(min, max, "of bytes");
export const milliseconds = (min = 1, max = HOUR) => integer(min, max, "of milliseconds");

const percentError = "a number from 0 to 100 (percent)";
export const percent = z
  .number({ error: percentError })
  .min(0, { error: percentError })
  .max(100, { error: percentError });

export const flag = z.boolean({ error: "true or false" });

export function oneOf<const T extends readonly string[]>(names: T) {
  return z.enum(names, { error: `one of ${names.join(", ")}` });
}

export const address = text(
  "HOST:PORT, such as 0.0.0.0:8080, [::1]:8080 or localhost:8080",
  (value) => parseAddress(value) !== undefined,
);

export const upstreamUrl = checkedText(
  "a URL with scheme and host alone, such as http://legacy.internal:8080",
  upstreamUrlFault,
);

export const filePath = text("the path of a file", (value) => value !== "" && !value.includes("\0"));

export const method = checkedText("an HTTP method in upper case, such as GET", (value) => {
  if (!isToken(value)) return "an HTTP method: a token (RFC 9110 §5.6.2), such as GET";
  return value === value.toUpperCase() ? undefined : `an HTTP method in upper case: ${value.toUpperCase()}`;
});

/** A method that can be mirrored: CONNECT is refused on the serving path. */
export const mirroredMethod = method.refine((value) => value !== "CONNECT", {
  error: "a method other than CONNECT, which is never served",
});

const headerNameError = "a header name: a token (RFC 9110 §5.1), such as x-tenant";
export const headerName = text(headerNameError, isToken);

/** A header that config may set or remove on the shadow leg. */
export const shadowHeaderName = checkedText(headerNameError, (value) => {
  const name = value.toLowerCase();
  if (!isToken(value)) return headerNameError;
  if (name === "host") return "another header; Host of the shadow leg is mirror.hostHeader";
  if (FRAMING_HEADERS.includes(name))
    return "another header; framing and hop-by-hop headers are Parallax's own";
  if (name.startsWith("x-parallax-")) return "another header; x-parallax-… are Parallax's own marks";
  return undefined;
});

export const headerValue = text(
  "a header value: printable ASCII without line breaks, no white space at the ends (numbers and true/false in quotes)",
  isFieldValue,
);

/** `preserve`, `url`, or the text itself. */
export const hostHeader = text(
  "preserve (the client's own), url (the upstream URL's) or a host such as api.example:8080",
  (value) => isHost(value) || parseAddress(value) !== undefined,
);

export const hostName = text(
  "a host name or address without port and wildcards, such as api.example",
  isHost,
);

export const pathTemplate = checkedText(
  "a path template that begins with /, such as /users/{id}",
  pathTemplateFault,
);

export const endpointTemplate = checkedText(
  "a path template, with or without a method: GET /users/{id}",
  endpointTemplateFault,
);

export const pointer = checkedText("a JSON pointer that begins with /, such as /user/name", pointerFault);

export const network = text(
  "a network in CIDR form, such as 10.0.0.0/8 or fd00::/8",
  (value) => parseNetwork(value) !== undefined,
);

const REWRITE_PREFIX = /^\/[\x21-\x7e]*$/;
export const pathPrefix = text(
  "a path prefix that begins with /, printable ASCII without ? and #",
  (value) => REWRITE_PREFIX.test(value) && !/[?#]/.test(value),
);

export const routeName = text(
  "1 to 64 letters, digits and . _ - that begin with a letter or digit",
  (value) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(value),
);

export const queryParameterName = text(
  "the name of a query parameter, 1 to 256 characters",
  (value) => value.length >= 1 && value.length <= 256,
);

/** Visible ASCII, as RFC 6750 §2.1 allows a bearer token to be and a little more; shorter ones are guessed. */
export const adminToken = text(
  "16 to 1024 visible ASCII characters without spaces; make one with: openssl rand -hex 32",
  (value) => /^[\x21-\x7e]{16,1024}$/.test(value),
);

export const note = text("text of at most 500 characters", (value) => value.length <= 500);

export const date = z.iso.date({ error: "a date, such as 2027-01-31" });

export function listOf<T extends z.ZodType>(item: T, itemsMax: number) {
  return z.array(item, { error: "a list" }).max(itemsMax, { error: `a list of at most ${itemsMax} entries` });
}

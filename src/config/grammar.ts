// The small languages inside config values: addresses, upstream URLs, path templates, pointers, networks.
// Pure. A `…Fault` function says in one line what is wrong and what to write instead, or undefined when all is well.
import { isIP } from "node:net";

export interface Address {
  /** Without brackets. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110 §5.5: visible characters, space and tab, none of them at the ends; no obs-text. */
const FIELD_VALUE = /^(?:[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?)?$/;
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?$/i;
/** RFC 3986 §3.3: pchar, with whole percent triplets. */
const SEGMENT = /^(?:[A-Za-z0-9\-._~!$&'()+,;=:@]|%[0-9A-Fa-f]{2})*$/;
const PARAMETER = /^\{[A-Za-z_][A-Za-z0-9_.-]{0,63}\}$/;
const TEMPLATE_CHARACTERS_MAX = 1024;
/** The serving path has room for this many. */
export const TEMPLATE_SEGMENTS_MAX = 32;

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

export function isFieldValue(text: string): boolean {
  return FIELD_VALUE.test(text);
}

/** A name or IP address without port, `[…]` around IPv6. */
export function isHost(text: string): boolean {
  if (text.startsWith("[")) return text.endsWith("]") && isIP(text.slice(1, -1)) === 6;
  return HOST_NAME.test(text);
}

/** `HOST:PORT`, `[::1]:8080`; undefined when it is neither. */
export function parseAddress(text: string): Address | undefined {
  const colon = text.lastIndexOf(":");
  const hostText = text.slice(0, colon);
  const portText = text.slice(colon + 1);
  if (colon < 1 || !/^[0-9]{1,5}$/.test(portText) || Number(portText) > 65535) return undefined;
  if (!isHost(hostText)) return undefined;
  return { host: hostText.startsWith("[") ? hostText.slice(1, -1) : hostText, port: Number(portText) };
}

/** Does this address stay on the machine? */
export function isLoopback(host: string): boolean {
  if (isIP(host) === 4) return host.startsWith("127.");
  return host === "::1" || host.toLowerCase() === "localhost";
}

function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

/** May a connection to `to` reach the listener `listener`? Names other than localhost are compared as text. */
export function reaches(to: Address, listener: Address): boolean {
  if (to.port !== listener.port || listener.port === 0) return false;
  if (to.host.toLowerCase() === listener.host.toLowerCase()) return true;
  if (isWildcard(listener.host)) return isLoopback(to.host) || isWildcard(to.host);
  return isLoopback(listener.host) && (isLoopback(to.host) || isWildcard(to.host));
}

/** Host and port of an upstream URL that passed `upstreamUrlFault`. */
export function upstreamAddress(url: string): Address & { readonly isTls: boolean } {
  const { protocol, hostname, port } = new URL(url);
  const isTls = protocol === "https:";
  const host = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
  return { host, port: port === "" ? (isTls ? 443 : 80) : Number(port), isTls };
}

export function upstreamUrlFault(text: string): string | undefined {
  if (!/^https?:\/\/[^/]/i.test(text) || /[\s\\]/.test(text) || !URL.canParse(text))
    return "a URL with scheme and host alone, such as http://legacy.internal:8080";
  const url = new URL(text);
  if (url.username !== "" || url.password !== "")
    return "a URL without user information; Authorization is the client's own, or set it with mirror.setHeaders for the shadow leg";
  if (url.search !== "" || url.hash !== "" || /[?#]/.test(text))
    return "a URL without query and fragment; targets are passed on byte for byte";
  if (url.pathname !== "/")
    return "a URL without path: targets are passed on byte for byte; mirror.pathRewrite changes the path of the shadow leg";
  if (url.port === "0") return "a port from 1 to 65535";
  return undefined;
}

/** A path template: literal segments, `{name}` or `*` for one, a last `**` for any number. */
export function pathTemplateFault(text: string): string | undefined {
  if (!text.startsWith("/")) return "a path template that begins with /, such as /users/{id}";
  if (text.length > TEMPLATE_CHARACTERS_MAX)
    return `a path template of at most ${TEMPLATE_CHARACTERS_MAX} characters`;
  const segments = text.slice(1).split("/");
  if (segments.length > TEMPLATE_SEGMENTS_MAX)
    return `a path template of at most ${TEMPLATE_SEGMENTS_MAX} segments`;
  const names = new Set<string>();
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (segment === "" && !isLast) return "a path template without empty segments (//)";
    if (segment === "*") continue;
    if (segment === "**") {
      if (isLast) continue;
      return "** as the last segment only; * stands for one segment";
    }
    if (PARAMETER.test(segment)) {
      if (names.has(segment)) return `each parameter name once; ${segment} is there twice`;
      names.add(segment);
      continue;
    }
    if (/[{}*]/.test(segment)) return `{name}, * or ** as a whole segment, not a part of one: ${segment}`;
    if (/[?#]/.test(segment)) return "a path template without query and fragment";
    if (!SEGMENT.test(segment)) return `percent-encoded path characters (RFC 3986), not ${segment}`;
  }
  return undefined;
}

/** `/users/{id}` or `GET /users/{id}`. */
export function endpointTemplateFault(text: string): string | undefined {
  const space = text.indexOf(" ");
  if (space === -1) return pathTemplateFault(text);
  const method = text.slice(0, space);
  if (!isToken(method) || method !== method.toUpperCase())
    return "an upper-case method, one space, a path template: GET /users/{id}";
  return pathTemplateFault(text.slice(space + 1));
}

/** An RFC 6901 pointer in which `*` stands for one segment and `**` for any number of them. */
export function pointerFault(text: string): string | undefined {
  if (!text.startsWith("/"))
    return "a JSON pointer that begins with /, such as /user/name or /items/*/id (* is one segment, ** any number)";
  if (/~(?![01])/.test(text)) return "~0 for a tilde and ~1 for a slash inside a pointer (RFC 6901)";
  return undefined;
}

/** A network as `address/prefix`; a plain address stands for itself alone. Undefined when it is neither. */
export function parseNetwork(text: string): string | undefined {
  const [address = "", prefix, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0 || address.includes("%")) return undefined;
  const bits = version === 4 ? 32 : 128;
  if (prefix === undefined) return `${address}/${bits}`;
  if (!/^[0-9]{1,3}$/.test(prefix) || Number(prefix) > bits) return undefined;
  return text;
}

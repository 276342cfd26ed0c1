// Who may speak to the admin listener.
// Invariants: beyond loopback nothing without a token; without a token only requests that a page of another
// site cannot make (its Host is a loopback name, its origin our own). Tokens compare in constant time.
import { createHash, timingSafeEqual } from "node:crypto";
import { BlockList, isIPv4, isIPv6 } from "node:net";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** Shorter ones are guessed in an afternoon. */
const TOKEN_CHARACTERS_MIN = 16;

/** `host` without brackets: a name or an address. Only `localhost` is taken for loopback by its name. */
export function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase();
  if (isIPv4(name)) return LOOPBACK.check(name, "ipv4");
  if (isIPv6(name)) return LOOPBACK.check(name, "ipv6");
  return name === "localhost" || name.endsWith(".localhost");
}

export type Exposure = { readonly kind: "allowed" } | { readonly kind: "refused"; readonly message: string };

/** May the admin listener be bound to `host` with this token? Refused is exit code 2. */
export function checkAdminExposure(host: string, token: string | undefined): Exposure {
  if (token !== undefined && token.length < TOKEN_CHARACTERS_MIN)
    return {
      kind: "refused",
      message: `the admin token is shorter than ${TOKEN_CHARACTERS_MIN} characters; make one with: openssl rand -hex 32`,
    };
  if (token !== undefined || isLoopbackHost(host)) return { kind: "allowed" };
  return {
    kind: "refused",
    message: `the admin listener would be reachable at ${host} without a token; set PARALLAX_ADMIN_TOKEN, or listen on 127.0.0.1`,
  };
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** The token in an Authorization header: Bearer, or the password of Basic (what a browser can send). */
function tokenFrom(authorization: string): string | undefined {
  const [scheme = "", credentials = ""] = authorization.split(" ", 2);
  if (scheme.toLowerCase() === "bearer") return credentials;
  if (scheme.toLowerCase() !== "basic") return undefined;
  const pair = Buffer.from(credentials, "base64").toString("utf8");
  return pair.slice(pair.indexOf(":") + 1);
}

/** Compares hashes: neither the time nor the length of the comparison tells anything of the token. */
export function isAuthorized(authorization: string | undefined, token: string): boolean {
  const given = authorization === undefined ? undefined : tokenFrom(authorization);
  return timingSafeEqual(digest(given ?? ""), digest(token)) && given !== undefined;
}

/** The name or address in a Host header, without port and brackets; undefined where it is none. */
function hostNameOf(hostHeader: string): string | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/@\s]+))(?::\d{1,5})?$/.exec(hostHeader);
  return match?.[1] ?? match?.[2];
}

/** A page of another site whose name was re-bound to 127.0.0.1 still sends its own name as Host. */
export function isHostAllowed(hostHeader: string | undefined, boundHost: string): boolean {
  const name = hostHeader === undefined ? undefined : hostNameOf(hostHeader);
  return name !== undefined && (isLoopbackHost(name) || name.toLowerCase() === boundHost.toLowerCase());
}

export interface RequestOrigin {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly secFetchSite: string | undefined;
}

/** True where a browser says that another site caused the request. Programs send neither header. */
export function isCrossSite({ host, origin, secFetchSite }: RequestOrigin): boolean {
  if (secFetchSite !== undefined && secFetchSite !== "same-origin" && secFetchSite !== "none") return true;
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host?.toLowerCase();
}

// From where the admin listener may be spoken to; `identity.ts` says by whom.
// Invariants: beyond loopback nothing without a token or an authenticating proxy; without either only requests that a
// page of another site cannot make (its Host is a loopback name, its origin our own).
import { BlockList, isIPv4, isIPv6 } from "node:net";
import { type AccessSettings, isOpen, TOKEN_CHARACTERS_MIN } from "./identity.ts";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** `host` without brackets: a name or an address. Only `localhost` is taken for loopback by its name. */
export function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase();
  if (isIPv4(name)) return LOOPBACK.check(name, "ipv4");
  if (isIPv6(name)) return LOOPBACK.check(name, "ipv6");
  return name === "localhost" || name.endsWith(".localhost");
}

export type Exposure = { readonly kind: "allowed" } | { readonly kind: "refused"; readonly message: string };

/** May the admin listener be bound to `host` with this access? Refused is exit code 2. */
export function checkAdminExposure(host: string, access: AccessSettings): Exposure {
  const tokens = [access.token ?? [], ...access.tokens.map(({ token }) => token)].flat();
  if (tokens.some((token) => token.length < TOKEN_CHARACTERS_MIN))
    return {
      kind: "refused",
      message: `an admin token is shorter than ${TOKEN_CHARACTERS_MIN} characters; make one with: openssl rand -hex 32`,
    };
  if (!isOpen(access) || isLoopbackHost(host)) return { kind: "allowed" };
  return {
    kind: "refused",
    message: `the admin listener would be reachable at ${host} without a token; set PARALLAX_ADMIN_TOKEN, or listen on 127.0.0.1`,
  };
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

/** True where a browser says that another site asks for it other than by a link that somebody followed. */
export function isEmbedded(secFetchSite: string | undefined, secFetchMode: string | undefined): boolean {
  return (secFetchSite === "cross-site" || secFetchSite === "same-site") && secFetchMode !== "navigate";
}

/** True where a browser says that another site caused the request. Programs send neither header. */
export function isCrossSite({ host, origin, secFetchSite }: RequestOrigin): boolean {
  if (secFetchSite !== undefined && secFetchSite !== "same-origin" && secFetchSite !== "none") return true;
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host?.toLowerCase();
}

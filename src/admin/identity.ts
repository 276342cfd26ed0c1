// Who asks, and what they may do: from a token, or from headers of a proxy that has authenticated them.
// Invariants: tokens compare in constant time, each with all; a header names nobody unless the peer is that proxy.
import { createHash, timingSafeEqual } from "node:crypto";
import { BlockList, isIPv6 } from "node:net";
import { ROLES, type Role } from "../core/role.ts";
import type { Actor } from "../store/review-store.ts";

/** Shorter ones are guessed in an afternoon. */
export const TOKEN_CHARACTERS_MIN = 16;
/** Of a name in the audit log: the longest e-mail address of an ordinary directory fits. */
const NAME_CHARACTERS_MAX = 100;

export interface NamedToken {
  readonly name: string;
  readonly role: Role;
  readonly token: string;
}

/** A proxy in front that authenticates people, and says who they are. */
export interface TrustedProxy {
  /** CIDR; what its headers say is believed of peers in these alone. */
  readonly networks: readonly string[];
  readonly userHeader: string;
  /** Its values are names of roles, or, where `roles` has any, groups that it maps. */
  readonly roleHeader?: string | undefined;
  /** Group or user → role. */
  readonly roles: Readonly<Record<string, Role>>;
  readonly defaultRole: Role;
}

export interface AccessSettings {
  /** The one that people share: an operator's. */
  readonly token: string | undefined;
  readonly tokens: readonly NamedToken[];
  readonly trustedProxy: TrustedProxy | undefined;
}

/** Nobody has to say who they are; on loopback alone. */
export function isOpen({ token, tokens, trustedProxy }: AccessSettings): boolean {
  return token === undefined && tokens.length === 0 && trustedProxy === undefined;
}

/** Who asks where nobody has to say. */
export const LOCAL: Actor = { who: "local", role: "operator" };
export const SHARED_NAME = "admin";

export type TokenCheck =
  | { readonly kind: "absent" }
  | { readonly kind: "wrong" }
  /** `name` is the token's own. */
  | { readonly kind: "right"; readonly actor: Actor; readonly name: string };

/** Printable, and cut: it is shown to others, and a log line. */
function nameFrom(text: string): string {
  return text
    .replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, "")
    .trim()
    .slice(0, NAME_CHARACTERS_MAX);
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

interface Given {
  readonly token: string;
  /** Basic's user name. */
  readonly user: string;
}

/** The token in an Authorization header: Bearer, or the password of Basic (what a browser can send). */
function tokenFrom(authorization: string): Given | undefined {
  const [scheme = "", credentials = ""] = authorization.split(" ", 2);
  if (scheme.toLowerCase() === "bearer") return { token: credentials, user: "" };
  if (scheme.toLowerCase() !== "basic") return undefined;
  const pair = Buffer.from(credentials, "base64").toString("utf8");
  const colon = pair.indexOf(":");
  return { token: pair.slice(colon + 1), user: pair.slice(0, Math.max(0, colon)) };
}

export class TokenBook {
  readonly #entries: readonly (Omit<NamedToken, "token"> & { readonly digest: Buffer })[];

  constructor({ token, tokens }: AccessSettings) {
    const shared = token === undefined ? [] : [{ name: SHARED_NAME, role: "operator" as const, token }];
    this.#entries = [...shared, ...tokens].map(({ token, ...entry }) => ({
      ...entry,
      digest: digest(token),
    }));
  }

  /** Compares hashes, with every token: neither time nor length of the comparison tells anything of one. */
  check(authorization: string | undefined): TokenCheck {
    if (authorization === undefined) return { kind: "absent" };
    const given = tokenFrom(authorization);
    const hash = digest(given?.token ?? "");
    const right = this.#entries.filter((entry) => timingSafeEqual(hash, entry.digest))[0];
    if (given === undefined || right === undefined) return { kind: "wrong" };
    const { name, role } = right;
    // Who shares a token says who they are; nobody vouches for that, and the token's name stays beside it.
    const user = name === SHARED_NAME ? nameFrom(given.user) : "";
    return { kind: "right", actor: { who: user === "" ? name : `${user} (${name})`, role }, name };
  }
}

/** An address as lists of networks have it: IPv4 inside IPv6 is IPv4. */
export function plainAddress(address: string): string {
  return address.toLowerCase().replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, "");
}

/** Every line with that name, as they came: a header that comes twice is told from one with a comma. */
export type HeaderLines = (lowerCaseName: string) => readonly string[];

export class ProxyBook {
  readonly #proxy: TrustedProxy;
  readonly #networks = new BlockList();

  constructor(proxy: TrustedProxy) {
    this.#proxy = proxy;
    for (const network of proxy.networks) {
      const [address = "", bits = ""] = network.split("/");
      const family = isIPv6(address) ? "ipv6" : "ipv4";
      this.#networks.addSubnet(address, Number(bits || (family === "ipv6" ? 128 : 32)), family);
    }
  }

  /** Undefined where the peer is not the proxy, or it names nobody, or more than one: then a token is needed. */
  actorOf(peer: string, lines: HeaderLines): Actor | undefined {
    const address = plainAddress(peer);
    if (!this.#networks.check(address, isIPv6(address) ? "ipv6" : "ipv4")) return undefined;
    const named = lines(this.#proxy.userHeader.toLowerCase());
    const [user = ""] = named;
    const who = nameFrom(user);
    // Two lines, or a list, are a client's own header beside the proxy's: nobody knows which is true.
    if (named.length !== 1 || user.includes(",") || who === "") return undefined;
    return { who, role: this.#roleOf(user.trim(), lines) };
  }

  #roleOf(user: string, lines: HeaderLines): Role {
    const { roleHeader, roles, defaultRole } = this.#proxy;
    const told = roleHeader === undefined ? [] : lines(roleHeader.toLowerCase());
    // A second line would be a client's own, as above: it gives nobody more rights.
    const values = told.length === 1 ? (told[0] ?? "").split(",").map((value) => value.trim()) : [];
    const isMapped = Object.keys(roles).length > 0;
    const found = [...values, user].flatMap((name): Role[] => {
      if (Object.hasOwn(roles, name)) return [roles[name] as Role];
      const own = isMapped || name === user ? undefined : ROLES.find((role) => role === name);
      return own === undefined ? [] : [own];
    });
    return ROLES.findLast((role) => found.includes(role)) ?? defaultRole;
  }
}

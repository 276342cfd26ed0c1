// One bearer token (RFC 7519, in compact form), taken apart and verified. What is not wholly in order says nothing: its
// claims are as if there were no token. The only place of the serving thread where JSON is parsed: a token's own.
import { Buffer } from "node:buffer";
import type { JwtSettings } from "../../core/snapshot.ts";
import type { TokenKey } from "../../core/token-key.ts";
import { isVerified } from "./token-signature.ts";

/** Clocks differ by so much (RFC 7519 §4.1.4). */
const LEEWAY_SECONDS = 60;

export interface Token {
  readonly claims: Readonly<Record<string, unknown>>;
  /** Seconds of the epoch, leeway included: it holds from `fromSeconds` until before `toSeconds`. */
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

type JsonObject = Readonly<Record<string, unknown>>;

/** Strict: another spelling of the same bytes would be another token with the same signature. */
function fromBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : undefined;
}

function objectFrom(part: string): JsonObject | undefined {
  const bytes = fromBase64url(part);
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as JsonObject)
      : undefined;
  } catch {
    // Not UTF-8 or not JSON: anybody can send such a token, and it says nothing.
    return undefined;
  }
}

/** A NumericDate; `absent` where there is none, undefined where it is none. */
function secondsFrom(value: unknown, absent: number): number | undefined {
  if (value === undefined) return absent;
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** Own and not inherited: `constructor` is no claim. */
function own(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function isAddressed(claims: JsonObject, { issuer, audience }: JwtSettings): boolean {
  if (issuer !== undefined && own(claims, "iss") !== issuer) return false;
  if (audience === undefined) return true;
  const given = own(claims, "aud");
  return Array.isArray(given) ? given.includes(audience) : given === audience;
}

/** The token in `text`; undefined where it is none, was not signed by one of `keys`, or is meant for others. */
export function readToken(
  text: Buffer,
  { settings, keys }: { readonly settings: JwtSettings; readonly keys: readonly TokenKey[] },
): Token | undefined {
  const parts = text.toString("latin1").split(".");
  const [head = "", payload = "", seal = ""] = parts;
  if (parts.length !== 3) return undefined;
  if (settings.trust === "verified") {
    const header = objectFrom(head);
    const signature = fromBase64url(seal);
    if (header === undefined || signature === undefined) return undefined;
    const algorithm = own(header, "alg");
    const keyId = own(header, "kid");
    // What a critical extension means, only who knows it can tell (RFC 7515 §4.1.11).
    if (typeof algorithm !== "string" || own(header, "crit") !== undefined) return undefined;
    if (keyId !== undefined && typeof keyId !== "string") return undefined;
    const data = text.subarray(0, head.length + 1 + payload.length);
    if (!isVerified(keys, { algorithm, keyId, data, signature })) return undefined;
  }
  const claims = objectFrom(payload);
  if (claims === undefined || !isAddressed(claims, settings)) return undefined;
  const fromSeconds = secondsFrom(own(claims, "nbf"), Number.NEGATIVE_INFINITY);
  const toSeconds = secondsFrom(own(claims, "exp"), Number.POSITIVE_INFINITY);
  if (fromSeconds === undefined || toSeconds === undefined) return undefined;
  return { claims, fromSeconds: fromSeconds - LEEWAY_SECONDS, toSeconds: toSeconds + LEEWAY_SECONDS };
}

/**
 * A claim as text: texts, true and false, and numbers as JavaScript writes them. A list, an object, null, and a whole
 * number beyond ±(2^53 − 1), of which several read as one, are none. `a.b` is the claim of this name, else `b` in `a`.
 */
export function claimText({ claims }: Token, name: string): string | undefined {
  let value = own(claims, name);
  if (value === undefined) {
    value = claims;
    for (const key of name.split(".")) {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
      value = own(value as JsonObject, key);
    }
  }
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return String(value);
  if (typeof value !== "number" || (Number.isInteger(value) && !Number.isSafeInteger(value)))
    return undefined;
  return Number.isFinite(value) ? String(value) : undefined;
}

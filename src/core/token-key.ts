// A key that bearer tokens are verified with, and which algorithms it may be used for. A token never chooses: its `alg`
// must be one that the key itself allows (RFC 8725 §3.1). `none` is no algorithm here.
import { Buffer } from "node:buffer";
import { createPublicKey, createSecretKey, type KeyObject } from "node:crypto";

const RSA_BITS_MIN = 2048;

const CURVES: Readonly<Record<string, string>> = {
  prime256v1: "ES256",
  secp384r1: "ES384",
  secp521r1: "ES512",
};

export interface TokenAlgorithm {
  readonly name: string;
  /** Of node:crypto; null where the key's kind has its own. */
  readonly hash: string | null;
}

const hashOf = (name: string): string => `sha${name.slice(-3)}`;

export interface TokenKey {
  readonly id: string | undefined;
  readonly key: KeyObject;
  readonly algorithms: readonly TokenAlgorithm[];
}

type Jwk = Readonly<Record<string, unknown>>;

/** The key, or in words what it should be. */
export type TokenKeyResult =
  | { readonly ok: true; readonly key: TokenKey }
  | { readonly ok: false; readonly allowed: string };

const refused = (allowed: string): TokenKeyResult => ({ ok: false, allowed });

/** Algorithms that the key fits by its kind and size; or what is wrong with it. */
function algorithmsOf(key: KeyObject): readonly string[] | string {
  if (key.type === "secret") {
    const bytes = key.symmetricKeySize ?? 0;
    if (bytes < 32) return "a secret of at least 32 bytes (RFC 7518 §3.2)";
    return ["HS256", "HS384", "HS512"].filter((name) => bytes * 8 >= Number(name.slice(-3)));
  }
  const { modulusLength = 0, namedCurve = "" } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case "rsa":
      if (modulusLength < RSA_BITS_MIN) return `an RSA key of at least ${RSA_BITS_MIN} bits (RFC 7518 §3.3)`;
      return ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];
    case "ec": {
      const name = CURVES[namedCurve];
      return name === undefined ? "a key on the curve P-256, P-384 or P-521" : [name];
    }
    case "ed25519":
      return ["EdDSA", "Ed25519"];
    case "ed448":
      return ["EdDSA", "Ed448"];
    default:
      return "a key of kty RSA, EC, OKP (Ed25519, Ed448) or oct";
  }
}

function keyObjectOf(jwk: Jwk): KeyObject {
  if (jwk["kty"] === "oct") return createSecretKey(Buffer.from(String(jwk["k"]), "base64url"));
  return createPublicKey({ key: { ...jwk }, format: "jwk" });
}

function isBase64url(value: unknown): boolean {
  return typeof value === "string" && value !== "" && /^[A-Za-z0-9_-]*$/.test(value);
}

/** Reads a JSON Web Key (RFC 7517 §4). */
export function readTokenKey(jwk: Jwk): TokenKeyResult {
  const { use, alg, kid, key_ops: operations } = jwk;
  if (kid !== undefined && typeof kid !== "string") return refused("a key whose kid is a text");
  if (use !== undefined && use !== "sig") return refused("a key for signatures (use: sig)");
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes("verify")))
    return refused("a key that may verify (key_ops)");
  if (jwk["kty"] === "oct" && !isBase64url(jwk["k"])) return refused("a secret whose k is base64url");
  if (jwk["d"] !== undefined) return refused("a public key: take its private parts away (d, p, q …)");
  let key: KeyObject;
  try {
    key = keyObjectOf(jwk);
  } catch (error) {
    // What OpenSSL says of it is all that there is to say.
    const why = error instanceof Error ? error.message : String(error);
    return refused(`a JSON Web Key (RFC 7517) that can be read (${why.replace(/\s+/g, " ")})`);
  }
  const fitting = algorithmsOf(key);
  if (typeof fitting === "string") return refused(fitting);
  const names = alg === undefined ? fitting : fitting.filter((name) => name === alg);
  if (names.length === 0) return refused(`a key whose alg is one of ${fitting.join(", ")}`);
  const algorithms = names.map((name) => ({ name, hash: name.startsWith("Ed") ? null : hashOf(name) }));
  return { ok: true, key: { id: kid, key, algorithms } };
}

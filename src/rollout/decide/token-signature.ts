// Was a token signed by one of the keys? Synchronous: node:crypto on the serving thread, some 30 to 150 µs a signature.
import { constants, createHmac, timingSafeEqual, verify } from "node:crypto";
import type { TokenAlgorithm, TokenKey } from "../../core/token-key.ts";

/** A token that names no key is tried with so many at most. */
const KEYS_TRIED_MAX = 4;

export interface Signed {
  readonly algorithm: string;
  readonly keyId: string | undefined;
  /** What is signed: the token up to its second dot. */
  readonly data: Uint8Array;
  readonly signature: Uint8Array;
}

function isSignedBy({ key }: TokenKey, { name, hash }: TokenAlgorithm, { data, signature }: Signed): boolean {
  if (key.type === "secret") {
    const expected = createHmac(hash ?? "", key)
      .update(data)
      .digest();
    return expected.length === signature.length && timingSafeEqual(expected, signature);
  }
  if (name.startsWith("ES")) return verify(hash, data, { key, dsaEncoding: "ieee-p1363" }, signature);
  if (!name.startsWith("PS")) return verify(hash, data, key, signature);
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
  return verify(hash, data, { key, padding, saltLength }, signature);
}

/** True when one of `keys` signed it: the one it names, or of those without that name none. */
export function isVerified(keys: readonly TokenKey[], signed: Signed): boolean {
  let tried = 0;
  for (const key of keys) {
    if (signed.keyId !== undefined && key.id !== signed.keyId) continue;
    const algorithm = key.algorithms.find(({ name }) => name === signed.algorithm);
    if (algorithm === undefined) continue;
    if (tried++ === KEYS_TRIED_MAX) return false;
    if (isSignedBy(key, algorithm, signed)) return true;
  }
  return false;
}

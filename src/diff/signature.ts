// The group a difference belongs to: endpoint + part + path with indices erased + kind, and its id.
import type { Signature } from "../core/batch.ts";
import { shortened } from "../core/shortened.ts";
import { signatureIdOf } from "../core/signature-id.ts";
import type { Difference } from "../core/verdict.ts";

/** Signatures remembered, so that a known one costs a look-up and not a hash. */
const CACHE_MAX = 4096;
/** A longer path is cut for display; the id is made of the whole. */
const PATH_CHARS_MAX = 512;
/** Longer keys are not remembered: the cache's memory stays bounded. */
const KEY_CHARS_MAX = 2048;

const cache = new Map<string, Signature>();

/** The signature of one difference seen at `endpoint` (`GET /users/{id}`). */
export function signatureOf(endpoint: string, difference: Difference): Signature {
  const { part, kind } = difference;
  const path = difference.erasedPath ?? difference.path;
  const key = JSON.stringify([endpoint, part, path, kind]);
  const known = cache.get(key);
  if (known !== undefined) return known;
  const id = signatureIdOf({ endpoint, part, path, kind });
  const signature: Signature = { id, endpoint, part, path: shortened(path, PATH_CHARS_MAX), kind };
  if (key.length <= KEY_CHARS_MAX) {
    if (cache.size >= CACHE_MAX) cache.clear();
    cache.set(key, signature);
  }
  return signature;
}

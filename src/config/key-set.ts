// A JSON Web Key Set (RFC 7517 §5) that the config names, read and tried: every key is usable, or the config is
// refused.
import { readTokenKey } from "../core/token-key.ts";

/** A token without `kid` is tried with several. */
const KEYS_MAX = 32;

type Jwk = Readonly<Record<string, unknown>>;

export type KeySetResult =
  | { readonly ok: true; readonly keys: readonly Jwk[] }
  /** What the file must be; one for each key that is not. */
  | { readonly ok: false; readonly allowed: readonly string[] };

function isMapping(value: unknown): value is Jwk {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function keysOf(text: string): readonly unknown[] | undefined {
  try {
    const set: unknown = JSON.parse(text);
    if (!isMapping(set)) return undefined;
    return Array.isArray(set["keys"]) ? set["keys"] : undefined;
  } catch {
    // Where in the JSON it breaks is no help: a key set comes from a machine.
    return undefined;
  }
}

/** The name of a key for people; the rest of it may be a secret. */
function nameOf(key: unknown, index: number): string {
  const kid = isMapping(key) ? key["kid"] : undefined;
  return typeof kid === "string"
    ? `keys[${index}] (kid ${JSON.stringify(kid.slice(0, 80))})`
    : `keys[${index}]`;
}

export function readKeySet(text: string): KeySetResult {
  const given = keysOf(text);
  if (given === undefined)
    return { ok: false, allowed: ['a JSON Web Key Set (RFC 7517 §5), such as {"keys": […]}'] };
  // Providers publish keys for encryption beside those for signatures.
  const used = [...given.entries()].filter(([, key]) => !(isMapping(key) && key["use"] === "enc"));
  if (used.length === 0 || used.length > KEYS_MAX)
    return { ok: false, allowed: [`a set with 1 to ${KEYS_MAX} keys for signatures, not ${used.length}`] };
  const keys: Jwk[] = [];
  const allowed: string[] = [];
  const ids = new Set<string>();
  for (const [index, key] of used) {
    if (!isMapping(key)) {
      allowed.push(`${nameOf(key, index)}: a JSON Web Key`);
      continue;
    }
    const result = readTokenKey(key);
    const id = typeof key["kid"] === "string" ? key["kid"] : undefined;
    if (!result.ok) allowed.push(`${nameOf(key, index)}: ${result.allowed}`);
    else if (id !== undefined && ids.has(id))
      allowed.push(`${nameOf(key, index)}: a kid that no other key has`);
    else keys.push(key);
    if (id !== undefined) ids.add(id);
  }
  return allowed.length > 0 ? { ok: false, allowed } : { ok: true, keys };
}

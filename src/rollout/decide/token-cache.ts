// Tokens that were looked at before, by their bytes: a token is verified once per thread, not once per request (HOT).
// Bounded, and tokens that hold have places of their own: no flood of others drives them out.
import type { Buffer } from "node:buffer";
import type { Token } from "./token.ts";

/** Of one thread. With tokens of the largest size, 32 MiB and 4 MiB. */
export const GOOD_TOKENS_MAX = 4096;
export const BAD_TOKENS_MAX = 512;
/** Places that a token may take: the least recently set one is given up. */
const WAYS = 4;
/** So many of its last bytes tell tokens apart: they are of the signature. All are compared before it counts. */
const HASHED_BYTES = 32;

export interface KnownToken {
  readonly bytes: Buffer;
  /** Undefined: it says nothing. */
  readonly token: Token | undefined;
  /** Claims that were asked for, as bytes; empty for those that are none. */
  readonly texts: Map<string, Buffer>;
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = Math.max(start, end - HASHED_BYTES); i < end; i++)
    hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  hash = Math.imul(hash ^ (end - start) ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

class Places {
  readonly #places: (KnownToken | undefined)[];
  readonly #next: Uint8Array;
  readonly #sets: number;

  constructor(size: number) {
    this.#sets = size / WAYS;
    this.#places = new Array<KnownToken | undefined>(size).fill(undefined);
    this.#next = new Uint8Array(this.#sets);
  }

  get(hash: number, bytes: Buffer, start: number, end: number): KnownToken | undefined {
    const first = (hash % this.#sets) * WAYS;
    for (let place = first; place < first + WAYS; place++) {
      const known = this.#places[place];
      if (known === undefined || known.bytes.length !== end - start) continue;
      if (bytes.compare(known.bytes, 0, known.bytes.length, start, end) === 0) return known;
    }
    return undefined;
  }

  set(hash: number, known: KnownToken): void {
    const set = hash % this.#sets;
    const way = this.#next[set] as number;
    this.#next[set] = (way + 1) % WAYS;
    this.#places[set * WAYS + way] = known;
  }
}

export class TokenCache {
  readonly #good = new Places(GOOD_TOKENS_MAX);
  readonly #bad = new Places(BAD_TOKENS_MAX);

  /** The token `bytes[start..end]`, as it was remembered. */
  get(bytes: Buffer, start: number, end: number): KnownToken | undefined {
    const hash = hashOf(bytes, start, end);
    return this.#good.get(hash, bytes, start, end) ?? this.#bad.get(hash, bytes, start, end);
  }

  /** `bytes` are its own from now on. */
  remember(bytes: Buffer, token: Token | undefined): KnownToken {
    const known = { bytes, token, texts: new Map<string, Buffer>() };
    (token === undefined ? this.#bad : this.#good).set(hashOf(bytes, 0, bytes.length), known);
    return known;
  }
}

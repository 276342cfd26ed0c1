// A set of networks as sorted ranges without overlap: an address is found by halving, however long the list (HOT).
import { assert } from "../../core/assert.ts";
import { type AddressWords, parseAddress } from "./address.ts";

const WORDS = 4;
/** What a prefix of IPv4 is longer by when the address is written as IPv6. */
const MAPPED_BITS = 96;

/** -1, 0 or 1: as `a` lies to `b`. */
function compare(a: Uint32Array, aWord: number, b: Uint32Array, bWord: number): number {
  for (let word = 0; word < WORDS; word++) {
    const one = a[aWord + word] as number;
    const other = b[bWord + word] as number;
    if (one !== other) return one < other ? -1 : 1;
  }
  return 0;
}

interface Range {
  readonly first: AddressWords;
  readonly last: AddressWords;
}

/** First and last address of `address/prefix`, which config has checked. */
function rangeOf(network: string): Range {
  const [address = "", prefix = ""] = network.split("/");
  const first = parseAddress(address);
  assert(first !== undefined, `config accepts networks alone, not ${network}`);
  const isV4 = !address.includes(":");
  const bits = prefix === "" ? 128 : Number(prefix) + (isV4 ? MAPPED_BITS : 0);
  const last = first.slice();
  for (let word = 0; word < WORDS; word++) {
    const fixed = Math.min(32, Math.max(0, bits - word * 32));
    const free = fixed === 32 ? 0 : 0xffffffff >>> fixed;
    first[word] = ((first[word] as number) & ~free) >>> 0;
    last[word] = ((last[word] as number) | free) >>> 0;
  }
  return { first, last };
}

export class NetworkSet {
  readonly #firsts: Uint32Array;
  readonly #lasts: Uint32Array;
  readonly #count: number;

  /** CIDR, or addresses for themselves alone. */
  constructor(networks: readonly string[]) {
    const sorted = networks.map(rangeOf).sort((a, b) => compare(a.first, 0, b.first, 0));
    const merged: Range[] = [];
    for (const range of sorted) {
      const before = merged.at(-1);
      if (before === undefined || compare(range.first, 0, before.last, 0) > 0) merged.push(range);
      // Networks lie in one another or apart: the wider one came first, or is the same.
      else if (compare(range.last, 0, before.last, 0) > 0)
        merged[merged.length - 1] = { ...before, last: range.last };
    }
    this.#count = merged.length;
    this.#firsts = new Uint32Array(merged.length * WORDS);
    this.#lasts = new Uint32Array(merged.length * WORDS);
    for (const [index, { first, last }] of merged.entries()) {
      this.#firsts.set(first, index * WORDS);
      this.#lasts.set(last, index * WORDS);
    }
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  has(address: AddressWords): boolean {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(this.#firsts, middle * WORDS, address, 0) <= 0) low = middle + 1;
      else high = middle;
    }
    return low > 0 && compare(address, 0, this.#lasts, (low - 1) * WORDS) <= 0;
  }
}

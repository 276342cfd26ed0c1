// Units into buckets: MurmurHash3 (x86, 32 bits, seed 0) of `salt NUL kind NUL id`, as docs/bucketing.md publishes
// it. Invariant: a unit's bucket never changes under one salt; another way of it is a new BUCKETING_VERSION.
import { Buffer } from "node:buffer";

const BUCKETS = 2 ** 32;
export const BASIS_POINTS_MAX = 10_000;

function mixBlock(hash: number, block: number): number {
  let k = Math.imul(block, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  const mixed = hash ^ Math.imul(k, 0x1b873593);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

/** All units of one kind under one salt: what comes before the id is mixed in once. */
export class Bucketing {
  readonly #hash: number;
  /** The bytes of the prefix that fill no block, low byte first, and how many they are. */
  readonly #rest: number;
  readonly #restBytes: number;
  readonly #prefixBytes: number;

  constructor(salt: string, kind: string) {
    const prefix = Buffer.from(`${salt}\0${kind}\0`);
    let hash = 0;
    let block = 0;
    for (let i = 0; i < prefix.length; i++) {
      block |= (prefix[i] as number) << ((i & 3) * 8);
      if ((i & 3) !== 3) continue;
      hash = mixBlock(hash, block);
      block = 0;
    }
    this.#hash = hash;
    this.#rest = block;
    this.#restBytes = prefix.length & 3;
    this.#prefixBytes = prefix.length;
  }

  /** 0 to 2^32 − 1, of the id `bytes[start..end]`. */
  bucketOf(bytes: Uint8Array, start: number, end: number): number {
    return this.signedBucketOf(bytes, start, end) >>> 0;
  }

  /** The same 32 bits, as a signed number: such a one passes from function to function without an object (HOT). */
  signedBucketOf(bytes: Uint8Array, start: number, end: number): number {
    let hash = this.#hash;
    let block = this.#rest;
    let shift = this.#restBytes * 8;
    for (let i = start; i < end; i++) {
      block |= (bytes[i] as number) << shift;
      shift += 8;
      if (shift !== 32) continue;
      hash = mixBlock(hash, block);
      block = 0;
      shift = 0;
    }
    if (shift !== 0) {
      const k = Math.imul(block, 0xcc9e2d51);
      hash ^= Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    }
    hash ^= this.#prefixBytes + end - start;
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return hash ^ (hash >>> 16);
  }
}

/** The candidate serves the buckets below it; at 10,000 it is 2^32, which is above all. */
export function thresholdOf(basisPoints: number): number {
  return (basisPoints / BASIS_POINTS_MAX) * BUCKETS;
}

/** The smallest share, in basis points, at which the candidate serves the bucket. */
export function basisPointsFrom(bucket: number): number {
  let basisPoints = Math.floor((bucket / BUCKETS) * BASIS_POINTS_MAX);
  while (bucket >= thresholdOf(basisPoints)) basisPoints++;
  return basisPoints;
}

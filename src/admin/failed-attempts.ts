// Who tried wrong tokens, by client address: past a few, they wait before they may try again.
// Bounded: past ADDRESSES_MAX the address that failed longest ago is forgotten.
import { isIPv6 } from "node:net";
import type { Clock } from "../core/clock.ts";
import { plainAddress } from "./identity.ts";

/** Somebody with an old token in a script, and a browser that asks twice, are not held up. */
export const ATTEMPTS_FREE = 10;
export const ADDRESSES_MAX = 4096;
/** Pairs of address and token that were let through. */
export const KNOWN_MAX = 4096;
const WAIT_MS_MIN = 1_000;
export const WAIT_MS_MAX = 60_000;
/** After the last failure. */
export const FORGOTTEN_MS = 10 * 60_000;

interface Failures {
  readonly count: number;
  readonly lastAtMs: number;
}

/** What a failure began: `first` of an address and `limited` are worth a line in the log, once each. */
export type FailureStep = "first" | "counted" | "limited";

/** Whoever has an IPv6 address has a whole network of them. */
function sourceOf(peer: string): string {
  const address = plainAddress(peer);
  if (!isIPv6(address)) return address;
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : 8 - groups.length - after.length;
  return [...groups, ...Array.from({ length: Math.max(0, zeros) }, () => "0"), ...after]
    .slice(0, 4)
    .join(":");
}

export class FailedAttempts {
  readonly #clock: Clock;
  /** In the order of their last failure. */
  readonly #failures = new Map<string, Failures>();
  readonly #known = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  #recent(source: string): Failures | undefined {
    const found = this.#failures.get(source);
    return found !== undefined && this.#clock.monotonicMs() - found.lastAtMs < FORGOTTEN_MS
      ? found
      : undefined;
  }

  /** How long this address has to wait; 0 where it may try. */
  waitMs(peer: string): number {
    const { count = 0, lastAtMs = 0 } = this.#recent(sourceOf(peer)) ?? {};
    if (count < ATTEMPTS_FREE) return 0;
    const waitMs = Math.min(WAIT_MS_MAX, WAIT_MS_MIN * 2 ** (count - ATTEMPTS_FREE));
    return Math.max(0, lastAtMs + waitMs - this.#clock.monotonicMs());
  }

  add(peer: string): FailureStep {
    const source = sourceOf(peer);
    const count = (this.#recent(source)?.count ?? 0) + 1;
    this.#failures.delete(source);
    this.#failures.set(source, { count, lastAtMs: this.#clock.monotonicMs() });
    dropOldest(this.#failures, ADDRESSES_MAX);
    if (count === ATTEMPTS_FREE) return "limited";
    return count === 1 ? "first" : "counted";
  }

  /** Was this token let through from there before? Then others who fail there do not lock it out. */
  isKnown(peer: string, tokenName: string): boolean {
    return this.#known.has(`${sourceOf(peer)} ${tokenName}`);
  }

  know(peer: string, tokenName: string): void {
    const pair = `${sourceOf(peer)} ${tokenName}`;
    this.#known.delete(pair);
    this.#known.add(pair);
    dropOldest(this.#known, KNOWN_MAX);
  }
}

function dropOldest(
  kept: { readonly size: number; keys(): Iterator<string>; delete(key: string): boolean },
  countMax: number,
): void {
  if (kept.size > countMax) kept.delete(kept.keys().next().value as string);
}

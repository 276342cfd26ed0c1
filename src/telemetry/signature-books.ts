// What the store's counts of signatures say, made fit for metrics: bounded labels, and a counter of new ones.
// Invariant: the counter never goes back, also when signatures are deleted or endpoints become one.
import type { Tier } from "../core/evidence.ts";
import { OTHER } from "../core/other.ts";
import { OPEN_STATES, type TriageState } from "../core/triage.ts";

/** Signatures that are alike in where they are, how sure they are, and what was decided. */
export interface SignatureNumbers {
  readonly route: string;
  readonly endpoint: string;
  readonly tier: Tier;
  readonly state: TriageState;
  readonly signatures: number;
}

export interface SignatureSums {
  /** Route, tier and state → signatures. */
  readonly byRoute: readonly Omit<SignatureNumbers, "endpoint">[];
  /** Open ones (core/triage), of endpoints that have a label. */
  readonly openByEndpoint: readonly Pick<SignatureNumbers, "endpoint" | "tier" | "signatures">[];
}

function summed<T extends { readonly signatures: number }>(rows: readonly T[]): readonly T[] {
  const sums = new Map<string, T>();
  for (const row of rows) {
    const key = JSON.stringify({ ...row, signatures: 0 });
    const known = sums.get(key);
    sums.set(key, { ...row, signatures: row.signatures + (known?.signatures ?? 0) });
  }
  return [...sums.values()];
}

/** `labelled`: endpoints that have a label of their own; the rest are `*other*`. */
export function sumSignatures(
  counts: readonly SignatureNumbers[],
  labelled: ReadonlySet<string>,
): SignatureSums {
  const open = counts.filter(({ state }) => OPEN_STATES.includes(state));
  return {
    byRoute: summed(counts.map(({ endpoint: _, ...row }) => row)),
    openByEndpoint: summed(
      open.map(({ endpoint, tier, signatures }) => ({
        endpoint: labelled.has(endpoint) ? endpoint : OTHER,
        tier,
        signatures,
      })),
    ),
  };
}

/** Signatures that turned up since the start, by route: the rises between readings. */
export class NewSignatures {
  readonly #found = new Map<string, number>();
  #before: ReadonlyMap<string, number> | undefined;

  see(counts: readonly Pick<SignatureNumbers, "route" | "signatures">[]): void {
    const now = new Map<string, number>();
    for (const { route, signatures } of counts) now.set(route, (now.get(route) ?? 0) + signatures);
    // What was stored before the start is not new; a route is listed from its first reading on.
    for (const [route, signatures] of now) {
      const before = this.#before === undefined ? signatures : (this.#before.get(route) ?? 0);
      this.#found.set(route, (this.#found.get(route) ?? 0) + Math.max(0, signatures - before));
    }
    this.#before = now;
  }

  get found(): ReadonlyMap<string, number> {
    return this.#found;
  }
}

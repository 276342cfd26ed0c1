// What a replay of traffic came to so far. Plain data that goes into a checkpoint and back.
// Invariant: entries = left out + unreadable + match + mismatch + Σ incomparable + Σ skipped + Σ failed.
import * as z from "zod";
import { assertNever } from "../core/assert.ts";
import { latencyBucket } from "../core/latency-buckets.ts";
import { DIFFERENCE_KINDS } from "../core/verdict.ts";
import type { ReplayOutcome } from "./exchange.ts";

/** Told apart; the rest is counted together. */
export const SIGNATURES_MAX = 1000;
const DETAILS_MAX = 100;

const count = z.int().nonnegative();
const counts = z.record(z.string(), count);

const signatureSums = z.object({
  id: z.string(),
  endpoint: z.string(),
  part: z.enum(["status", "header", "body"]),
  path: z.string(),
  kind: z.enum(DIFFERENCE_KINDS),
  differences: count,
  exchanges: count,
  /** Redacted. */
  legacy: z.string().optional(),
  candidate: z.string().optional(),
});
export type SignatureSums = z.infer<typeof signatureSums>;

export const sumsSchema = z.object({
  entries: count,
  leftOut: count,
  unreadable: count,
  match: count,
  mismatch: count,
  incomparable: counts,
  skipped: counts,
  failed: counts,
  /** Why: `redacted: authorization is redacted: set replay.fill` → count. */
  details: counts,
  legacyLatency: counts,
  candidateLatency: counts,
  signatures: z.array(signatureSums),
  /** Differences of signatures past the limit. */
  furtherDifferences: count,
});
export type SumsState = z.infer<typeof sumsSchema>;

export type EntryOutcome = ReplayOutcome | { readonly kind: "left-out" } | { readonly kind: "unreadable" };

export function emptySums(): SumsState {
  return {
    entries: 0,
    leftOut: 0,
    unreadable: 0,
    match: 0,
    mismatch: 0,
    incomparable: {},
    skipped: {},
    failed: {},
    details: {},
    legacyLatency: {},
    candidateLatency: {},
    signatures: [],
    furtherDifferences: 0,
  };
}

const increment = (into: Record<string, number>, name: string | number): void => {
  into[name] = (into[name] ?? 0) + 1;
};

/** Adds outcomes to a state that it was given or begins, one at a time. */
export class Sums {
  readonly #state: SumsState;
  readonly #signatures: Map<string, SignatureSums>;

  constructor(state: SumsState) {
    this.#state = state;
    this.#signatures = new Map(state.signatures.map((signature) => [signature.id, signature]));
  }

  get state(): SumsState {
    return this.#state;
  }

  add(outcome: EntryOutcome): void {
    const state = this.#state;
    state.entries++;
    switch (outcome.kind) {
      case "left-out":
        state.leftOut++;
        return;
      case "unreadable":
        state.unreadable++;
        return;
      case "skipped":
        increment(state.skipped, outcome.reason);
        this.#detail(`${outcome.reason}: ${outcome.detail}`);
        return;
      case "failed":
        increment(state.failed, outcome.reason);
        this.#detail(`${outcome.reason}: ${outcome.detail}`);
        return;
      case "judged":
        this.#addJudged(outcome);
        return;
      default:
        assertNever(outcome);
    }
  }

  #addJudged(outcome: Extract<ReplayOutcome, { kind: "judged" }>): void {
    const state = this.#state;
    const { verdict } = outcome.judgement;
    if (outcome.legacyLatencyMs !== undefined)
      increment(state.legacyLatency, latencyBucket(outcome.legacyLatencyMs));
    increment(state.candidateLatency, latencyBucket(outcome.candidateLatencyMs));
    if (verdict.kind === "match") state.match++;
    else if (verdict.kind === "mismatch") {
      state.mismatch++;
      this.#addDifferences(outcome);
    } else {
      increment(state.incomparable, verdict.reason);
      this.#detail(`${verdict.reason}: ${verdict.detail}`);
    }
  }

  #addDifferences({ judgement }: Extract<ReplayOutcome, { kind: "judged" }>): void {
    const seen = new Set<string>();
    for (const { signature, difference } of judgement.differences) {
      const sums = this.#sumsOf(signature.id, () => ({
        ...signature,
        differences: 0,
        exchanges: 0,
        ...(difference.legacy === undefined ? undefined : { legacy: difference.legacy }),
        ...(difference.candidate === undefined ? undefined : { candidate: difference.candidate }),
      }));
      if (sums === undefined) {
        this.#state.furtherDifferences++;
        continue;
      }
      sums.differences++;
      if (!seen.has(signature.id)) sums.exchanges++;
      seen.add(signature.id);
    }
  }

  #sumsOf(id: string, make: () => SignatureSums): SignatureSums | undefined {
    const known = this.#signatures.get(id);
    if (known !== undefined || this.#signatures.size >= SIGNATURES_MAX) return known;
    const fresh = make();
    this.#signatures.set(id, fresh);
    this.#state.signatures.push(fresh);
    return fresh;
  }

  #detail(text: string): void {
    const { details } = this.#state;
    if (details[text] !== undefined || Object.keys(details).length < DETAILS_MAX) increment(details, text);
  }
}

export const sumOf = (of: Readonly<Record<string, number>>): number =>
  Object.values(of).reduce((sum, value) => sum + value, 0);

/** Match or mismatch: what a rate can be made of. */
export const comparedOf = ({ match, mismatch }: SumsState): number => match + mismatch;

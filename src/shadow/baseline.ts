// The second reading of an exchange, for noise: the request goes to the baseline as well, and when both verdicts
// are there they are a pair. Whatever the baseline does, the exchange's own verdict and count are untouched.
import { BASELINE_CELLS, type BaselineOutcome, type Counters } from "../core/counters.ts";
import type { NoiseSettings } from "../core/snapshot.ts";
import type { Difference, Verdict } from "../core/verdict.ts";
import type { PairedPlaces } from "../noise/paired-places.ts";
import type { ExchangeRecord } from "../seam/record.ts";
import type { Again } from "./again.ts";
import type { ExchangeContext, JudgementStep } from "./judgement.ts";
import type { Tally } from "./tally.ts";

/** Pairs under way per shadow thread: a sample needs no more, and each may hold the differences of one side. */
const PAIRS_MAX = 64;

/** What of a verdict can be paired: its differences; undefined where the two could not be compared. */
function pairable(verdict: Verdict): readonly Difference[] | undefined {
  if (verdict.kind === "mismatch") return verdict.differences;
  return verdict.kind === "match" ? [] : undefined;
}

/** Two verdicts on one exchange, in whatever order they come. */
export class Pair {
  readonly #onBoth: (candidate: Side, baseline: Side) => void;
  #candidate: Side | "awaited" = "awaited";
  #baseline: Side | "awaited" = "awaited";

  constructor(onBoth: (candidate: Side, baseline: Side) => void) {
    this.#onBoth = onBoth;
  }

  /** Undefined: the candidate gave nothing to compare. */
  setCandidate(verdict: Verdict | undefined): void {
    this.#candidate = verdict === undefined ? undefined : pairable(verdict);
    this.#endIfBoth();
  }

  setBaseline(verdict: Verdict | undefined): void {
    this.#baseline = verdict === undefined ? undefined : pairable(verdict);
    this.#endIfBoth();
  }

  #endIfBoth(): void {
    if (this.#candidate !== "awaited" && this.#baseline !== "awaited")
      this.#onBoth(this.#candidate, this.#baseline);
  }
}

type Side = readonly Difference[] | undefined;

export class Baseline {
  readonly #again: Again;
  readonly #judgements: JudgementStep;
  readonly #places: PairedPlaces;
  readonly #tally: Tally;
  readonly #counters: Counters;
  readonly #random: () => number;
  #pairs = 0;

  constructor(parts: {
    readonly again: Again;
    readonly judgements: JudgementStep;
    readonly places: PairedPlaces;
    readonly tally: Tally;
    readonly counters: Counters;
    /** 0 to 1. */
    readonly random: () => number;
  }) {
    this.#again = parts.again;
    this.#judgements = parts.judgements;
    this.#places = parts.places;
    this.#tally = parts.tally;
    this.#counters = parts.counters;
    this.#random = parts.random;
  }

  /** Sends the request of a safe exchange to the baseline as well, where it is in the sample. */
  begin(record: ExchangeRecord, context: ExchangeContext, noise: NoiseSettings): Pair | undefined {
    if (noise.baseline === "off" || this.#random() * 100 >= noise.samplePercent) return undefined;
    const refusal = this.#refusalOf(record);
    if (refusal !== undefined) {
      this.#count(refusal);
      return undefined;
    }
    this.#pairs++;
    let failure: BaselineOutcome | undefined;
    const pair = new Pair((candidate, baseline) => {
      this.#pairs--;
      if (candidate !== undefined && baseline !== undefined) this.#add(context, candidate, baseline);
      else {
        this.#count(failure ?? "unpaired");
        if (candidate !== undefined) this.#places.checkShapes(context.seen.endpoint, candidate);
      }
    });
    const from = noise.baseline === "self" ? "legacy" : "baseline";
    this.#again.read(record, { from, compiled: context.compiled }, (outcome) => {
      this.#again.release(record.bytesTotal);
      if (outcome.kind !== "answered") {
        failure = outcome.kind;
        pair.setBaseline(undefined);
        return;
      }
      this.#counters.addUpstreamDuration(2, outcome.answer.latencyMs / 1000);
      const compared = this.#judgements.compare(record, outcome.answer, context.compiled);
      pair.setBaseline(compared.judgement.verdict);
    });
    return pair;
  }

  /** Keeps the record's bytes unless it refuses. */
  #refusalOf({ status, bytesTotal }: ExchangeRecord): BaselineOutcome | undefined {
    if (!this.#again.isLegacyWell(status)) return "legacy-failing";
    return this.#pairs < PAIRS_MAX && this.#again.keep(bytesTotal) ? undefined : "crowded";
  }

  #add({ seen }: ExchangeContext, candidate: readonly Difference[], baseline: readonly Difference[]): void {
    this.#count("paired");
    this.#tally.addPaired(seen);
    this.#places.add(seen.endpoint, { candidate, baseline, atMs: seen.atMs });
  }

  #count(outcome: BaselineOutcome): void {
    this.#counters.add(BASELINE_CELLS[outcome], 1);
  }
}

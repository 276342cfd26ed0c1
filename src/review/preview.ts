// Rules tried before they are put to work: the stored samples judged again, without them and with them.
// Invariant: bounded in samples and time, and it lets the event loop go on between two samples: it runs on control.
// Must not run custom rules: those belong to shadow threads.
import { setImmediate } from "node:timers/promises";
import type { Sample, SampleMessage, Signature } from "../core/batch.ts";
import type { Clock } from "../core/clock.ts";
import { type Answer, fieldLinesFrom } from "../core/exchange.ts";
import type { Rule } from "../core/rule.ts";
import type { CompareSettings, Snapshot } from "../core/snapshot.ts";
import type { Difference } from "../core/verdict.ts";
import { judge } from "../diff/judge.ts";
import { type CompiledCompare, compileCompare } from "../diff/judging.ts";
import { signatureOf } from "../diff/signature.ts";
import type { Store, StoreRead } from "../store/store.ts";

export const PREVIEW_SAMPLES_MAX = 500;
export const PREVIEW_MS_MAX = 5000;
/** Read at once: at 4 MiB a sample at most, a page is held in memory whole. */
const PAGE_SAMPLES = 10;
/** Told apart; differences of further ones are in the sums alone, and the preview says that it is not complete. */
const SIGNATURES_MAX = 2000;
const SIGNATURES_SHOWN_MAX = 100;
const EXAMPLES_MAX = 5;
/** One judgement holds the control thread: shorter than what a shadow thread may take. */
const JUDGE_MS_MAX = 100;

export interface PreviewedSignature {
  readonly id: string;
  readonly endpoint: string;
  readonly part: Difference["part"];
  readonly path: string;
  readonly kind: Difference["kind"];
  /** In the samples. */
  readonly differences: number;
  readonly hidden: number;
  /** Differences in the store, seen so far; 0 where it has no such signature (any more). */
  readonly stored: number;
}

export interface RulePreview {
  /** Looked at; `cannotTell` of them are cut, incomparable, took too long, or differed in what was redacted. */
  readonly samples: number;
  readonly cannotTell: number;
  /** Samples that differ now and would match. */
  readonly matching: number;
  /** In the samples, under the rules in force; those that the given rules hide, and those that they bring about. */
  readonly differences: number;
  readonly hidden: number;
  readonly appeared: number;
  /** Hidden in every sample that has them; most in the store first. */
  readonly wholly: readonly PreviewedSignature[];
  readonly partly: readonly PreviewedSignature[];
  /** Differences in the store of all that are wholly hidden. */
  readonly storedHidden: number;
  readonly examples: readonly (Difference & { readonly exchangeId: string; readonly endpoint: string })[];
  /** False where a bound was met before the last sample. */
  readonly isComplete: boolean;
  /** Custom rules in force were left out of both judgements. */
  readonly isWithoutCustom: boolean;
}

export interface PreviewRequest {
  readonly rules: readonly Rule[];
  readonly route?: string | undefined;
  readonly endpoint?: string | undefined;
}

interface Pair {
  readonly before: CompiledCompare;
  readonly after: CompiledCompare;
}

interface SignatureSums {
  readonly signature: Signature;
  differences: number;
  hidden: number;
}

function answerFrom({
  headers,
  body,
  bodyEncoding,
  status,
}: SampleMessage & { readonly status: number }): Answer {
  return {
    status,
    // Stored bodies are decoded.
    headers: fieldLinesFrom(headers.filter(([name]) => name.toLowerCase() !== "content-encoding")),
    body: Buffer.from(body, bodyEncoding),
    capture: "complete",
  };
}

const withoutCustom = (rules: readonly Rule[]) => rules.filter(({ kind }) => kind !== "custom");

class Preview {
  readonly #pairs = new Map<string, Pair>();
  readonly #settings: ReadonlyMap<string, CompareSettings>;
  readonly #rules: readonly Rule[];
  readonly #signatures = new Map<string, SignatureSums>();
  readonly #examples: (Difference & { readonly exchangeId: string; readonly endpoint: string })[] = [];
  readonly #sums = { samples: 0, cannotTell: 0, matching: 0, differences: 0, hidden: 0, appeared: 0 };

  #isPastLimit = false;

  constructor(snapshot: Snapshot, rules: readonly Rule[]) {
    this.#settings = new Map(snapshot.routes.map(({ name, compare }) => [name, compare]));
    this.#rules = rules;
  }

  get samples(): number {
    return this.#sums.samples;
  }

  #pairOf(route: string): Pair | undefined {
    const known = this.#pairs.get(route);
    const settings = this.#settings.get(route);
    if (known !== undefined || settings === undefined) return known;
    const inForce = withoutCustom(settings.rules);
    const timeMsMax = Math.min(settings.timeMsMax, JUDGE_MS_MAX);
    const pair = {
      before: compileCompare({ ...settings, timeMsMax, rules: inForce }),
      after: compileCompare({ ...settings, timeMsMax, rules: [...inForce, ...this.#rules] }),
    };
    this.#pairs.set(route, pair);
    return pair;
  }

  add(sample: Sample): void {
    this.#sums.samples++;
    const pair = this.#pairOf(sample.route);
    if (pair === undefined || sample.legacy.isBodyCut || sample.candidate.isBodyCut) {
      this.#sums.cannotTell++;
      return;
    }
    const answers = [answerFrom(sample.legacy), answerFrom(sample.candidate)] as const;
    const judgement = judge(...answers, pair.before);
    const before = judgement.verdict;
    const afterwards = judge(...answers, pair.after);
    const after = afterwards.verdict;
    // It differed in what redaction took away, and no rule hid that.
    const isLost = sample.verdict === "mismatch" && before.kind === "match" && judgement.ruleHits.size === 0;
    // What was not reached for want of time would look hidden.
    const isStopped = afterwards.bodies?.reason === "time";
    if (isLost || isStopped || before.kind === "incomparable" || after.kind === "incomparable") {
      this.#sums.cannotTell++;
      return;
    }
    if (before.kind === "mismatch" && after.kind === "match") this.#sums.matching++;
    const left = this.#countHidden(
      sample,
      before.kind === "mismatch" ? before.differences : [],
      after.kind === "mismatch" ? after.differences : [],
    );
    // Where not all was listed before, what is listed only now was there as well.
    if (before.kind === "match" || !before.isCut) this.#sums.appeared += left;
  }

  /** How many of `after` were not there before. */
  #countHidden(sample: Sample, before: readonly Difference[], after: readonly Difference[]): number {
    const { id: exchangeId, endpoint } = sample;
    const keyOf = ({ part, path, kind }: Difference) => JSON.stringify([part, path, kind]);
    const left = new Map<string, number>();
    for (const difference of after) left.set(keyOf(difference), (left.get(keyOf(difference)) ?? 0) + 1);
    for (const difference of before) {
      const key = keyOf(difference);
      const remaining = left.get(key) ?? 0;
      if (remaining > 0) left.set(key, remaining - 1);
      const isHidden = remaining === 0;
      const sums = this.#signatureSums(endpoint, difference);
      sums.differences++;
      this.#sums.differences++;
      if (!isHidden) continue;
      sums.hidden++;
      this.#sums.hidden++;
      if (this.#examples.length < EXAMPLES_MAX && sums.hidden === 1)
        this.#examples.push({ ...difference, exchangeId, endpoint });
    }
    return [...left.values()].reduce((sum, count) => sum + count, 0);
  }

  #signatureSums(endpoint: string, difference: Difference): SignatureSums {
    const signature = signatureOf(endpoint, difference);
    const known = this.#signatures.get(signature.id);
    if (known !== undefined) return known;
    const sums = { signature, differences: 0, hidden: 0 };
    if (this.#signatures.size >= SIGNATURES_MAX) this.#isPastLimit = true;
    else this.#signatures.set(signature.id, sums);
    return sums;
  }

  async result(store: PreviewStore, isComplete: boolean): Promise<StoreRead<RulePreview>> {
    const wholly: PreviewedSignature[] = [];
    const partly: PreviewedSignature[] = [];
    for (const { signature, differences, hidden } of this.#signatures.values()) {
      if (hidden === 0) continue;
      const read = await store.signature(signature.id);
      await setImmediate();
      if (read.kind === "failed") return read;
      const stored = read.value?.count ?? 0;
      (hidden === differences ? wholly : partly).push({ ...signature, differences, hidden, stored });
    }
    const most = (a: PreviewedSignature, b: PreviewedSignature) => b.stored - a.stored || b.hidden - a.hidden;
    const custom = [...this.#settings.values()].some(
      ({ rules }) => withoutCustom(rules).length < rules.length,
    );
    return {
      kind: "ok",
      value: {
        ...this.#sums,
        wholly: wholly.sort(most).slice(0, SIGNATURES_SHOWN_MAX),
        partly: partly.sort(most).slice(0, SIGNATURES_SHOWN_MAX),
        storedHidden: wholly.reduce((sum, { stored }) => sum + stored, 0),
        examples: this.#examples,
        isComplete: isComplete && !this.#isPastLimit,
        isWithoutCustom: custom,
      },
    };
  }
}

export type PreviewStore = Pick<Store, "samples" | "signature">;

export interface PreviewParts {
  readonly store: PreviewStore;
  readonly snapshot: Snapshot;
  readonly clock: Clock;
}

/** Judges the newest samples again. The given rules stand after those in force, and are not custom ones. */
export async function previewRules(
  request: PreviewRequest,
  { store, snapshot, clock }: PreviewParts,
): Promise<StoreRead<RulePreview>> {
  const preview = new Preview(snapshot, withoutCustom(request.rules));
  const endMs = clock.monotonicMs() + PREVIEW_MS_MAX;
  const { route, endpoint } = request;
  let before: { readonly atMs: number; readonly id: string } | undefined;
  for (;;) {
    const read = await store.samples({ route, endpoint, before, limit: PAGE_SAMPLES });
    if (read.kind === "failed") return read;
    for (const sample of read.value) {
      if (preview.samples >= PREVIEW_SAMPLES_MAX || clock.monotonicMs() >= endMs)
        return preview.result(store, false);
      preview.add(sample);
      await setImmediate();
    }
    const last = read.value.at(-1);
    if (last === undefined || read.value.length < PAGE_SAMPLES) return preview.result(store, true);
    before = { atMs: last.atMs, id: last.id };
  }
}

// Step 8 of an exchange: two answers → one verdict, its one count, its sums, and a sample where one is of use.
// Must not throw: a bug in the judge costs one exchange its verdict, never the thread.
import type { Signature } from "../core/batch.ts";
import type { Counters } from "../core/counters.ts";
import type { Answer } from "../core/exchange.ts";
import { answersFormOf } from "../core/media-type.ts";
import type { Judgement } from "../core/verdict.ts";
import { judge } from "../diff/judge.ts";
import type { Redaction } from "../diff/redact.ts";
import { buildSample } from "../diff/sample.ts";
import { signatureOf } from "../diff/signature.ts";
import type { ExchangeRecord } from "../seam/record.ts";
import type { HeadLimits } from "../wire/head.ts";
import { RequestHead } from "../wire/request-head.ts";
import { ResponseHead } from "../wire/response-head.ts";
import type { CompiledRoute } from "./compiled.ts";
import type { MirrorAnswer } from "./mirror.ts";
import type { SeenExchange, Tally } from "./tally.ts";

/** What is known of an exchange beside its bytes. */
export interface ExchangeContext {
  readonly id: string;
  readonly seen: SeenExchange;
  readonly compiled: CompiledRoute;
}

/** Two answers and what the judge says of them. Values are not redacted yet, and not to be kept; no path tells a secret. */
export interface Compared {
  readonly legacy: Answer;
  readonly other: Answer;
  readonly judgement: Judgement;
}

/** Nearly all exchanges match, and have nothing to hide: their heads are not looked at. */
function withoutSecrets(
  judgement: Judgement,
  {
    legacy,
    other,
    redaction,
  }: { readonly legacy: Answer; readonly other: Answer; readonly redaction: Redaction },
): Judgement {
  if (judgement.verdict.kind !== "mismatch" && judgement.hidden === undefined) return judgement;
  return redaction.judgement(judgement, answersFormOf(legacy, other));
}

export class JudgementStep {
  readonly #counters: Counters;
  readonly #tally: Tally;
  readonly #reportFailure: (code: string, detail: string) => void;
  readonly #requestHead: RequestHead;
  readonly #legacyHead: ResponseHead;
  readonly #otherHead: ResponseHead;

  constructor(parts: {
    readonly counters: Counters;
    readonly tally: Tally;
    readonly limits: HeadLimits;
    readonly reportFailure: (code: string, detail: string) => void;
  }) {
    this.#counters = parts.counters;
    this.#tally = parts.tally;
    this.#reportFailure = parts.reportFailure;
    this.#requestHead = new RequestHead(parts.limits);
    this.#legacyHead = new ResponseHead(parts.limits);
    this.#otherHead = new ResponseHead(parts.limits);
  }

  /** Judges what `answered` says against the legacy's answer, which is the record's (see sidesOf). The answers are valid until the next call. */
  compare(record: ExchangeRecord, answered: MirrorAnswer, { compare, redaction }: CompiledRoute): Compared {
    const legacyHead = this.#legacyHead;
    const otherHead = this.#otherHead;
    legacyHead.parse(record.answerHead, 0, record.answerHead.length);
    otherHead.parse(answered.head, 0, answered.head.length);
    const legacy: Answer = {
      status: legacyHead.status,
      headers: legacyHead,
      body: record.answerBody,
      capture: record.answerCapture,
    };
    const other: Answer = {
      status: otherHead.status,
      headers: otherHead,
      body: answered.body,
      capture: answered.capture,
    };
    const judgement = this.#judgeSafely(legacy, other, { compare, redaction });
    return { legacy, other, judgement: withoutSecrets(judgement, { legacy, other, redaction }) };
  }

  /** Books the verdict on the candidate's answer: counters, sums, sample. Answers a signature per difference. */
  book(
    record: ExchangeRecord,
    { legacy, other: candidate, judgement: found }: Compared,
    { id, seen, compiled, isNoise, latencyMs }: BookedContext,
  ): readonly Signature[] {
    const { redaction } = compiled;
    const settings = compiled.route.compare;
    // Once more: what a contract added was not there before.
    const judgement = withoutSecrets(found, { legacy, other: candidate, redaction });
    const { verdict } = judgement;
    if (verdict.kind === "match") this.#counters.addMatch(record.slot);
    else if (verdict.kind === "mismatch") this.#counters.addMismatch(record.slot);
    else this.#counters.addIncomparable(record.slot, verdict.reason);
    const signatures =
      verdict.kind === "mismatch"
        ? verdict.differences.map((difference) => signatureOf(seen.endpoint, difference))
        : [];
    this.#tally.addJudged(seen, {
      exchangeId: id,
      judgement,
      rules: settings.rules,
      mirrored:
        seen.servedBy === "legacy"
          ? { status: candidate.status, latencyMs }
          : { status: legacy.status, latencyMs: record.latencyMs },
      signatures,
      isNoise,
    });
    if (isNoise) this.#counters.add("noise", 1);
    if (verdict.kind === "mismatch" && this.#tally.wantsSample(signatures))
      this.#sample(record, {
        id,
        seen,
        compiled,
        isNoise,
        legacy,
        candidate,
        judgement,
        latencyMs,
      });
    return signatures;
  }

  #judgeSafely(
    legacy: Answer,
    candidate: Answer,
    { compare, redaction }: Pick<CompiledRoute, "compare" | "redaction">,
  ): Judgement {
    try {
      const judgement = judge(legacy, candidate, compare);
      const { verdict } = judgement;
      if (verdict.kind === "incomparable" && verdict.reason === "rule-failed")
        // What a module throws may tell a value.
        this.#reportFailure("rule-failed", redaction.text(verdict.detail));
      return judgement;
    } catch (error) {
      this.#reportFailure("internal", `judge: ${String(error)}`);
      this.#counters.add("internalErrors", 1);
      return {
        verdict: { kind: "incomparable", reason: "internal", detail: String(error) },
        ruleHits: new Map(),
      };
    }
  }

  #sample(
    record: ExchangeRecord,
    parts: BookedContext & {
      readonly legacy: Answer;
      readonly candidate: Answer;
      readonly judgement: Judgement;
    },
  ): void {
    const { id, seen, compiled, legacy, candidate, judgement, latencyMs } = parts;
    const { redaction } = compiled;
    const head = this.#requestHead;
    head.parse(record.requestHead, 0, record.requestHead.length);
    try {
      this.#tally.addSample(
        buildSample(
          {
            id,
            atMs: seen.atMs,
            route: seen.route,
            endpoint: seen.endpoint,
            servedBy: seen.servedBy,
            request: {
              method: head.methodText(),
              target: head.targetText(),
              headers: head,
              body: record.requestBody,
              capture: record.requestBody.length === 0 ? "absent" : "complete",
            },
            legacy: { ...legacy, latencyMs: record.latencyMs },
            candidate: { ...candidate, latencyMs },
            judgement,
            rules: compiled.route.compare.rules,
          },
          {
            redaction,
            decodedBytesMax: compiled.route.compare.decodedBytesMax,
            ...this.#tally.sampleLimits,
          },
        ),
      );
    } catch (error) {
      this.#reportFailure("internal", `sample: ${String(error)}`);
      this.#counters.add("internalErrors", 1);
    }
  }
}

export interface BookedContext {
  readonly id: string;
  readonly seen: SeenExchange;
  readonly compiled: CompiledRoute;
  /** A mismatch whose every difference is noise as far as is known. */
  readonly isNoise: boolean;
  /** Of the candidate's answer. */
  readonly latencyMs: number;
}

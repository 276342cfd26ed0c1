// Reads a mismatch again, from both services and a little later: a difference that is gone then was state skew.
// Safe methods only, a sample only; what waits is bounded and, at a stop, dropped and counted.
import { Buffer } from "node:buffer";
import type { Signature } from "../core/batch.ts";
import { type Counters, RECHECK_CELLS, type RecheckOutcome } from "../core/counters.ts";
import type { NoiseSettings } from "../core/snapshot.ts";
import { signatureOf } from "../diff/signature.ts";
import type { ExchangeRecord } from "../seam/record.ts";
import type { Deadlined, Deadlines } from "../wire/deadlines.ts";
import type { Again, AgainOutcome } from "./again.ts";
import type { ExchangeContext, JudgementStep } from "./judgement.ts";
import type { MirrorAnswer } from "./mirror.ts";
import type { Tally } from "./tally.ts";

/** Mismatches per shadow thread that wait for their second look, or have it. */
const RECHECKS_MAX = 64;
const EMPTY = Buffer.alloc(0);

interface Recheck extends Deadlined {
  /** The request alone: what the legacy answered then is of no use any more. */
  readonly record: ExchangeRecord;
  readonly context: ExchangeContext;
  readonly signatures: readonly Signature[];
}

export class Rechecks {
  readonly #again: Again;
  readonly #deadlines: Deadlines;
  readonly #judgements: JudgementStep;
  readonly #tally: Tally;
  readonly #counters: Counters;
  readonly #random: () => number;
  readonly #waiting = new Set<Recheck>();
  #underWay = 0;

  constructor(parts: {
    readonly again: Again;
    readonly deadlines: Deadlines;
    readonly judgements: JudgementStep;
    readonly tally: Tally;
    readonly counters: Counters;
    /** 0 to 1. */
    readonly random: () => number;
  }) {
    this.#again = parts.again;
    this.#deadlines = parts.deadlines;
    this.#judgements = parts.judgements;
    this.#tally = parts.tally;
    this.#counters = parts.counters;
    this.#random = parts.random;
  }

  /** Puts a mismatch of a safe exchange aside for a second look, where it is in the sample. */
  consider(
    record: ExchangeRecord,
    { context, signatures: found }: Pick<Recheck, "context" | "signatures">,
    { recheck }: NoiseSettings,
  ): void {
    // The second look is the judge's alone: it does not ask the contract.
    const signatures = found.filter(({ kind }) => kind !== "violation");
    if (signatures.length === 0) return;
    if (this.#random() * 100 >= recheck.samplePercent) return;
    const bytes = record.requestHead.length + record.requestBody.length;
    if (this.#waiting.size + this.#underWay >= RECHECKS_MAX || !this.#again.keep(bytes)) {
      this.#count("dropped");
      return;
    }
    const waiting: Recheck = {
      context,
      signatures,
      record: {
        ...record,
        bytesTotal: bytes,
        // A copy: the parts of a record share its memory, answer and all.
        requestHead: Buffer.from(record.requestHead),
        requestBody: Buffer.from(record.requestBody),
        answerHead: EMPTY,
        answerBody: EMPTY,
      },
      deadlineAtMs: this.#deadlines.in(recheck.delayMs),
      onDeadline: () => this.#readBoth(waiting),
    };
    this.#waiting.add(waiting);
    this.#deadlines.add(waiting);
  }

  /** Lets go of what waits: after a stop or a kill nothing is sent any more. */
  dropWaiting(): void {
    for (const waiting of this.#waiting) {
      this.#leave(waiting);
      this.#again.release(waiting.record.bytesTotal);
      this.#count("dropped");
    }
  }

  #leave(waiting: Recheck): void {
    this.#waiting.delete(waiting);
    this.#deadlines.remove(waiting);
  }

  #readBoth(waiting: Recheck): void {
    this.#leave(waiting);
    this.#underWay++;
    const { record, context } = waiting;
    const answers: Partial<Record<"legacy" | "candidate", MirrorAnswer>> = {};
    let awaited = 2;
    for (const from of ["legacy", "candidate"] as const)
      this.#again.read(record, { from, compiled: context.compiled }, (outcome: AgainOutcome) => {
        if (outcome.kind === "answered") answers[from] = outcome.answer;
        if (--awaited > 0) return;
        this.#underWay--;
        this.#again.release(record.bytesTotal);
        this.#settle(waiting, answers);
      });
  }

  #settle(
    { record, context, signatures }: Recheck,
    { legacy, candidate }: Partial<Record<"legacy" | "candidate", MirrorAnswer>>,
  ): void {
    if (legacy === undefined || candidate === undefined) {
      this.#count("failed");
      return;
    }
    const read = {
      ...record,
      answerHead: legacy.head,
      answerBody: legacy.body,
      answerCapture: legacy.capture,
    };
    const { verdict } = this.#judgements.compare(read, candidate, context.compiled).judgement;
    if (verdict.kind === "incomparable") {
      this.#count("failed");
      return;
    }
    const { endpoint } = context.seen;
    const left = verdict.kind === "match" ? [] : verdict.differences;
    const stays = new Set(left.map((difference) => signatureOf(endpoint, difference).id));
    const isGone = this.#tally.addRechecked(context.seen, { signatures, stays });
    this.#count(isGone ? "gone" : "stays");
  }

  #count(outcome: RecheckOutcome): void {
    this.#counters.add(RECHECK_CELLS[outcome], 1);
  }
}

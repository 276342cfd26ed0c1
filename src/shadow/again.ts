// Reads a request again, from whom it is asked: a mirror outside of the books, with a budget of its own, so that
// no exchange is skipped for it. A legacy that struggles is not asked: one breaker stands before every such reading.
import { CaptureBudget } from "../core/capture.ts";
import type { Snapshot } from "../core/snapshot.ts";
import type { ExchangeRecord } from "../seam/record.ts";
import type { Deadlines } from "../wire/deadlines.ts";
import type { HeadLimits } from "../wire/head.ts";
import { HeadWriter } from "../wire/head-writer.ts";
import { M_GET, M_HEAD, M_OPTIONS, RequestHead } from "../wire/request-head.ts";
import { adaptedAnswer, adaptedRequest } from "./adapted.ts";
import { Breaker } from "./breaker.ts";
import type { CompiledRoute } from "./compiled.ts";
import { Mirror, type MirrorAnswer, statusOf } from "./mirror.ts";
import { LEGACY_EDITS, type MirrorEdits, prepareUnchangedEdits, writeMirrorHead } from "./mirror-head.ts";
import type { Pools } from "./pools.ts";

/** Of shadow.inFlightBytesMax: what is read again is a sample, and must not crowd anything. */
const BUDGET_SHARE = 1 / 8;
/** A service error is no answer to measure noise with, and a sign to leave the legacy alone. */
const SERVER_ERROR_MIN = 500;

/** `legacy` is the one that serves, asked on connections of the shadow thread; `baseline` its second instance. */
export type ReadFrom = "legacy" | "baseline" | "candidate";
/** `legacy-mirror`: the legacy as the shadow, of what the candidate serves. */
export type PoolPurpose = ReadFrom | "legacy-mirror";

export type AgainOutcome =
  | { readonly kind: "answered"; readonly answer: MirrorAnswer }
  /** No room in budget, pool or time for it. */
  | { readonly kind: "crowded" }
  /** Not sent: whom it would be sent to has failed too often in a row. */
  | { readonly kind: "breaker-open" }
  | { readonly kind: "failed" };

/** RFC 9110 §9.2.1: what may be sent again without anybody having asked for it. TRACE is never served. */
export function isSafe(head: RequestHead): boolean {
  return head.method === M_GET || head.method === M_HEAD || head.method === M_OPTIONS;
}

export class Again {
  readonly #pools: Pools<PoolPurpose>;
  readonly #deadlines: Deadlines;
  readonly #reportFailure: (code: string, detail: string) => void;
  readonly #head: RequestHead;
  readonly #writer = new HeadWriter();
  readonly #budget: CaptureBudget;
  readonly #breaker: Breaker;
  #edits: Readonly<Record<"legacy" | "baseline", MirrorEdits>>;

  constructor(
    snapshot: Snapshot,
    parts: {
      readonly pools: Pools<PoolPurpose>;
      readonly deadlines: Deadlines;
      readonly limits: HeadLimits;
      readonly reportFailure: (code: string, detail: string) => void;
    },
  ) {
    this.#pools = parts.pools;
    this.#deadlines = parts.deadlines;
    this.#reportFailure = parts.reportFailure;
    this.#head = new RequestHead(parts.limits);
    this.#budget = new CaptureBudget(snapshot.shadow.inFlightBytesMax * BUDGET_SHARE);
    this.#breaker = new Breaker(snapshot.shadow.breaker);
    this.#edits = editsOf(snapshot);
  }

  apply(snapshot: Snapshot): void {
    this.#budget.resize(snapshot.shadow.inFlightBytesMax * BUDGET_SHARE);
    this.#breaker.configure(snapshot.shadow.breaker);
    this.#edits = editsOf(snapshot);
  }

  /** The legacy's own answer to an exchange that would be read again: false where it is better left alone. */
  isLegacyWell(status: number): boolean {
    if (status < SERVER_ERROR_MIN) return true;
    this.#breaker.fail(performance.now());
    return false;
  }

  /** Charges what is kept of an exchange until `release`. */
  keep(bytes: number): boolean {
    return this.#budget.take(bytes);
  }

  release(bytes: number): void {
    this.#budget.give(bytes);
  }

  /** Sends the request of `record` once more. `onOutcome` is called once, maybe before this returns. */
  read(
    record: ExchangeRecord,
    { from, compiled }: { readonly from: ReadFrom; readonly compiled: CompiledRoute },
    onOutcome: (outcome: AgainOutcome) => void,
  ): void {
    const pool = this.#pools.get(from);
    const head = this.#head;
    if (pool === undefined || head.parse(record.requestHead, 0, record.requestHead.length) <= 0) {
      onOutcome({ kind: "failed" });
      return;
    }
    const isBreakered = from !== "candidate";
    if (isBreakered && !this.#breaker.admits(performance.now())) {
      onOutcome({ kind: "breaker-open" });
      return;
    }
    const edits = from === "candidate" ? compiled.edits : this.#edits[from];
    writeMirrorHead(this.#writer, head, { edits, bodyBytes: record.requestBody.length });
    const plain = { head: this.#writer.take(0), body: record.requestBody };
    const adapter = from === "candidate" && record.isAdapted ? compiled.adapter : undefined;
    const sent = adapter === undefined ? plain : adaptedRequest(adapter, plain);
    if (typeof sent === "string") {
      onOutcome({ kind: "failed" });
      return;
    }
    new Mirror(record, {
      pool,
      deadlines: this.#deadlines,
      ...sent,
      isHead: head.method === M_HEAD,
      isIdempotent: head.isIdempotent,
      answerBytesMax: compiled.route.mirror.answerBytesMax,
      budget: this.#budget,
      deadlineMs: compiled.route.mirror.deadlineMs,
      onOutcome: (_mirror, outcome) => {
        if (outcome.kind === "failed") this.#reportFailure(outcome.code, `${from} ${outcome.detail}`.trim());
        if (isBreakered) this.#tellBreaker(outcome);
        if (outcome.kind === "failed") onOutcome({ kind: "failed" });
        else if (outcome.kind === "crowded" || adapter === undefined) onOutcome(outcome);
        else onOutcome({ kind: "answered", answer: adaptedAnswer(adapter, outcome.answer) });
      },
    }).send();
  }

  #tellBreaker(outcome: { readonly kind: string; readonly answer?: MirrorAnswer }): void {
    if (outcome.kind === "crowded") this.#breaker.abandon();
    else if (outcome.answer !== undefined && statusOf(outcome.answer) < SERVER_ERROR_MIN)
      this.#breaker.succeed();
    else this.#breaker.fail(performance.now());
  }
}

function editsOf({ upstreams }: Snapshot): Readonly<Record<"legacy" | "baseline", MirrorEdits>> {
  return {
    legacy: LEGACY_EDITS,
    baseline: prepareUnchangedEdits(upstreams.baseline?.hostHeader ?? "preserve"),
  };
}

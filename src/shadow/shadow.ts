// The life of an exchange on the shadow thread:
//
//   5 admit     breaker, exchanges and bytes under way         #skipReason
//   6 mirror    own pool, own deadline, marked as shadow       Mirror
//   7 pair      the candidate's answer, or why there is none   #onOutcome
//   8 judge     compare under the route's rules → verdict      JudgementStep
//
// Beside it, of samples, for what it takes to know noise: the same request to the legacy once more (Baseline), and
// mismatches read again a little later (Rechecks).
//
// Each record that is taken ends in exactly one count. Nothing here can reach the serving side.

import type { CheckedRequest } from "../contract/check-answer.ts";
import type { VerdictBatch } from "../core/batch.ts";
import { CaptureBudget } from "../core/capture.ts";
import type { Counters } from "../core/counters.ts";
import { OTHER } from "../core/other.ts";
import { isNotedByEndpoint, SKIP_REASONS, type SkipReason } from "../core/skip.ts";
import type { Snapshot } from "../core/snapshot.ts";
import type { Verdict } from "../core/verdict.ts";
import { PairedPlaces } from "../noise/paired-places.ts";
import type { ExchangeRecord } from "../seam/record.ts";
import type { RefusalSign } from "../seam/refusal.ts";
import type { Deadlines } from "../wire/deadlines.ts";
import { HeadWriter } from "../wire/head-writer.ts";
import { M_HEAD, RequestHead } from "../wire/request-head.ts";
import { ResponseHead } from "../wire/response-head.ts";
import type { UpstreamPool } from "../wire/upstream-pool.ts";
import { Again, isSafe, type PoolPurpose } from "./again.ts";
import { Baseline, type Pair } from "./baseline.ts";
import { Breaker, OPEN } from "./breaker.ts";
import { type Compiled, type CompiledRoute, compileSnapshot } from "./compiled.ts";
import { ContractChecks } from "./contract-check.ts";
import type { CustomModules } from "./custom-modules.ts";
import { type ExchangeContext, JudgementStep } from "./judgement.ts";
import { incomparableReasonOf, Mirror, type MirrorAnswer, type MirrorOutcome } from "./mirror.ts";
import { writeMirrorHead } from "./mirror-head.ts";
import { Pools } from "./pools.ts";
import { Rechecks } from "./recheck.ts";
import type { Recordings } from "./recordings.ts";
import { type SeenExchange, Tally } from "./tally.ts";

const READ_BUFFER_BYTES = 64 * 1024;
/** Heads that passed the serving side have grown by forwarding lines: the limit here is beyond it. */
const HEAD_GROWTH_BYTES = 16 * 1024;
const LINES_GROWTH = 16;
/** How long a refusal tells serving threads to capture nothing; room that comes earlier ends it. */
const REFUSAL_MS = 25;
const ROOM_AGAIN_SHARE = 15 / 16;
/** Towards the legacy, to read again: it serves, and must hardly notice. */
const AGAIN_CONNECTIONS_MAX = 8;

/** An exchange whose mirror is under way. */
interface MirroredContext extends ExchangeContext {
  readonly isSafe: boolean;
  /** Where it is in the noise sample: what else the candidate's verdict is waited for. */
  readonly pair: Pair | undefined;
}

export class Shadow {
  readonly #counters: Counters;
  readonly #deadlines: Deadlines;
  readonly #pools: Pools<PoolPurpose>;
  readonly #requestHead: RequestHead;
  readonly #judgements: JudgementStep;
  readonly #again: Again;
  readonly #baseline: Baseline;
  readonly #rechecks: Rechecks;
  readonly #places: PairedPlaces;
  readonly #writer = new HeadWriter();
  readonly #breaker: Breaker;
  readonly #refusal: RefusalSign;
  readonly #reportFailure: (code: string, detail: string) => void;
  readonly #onIdle: () => void;
  readonly #contracts: ContractChecks;
  readonly #recordings: Recordings | undefined;
  #compiled: Compiled;
  #inFlight = 0;
  /** Bytes of exchanges under way: records and the answers that come in. */
  readonly #budget: CaptureBudget;
  #isStopping = false;
  readonly tally: Tally;

  constructor(
    snapshot: Snapshot,
    parts: {
      /** Of the custom rules in `snapshot`. */
      readonly customModules: CustomModules;
      readonly threadId: number;
      readonly counters: Counters;
      readonly deadlines: Deadlines;
      readonly reportFailure: (code: string, detail: string) => void;
      /** 0 to 1: which exchanges are in a sample. */
      readonly random: () => number;
      readonly refusal: RefusalSign;
      /** Where exchanges are recorded, if they are. */
      readonly recordings?: Recordings | undefined;
      /** Called when the last exchange under way is over. */
      readonly onIdle: () => void;
    },
  ) {
    const limits = {
      ...snapshot.limits,
      headBytesMax: snapshot.limits.headBytesMax + HEAD_GROWTH_BYTES,
      targetBytesMax: snapshot.limits.targetBytesMax + 1,
      headerLinesMax: snapshot.limits.headerLinesMax + LINES_GROWTH,
    };
    this.#counters = parts.counters;
    this.#deadlines = parts.deadlines;
    this.#reportFailure = parts.reportFailure;
    this.#onIdle = parts.onIdle;
    this.#refusal = parts.refusal;
    this.#refusal.admit();
    this.#requestHead = new RequestHead(limits);
    this.#recordings = parts.recordings;
    this.#breaker = new Breaker(snapshot.shadow.breaker);
    this.#budget = new CaptureBudget(snapshot.shadow.inFlightBytesMax);
    this.tally = new Tally(parts.threadId, snapshot);
    this.#compiled = compileSnapshot(snapshot, parts.customModules);
    this.#judgements = new JudgementStep({ ...parts, limits, tally: this.tally });
    this.#pools = new Pools({
      deadlines: parts.deadlines,
      readBuffer: Buffer.allocUnsafeSlow(READ_BUFFER_BYTES),
      responseHead: new ResponseHead(limits),
      onConnections: (change) => parts.counters.add("upstreamConnections", change),
    });
    this.#setPools(snapshot);
    this.#places = new PairedPlaces({
      pathsPerEndpointMax: snapshot.noise.pathsPerEndpointMax,
      endpointsMax: snapshot.limits.endpointsMax,
    });
    this.#again = new Again(snapshot, { ...parts, limits, pools: this.#pools });
    const noiseParts = {
      ...parts,
      again: this.#again,
      judgements: this.#judgements,
      places: this.#places,
      tally: this.tally,
    };
    this.#baseline = new Baseline(noiseParts);
    this.#rechecks = new Rechecks(noiseParts);
    this.#contracts = new ContractChecks(parts.counters, (detail) => parts.reportFailure("internal", detail));
    this.#contracts.apply(snapshot);
  }

  apply(snapshot: Snapshot, customModules: CustomModules): void {
    const before = this.#compiled.snapshot.learnedTemplates;
    this.#compiled = compileSnapshot(snapshot, customModules);
    if (before.join() !== snapshot.learnedTemplates.join()) this.#renameEndpoints();
    this.#contracts.apply(snapshot);
    this.#setPools(snapshot);
    this.#breaker.configure(snapshot.shadow.breaker);
    this.#budget.resize(snapshot.shadow.inFlightBytesMax);
    this.#again.apply(snapshot);
    if (snapshot.isKilled) this.#rechecks.dropWaiting();
  }

  #renameEndpoints(): void {
    this.tally.renameEndpoints((endpoint) => {
      const space = endpoint.indexOf(" ");
      return space < 0
        ? endpoint
        : this.#compiled.endpointOf(endpoint.slice(0, space), endpoint.slice(space + 1));
    });
  }

  #setPools({ upstreams: { legacy, candidate, baseline }, noise }: Snapshot): void {
    this.#pools.set("candidate", candidate);
    this.#pools.set("baseline", noise.baseline === "upstream" ? baseline : undefined);
    const isReadAgain = noise.baseline === "self" || noise.recheck.samplePercent > 0;
    const connectionsMax = Math.min(legacy.connectionsMax, AGAIN_CONNECTIONS_MAX);
    this.#pools.set("legacy", isReadAgain ? { ...legacy, connectionsMax } : undefined);
  }

  get isIdle(): boolean {
    return this.#inFlight === 0;
  }

  /** From now on, what still comes is skipped: the exchanges under way finish. */
  stop(): void {
    this.#isStopping = true;
    this.#rechecks.dropWaiting();
  }

  /** What has been counted since the last call. */
  takeBatch(): VerdictBatch | undefined {
    return this.tally.takeBatch(this.#places.take());
  }

  // ── 5 admit ───────────────────────────────────────────────────────────────────────────────────────

  /** Takes one record from the seam. `id` is the exchange's. */
  take(record: ExchangeRecord, id: string): void {
    const { routes } = this.#compiled;
    const pool = this.#pools.get("candidate");
    const isNoteOnly = record.skip >= 0;
    if (!isNoteOnly) {
      this.#counters.addDrained(record.slot);
      this.#counters.add("shadowDrained", 1);
    }
    const head = this.#requestHead;
    if (head.parse(record.requestHead, 0, record.requestHead.length) <= 0) {
      this.#reportFailure("internal", `a head from the seam does not parse: ${head.error}`);
      if (!isNoteOnly) this.#counters.addIncomparable(record.slot, "internal");
      return;
    }
    const compiled = routes.get(record.slot);
    const seen = this.#see(record, head, compiled);
    if (record.recordedRequest !== undefined) {
      // The kill switch holds for what still waits, too.
      if (compiled === undefined || this.#compiled.snapshot.isKilled) this.#counters.add("recordLost", 1);
      else this.#recordings?.take(record, { id, seen, compiled, head });
    }
    if (isNoteOnly) {
      const skip = SKIP_REASONS[record.skip] ?? "refused";
      // One that crossed for the recording alone leaves no more in the books than if nothing were recorded.
      if (isNotedByEndpoint(skip)) this.tally.addSkipped(seen, skip);
      return;
    }
    const skip = this.#skipReason(record, compiled, pool);
    if (skip !== undefined || compiled === undefined || pool === undefined) {
      this.#counters.addSkipped(record.slot, skip ?? "stage-off");
      this.tally.addSkipped(seen, skip ?? "stage-off");
      return;
    }
    this.#mirror(record, { id, seen, compiled, pool, head });
  }

  #see(record: ExchangeRecord, head: RequestHead, compiled: CompiledRoute | undefined): SeenExchange {
    return {
      route: compiled?.route.name ?? OTHER,
      endpoint: this.tally.boundedEndpoint(this.#compiled.endpointOf(head.methodText(), head.targetText())),
      atMs: record.startedAtMs,
      legacyStatus: record.status,
      legacyLatencyMs: record.latencyMs,
    };
  }

  #skipReason(
    record: ExchangeRecord,
    compiled: CompiledRoute | undefined,
    pool: UpstreamPool | undefined,
  ): SkipReason | undefined {
    const { snapshot } = this.#compiled;
    if (this.#isStopping) return "shutdown";
    if (snapshot.isKilled) return "killed";
    // The route or the candidate went away with a reload while the record waited.
    if (compiled === undefined || compiled.route.stage === "off") return "stage-off";
    if (pool === undefined) return "no-candidate";
    if (this.#inFlight >= snapshot.shadow.inFlightMax || !this.#budget.take(record.bytesTotal)) {
      this.#refusal.refuse("in-flight", REFUSAL_MS);
      return "in-flight";
    }
    const nowMs = performance.now();
    if (this.#breaker.admits(nowMs)) return undefined;
    this.#budget.give(record.bytesTotal);
    this.#refusal.refuse("breaker-open", Math.max(REFUSAL_MS, this.#breaker.closedForMs(nowMs)));
    return "breaker-open";
  }

  /** Not at the first free place: a sign that flickers would have most exchanges captured and skipped. */
  get #hasRoomAgain(): boolean {
    const { inFlightMax } = this.#compiled.snapshot.shadow;
    return this.#breaker.state !== OPEN && this.#inFlight <= inFlightMax * ROOM_AGAIN_SHARE;
  }

  // ── 6 mirror ──────────────────────────────────────────────────────────────────────────────────────

  #mirror(
    record: ExchangeRecord,
    parts: ExchangeContext & { readonly pool: UpstreamPool; readonly head: RequestHead },
  ): void {
    const { id, seen, compiled, pool, head } = parts;
    writeMirrorHead(this.#writer, head, { edits: compiled.edits, bodyBytes: record.requestBody.length });
    const mirrorHead = this.#writer.take(0);
    this.#inFlight++;
    this.#counters.set("shadowInFlight", this.#inFlight);
    const isHead = head.method === M_HEAD;
    const { isIdempotent } = head;
    const context = { id, seen, compiled, isSafe: isSafe(head) };
    const pair = context.isSafe
      ? this.#baseline.begin(record, context, this.#compiled.snapshot.noise)
      : undefined;
    new Mirror(record, {
      pool,
      deadlines: this.#deadlines,
      head: mirrorHead,
      isHead,
      isIdempotent,
      answerBytesMax: compiled.route.mirror.answerBytesMax,
      budget: this.#budget,
      deadlineMs: compiled.route.mirror.deadlineMs,
      onOutcome: (mirror, outcome) => this.#onOutcome(mirror.record, outcome, { ...context, pair }),
    }).send();
  }

  // ── 7 pair ────────────────────────────────────────────────────────────────────────────────────────

  #onOutcome(record: ExchangeRecord, outcome: MirrorOutcome, context: MirroredContext): void {
    this.#inFlight--;
    this.#budget.give(record.bytesTotal);
    this.#counters.set("shadowInFlight", this.#inFlight);
    if (outcome.kind === "answered") {
      this.#breaker.succeed();
      this.#counters.addUpstreamDuration(1, outcome.answer.latencyMs / 1000);
      this.#judge(record, outcome.answer, context);
    } else if (outcome.kind === "crowded") {
      context.pair?.setCandidate(undefined);
      // A limit of ours, not the candidate's failure.
      this.#breaker.abandon();
      this.#counters.addSkipped(record.slot, "in-flight");
      this.tally.addSkipped(context.seen, "in-flight");
    } else {
      context.pair?.setCandidate(undefined);
      this.#breaker.fail(performance.now());
      const reason = incomparableReasonOf(outcome.code);
      this.#reportFailure(outcome.code, `candidate ${outcome.detail}`.trim());
      this.#counters.addIncomparable(record.slot, reason);
      this.tally.addFailed(context.seen, reason);
    }
    if (this.#hasRoomAgain) this.#refusal.admit();
    this.#counters.set("breakerState", this.#breaker.state);
    this.#counters.set("breakerOpened", this.#breaker.opened);
    if (this.#inFlight === 0) this.#onIdle();
  }

  // ── 8 judge ───────────────────────────────────────────────────────────────────────────────────────

  #judge(record: ExchangeRecord, answered: MirrorAnswer, context: MirroredContext): void {
    const { snapshot } = this.#compiled;
    const { seen, compiled } = context;
    const compared = this.#judgements.compare(record, answered, compiled);
    const judgement = this.#contracts.refine(record.slot, {
      request: () => this.#requestOf(record),
      legacy: compared.legacy,
      candidate: compared.other,
      judgement: compared.judgement,
    });
    const { verdict } = judgement;
    const signatures = this.#judgements.book(
      record,
      { ...compared, judgement },
      {
        ...context,
        isNoise: this.#isNoise(seen.endpoint, verdict),
        latencyMs: answered.latencyMs,
      },
    );
    // The legacy's second answer is not held against the contract: a pair knows the judge's verdicts alone.
    if (context.pair !== undefined) context.pair.setCandidate(compared.judgement.verdict);
    if (verdict.kind !== "mismatch") return;
    if (context.pair === undefined) this.#places.checkShapes(seen.endpoint, verdict.differences);
    const isReadAgain = context.isSafe && !this.#isStopping && !snapshot.isKilled;
    if (isReadAgain) this.#rechecks.consider(record, { context, signatures }, snapshot.noise);
  }

  /** A cut list may hide a difference that is none. */
  #isNoise(endpoint: string, verdict: Verdict): boolean {
    if (verdict.kind !== "mismatch" || verdict.isCut) return false;
    return verdict.differences.every((difference) => this.#places.isNoise(endpoint, difference));
  }

  #requestOf({ requestHead }: ExchangeRecord): CheckedRequest {
    this.#requestHead.parse(requestHead, 0, requestHead.length);
    return { method: this.#requestHead.methodText(), target: this.#requestHead.targetText() };
  }
}

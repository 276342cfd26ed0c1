// The life of an exchange on the shadow thread:
//
//   5 admit     breaker, exchanges and bytes under way         Admission
//   6 mirror    own pool, own deadline, marked as shadow       Mirror
//   7 pair      the shadow's answer, or why there is none      #onOutcome
//   8 judge     compare under the route's rules → verdict      JudgementStep
//
// Who did not serve is the shadow: the candidate, or of what the candidate served the legacy, safe methods only. Each
// is a Leg of its own. From step 8 on the legacy stands on its side and the candidate on the other (sides.ts).
//
// Beside it, of samples, for what it takes to know noise: the same request to the legacy once more (Baseline), and
// mismatches read again a little later (Rechecks).
//
// Each record that is taken ends in exactly one count. Nothing here can reach the serving side.

import type { CheckedRequest } from "../contract/check-answer.ts";
import type { VerdictBatch } from "../core/batch.ts";
import type { Counters } from "../core/counters.ts";
import { OTHER } from "../core/other.ts";
import { isNotedByEndpoint, SKIP_REASONS } from "../core/skip.ts";
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
import { adaptedAnswer, adaptedRequest } from "./adapted.ts";
import { Admission } from "./admission.ts";
import { Again, isSafe, type PoolPurpose } from "./again.ts";
import { Baseline, type Pair } from "./baseline.ts";
import { type Compiled, type CompiledRoute, compileSnapshot } from "./compiled.ts";
import { ContractChecks } from "./contract-check.ts";
import type { CustomModules } from "./custom-modules.ts";
import { type ExchangeContext, JudgementStep } from "./judgement.ts";
import { isReverseInUse, type Leg } from "./leg.ts";
import { Mirror, type MirrorOutcome } from "./mirror.ts";
import { isAskedAsClient, LEGACY_EDITS, writeMirrorHead } from "./mirror-head.ts";
import { Pools } from "./pools.ts";
import { Rechecks } from "./recheck.ts";
import type { Recordings } from "./recordings.ts";
import { endOf, RolloutTally, unanswered } from "./rollout-tally.ts";
import { type Sides, sidesOf, unansweredReasonOf } from "./sides.ts";
import { type SeenExchange, Tally } from "./tally.ts";

const READ_BUFFER_BYTES = 64 * 1024;
/** Heads that passed the serving side have grown by forwarding lines: the limit here is beyond it. */
const HEAD_GROWTH_BYTES = 16 * 1024;
const LINES_GROWTH = 16;
/** Towards the legacy, to read again: it serves, and must hardly notice. */
const AGAIN_CONNECTIONS_MAX = 8;

/** An exchange whose mirror is under way. */
interface MirroredContext extends ExchangeContext {
  readonly isSafe: boolean;
  readonly leg: Leg;
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
  readonly #admission: Admission;
  readonly #rollout: RolloutTally;
  readonly #reportFailure: (code: string, detail: string) => void;
  readonly #onIdle: () => void;
  readonly #contracts: ContractChecks;
  readonly #recordings: Recordings | undefined;
  #compiled: Compiled;
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
    this.#requestHead = new RequestHead(limits);
    this.#recordings = parts.recordings;
    this.#admission = new Admission(snapshot, parts);
    this.#rollout = new RolloutTally(snapshot);
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
    this.#admission.apply(snapshot);
    this.#rollout.apply(snapshot);
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

  #setPools(snapshot: Snapshot): void {
    const { upstreams, noise } = snapshot;
    const { legacy, candidate, baseline } = upstreams;
    this.#pools.set("candidate", candidate);
    this.#pools.set("baseline", noise.baseline === "upstream" ? baseline : undefined);
    const isReadAgain = noise.baseline === "self" || noise.recheck.samplePercent > 0;
    const connectionsMax = Math.min(legacy.connectionsMax, AGAIN_CONNECTIONS_MAX);
    this.#pools.set("legacy", isReadAgain ? { ...legacy, connectionsMax } : undefined);
    // As many as a serving thread may have: with all clients at the candidate, the legacy gets all reads from here.
    this.#pools.set("legacy-mirror", isReverseInUse(snapshot) ? legacy : undefined);
  }

  get isIdle(): boolean {
    return this.#admission.inFlight === 0;
  }

  /** From now on, what still comes is skipped: the exchanges under way finish. */
  stop(): void {
    this.#admission.isStopping = true;
    this.#rechecks.dropWaiting();
  }

  /** What has been counted since the last call. */
  takeBatch(): VerdictBatch | undefined {
    return this.tally.takeBatch(this.#places.take(), this.#rollout.take());
  }

  // ── 5 admit ───────────────────────────────────────────────────────────────────────────────────────

  /** Takes one record from the seam. `id` is the exchange's. */
  take(record: ExchangeRecord, id: string): void {
    const { routes } = this.#compiled;
    const leg = this.#admission.legs[record.servedBy];
    const pool = this.#pools.get(leg.purpose);
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
      // The kill switch holds for what still waits, too. What the candidate answered is no answer of the legacy's.
      const isLost =
        compiled === undefined || this.#compiled.snapshot.isKilled || record.servedBy === "candidate";
      if (isLost) this.#counters.add("recordLost", 1);
      else this.#recordings?.take(record, { id, seen, compiled, head });
    }
    if (isNoteOnly) {
      const skip = SKIP_REASONS[record.skip] ?? "refused";
      // One that crossed for the recording alone leaves no more in the books than if nothing were recorded.
      if (!isNotedByEndpoint(skip)) return;
      this.#rollout.see(record);
      this.tally.addSkipped(seen, skip);
      return;
    }
    this.#rollout.see(record);
    const skip = this.#admission.refusalOf(record, { compiled, pool, head });
    if (skip !== undefined || compiled === undefined || pool === undefined) {
      this.#counters.addSkipped(record.slot, skip ?? "stage-off");
      this.tally.addSkipped(seen, skip ?? "stage-off");
      return;
    }
    this.#mirror(record, { id, seen, compiled, leg, pool, head });
  }

  #see(record: ExchangeRecord, head: RequestHead, compiled: CompiledRoute | undefined): SeenExchange {
    return {
      route: compiled?.route.name ?? OTHER,
      endpoint: this.tally.boundedEndpoint(this.#compiled.endpointOf(head.methodText(), head.targetText())),
      atMs: record.startedAtMs,
      servedBy: record.servedBy,
      status: record.status,
      latencyMs: record.latencyMs,
    };
  }

  // ── 6 mirror ──────────────────────────────────────────────────────────────────────────────────────

  #mirror(
    record: ExchangeRecord,
    parts: ExchangeContext & { readonly leg: Leg; readonly pool: UpstreamPool; readonly head: RequestHead },
  ): void {
    const { id, seen, compiled, leg, pool, head } = parts;
    const { isToCandidate } = leg;
    const edits = isToCandidate ? compiled.edits : LEGACY_EDITS;
    writeMirrorHead(this.#writer, head, { edits, bodyBytes: record.requestBody.length });
    const plain = { head: this.#writer.take(0), body: record.requestBody };
    const adapter = adapterOf(record, parts);
    const sent = adapter === undefined ? plain : adaptedRequest(adapter, plain);
    const isHead = head.method === M_HEAD;
    const { isIdempotent } = head;
    const context = { id, seen, compiled, leg, isSafe: isSafe(head) };
    if (typeof sent === "string") {
      this.#onOutcome(
        record,
        { kind: "failed", code: "adapter-failed", detail: sent },
        { ...context, pair: undefined },
      );
      return;
    }
    const pair =
      context.isSafe && isToCandidate
        ? this.#baseline.begin(record, context, this.#compiled.snapshot.noise)
        : undefined;
    new Mirror(record, {
      pool,
      deadlines: this.#deadlines,
      ...sent,
      isHead,
      isIdempotent,
      answerBytesMax: compiled.route.mirror.answerBytesMax,
      budget: this.#admission.budget,
      deadlineMs: compiled.route.mirror.deadlineMs,
      onOutcome: (mirror, outcome) => this.#onOutcome(mirror.record, outcome, { ...context, pair }),
    }).send();
  }

  // ── 7 pair ────────────────────────────────────────────────────────────────────────────────────────

  #onOutcome(record: ExchangeRecord, outcome: MirrorOutcome, context: MirroredContext): void {
    const { leg, seen } = context;
    const { isToCandidate } = leg;
    this.#admission.end(record);
    if (outcome.kind === "answered") {
      leg.breaker.succeed();
      this.#counters.addUpstreamDuration(isToCandidate ? 1 : 0, outcome.answer.latencyMs / 1000);
      const adapter = adapterOf(record, context);
      const answer = adapter === undefined ? outcome.answer : adaptedAnswer(adapter, outcome.answer);
      this.#judge(sidesOf(record, answer), context);
    } else if (outcome.kind === "crowded") {
      context.pair?.setCandidate(undefined);
      // A limit of ours, not the shadow's failure.
      leg.breaker.abandon();
      this.#counters.addSkipped(record.slot, "in-flight");
      this.tally.addSkipped(seen, "in-flight");
    } else {
      context.pair?.setCandidate(undefined);
      const isUnsent = outcome.code === "adapter-failed";
      if (isUnsent) leg.breaker.abandon();
      else leg.breaker.fail(performance.now());
      const reason = unansweredReasonOf(record.servedBy, outcome.code);
      this.#reportFailure(
        outcome.code,
        `${isToCandidate ? "candidate" : "legacy as shadow"} ${outcome.detail}`.trim(),
      );
      this.#counters.addIncomparable(record.slot, reason);
      this.tally.addFailed(seen, reason);
      // A bug of ours says nothing of the one that was asked; nor does what it was not asked.
      if (reason !== "internal" && !isUnsent) this.#rollout.add(record, unanswered(record));
    }
    this.#admission.tell();
    if (this.isIdle) this.#onIdle();
  }

  // ── 8 judge ───────────────────────────────────────────────────────────────────────────────────────

  #judge({ record, candidate }: Sides, context: MirroredContext): void {
    const { snapshot } = this.#compiled;
    const { seen, compiled } = context;
    const compared = this.#judgements.compare(record, candidate, compiled);
    const judgement = this.#contracts.refine(record.slot, {
      request: () => this.#requestOf(record),
      legacy: compared.legacy,
      candidate: compared.other,
      judgement: compared.judgement,
    });
    const { verdict } = judgement;
    const isNoise = this.#isNoise(seen.endpoint, verdict);
    const { latencyMs } = candidate;
    const signatures = this.#judgements.book(
      record,
      { ...compared, judgement },
      { ...context, isNoise, latencyMs },
    );
    this.#rollout.add(record, {
      legacy: endOf(compared.legacy, record.latencyMs),
      candidate: endOf(compared.other, latencyMs),
      verdict: verdict.kind,
      isNoise,
    });
    // The legacy's second answer is not held against the contract: a pair knows the judge's verdicts alone.
    const isReadAgain = context.isSafe && !this.#admission.isStopping && !snapshot.isKilled;
    // Where the candidate served, the legacy's first answer has only come now: the second is asked for after it.
    const isPairedNow = isReadAgain && record.servedBy === "candidate";
    const pair = isPairedNow ? this.#baseline.begin(record, context, snapshot.noise) : context.pair;
    if (pair !== undefined) pair.setCandidate(compared.judgement.verdict);
    if (verdict.kind !== "mismatch") return;
    if (pair === undefined) this.#places.checkShapes(seen.endpoint, verdict.differences);
    if (isReadAgain && isRecheckable(record, compiled))
      this.#rechecks.consider(record, { context, signatures }, snapshot.noise);
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

/**
 * The second look asks the candidate as a mirror does. What it answered to a client compares with that only where a
 * mirror asks for the same: else another difference would stand in place of the first, which would be called gone.
 */
function isRecheckable({ servedBy }: ExchangeRecord, { edits }: CompiledRoute): boolean {
  return servedBy === "legacy" || isAskedAsClient(edits);
}

/** What stands between this record's client and the candidate, where that one is asked. */
function adapterOf(
  { isAdapted }: ExchangeRecord,
  { leg, compiled }: { readonly leg: Leg; readonly compiled: CompiledRoute },
): CompiledRoute["adapter"] {
  return isAdapted && leg.isToCandidate ? compiled.adapter : undefined;
}

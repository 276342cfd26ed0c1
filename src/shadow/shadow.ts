// The life of an exchange on the shadow thread:
//
//   5 admit     breaker, exchanges and bytes under way         #skipReason
//   6 mirror    own pool, own deadline, marked as shadow       Mirror
//   7 pair      the candidate's answer, or why there is none   #onOutcome
//   8 judge     compare under the route's rules → verdict      #judge
//
// Each record that is taken ends in exactly one count. Nothing here can reach the serving side.
import { CaptureBudget } from "../core/capture.ts";
import { systemClock } from "../core/clock.ts";
import type { Counters } from "../core/counters.ts";
import type { Answer } from "../core/exchange.ts";
import { OTHER } from "../core/other.ts";
import { SKIP_REASONS, type SkipReason } from "../core/skip.ts";
import type { RouteSettings, Snapshot } from "../core/snapshot.ts";
import type { Judgement } from "../core/verdict.ts";
import { judge } from "../diff/judge.ts";
import { type CompiledCompare, compileCompare } from "../diff/judging.ts";
import { compileRedaction, type Redaction } from "../diff/redact.ts";
import { buildSample } from "../diff/sample.ts";
import { signatureOf } from "../diff/signature.ts";
import { compileEndpoints } from "../noise/endpoint.ts";
import type { ExchangeRecord } from "../seam/record.ts";
import type { Deadlines } from "../wire/deadlines.ts";
import { HeadWriter } from "../wire/head-writer.ts";
import { M_HEAD, RequestHead } from "../wire/request-head.ts";
import { ResponseHead } from "../wire/response-head.ts";
import type { UpstreamContext } from "../wire/upstream-connection.ts";
import { UpstreamPool } from "../wire/upstream-pool.ts";
import { Breaker } from "./breaker.ts";
import { type CustomModules, functionsOf } from "./custom-modules.ts";
import { incomparableReasonOf, Mirror, type MirrorAnswer, type MirrorOutcome } from "./mirror.ts";
import { type MirrorEdits, prepareMirrorEdits, writeMirrorHead } from "./mirror-head.ts";
import { type SeenExchange, Tally } from "./tally.ts";

const READ_BUFFER_BYTES = 64 * 1024;
/** Heads that passed the serving side have grown by forwarding lines: the limit here is beyond it. */
const HEAD_GROWTH_BYTES = 16 * 1024;
const LINES_GROWTH = 16;

interface CompiledRoute {
  readonly route: RouteSettings;
  readonly compare: CompiledCompare;
  readonly edits: MirrorEdits;
}

/** Everything that follows from one snapshot. */
interface Compiled {
  readonly snapshot: Snapshot;
  readonly routes: ReadonlyMap<number, CompiledRoute>;
  readonly pool: UpstreamPool | undefined;
  readonly endpointOf: (method: string, target: string) => string;
  readonly redaction: Redaction;
}

export class Shadow {
  readonly #counters: Counters;
  readonly #deadlines: Deadlines;
  readonly #upstreamContext: UpstreamContext;
  readonly #requestHead: RequestHead;
  readonly #legacyHead: ResponseHead;
  readonly #candidateHead: ResponseHead;
  readonly #writer = new HeadWriter();
  readonly #breaker: Breaker;
  readonly #reportFailure: (code: string, detail: string) => void;
  readonly #onIdle: () => void;
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
    this.#legacyHead = new ResponseHead(limits);
    this.#candidateHead = new ResponseHead(limits);
    this.#upstreamContext = {
      deadlines: parts.deadlines,
      readBuffer: Buffer.allocUnsafeSlow(READ_BUFFER_BYTES),
      responseHead: new ResponseHead(limits),
      onConnections: (change) => parts.counters.add("upstreamConnections", change),
    };
    this.#breaker = new Breaker(snapshot.shadow.breaker);
    this.#budget = new CaptureBudget(snapshot.shadow.inFlightBytesMax);
    this.tally = new Tally(parts.threadId, snapshot);
    this.#compiled = this.#compile(snapshot, parts.customModules, undefined);
  }

  apply(snapshot: Snapshot, customModules: CustomModules): void {
    const before = this.#compiled;
    this.#compiled = this.#compile(snapshot, customModules, before);
    if (this.#compiled.pool !== before.pool) before.pool?.close();
    this.#breaker.configure(snapshot.shadow.breaker);
    this.#budget.resize(snapshot.shadow.inFlightBytesMax);
  }

  #compile(snapshot: Snapshot, customModules: CustomModules, before: Compiled | undefined): Compiled {
    const { candidate } = snapshot.upstreams;
    const isSameUpstream = JSON.stringify(candidate) === JSON.stringify(before?.snapshot.upstreams.candidate);
    const newPool = () =>
      candidate === undefined ? undefined : new UpstreamPool(candidate, this.#upstreamContext);
    return {
      snapshot,
      routes: new Map(
        snapshot.routes.map((route) => [
          route.slot,
          {
            route,
            compare: compileCompare(route.compare, systemClock, functionsOf(route.compare, customModules)),
            edits: prepareMirrorEdits(route.mirror),
          },
        ]),
      ),
      pool: isSameUpstream && before !== undefined ? before.pool : newPool(),
      endpointOf: compileEndpoints(snapshot.endpointTemplates),
      redaction: compileRedaction(snapshot.redact),
    };
  }

  get isIdle(): boolean {
    return this.#inFlight === 0;
  }

  /** From now on, what still comes is skipped: the exchanges under way finish. */
  stop(): void {
    this.#isStopping = true;
  }

  // ── 5 admit ───────────────────────────────────────────────────────────────────────────────────────

  /** Takes one record from the seam. `id` is the exchange's. */
  take(record: ExchangeRecord, id: string): void {
    const { routes, pool } = this.#compiled;
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
    if (isNoteOnly) {
      this.tally.addSkipped(seen, SKIP_REASONS[record.skip] ?? "refused");
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
    if (this.#inFlight >= snapshot.shadow.inFlightMax || !this.#budget.take(record.bytesTotal))
      return "in-flight";
    if (this.#breaker.admits(performance.now())) return undefined;
    this.#budget.give(record.bytesTotal);
    return "breaker-open";
  }

  // ── 6 mirror ──────────────────────────────────────────────────────────────────────────────────────

  #mirror(
    record: ExchangeRecord,
    parts: {
      readonly id: string;
      readonly seen: SeenExchange;
      readonly compiled: CompiledRoute;
      readonly pool: UpstreamPool;
      readonly head: RequestHead;
    },
  ): void {
    const { id, seen, compiled, pool, head } = parts;
    writeMirrorHead(this.#writer, head, { edits: compiled.edits, bodyBytes: record.requestBody.length });
    this.#inFlight++;
    this.#counters.set("shadowInFlight", this.#inFlight);
    new Mirror(record, {
      pool,
      deadlines: this.#deadlines,
      head: this.#writer.take(0),
      isHead: head.method === M_HEAD,
      isIdempotent: head.isIdempotent,
      answerBytesMax: compiled.route.mirror.answerBytesMax,
      budget: this.#budget,
      deadlineMs: compiled.route.mirror.deadlineMs,
      onOutcome: (mirror, outcome) => this.#onOutcome(mirror.record, outcome, { id, seen, compiled }),
    }).send();
  }

  // ── 7 pair ────────────────────────────────────────────────────────────────────────────────────────

  #onOutcome(
    record: ExchangeRecord,
    outcome: MirrorOutcome,
    facts: { readonly id: string; readonly seen: SeenExchange; readonly compiled: CompiledRoute },
  ): void {
    this.#inFlight--;
    this.#budget.give(record.bytesTotal);
    this.#counters.set("shadowInFlight", this.#inFlight);
    if (outcome.kind === "answered") {
      this.#breaker.succeed();
      this.#counters.addUpstreamDuration(1, outcome.answer.latencyMs / 1000);
      this.#judge(record, outcome.answer, facts);
    } else if (outcome.kind === "crowded") {
      // A limit of ours, not the candidate's failure.
      this.#breaker.abandon();
      this.#counters.addSkipped(record.slot, "in-flight");
      this.tally.addSkipped(facts.seen, "in-flight");
    } else {
      this.#breaker.fail(performance.now());
      const reason = incomparableReasonOf(outcome.code);
      this.#reportFailure(outcome.code, `candidate ${outcome.detail}`.trim());
      this.#counters.addIncomparable(record.slot, reason);
      this.tally.addFailed(facts.seen, reason);
    }
    this.#counters.set("breakerState", this.#breaker.state);
    this.#counters.set("breakerOpened", this.#breaker.opened);
    if (this.#inFlight === 0) this.#onIdle();
  }

  // ── 8 judge ───────────────────────────────────────────────────────────────────────────────────────

  #judge(
    record: ExchangeRecord,
    answered: MirrorAnswer,
    {
      id,
      seen,
      compiled,
    }: { readonly id: string; readonly seen: SeenExchange; readonly compiled: CompiledRoute },
  ): void {
    const { redaction } = this.#compiled;
    const legacyHead = this.#legacyHead;
    const candidateHead = this.#candidateHead;
    legacyHead.parse(record.answerHead, 0, record.answerHead.length);
    candidateHead.parse(answered.head, 0, answered.head.length);
    const legacy: Answer = {
      status: record.status,
      headers: legacyHead,
      body: record.answerBody,
      capture: record.answerCapture,
    };
    const candidate: Answer = {
      status: candidateHead.status,
      headers: candidateHead,
      body: answered.body,
      capture: answered.capture,
    };
    const judgement = redaction.judgement(this.#judgeSafely(legacy, candidate, compiled.compare));
    const { verdict } = judgement;
    if (verdict.kind === "match") this.#counters.addMatch(record.slot);
    else if (verdict.kind === "mismatch") this.#counters.addMismatch(record.slot);
    else this.#counters.addIncomparable(record.slot, verdict.reason);
    const signatures =
      verdict.kind === "mismatch"
        ? verdict.differences.map((difference) => signatureOf(seen.endpoint, difference))
        : [];
    this.tally.addJudged(seen, {
      exchangeId: id,
      judgement,
      rules: compiled.route.compare.rules,
      candidateStatus: candidate.status,
      candidateLatencyMs: answered.latencyMs,
      signatures,
    });
    if (verdict.kind === "mismatch" && this.tally.wantsSample(signatures)) {
      this.#sample(record, { id, seen, legacy, candidate, judgement, latencyMs: answered.latencyMs });
    }
  }

  /** A bug in the judge costs one exchange its verdict, never the thread. */
  #judgeSafely(legacy: Answer, candidate: Answer, compare: CompiledCompare): Judgement {
    try {
      return judge(legacy, candidate, compare);
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
    parts: {
      readonly id: string;
      readonly seen: SeenExchange;
      readonly legacy: Answer;
      readonly candidate: Answer;
      readonly judgement: Judgement;
      readonly latencyMs: number;
    },
  ): void {
    const { id, seen, legacy, candidate, judgement, latencyMs } = parts;
    const head = this.#requestHead;
    head.parse(record.requestHead, 0, record.requestHead.length);
    try {
      this.tally.addSample(
        buildSample(
          {
            id,
            atMs: seen.atMs,
            route: seen.route,
            endpoint: seen.endpoint,
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
          },
          {
            redaction: this.#compiled.redaction,
            decodedBytesMax: this.#compiled.routes.get(record.slot)?.route.compare.decodedBytesMax ?? 0,
          },
        ),
      );
    } catch (error) {
      this.#reportFailure("internal", `sample: ${String(error)}`);
      this.#counters.add("internalErrors", 1);
    }
  }
}

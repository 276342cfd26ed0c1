// Step 5 of an exchange: whether its mirror may be sent now, and what is under way until it is over.
// The sign to serving threads and the breaker that is told to people are the candidate's: they say that nothing need be
// captured for it. What the candidate serves is mirrored to the legacy, and asks neither.
import { CaptureBudget } from "../core/capture.ts";
import type { Counters } from "../core/counters.ts";
import type { SkipReason } from "../core/skip.ts";
import type { Snapshot } from "../core/snapshot.ts";
import type { ExchangeRecord } from "../seam/record.ts";
import type { RefusalSign } from "../seam/refusal.ts";
import type { RequestHead } from "../wire/request-head.ts";
import type { UpstreamPool } from "../wire/upstream-pool.ts";
import { isSafe } from "./again.ts";
import type { CompiledRoute } from "./compiled.ts";
import { Leg } from "./leg.ts";
import type { Served } from "./sides.ts";

/** How long a refusal tells serving threads to capture nothing; room that comes earlier ends it. */
const REFUSAL_MS = 25;

export class Admission {
  /** By who served. */
  readonly legs: Readonly<Record<Served, Leg>>;
  /** Bytes of exchanges under way: records and the answers that come in. */
  readonly budget: CaptureBudget;
  readonly #counters: Counters;
  readonly #refusal: RefusalSign;
  isKilled = false;
  isStopping = false;

  constructor(snapshot: Snapshot, parts: { readonly counters: Counters; readonly refusal: RefusalSign }) {
    this.legs = { legacy: new Leg("candidate", snapshot), candidate: new Leg("legacy-mirror", snapshot) };
    this.budget = new CaptureBudget(snapshot.shadow.inFlightBytesMax);
    this.#counters = parts.counters;
    this.#refusal = parts.refusal;
    this.#refusal.admit();
    this.isKilled = snapshot.isKilled;
  }

  apply(snapshot: Snapshot): void {
    for (const leg of Object.values(this.legs)) leg.apply(snapshot);
    this.budget.resize(snapshot.shadow.inFlightBytesMax);
    this.isKilled = snapshot.isKilled;
  }

  get inFlight(): number {
    return this.legs.legacy.inFlight + this.legs.candidate.inFlight;
  }

  /** Why the mirror is not sent. Without a reason it is under way, until `end`. */
  refusalOf(
    record: ExchangeRecord,
    parts: {
      readonly compiled: CompiledRoute | undefined;
      readonly pool: UpstreamPool | undefined;
      readonly head: RequestHead;
    },
  ): SkipReason | undefined {
    const { compiled, pool, head } = parts;
    const leg = this.legs[record.servedBy];
    const { isToCandidate } = leg;
    if (this.isStopping) return "shutdown";
    if (this.isKilled) return "killed";
    // The route, its step or the candidate went away with a reload while the record waited.
    const stage = compiled?.route.stage ?? "off";
    if (stage === "off" || stage === "complete") return "stage-off";
    if (pool === undefined) return isToCandidate ? "no-candidate" : "stage-off";
    // The serving thread has looked already: the legacy must never get a write that a client sent to the candidate.
    if (!isToCandidate && !isSafe(head)) return "method";
    if (leg.isFull || !this.budget.take(record.bytesTotal)) {
      if (isToCandidate) this.#refusal.refuse("in-flight", REFUSAL_MS);
      return "in-flight";
    }
    const nowMs = performance.now();
    if (!leg.breaker.admits(nowMs)) {
      this.budget.give(record.bytesTotal);
      const closedForMs = leg.breaker.closedForMs(nowMs);
      if (isToCandidate) this.#refusal.refuse("breaker-open", Math.max(REFUSAL_MS, closedForMs));
      return "breaker-open";
    }
    leg.inFlight++;
    this.#counters.set("shadowInFlight", this.inFlight);
    return undefined;
  }

  /** The mirror is over. */
  end({ servedBy, bytesTotal }: ExchangeRecord): void {
    this.legs[servedBy].inFlight--;
    this.budget.give(bytesTotal);
    this.#counters.set("shadowInFlight", this.inFlight);
  }

  /** To be called when a breaker was told of an outcome. */
  tell(): void {
    const { breaker, hasRoomAgain } = this.legs.legacy;
    if (hasRoomAgain) this.#refusal.admit();
    this.#counters.set("breakerState", breaker.state);
    this.#counters.set("breakerOpened", breaker.opened);
  }
}

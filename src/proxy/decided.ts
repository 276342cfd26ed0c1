// What was decided of the request under way: who serves, is it mirrored, is it recorded. One per client connection,
// reused request by request; it keeps what the thread's one decision says before the next request asks it.
import { DECISION_REASONS } from "../core/decision.ts";
import type { SkipReason } from "../core/skip.ts";
import type { ClientFacts } from "../wire/forward-head.ts";
import type { RequestHead } from "../wire/request-head.ts";
import { isToBeRecorded, skipReasonFor } from "./decide.ts";
import type { RouteAdapting } from "./route-adapting.ts";
import type { RouteServing } from "./route-serving.ts";
import type { ServingContext } from "./serving-context.ts";

const KILLED = DECISION_REASONS.indexOf("killed");
const OVERRIDE = DECISION_REASONS.indexOf("override");
const UNIT_MISSING = DECISION_REASONS.indexOf("unit-missing");
const TRIPPED = DECISION_REASONS.indexOf("tripped");

export class Decided {
  readonly #context: ServingContext;
  isByCandidate = false;
  /** Index into DECISION_REASONS. */
  reason = 0;
  /** The unit's 32-bit hash; -1 without one. */
  unit = -1;
  /** Why it is not mirrored, or undefined; found out later, too. */
  skip: SkipReason | undefined;
  isRecorded = false;
  /** The client is one that the route's adapter is for. */
  isAdapted = false;

  constructor(context: ServingContext) {
    this.#context = context;
  }

  /** Parallax answers by itself. */
  refuse(skip: SkipReason = "refused"): void {
    this.isByCandidate = false;
    this.unit = -1;
    this.skip = skip;
    this.isRecorded = false;
    this.isAdapted = false;
  }

  decide(head: RequestHead, serving: RouteServing, client: ClientFacts): void {
    const { isKilled, routing } = this.#context;
    const { snapshot } = routing;
    const { route } = serving;
    this.#decideServing(head, serving, client);
    const { isByCandidate } = this;
    const grounds = { snapshot, route, chance: Math.random(), isKilled, isByCandidate };
    this.skip = skipReasonFor(head, grounds) ?? this.#context.refusalReason(isByCandidate);
    this.isRecorded = snapshot.record !== undefined && isToBeRecorded(head, grounds);
    this.isAdapted = serving.adapting !== undefined && this.#isAdaptedFor(head, serving.adapting, client);
  }

  /**
   * A request that is itself a mirror of another Parallax is decided like any other: what it is compared with there
   * is what a client of this one would get.
   */
  #decideServing(head: RequestHead, { decider, tripwire, route }: RouteServing, client: ClientFacts): void {
    const { decision, isKilled, view, counters } = this.#context;
    if (isKilled) {
      this.isByCandidate = false;
      this.reason = KILLED;
      this.unit = -1;
      return;
    }
    if (decider.needsRequest) view.point(head, client);
    decider.decide(view, decision);
    const isTripped = decision.isCandidate && tripwire.isTripped;
    this.isByCandidate = decision.isCandidate && !isTripped;
    this.reason = isTripped ? TRIPPED : decision.reason;
    this.unit = decision.unit;
    if (this.reason === OVERRIDE) counters.addRouteEvent(route.slot, "overridden");
    else if (this.reason === UNIT_MISSING) counters.addRouteEvent(route.slot, "unitMissing");
  }

  #isAdaptedFor(head: RequestHead, adapting: RouteAdapting, client: ClientFacts): boolean {
    if (!this.isByCandidate && this.skip !== undefined) return false;
    const { view } = this.#context;
    view.point(head, client);
    return adapting.isFor(view);
  }

  /** The legacy serves whatever anybody chose: by the kill switch, or by the thread's tripwire. */
  get isForced(): boolean {
    return this.reason === KILLED || this.reason === TRIPPED;
  }

  /** Its bytes are kept, to be mirrored or recorded. */
  get isKept(): boolean {
    return this.skip === undefined || this.isRecorded;
  }
}

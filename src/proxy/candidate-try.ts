// One request's try of the candidate: how long it may take, whether the legacy may still answer instead, and what
// its end says of the candidate. One per client connection that ever needs it, reused request by request.
// Rescue: only before a byte of the answer is the client's, and only what is safe to send again, or never left.
import { performance } from "node:perf_hooks";
import type { Counters } from "../core/counters.ts";
import { ERRORS, type ErrorCode } from "../core/errors.ts";
import type { Deadlined, Deadlines } from "../wire/deadlines.ts";
import type { RouteServing } from "./route-serving.ts";

const FAILURE_STATUS_MIN = 500;

export class CandidateTry implements Deadlined {
  deadlineAtMs = Number.POSITIVE_INFINITY;
  readonly #counters: Counters;
  readonly #deadlines: Deadlines;
  readonly #onLate: () => void;
  #serving: RouteServing;
  #isSafe = false;
  /** It had a connection: the request may have arrived, whatever became of it. */
  #mayHaveReached = false;
  /** An interim answer is with the client. */
  #hasSpoken = false;

  /** `onLate`: no first byte within rescue.afterMs. */
  constructor(
    { counters, deadlines }: { readonly counters: Counters; readonly deadlines: Deadlines },
    serving: RouteServing,
    onLate: () => void,
  ) {
    this.#counters = counters;
    this.#deadlines = deadlines;
    this.#serving = serving;
    this.#onLate = onLate;
  }

  begin(serving: RouteServing, isSafe: boolean): void {
    this.#serving = serving;
    this.#isSafe = isSafe;
    this.#mayHaveReached = false;
    this.#hasSpoken = false;
    this.#counters.addRouteEvent(serving.route.slot, "toCandidate");
    serving.tripwire.addSent(performance.now());
    this.#deadlines.add(this);
    this.expectAnswer();
  }

  /** The candidate is waited for, from now on. */
  expectAnswer(): void {
    const { isOn, afterMs } = this.#serving.route.rollout.rescue;
    this.deadlineAtMs = isOn ? this.#deadlines.in(afterMs) : Number.POSITIVE_INFINITY;
  }

  /** The request goes out. While the client still sends it, time is not the candidate's. */
  setSent(isComplete: boolean): void {
    this.#mayHaveReached = true;
    if (!isComplete) this.deadlineAtMs = Number.POSITIVE_INFINITY;
  }

  /** Its answer has begun. */
  setAnswering(): void {
    this.deadlineAtMs = Number.POSITIVE_INFINITY;
  }

  /** An interim answer goes to the client: what follows it must be the same service's. */
  setSpoken(): void {
    this.#hasSpoken = true;
  }

  onDeadline(): void {
    this.#onLate();
  }

  /** `isReplayable`: all of the request is kept. */
  mayBeRescued(isReplayable: boolean): boolean {
    if (!this.#serving.route.rollout.rescue.isOn || this.#hasSpoken) return false;
    return !this.#mayHaveReached || (this.#isSafe && isReplayable);
  }

  isFailureStatus(status: number): boolean {
    return status >= FAILURE_STATUS_MIN && this.#serving.route.rollout.rescue.statuses.includes(status);
  }

  /**
   * The legacy answers instead. Past the budget it still does: the budget decides when the route is taken back, and
   * those that were on their way by then shall not pay for it. Answers what happened, for people.
   */
  endRescued(code: ErrorCode, detail: string): string {
    const { route, tripwire } = this.#serving;
    this.#counters.addRouteEvent(route.slot, "rescued");
    if (!tripwire.addRescue(performance.now())) this.#counters.addRouteEvent(route.slot, "rescuedPastBudget");
    return this.endFailed(code, detail);
  }

  /** It gave no whole answer. Answers what happened, for people. */
  endFailed(code: ErrorCode, detail: string): string {
    const { route, tripwire } = this.#serving;
    this.#counters.addRouteEvent(route.slot, "candidateFailed");
    const text = `candidate ${detail || ERRORS[code].message}`;
    tripwire.addFailure(text);
    this.end();
    return text;
  }

  /** The client has its answer. */
  endAnswered(status: number): void {
    const { tripwire } = this.#serving;
    if (status >= FAILURE_STATUS_MIN) tripwire.addFailure(`candidate answered ${status}`);
    else tripwire.addSuccess();
    this.end();
  }

  /** Whatever ended it says nothing of the candidate. */
  end(): void {
    this.#deadlines.remove(this);
  }
}

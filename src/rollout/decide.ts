// Who serves a request: the legacy or the candidate, and why. Pure and synchronous; asked once per request (HOT).
// Order: kill → deny → allow → override → cohorts → everybody → percentage → legacy.
import { DECISION_REASONS, type DecisionReason } from "../core/decision.ts";
import type { RouteSettings, Snapshot } from "../core/snapshot.ts";

/** The answer, in an object of the thread's that is used again for the next request. */
export interface Decision {
  isCandidate: boolean;
  /** Index into DECISION_REASONS. */
  reason: number;
  /** The unit's 32-bit hash; -1 without one. Told whoever decides, so that evidence can be counted by units. */
  unit: number;
}

export function newDecision(): Decision {
  return { isCandidate: false, reason: indexOf("stage"), unit: -1 };
}

function indexOf(reason: DecisionReason): number {
  return DECISION_REASONS.indexOf(reason);
}

/** What a decision can rest on of a request. `bytes` are valid until the next request. */
export interface RequestView {
  readonly bytes: Uint8Array;
}

/** One route's part of a decision, made once per snapshot. */
export class RouteDecider {
  readonly #route: RouteSettings;
  readonly #snapshot: Snapshot;

  constructor(route: RouteSettings, snapshot: Snapshot) {
    this.#route = route;
    this.#snapshot = snapshot;
  }

  /** Writes into `decision`. */
  decide(_request: RequestView, decision: Decision): void {
    const { stage } = this.#route;
    const isEverybody = stage === "live" || stage === "complete";
    decision.unit = -1;
    decision.isCandidate = isEverybody && !this.#snapshot.isKilled;
    decision.reason = indexOf(this.#snapshot.isKilled ? "killed" : isEverybody ? "everybody" : "stage");
  }
}

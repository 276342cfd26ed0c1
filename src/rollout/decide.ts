// Who serves a request: the legacy or the candidate, and why. Pure and synchronous; asked once per request (HOT).
// Order: kill → deny → allow → override → cohorts → everybody → percentage → legacy.
import { DECISION_REASONS, type DecisionReason } from "../core/decision.ts";
import type { RouteSettings, Snapshot } from "../core/snapshot.ts";
import { thresholdOf } from "./bucket.ts";
import type { RequestView } from "./request-view.ts";
import { UnitReader } from "./unit.ts";

export type { RequestView };

/** The answer, in an object of the thread's that is used again for the next request. */
export interface Decision {
  isCandidate: boolean;
  /** Index into DECISION_REASONS. */
  reason: number;
  /** The unit's 32-bit hash; -1 without one. Told whoever decides, so that evidence can be counted by units. */
  unit: number;
}

const KILLED = indexOf("killed");
const STAGE = indexOf("stage");
const EVERYBODY = indexOf("everybody");
const PERCENTAGE = indexOf("percentage");
const UNIT_MISSING = indexOf("unit-missing");

export function newDecision(): Decision {
  return { isCandidate: false, reason: STAGE, unit: -1 };
}

function indexOf(reason: DecisionReason): number {
  return DECISION_REASONS.indexOf(reason);
}

/** One route's part of a decision, made once per snapshot. */
export class RouteDecider {
  /** False: `decide` looks at nothing of the request, so that its view need not be pointed at it. */
  readonly needsRequest: boolean;
  readonly #isKilled: boolean;
  /** The stage lets the candidate serve, and there is one. */
  readonly #isServing: boolean;
  readonly #isEverybody: boolean;
  readonly #threshold: number;
  readonly #units: UnitReader;

  constructor(route: RouteSettings, snapshot: Snapshot) {
    const { stage, rollout } = route;
    const isPossible = stage !== "off" && snapshot.upstreams.candidate !== undefined;
    this.#isKilled = snapshot.isKilled;
    this.#isServing = isPossible && stage !== "shadow";
    this.#isEverybody = stage === "live" || stage === "complete";
    this.#threshold = thresholdOf(rollout.basisPoints);
    this.#units = new UnitReader(stage === "off" ? [] : rollout.units, rollout.salt);
    this.needsRequest = !this.#units.isEmpty;
  }

  /** Writes into `decision`. */
  decide(request: RequestView, decision: Decision): void {
    const unit = this.#units.isEmpty ? -1 : this.#units.read(request);
    const reason = this.#reasonFor(unit);
    decision.unit = unit;
    decision.reason = reason;
    decision.isCandidate = reason === EVERYBODY || (reason === PERCENTAGE && unit < this.#threshold);
  }

  #reasonFor(unit: number): number {
    if (this.#isKilled) return KILLED;
    if (!this.#isServing) return STAGE;
    if (this.#isEverybody) return EVERYBODY;
    if (this.#threshold === 0) return STAGE;
    return unit < 0 ? UNIT_MISSING : PERCENTAGE;
  }
}

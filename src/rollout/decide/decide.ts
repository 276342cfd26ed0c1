// Who serves a request: the legacy or the candidate, and why. Pure and synchronous; asked once per request (HOT).
// Order: kill → deny → allow → override → cohorts → everybody → percentage → legacy.
import { isDeepStrictEqual } from "node:util";
import { DECISION_REASONS, type DecisionReason } from "../../core/decision.ts";
import { isServingStage, type RouteSettings, type Snapshot } from "../../core/snapshot.ts";
import { thresholdOf } from "./bucket.ts";
import { ClientAddress } from "./client-address.ts";
import { CohortList } from "./cohort.ts";
import { NetworkSet } from "./networks.ts";
import { Override } from "./override.ts";
import { RequestValues } from "./request-values.ts";
import type { RequestView } from "./request-view.ts";
import { TextSets } from "./text-sets.ts";
import { TokenReader } from "./token-reader.ts";
import { type Unit, UnitReader } from "./unit.ts";

/** The answer, in an object of the thread's that is used again for the next request. */
export interface Decision {
  isCandidate: boolean;
  /** Index into DECISION_REASONS. */
  reason: number;
  /** The unit's 32-bit hash; -1 without one. Told whoever decides, so that evidence can be counted by units. */
  unit: number;
}

/** What `decide` found, in words: for explain alone. */
export interface Grounds {
  /** The cohort that decided. */
  readonly rule: string | undefined;
  readonly unit: Unit | undefined;
}

const KILLED = indexOf("killed");
const STAGE = indexOf("stage");
const DENY = indexOf("deny");
const ALLOW = indexOf("allow");
const OVERRIDE = indexOf("override");
const COHORT = indexOf("cohort");
const EVERYBODY = indexOf("everybody");
const PERCENTAGE = indexOf("percentage");
const UNIT_MISSING = indexOf("unit-missing");

export function newDecision(): Decision {
  return { isCandidate: false, reason: STAGE, unit: -1 };
}

function indexOf(reason: DecisionReason): number {
  return DECISION_REASONS.indexOf(reason);
}

/** The parts of the snapshot that a decision rests on, beside the route. */
export type DecidingSnapshot = Pick<Snapshot, "isKilled" | "override" | "jwt" | "trustedProxies"> & {
  readonly upstreams: { readonly candidate: unknown };
};

/** Whether a route that has not changed is decided as before. */
export function isDecidedAlike(one: DecidingSnapshot, other: DecidingSnapshot): boolean {
  return (
    one.isKilled === other.isKilled &&
    (one.upstreams.candidate === undefined) === (other.upstreams.candidate === undefined) &&
    isDeepStrictEqual(one.override, other.override) &&
    isDeepStrictEqual(one.jwt, other.jwt) &&
    isDeepStrictEqual(one.trustedProxies, other.trustedProxies)
  );
}

/** One route's part of a decision, made once per snapshot. */
export class RouteDecider {
  /** False: `decide` looks at nothing of the request, so that its view need not be pointed at it. */
  readonly needsRequest: boolean;
  readonly #isKilled: boolean;
  /** The stage lets the candidate serve by lists and percentage, and there is a candidate. */
  readonly #isServing: boolean;
  readonly #isEverybody: boolean;
  readonly #threshold: number;
  readonly #values: RequestValues;
  readonly #address: ClientAddress;
  readonly #units: UnitReader;
  readonly #deny: CohortList;
  readonly #allow: CohortList;
  readonly #cohorts: CohortList;
  readonly #override: Override | undefined;
  readonly #texts: TextSets;
  #rule: string | undefined;

  /**
   * `tokens` of the thread, so that routes and snapshots share what was verified; `before`, the route's decider until
   * now, has lists compiled that need not be compiled again.
   */
  constructor(
    route: RouteSettings,
    snapshot: DecidingSnapshot,
    {
      tokens = new TokenReader(snapshot.jwt),
      before,
    }: { readonly tokens?: TokenReader | undefined; readonly before?: RouteDecider | undefined } = {},
  ) {
    const { stage, rollout } = route;
    const canServe = snapshot.upstreams.candidate !== undefined && !snapshot.isKilled && stage !== "off";
    this.#isKilled = snapshot.isKilled;
    this.#isServing = canServe && isServingStage(stage);
    this.#isEverybody = stage === "live" || stage === "complete";
    this.#threshold = thresholdOf(rollout.basisPoints);
    this.#values = new RequestValues(tokens);
    this.#address = new ClientAddress(new NetworkSet(snapshot.trustedProxies));
    this.#texts = new TextSets(before === undefined ? undefined : before.#texts);
    const grounds = { values: this.#values, address: this.#address, texts: this.#texts };
    const isOverridden = canServe && snapshot.override.networks.length > 0;
    this.#override = isOverridden ? new Override(snapshot.override, grounds) : undefined;
    this.#deny = new CohortList(this.#isServing || isOverridden ? rollout.deny : [], grounds);
    this.#allow = new CohortList(this.#isServing ? rollout.allow : [], grounds);
    this.#cohorts = new CohortList(this.#isServing ? rollout.cohorts : [], grounds);
    this.#texts.settle();
    this.#units = new UnitReader(stage === "off" ? [] : rollout.units, rollout.salt, this.#values);
    this.needsRequest =
      isOverridden || [this.#units, this.#deny, this.#allow, this.#cohorts].some((part) => !part.isEmpty);
  }

  /** Writes into `decision`. */
  decide(request: RequestView, decision: Decision): void {
    let hasUnit = false;
    this.#rule = undefined;
    if (this.needsRequest) {
      this.#values.begin(request);
      this.#address.begin(request);
      hasUnit = this.#units.read();
    }
    decision.unit = hasUnit ? this.#units.signedBucket >>> 0 : -1;
    if (this.#isServing) this.#decideServing(hasUnit, decision);
    else this.#decideWaiting(decision);
  }

  /** In words, what `decide` just found. */
  grounds(): Grounds {
    return { rule: this.#rule, unit: this.needsRequest ? this.#units.describe() : undefined };
  }

  #decideServing(hasUnit: boolean, decision: Decision): void {
    const asked = this.#override?.asked();
    if (this.#isIn(this.#deny, true)) answer(decision, DENY, false);
    else if (this.#isIn(this.#allow, false)) answer(decision, ALLOW, true);
    else if (asked !== undefined) answer(decision, OVERRIDE, asked === "candidate");
    else if (this.#isIn(this.#cohorts, false)) answer(decision, COHORT, true);
    else if (this.#isEverybody) answer(decision, EVERYBODY, true);
    else if (this.#threshold === 0) answer(decision, STAGE, false);
    else if (!hasUnit) answer(decision, UNIT_MISSING, false);
    else answer(decision, PERCENTAGE, this.#units.signedBucket >>> 0 < this.#threshold);
  }

  /** Nobody is the candidate's but who may ask for it; and of those, nobody whom a deny list names. */
  #decideWaiting(decision: Decision): void {
    const asked = this.#override?.asked();
    if (asked === undefined) answer(decision, this.#isKilled ? KILLED : STAGE, false);
    else if (this.#isIn(this.#deny, true)) answer(decision, DENY, false);
    else answer(decision, OVERRIDE, asked === "candidate");
  }

  #isIn(list: CohortList, unclear: boolean): boolean {
    this.#rule = list.find(unclear);
    return this.#rule !== undefined;
  }
}

function answer(decision: Decision, reason: number, isCandidate: boolean): void {
  decision.reason = reason;
  decision.isCandidate = isCandidate;
}

// One route on its way: where it stands, what was seen since its step began, and what the gate said last.
// It decides nothing: the controller does.
import { isDeepStrictEqual } from "node:util";
import type { RolloutDelta } from "../core/batch.ts";
import type { GateSettings } from "../core/gate-settings.ts";
import { type ServedCounts, servedSince } from "../core/served-counts.ts";
import { estimate } from "./gate/eta.ts";
import { readGate } from "./gate/gate.ts";
import type { Eta, GateContext, GateReading } from "./gate/reading.ts";
import { StepEvidence } from "./gate/step-evidence.ts";
import type { RouteState } from "./terms.ts";

/** A gate is looked at again at least as often: hold times end without any traffic. */
const LOOK_MS_MAX = 10_000;

export class RouteLife {
  readonly route: string;
  #state: RouteState;
  #evidence: StepEvidence;
  /** What the route had served when its step began. */
  #servedBefore: ServedCounts;
  #served: ServedCounts | undefined;
  #reading: GateReading | null = null;
  #eta: Eta | null = null;
  #hasNews = true;
  /** That its gate is insufficient for longer than its grace has been told. */
  isGraceTold = false;
  /** Since when its gate is unhealthy without a break, and whether that has been told; null: it is not. */
  unhealthy: { readonly sinceMs: number; readonly isTold: boolean } | null = null;

  constructor(
    route: string,
    begin: {
      readonly state: RouteState;
      readonly served: ServedCounts;
      readonly warmUpMs: number;
      /** Of the same step, from before a restart. */
      readonly evidence?: StepEvidence | undefined;
    },
  ) {
    const { state, served, warmUpMs, evidence } = begin;
    this.route = route;
    this.#state = state;
    this.#servedBefore = served;
    // Of a route that never moved the journal knows no clock: the evidence does, and a restart begins nothing anew.
    const hasNoClock = state.since === 0 && state.clockAtMs === null;
    if (hasNoClock && evidence?.since === 0) this.#state = { ...state, clockAtMs: evidence.clockAtMs };
    // An epoch is a small number, and a file of another data directory may have it: the step's clock tells them apart.
    const isOfStep = evidence?.since === state.since && evidence.clockAtMs === this.#state.clockAtMs;
    this.#evidence = isOfStep
      ? evidence
      : new StepEvidence({ since: state.since, clockAtMs: state.clockAtMs, warmUpMs });
  }

  get state(): RouteState {
    return this.#state;
  }

  get evidence(): StepEvidence {
    return this.#evidence;
  }

  get reading(): GateReading | null {
    return this.#reading;
  }

  get eta(): Eta | null {
    return this.#eta;
  }

  /** Puts the state that follows in force; another step begins without evidence. */
  move(state: RouteState, begin: { readonly served: ServedCounts; readonly warmUpMs: number }): void {
    const isOtherStep = state.since !== this.#state.since;
    const hasClock = state.clockAtMs !== null && this.#state.clockAtMs === null;
    this.#state = state;
    if (isOtherStep) {
      this.#evidence = new StepEvidence({
        since: state.since,
        clockAtMs: state.clockAtMs,
        warmUpMs: begin.warmUpMs,
      });
      this.#servedBefore = begin.served;
      this.#served = undefined;
      this.#reading = null;
      this.#eta = null;
      this.isGraceTold = false;
      this.unhealthy = null;
    } else if (hasClock && state.clockAtMs !== null) this.#evidence.start(state.clockAtMs);
    this.#hasNews = true;
  }

  /** The wall clock was set ahead by so much, or back. */
  shift(jumpMs: number): void {
    this.#evidence.shift(jumpMs);
    this.#hasNews = true;
  }

  see(delta: RolloutDelta, nowMs: number): void {
    if (this.#evidence.add(delta, nowMs)) this.#hasNews = true;
  }

  /** `served` since the process began. */
  count(served: ServedCounts, nowMs: number): void {
    const since = servedSince(this.#servedBefore, served);
    // A route without traffic has no news: to read a thousand gates each second would take all of it.
    if (this.#served === undefined || !isDeepStrictEqual(since, this.#served)) this.#hasNews = true;
    this.#served = since;
    this.#evidence.addServed(since, nowMs);
  }

  /** Since the step began in this process, warm-up included; undefined before it was counted. */
  get served(): ServedCounts | undefined {
    return this.#served;
  }

  /** The gate's reading, made anew where something is new, it is old or somebody asks; null where it has nothing to say. */
  look(settings: GateSettings, context: GateContext, isAsked = false): GateReading | null {
    if (this.#state.at.stage === "off" || this.#state.at.stage === "complete") return null;
    const isOld = context.nowMs - (this.#reading?.atMs ?? 0) >= LOOK_MS_MAX;
    if (!this.#hasNews && !isOld && !isAsked) return this.#reading;
    this.#hasNews = false;
    this.#reading = readGate(this.#evidence, settings, context);
    this.#eta = estimate(this.#reading, this.#evidence, { settings, context });
    return this.#reading;
  }
}

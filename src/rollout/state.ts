// Where a route stands, and where an event takes it: nextState is pure, and every event that is illegal says what is
// legal instead. Invariants: only promote goes forwards; a latched route is never promoted; what is refused changes
// nothing.
import { assertNever } from "../core/assert.ts";
import type { GateVerdict } from "./gate/reading.ts";
import { promotion } from "./promotion.ts";
import { compareSteps, isServing, OFF, SHADOW, type Step, stepText } from "./step.ts";
import {
  EVENT_KINDS,
  type NextState,
  type PromoteEvent,
  type Refusal,
  type RolloutEvent,
  type RouteState,
  type Terms,
  TRIPWIRE,
} from "./terms.ts";

/** Ascending and of different steps, so that only a config that goes on changing could reach it. The oldest go. */
const STABLE_MAX = 128;

/** Of a route that the journal knows nothing of. */
export function beginState(stage: "off" | "shadow", epoch: number): RouteState {
  return {
    at: stage === "off" ? OFF : SHADOW,
    since: epoch,
    enteredAtMs: null,
    clockAtMs: null,
    stable: [],
    isPaused: false,
    isKilled: false,
    latch: null,
    salt: null,
    sunsetAtMs: null,
  };
}

/** What people could do now, were gate, calendar and config to let them. */
function possibleKinds(state: RouteState): readonly RolloutEvent["kind"][] {
  const isHeld = state.isKilled || state.latch !== null || state.isPaused;
  const isPossible: Partial<Record<RolloutEvent["kind"], boolean>> = {
    promote: !isHeld && state.at.stage !== "complete",
    pause: !state.isPaused,
    resume: state.isPaused,
    rollback: compareSteps(state.at, OFF) > 0,
    kill: !state.isKilled,
    arm: state.latch !== null,
  };
  return EVENT_KINDS.filter((kind) => isPossible[kind] === true);
}

export function refused(state: RouteState, message: string): Refusal {
  return { ok: false, message, allowed: possibleKinds(state) };
}

/** Moved to a step; stable steps that it is not beyond any more are forgotten. */
function moved(
  state: RouteState,
  to: Step,
  { event, terms }: { event: RolloutEvent; terms: Terms },
): RouteState {
  return {
    ...state,
    at: to,
    since: event.epoch,
    enteredAtMs: event.atMs,
    clockAtMs: null,
    stable: state.stable.filter((step) => compareSteps(step, to) < 0),
    salt: state.salt ?? (isServing(to) ? terms.salt : null),
  };
}

/** A step is stable that the gate passed, or where the candidate serves nobody. Left by force it is not. */
function stableAfter(state: RouteState, gate: GateVerdict | null): readonly Step[] {
  if (isServing(state.at) && gate !== "pass") return state.stable;
  return [...state.stable, state.at].slice(-STABLE_MAX);
}

/** Where rollback goes without being told; null: nowhere. */
export function backStep(state: RouteState, who = ""): Step | null {
  if (compareSteps(state.at, OFF) <= 0) return null;
  if (!isServing(state.at)) return OFF;
  // What fails n times in a row fails at every percentage.
  if (who === TRIPWIRE) return SHADOW;
  const last = state.stable.findLast((step) => compareSteps(step, state.at) < 0);
  return last !== undefined && isServing(last) ? last : SHADOW;
}

function whyNotBack(state: RouteState, event: RolloutEvent & { kind: "rollback" }, terms: Terms) {
  const at = stepText(state.at);
  const { to } = event;
  if (state.isKilled) return "the route is killed and off already: arm it to mirror again";
  if (state.at.stage === "off") return "off is the first step: there is nothing to roll back";
  if (event.role === "parallax") {
    if (state.at.stage === "complete") return "complete is left by a person alone: the legacy may be gone";
    if (!isServing(state.at)) return `the candidate serves nobody at ${at}: there is nothing to roll back`;
  }
  if (to !== undefined) {
    if (compareSteps(to, state.at) >= 0)
      return `${stepText(to)} is not before ${at}: promote goes forwards, rollback to a step before`;
    const known = [...terms.steps, ...state.stable];
    if (!known.some((step) => compareSteps(step, to) === 0))
      return `${stepText(to)} is no step of the route: ${terms.steps.map(stepText).join(", ")}`;
  }
  return event.reason.trim() === "" ? "a rollback needs a reason: say why" : undefined;
}

function rollback(state: RouteState, event: RolloutEvent & { kind: "rollback" }, terms: Terms): NextState {
  const why = whyNotBack(state, event, terms);
  if (why !== undefined) return refused(state, why);
  const to = event.to ?? backStep(state, event.role === "parallax" ? event.who : "") ?? OFF;
  const { atMs, who, reason } = event;
  return {
    ok: true,
    state: { ...moved(state, to, { event, terms }), latch: { atMs, who, reason, from: state.at } },
  };
}

/** Off at once: the candidate serves nobody and gets no mirrors. */
function kill(state: RouteState, event: RolloutEvent, terms: Terms): NextState {
  if (state.isKilled) return refused(state, "the route is killed already: arm lifts it");
  const { atMs, who, reason } = event;
  return {
    ok: true,
    state: {
      ...moved(state, OFF, { event, terms }),
      isKilled: true,
      latch: { atMs, who, reason, from: state.at },
    },
  };
}

/**
 * What was mended is judged by itself: the step begins anew, without what was seen before. A killed route is mirrored
 * again, never served by the candidate at once: from there it goes through its gates.
 */
function arm(state: RouteState, event: RolloutEvent, terms: Terms): NextState {
  const { latch } = state;
  if (latch === null) return refused(state, "the route is armed: nothing rolled it back or killed it");
  if (event.reason.trim() === "") return refused(state, "to arm needs a reason: say what was mended");
  if (!state.isKilled)
    return { ok: true, state: { ...moved(state, state.at, { event, terms }), latch: null } };
  const to = compareSteps(latch.from, OFF) > 0 ? SHADOW : OFF;
  const back = compareSteps(to, OFF) > 0 ? { ...moved(state, to, { event, terms }), stable: [OFF] } : state;
  return { ok: true, state: { ...back, isKilled: false, latch: null } };
}

function promote(state: RouteState, event: PromoteEvent, terms: Terms): NextState {
  const asked = promotion(state, event, terms);
  if (!asked.ok) return refused(state, asked.message);
  const left = { ...state, stable: stableAfter(state, terms.gate) };
  return { ok: true, state: moved(left, asked.to, { event, terms }) };
}

function pause(state: RouteState, event: RolloutEvent): NextState {
  if (state.isPaused) return refused(state, "the route is paused already: resume goes on");
  if (event.reason.trim() === "") return refused(state, "a pause needs a reason: say why");
  return { ok: true, state: { ...state, isPaused: true } };
}

function acknowledged(state: RouteState, event: RolloutEvent): NextState {
  if (state.clockAtMs !== null) return refused(state, "the clock of the step runs already");
  if (event.epoch < state.since)
    return refused(state, `epoch ${event.epoch} is older than the step's own, ${state.since}`);
  return { ok: true, state: { ...state, clockAtMs: event.atMs } };
}

function extend(state: RouteState, event: RolloutEvent & { kind: "extend" }): NextState {
  if (state.sunsetAtMs !== null && event.toMs <= state.sunsetAtMs)
    return refused(state, `extend goes beyond ${new Date(state.sunsetAtMs).toISOString()} alone`);
  if (event.reason.trim() === "") return refused(state, "to extend needs a reason: say why");
  return { ok: true, state: { ...state, sunsetAtMs: event.toMs } };
}

/** What a person alone may do. */
const PERSONAL: readonly RolloutEvent["kind"][] = ["pause", "resume", "kill", "arm", "extend"];

/** Pure: the same state, event and terms give the same answer. */
export function nextState(state: RouteState, event: RolloutEvent, terms: Terms): NextState {
  if (event.role === "parallax" && PERSONAL.includes(event.kind))
    return refused(state, `${event.kind} is for people: Parallax itself promotes and rolls back`);
  switch (event.kind) {
    case "promote":
      return promote(state, event, terms);
    case "rollback":
      return rollback(state, event, terms);
    case "pause":
      return pause(state, event);
    case "resume":
      if (!state.isPaused) return refused(state, "the route is not paused: there is nothing to resume");
      return { ok: true, state: { ...state, isPaused: false } };
    case "kill":
      return kill(state, event, terms);
    case "arm":
      return arm(state, event, terms);
    case "acknowledged":
      return acknowledged(state, event);
    case "extend":
      return extend(state, event);
    default:
      return assertNever(event);
  }
}

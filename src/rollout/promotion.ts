// Whether a route may go forwards, and to which step. Pure. What force helps against is the gate and the order of the
// steps; nothing else: not a latch, a pause, a freeze, an approver's name, a dependency, or what keeps the legacy.
import { frozenUntil } from "./freeze.ts";
import type { GateVerdict } from "./gate/reading.ts";
import { compareSteps, type Step, stepText } from "./step.ts";
import type { PromoteEvent, RouteState, Terms } from "./terms.ts";

export type Promotion =
  | { readonly ok: true; readonly to: Step }
  | { readonly ok: false; readonly message: string };

/** The steps before it, in order. A canary with nobody in it is none. */
function stepsAhead(state: RouteState, terms: Terms): readonly Step[] {
  return terms.steps.filter(
    (step) => compareSteps(step, state.at) > 0 && (step.stage !== "canary" || terms.hasCohorts),
  );
}

/** Where promote goes without being told; null: nowhere. */
export function nextStep(state: RouteState, terms: Terms): Step | null {
  return stepsAhead(state, terms)[0] ?? null;
}

function whyHeld(state: RouteState): string | undefined {
  const at = stepText(state.at);
  if (state.isKilled) return "the route is killed: arm it first, then it goes on from shadow";
  if (state.latch !== null) {
    const { from, who, reason } = state.latch;
    const why = reason.replace(/\.$/, "");
    return `${at} is latched since ${who} rolled back from ${stepText(from)} (${why}): arm it first`;
  }
  if (state.isPaused) return `${at} is paused: resume it first, or rollback`;
  return undefined;
}

function whyNoTarget(state: RouteState, to: Step, terms: Terms): string | undefined {
  if (!terms.steps.some((step) => compareSteps(step, to) === 0))
    return `${stepText(to)} is no step of the route: ${terms.steps.map(stepText).join(", ")}`;
  if (compareSteps(to, state.at) <= 0)
    return `${stepText(to)} is not ahead of ${stepText(state.at)}: rollback goes back`;
  if (!terms.hasCandidate) return "no candidate is configured: set upstreams.candidate.url";
  if (to.stage === "canary" && !terms.hasCohorts)
    return "nobody is in the canary: set rollout.cohorts or rollout.allow of the route, or promote to the ramp";
  if (to.stage === "ramp" && !terms.hasUnits)
    return `${stepText(to)} would move nobody: set rollout.units, or promote to live`;
  return undefined;
}

/** Steps that would be left out on the way. Percentages of nobody are no steps. */
function leftOut(state: RouteState, to: Step, terms: Terms): readonly Step[] {
  return stepsAhead(state, terms).filter(
    (step) => compareSteps(step, to) < 0 && (step.stage !== "ramp" || terms.hasUnits),
  );
}

function whyNotBeyond(to: Step, { after }: Terms): string | undefined {
  const behind = after.filter(({ at }) => compareSteps(to, at) > 0);
  if (behind.length === 0) return undefined;
  const routes = behind.map(({ route, at }) => `${route} (at ${stepText(at)})`).join(", ");
  return `the route never goes beyond ${routes}: promote that first`;
}

/** Nobody forces it: what is missing is a fact, and the legacy goes for good. */
function whyNotComplete(state: RouteState, terms: Terms): string | undefined {
  const blockers = [...terms.completeBlockers];
  if (state.at.stage !== "live") blockers.unshift("it is reached from live alone");
  if (terms.hasDeny) blockers.push("its deny list keeps somebody on the legacy");
  if (terms.gate !== "pass") blockers.push(`the gate of ${stepText(state.at)} has not passed`);
  return blockers.length === 0 ? undefined : `complete is refused, forced or not: ${blockers.join("; ")}`;
}

function whyFrozen({ freeze, nowMs }: Terms): string | undefined {
  const frozen = frozenUntil(freeze, nowMs);
  if (frozen === null) return undefined;
  const until = new Date(frozen.untilMs).toISOString();
  return `frozen until ${until} (${frozen.name}), forced or not: wait, or change rollout.freeze and reload`;
}

function whyNotBy(event: PromoteEvent, { approvers, advance }: Terms): string | undefined {
  if (event.role === "parallax") {
    if (event.isForced) return "Parallax itself forces nothing";
    return advance === "automatic" ? undefined : "a person promotes this route: rollout.advance is approval";
  }
  if (approvers.length === 0 || approvers.includes(event.who)) return undefined;
  return `${event.who} is not among who may promote it, forced or not: ${approvers.join(", ")}`;
}

/** Failures stay in a step's evidence, so that waiting helps against insufficient alone, where it lacks no decision of people. */
const WHAT_HELPS: Readonly<Record<Exclude<GateVerdict, "pass">, string>> = {
  insufficient: "wait for what rollout show says it lacks",
  unhealthy: "mend what it cannot read",
  fail: "mend the candidate and begin the step anew (kill, then arm)",
};

function whyNotPassed(state: RouteState, event: PromoteEvent, terms: Terms): string | undefined {
  if (event.isForced) return event.reason.trim() === "" ? "force needs a reason: say why" : undefined;
  if (state.at.stage === "off" || terms.gate === "pass") return undefined;
  const at = stepText(state.at);
  if (terms.gate === null)
    return `the gate has not looked at ${at} yet: wait some seconds, or promote with force and a reason`;
  return `the gate of ${at} says ${terms.gate}: ${WHAT_HELPS[terms.gate]}, or promote with force and a reason`;
}

function whySkips(state: RouteState, to: Step, { isForced }: PromoteEvent, terms: Terms): string | undefined {
  const skipped = isForced ? [] : leftOut(state, to, terms);
  const [first] = skipped;
  if (first === undefined) return undefined;
  return `${stepText(first)} comes before ${stepText(to)}: promote to it first, or with force and a reason`;
}

export function promotion(state: RouteState, event: PromoteEvent, terms: Terms): Promotion {
  const to = event.to ?? nextStep(state, terms);
  if (to === null) return { ok: false, message: whyHeld(state) ?? "complete is the last step" };
  const message =
    whyHeld(state) ??
    whyNoTarget(state, to, terms) ??
    whyNotBeyond(to, terms) ??
    (to.stage === "complete" ? whyNotComplete(state, terms) : undefined) ??
    whySkips(state, to, event, terms) ??
    whyFrozen(terms) ??
    whyNotBy(event, terms) ??
    whyNotPassed(state, event, terms);
  return message === undefined ? { ok: true, to } : { ok: false, message };
}

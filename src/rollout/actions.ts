// What people can do to a route now, and of the rest, why not: nextState, asked of each. Pure.
import { nextState } from "./state.ts";
import type { RolloutEvent, RouteState, Terms } from "./terms.ts";

export const ROUTE_ACTIONS = ["promote", "pause", "resume", "rollback", "kill", "arm"] as const;
export type RouteAction = (typeof ROUTE_ACTIONS)[number];

export interface ActionAnswer {
  readonly action: RouteAction;
  readonly isAllowed: boolean;
  /** Of promote: allowed with force and a reason alone. */
  readonly needsForce: boolean;
  /** Why not, or why only with force; else empty. */
  readonly why: string;
}

/** `who` is a person, whose name is among the approvers or not; without it, of whoever may. */
export function actionsFor(state: RouteState, terms: Terms, who?: string): readonly ActionAnswer[] {
  const told = {
    who: who ?? terms.approvers[0] ?? "",
    role: "operator",
    reason: "asked",
    atMs: terms.nowMs,
    epoch: state.since,
  } as const;
  const ask = (event: RolloutEvent) => nextState(state, event, terms);
  return ROUTE_ACTIONS.map((action) => {
    const event: RolloutEvent =
      action === "promote" ? { ...told, kind: action, isForced: false } : { ...told, kind: action };
    const answer = ask(event);
    if (answer.ok) return { action, isAllowed: true, needsForce: false, why: "" };
    const needsForce = event.kind === "promote" && ask({ ...event, isForced: true }).ok;
    return { action, isAllowed: needsForce, needsForce, why: answer.message };
  });
}

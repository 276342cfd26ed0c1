// What is told to the journal of an event, and of one that it has although it was refused. Pure.
import type { JournalDraft } from "./journal.ts";
import type { RouteLife } from "./route-life.ts";
import type { RolloutEvent, RouteState } from "./terms.ts";

/** `state` is the one that `event` takes the route to, which is at `life.state` still. */
export function draftOf(life: RouteLife, event: RolloutEvent, state: RouteState): JournalDraft {
  return {
    atMs: event.atMs,
    route: life.route,
    epoch: state.since === life.state.since ? life.state.since : event.epoch,
    event: event.kind,
    who: event.who,
    role: event.role,
    reason: event.reason,
    from: life.state.at,
    to: state.at,
    isForced: event.kind === "promote" && event.isForced,
    gate: event.kind === "acknowledged" ? null : life.reading,
    state,
  };
}

/** The journal has `late`, which was refused: where the route stands all the same. */
export function restatedDraft(late: JournalDraft, state: RouteState, atMs: number): JournalDraft {
  return {
    ...late,
    atMs,
    epoch: state.since,
    event: "rollback",
    who: "parallax",
    role: "parallax",
    reason: `the journal was late: ${late.event} by ${late.who} was refused, and never in force`,
    from: late.to,
    to: state.at,
    isForced: false,
    gate: null,
    state,
  };
}

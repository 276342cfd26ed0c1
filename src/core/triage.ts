// What people decided about a signature. The state in force follows from the decision and the clock: an acceptance
// ends at its date, and a fixed signature that is seen again is reopened. Nothing has to be written for either.

/** `new` and `reopened` wait for somebody; `bug` is known and not fixed. */
export const TRIAGE_STATES = ["new", "reopened", "bug", "accepted", "fixed"] as const;
export type TriageState = (typeof TRIAGE_STATES)[number];

/** Nobody has looked at these yet. */
export const UNTRIAGED_STATES: readonly TriageState[] = ["new", "reopened"];
/** These still ask for something to be done. */
export const OPEN_STATES: readonly TriageState[] = ["new", "reopened", "bug"];

export type TriageDecision =
  /** Back to the beginning. */
  | { readonly state: "new" }
  /** The difference is wanted, until then (milliseconds since the epoch): it is new again after that. */
  | { readonly state: "accepted"; readonly expiresMs: number }
  /** Where it is followed up: an http(s) URL. */
  | { readonly state: "bug"; readonly link: string }
  | { readonly state: "fixed" };

/** A decision as it is kept. */
export interface Triage {
  readonly decision: TriageDecision;
  /** Who decided, as in the audit log. */
  readonly who: string;
  readonly atMs: number;
}

/** The state in force. `lastSeenMs` is when the difference was last met. */
export function triageStateOf(
  triage: Triage | undefined,
  { nowMs, lastSeenMs }: { readonly nowMs: number; readonly lastSeenMs: number },
): TriageState {
  if (triage === undefined) return "new";
  const { decision, atMs } = triage;
  if (decision.state === "accepted" && decision.expiresMs <= nowMs) return "new";
  if (decision.state === "fixed" && lastSeenMs > atMs) return "reopened";
  return decision.state;
}

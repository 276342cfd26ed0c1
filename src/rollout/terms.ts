// The words in which a route's way is told: where it stands, what happens to it, what that is held against. Plain data:
// the state and the event go into the journal as they are. Role `parallax` is nobody's: the gate's or the tripwire's.
import type { Role } from "../core/role.ts";
import type { FreezeWindow } from "./freeze.ts";
import type { GateVerdict } from "./gate/reading.ts";
import type { Step } from "./step.ts";

/** Why a route waits for a person. */
export interface Latch {
  readonly atMs: number;
  readonly who: string;
  readonly reason: string;
  /** The step that it was taken back from. */
  readonly from: Step;
}

export interface RouteState {
  readonly at: Step;
  /** The epoch from which the step is in force. */
  readonly since: number;
  /** Null: it began there. */
  readonly enteredAtMs: number | null;
  /** When every thread had the decision; null: not yet. */
  readonly clockAtMs: number | null;
  /** Steps before `at` that were fine when they were left, ascending: where a rollback goes. */
  readonly stable: readonly Step[];
  readonly isPaused: boolean;
  /** It is off then, whatever its traffic. */
  readonly isKilled: boolean;
  readonly latch: Latch | null;
  /** What its units are bucketed by, fixed when the first of them could be served by the candidate. */
  readonly salt: string | null;
  /** To when people put off the end of the legacy; null: as the config has it. */
  readonly sunsetAtMs: number | null;
}

/** `who`, where the role is `parallax`. */
export const GATE = "gate";
export const TRIPWIRE = "tripwire";
export type EventRole = Role | "parallax";

interface Told {
  readonly who: string;
  readonly role: EventRole;
  readonly reason: string;
  readonly atMs: number;
  /** Of the decision that it makes; of `acknowledged`, of the one that all threads have. */
  readonly epoch: number;
}

export type PromoteEvent = Told & {
  readonly kind: "promote";
  /** Without it, the next step. */
  readonly to?: Step | undefined;
  /** Although the gate has not passed, or over steps. */
  readonly isForced: boolean;
};

export type RolloutEvent =
  | PromoteEvent
  | (Told & { readonly kind: "rollback"; readonly to?: Step | undefined })
  | (Told & { readonly kind: "pause" | "resume" | "kill" | "arm" })
  /** Every thread has the decision: the step's clock starts. */
  | (Told & { readonly kind: "acknowledged" })
  /** The end of the legacy is put off. */
  | (Told & { readonly kind: "extend"; readonly toMs: number });

export const EVENT_KINDS = [
  "promote",
  "pause",
  "resume",
  "rollback",
  "kill",
  "arm",
  "acknowledged",
  "extend",
] as const satisfies readonly RolloutEvent["kind"][];

/** What an event is held against, beside the state. */
export interface Terms {
  readonly steps: readonly Step[];
  readonly nowMs: number;
  readonly freeze: readonly FreezeWindow[];
  /** Who may promote; empty: everybody. */
  readonly approvers: readonly string[];
  readonly advance: "approval" | "automatic";
  /** Of the step that the route is at; null: not looked at yet. */
  readonly gate: GateVerdict | null;
  /** Routes that this one never goes beyond. */
  readonly after: readonly { readonly route: string; readonly at: Step }[];
  readonly hasUnits: boolean;
  /** Whether anybody can be in the canary: cohorts, or a list of who is allowed. */
  readonly hasCohorts: boolean;
  readonly hasCandidate: boolean;
  /** Whether somebody is kept on the legacy by a deny list. */
  readonly hasDeny: boolean;
  /** Each a sentence: why the legacy cannot go yet. */
  readonly completeBlockers: readonly string[];
  /** The config's, for a route that has exposed nobody yet. */
  readonly salt: string;
}

export interface Refusal {
  readonly ok: false;
  readonly message: string;
  /** What could be done instead, by name. */
  readonly allowed: readonly RolloutEvent["kind"][];
}
export type NextState = { readonly ok: true; readonly state: RouteState } | Refusal;

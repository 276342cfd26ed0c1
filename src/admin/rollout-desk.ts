// What the API asks of the rollouts: a question has an answer at once, a change is durable before it is answered.
import type { Actor } from "../store/review-store.ts";
import type {
  ExplainAnswer,
  ExplainBody,
  ExtendBody,
  JournalEntryAnswer,
  PlanAnswer,
  RolloutAction,
  RolloutActionBody,
  RolloutRouteAnswer,
} from "./rollout-schemas.ts";

export type RolloutChange =
  | { readonly kind: "ok"; readonly route: RolloutRouteAnswer; readonly epoch: number }
  | { readonly kind: "unknown" }
  /** Nothing changed: it may not be done now, and the message says what may. */
  | { readonly kind: "refused"; readonly message: string; readonly problems: readonly string[] }
  /** Somebody was faster: the route stands elsewhere by now. */
  | { readonly kind: "conflict"; readonly message: string; readonly route: RolloutRouteAnswer }
  /** The journal cannot be written: nothing was done. */
  | { readonly kind: "failed"; readonly message: string };

export type JournalRead =
  | {
      readonly ok: true;
      readonly entries: readonly JournalEntryAnswer[];
      /** Of all routes. */
      readonly head: { readonly sequence: number; readonly hash: string };
    }
  /** One line: what, where, what to do. */
  | { readonly ok: false; readonly message: string };

export interface RolloutDesk {
  /** In the order of the config. `who` asks: what they can do is told; without it, what an approver can. */
  routes(who?: string): readonly RolloutRouteAnswer[];
  route(name: string, who?: string): RolloutRouteAnswer | undefined;
  act(
    name: string,
    asked: RolloutActionBody & { readonly action: RolloutAction },
    actor: Actor,
  ): Promise<RolloutChange>;
  /** Puts off the end of a deprecated route's legacy. */
  extend(name: string, asked: ExtendBody, actor: Actor): Promise<RolloutChange>;
  /** With what stands in the way of `who`. */
  plan(name: string, who?: string): PlanAnswer | undefined;
  /** Newest first; of one route, or of all. */
  journal(asked: {
    readonly route: string | undefined;
    readonly before: number | undefined;
    readonly limit: number;
    /** Each with its line. */
    readonly isSealed: boolean;
  }): Promise<JournalRead>;
  /** Undefined for a route that is not there. */
  explain(asked: ExplainBody): Promise<ExplainAnswer | undefined>;
}

// The way back that a serving thread takes by itself, for one route: the candidate failed too often in a row, or
// was rescued too often. Latched: it ends with the next decision that moves the route's step (another `since`).
// It belongs to a step and not to a snapshot, so that a reload neither resets nor forgets it.
import type { FromThread } from "../core/messages.ts";
import type { RouteRollout } from "../core/snapshot.ts";
import { RescueBudget } from "./rescue-budget.ts";

export type Trip = Omit<Extract<FromThread, { kind: "tripped" }>, "kind">;

export class Tripwire {
  readonly #slot: number;
  readonly #report: (trip: Trip) => void;
  readonly #budget = new RescueBudget();
  #rollout: RouteRollout;
  #failuresInARow = 0;
  /** The route is the legacy's on this thread, whatever the decision says. */
  isTripped = false;

  /** `report` is called once. */
  constructor(slot: number, rollout: RouteRollout, report: (trip: Trip) => void) {
    this.#slot = slot;
    this.#rollout = rollout;
    this.#report = report;
  }

  /** New settings of the same step. False when it is another step, which has a tripwire of its own. */
  keepFor(rollout: RouteRollout): boolean {
    if (rollout.since !== this.#rollout.since) return false;
    this.#rollout = rollout;
    return true;
  }

  /** A request goes to the candidate. */
  addSent(nowMs: number): void {
    this.#budget.addSent(nowMs);
  }

  /** The candidate gave a whole answer that is no failure. */
  addSuccess(): void {
    this.#failuresInARow = 0;
  }

  /** A 5xx, or no whole answer. What the client broke off is neither success nor failure. */
  addFailure(detail: string): void {
    if (++this.#failuresInARow < this.#rollout.tripwireFailures) return;
    this.#trip("failures-in-a-row", `${this.#failuresInARow} failures in a row, the last: ${detail}`);
  }

  /** The legacy answers in place of the candidate. False when the budget is used up, which trips. */
  addRescue(nowMs: number): boolean {
    if (this.#budget.addRescued(nowMs, this.#rollout.rescue)) return true;
    this.#trip("rescue-budget", `${this.#budget.text} of the last ten seconds had to be rescued`);
    return false;
  }

  #trip(cause: Trip["cause"], detail: string): void {
    if (this.isTripped) return;
    this.isTripped = true;
    this.#report({ slot: this.#slot, since: this.#rollout.since, cause, detail });
  }
}

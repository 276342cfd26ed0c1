// One of the two services in the role of the shadow: how it fares, and how many mirrors are under way to it. Each has
// a breaker and a share of its own, so that one that fails takes nothing from the mirrors of the other.
import type { Snapshot } from "../core/snapshot.ts";
import { Breaker, OPEN } from "./breaker.ts";

/** Not at the first free place: a sign that flickers would have most exchanges captured and skipped. */
const ROOM_AGAIN_SHARE = 15 / 16;

/**
 * Clients of some route are served by the candidate: the legacy is mirrored to. From canary to live both ways are in
 * use, as deny lists and overrides keep some clients with the legacy; at `complete` nothing is mirrored any more.
 */
export function isReverseInUse({ routes, upstreams }: Snapshot): boolean {
  if (upstreams.candidate === undefined) return false;
  return routes.some(({ stage }) => stage === "canary" || stage === "ramp" || stage === "live");
}

export class Leg {
  /** What its pool is kept under, and who it is. */
  readonly purpose: "candidate" | "legacy-mirror";
  readonly breaker: Breaker;
  #inFlightMax = 0;
  inFlight = 0;

  constructor(purpose: Leg["purpose"], snapshot: Snapshot) {
    this.purpose = purpose;
    this.breaker = new Breaker(snapshot.shadow.breaker);
    this.apply(snapshot);
  }

  /** Where both ways are in use, each has half of the mirrors that may be under way. */
  apply(snapshot: Snapshot): void {
    const { inFlightMax, breaker } = snapshot.shadow;
    this.breaker.configure(breaker);
    this.#inFlightMax = isReverseInUse(snapshot) ? Math.max(1, Math.floor(inFlightMax / 2)) : inFlightMax;
  }

  get isToCandidate(): boolean {
    return this.purpose === "candidate";
  }

  get isFull(): boolean {
    return this.inFlight >= this.#inFlightMax;
  }

  get hasRoomAgain(): boolean {
    return this.breaker.state !== OPEN && this.inFlight <= this.#inFlightMax * ROOM_AGAIN_SHARE;
  }
}

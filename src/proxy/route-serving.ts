// Everything that follows from one snapshot for one route on a serving thread: made once per snapshot, read once
// per request. What must outlive a snapshot (the tripwire of a step) is handed from one to the next.
import { isDeepStrictEqual } from "node:util";
import { deprecationLines } from "../core/deprecation.ts";
import type { RouteSettings, Snapshot } from "../core/snapshot.ts";
import { type DecidingSnapshot, RouteDecider } from "../rollout/decide/decide.ts";
import type { TokenReader } from "../rollout/decide/token-reader.ts";
import { brownoutFor, type RouteBrownout } from "./brownout.ts";
import { type CallerBook, callersFor, type RouteCallers } from "./callers.ts";
import { adaptingFor, type RouteAdapting } from "./route-adapting.ts";
import { type Trip, Tripwire } from "./tripwire.ts";

/** What answers of an upstream get on their way to the client. */
export interface AddedLines {
  /** Header lines, each with CR LF; empty for none. */
  readonly text: string;
  /** As in ResponseForwarding. */
  readonly isDeprecated: boolean;
}

export interface RouteServing {
  readonly route: RouteSettings;
  /** The route's own: what the route table looks at. */
  readonly match: RouteSettings["match"];
  readonly decider: RouteDecider;
  readonly addedByLegacy: AddedLines;
  readonly addedByCandidate: AddedLines;
  /** Undefined where nothing is ever turned away. */
  readonly brownout: RouteBrownout | undefined;
  /** Undefined where nobody asks who still calls the legacy. */
  readonly callers: RouteCallers | undefined;
  /** Undefined where clients speak as the candidate does. */
  readonly adapting: RouteAdapting | undefined;
  readonly tripwire: Tripwire;
}

/** What of a snapshot a route's serving follows from, beside the route itself. */
export type ServingSnapshot = DecidingSnapshot & Pick<Snapshot, "servedByHeader" | "redact">;

/** `before` is what the route had until now. */
export function routeServingFrom(
  given: RouteSettings,
  snapshot: ServingSnapshot,
  {
    before,
    isDecidedAlike,
    tokens,
    onTripped,
    callers,
  }: {
    readonly before: RouteServing | undefined;
    /** The snapshot of `before` says the same as this one of who decides and how, routes left out. */
    readonly isDecidedAlike: boolean;
    /** The thread's: what it has verified, it knows for every route. */
    readonly tokens: TokenReader;
    readonly onTripped: (trip: Trip) => void;
    readonly callers: CallerBook;
  },
): RouteServing {
  const route = given.stage === "complete" ? withoutWayBack(given) : given;
  const { slot, match, rollout } = route;
  // Names that are learnt bring snapshots in which no route has changed: deciders are dear to make.
  const isSameDecider =
    isDecidedAlike &&
    before !== undefined &&
    before.route.stage === route.stage &&
    isDeepStrictEqual(before.route.rollout, rollout);
  const isSameAdapting =
    isDecidedAlike && before !== undefined && isDeepStrictEqual(before.route.adapters, route.adapters);
  const kept = before?.tripwire.keepFor(rollout) === true ? before.tripwire : undefined;
  return {
    route,
    match,
    decider: isSameDecider
      ? before.decider
      : new RouteDecider(route, snapshot, { tokens, before: before?.decider }),
    addedByLegacy: {
      text: servedByLine(snapshot, "legacy") + deprecationLines(route.deprecation),
      isDeprecated: route.deprecation !== undefined,
    },
    addedByCandidate: { text: servedByLine(snapshot, "candidate"), isDeprecated: false },
    brownout: brownoutFor(route),
    callers: callersFor(route, snapshot, callers),
    adapting: isSameAdapting ? before.adapting : adaptingFor(route, snapshot, tokens),
    tripwire: kept ?? new Tripwire(slot, rollout, onTripped),
  };
}

/** At complete the legacy may be gone: who fails there fails, and nobody is sent to look for it. */
function withoutWayBack(route: RouteSettings): RouteSettings {
  const { rollout } = route;
  const rescue = { ...rollout.rescue, isOn: false };
  return { ...route, rollout: { ...rollout, rescue, tripwireFailures: Number.POSITIVE_INFINITY } };
}

function servedByLine(
  { servedByHeader }: Pick<Snapshot, "servedByHeader">,
  servedBy: "legacy" | "candidate",
): string {
  return servedByHeader ? `x-parallax-served-by: ${servedBy}\r\n` : "";
}

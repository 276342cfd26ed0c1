// What serving by the candidate tells: per route, what happens to requests beside being answered.
// Routes that never met an event are not listed under it.
import type { RouteEvent } from "../core/counters.ts";
import type { Definition, Reading, Value } from "./metric-readings.ts";

/** Event → name and help. */
const ROUTE_COUNTERS = {
  toCandidate: [
    "parallax_candidate_requests_total",
    "Requests that were sent to the candidate to be served by it",
  ],
  candidateFailed: [
    "parallax_candidate_failures_total",
    "Of these, those to which the candidate gave no answer that a client could have, rescued or not",
  ],
  rescued: [
    "parallax_rescues_total",
    "Requests that the legacy answered because the candidate failed before its first byte",
  ],
  rescuedPastBudget: [
    "parallax_rescues_past_budget_total",
    "Of these, those past the budget: they were on their way as the route tripped",
  ],
  tripped: ["parallax_trips_total", "Times that a serving thread took a route back to the legacy by itself"],
  unitMissing: [
    "parallax_unit_missing_total",
    "Requests that the legacy served because they had none of the route's units",
  ],
  overridden: ["parallax_overridden_total", "Requests whose trusted client chose who serves them"],
  adapted: ["parallax_adapted_total", "Requests that went through an adapter"],
  adapterFailed: [
    "parallax_adapter_failed_total",
    "Requests with a body, theirs or of their answer, that an adapter could not adapt",
  ],
  brownedOut: ["parallax_browned_out_total", "Requests that a brownout answered in place of the legacy"],
} as const satisfies Record<RouteEvent, readonly [name: string, help: string]>;

const routeEvents = (event: RouteEvent) =>
  function* ({ blocks, routes }: Reading): Iterable<Value> {
    for (const { slot, name } of routes) {
      let value = 0;
      for (const { counters } of blocks) value += counters.routeEvents(slot, event);
      if (value > 0) yield { value, labels: { route: name } };
    }
  };

export const SERVING_METRICS: readonly Definition[] = [
  ...Object.entries(ROUTE_COUNTERS).map(
    ([event, [name, help]]): Definition => ({
      name,
      type: "counter",
      labels: ["route"],
      help,
      read: routeEvents(event as RouteEvent),
    }),
  ),
  {
    name: "parallax_routes_tripped",
    type: "gauge",
    labels: [],
    help: "Routes that serving threads have taken back to the legacy by themselves: the most on one thread",
    read: ({ blocks }) => {
      const living = blocks.filter(({ isLiving }) => isLiving);
      const value = living.reduce((most, { counters }) => Math.max(most, counters.get("routesTripped")), 0);
      return [{ value, labels: {} }];
    },
  },
];

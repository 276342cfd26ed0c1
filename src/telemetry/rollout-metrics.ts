// Where routes stand on their way, for whoever watches: one series per route of the config, and of a stage or verdict
// only the one that holds. Read at the scrape from what the rollouts know already.
import { type Definition, one, type Reading, type Value } from "./metric-readings.ts";
import type { RouteNumbers } from "./rollout-numbers.ts";

const perRoute = (read: (numbers: RouteNumbers) => number) =>
  function* ({ source }: Reading): Iterable<Value> {
    for (const numbers of source.rollouts().routes)
      yield { value: read(numbers), labels: { route: numbers.route } };
  };

export const ROLLOUT_METRICS: readonly Definition[] = [
  {
    name: "parallax_rollout_stage",
    type: "gauge",
    labels: ["route", "stage"],
    help: "Always 1; the label tells the stage that the route is at",
    read: ({ source }) =>
      source.rollouts().routes.map(({ route, stage }) => ({ value: 1, labels: { route, stage } })),
  },
  {
    name: "parallax_rollout_percent",
    type: "gauge",
    labels: ["route"],
    help: "Percentage of the units that the candidate serves; 100 from live on",
    read: perRoute(({ percent }) => percent),
  },
  {
    name: "parallax_rollout_latched",
    type: "gauge",
    labels: ["route"],
    help: "1 while the route was taken back, and waits for somebody to arm it",
    read: perRoute(({ isLatched }) => Number(isLatched)),
  },
  {
    name: "parallax_rollout_paused",
    type: "gauge",
    labels: ["route"],
    help: "1 while nothing promotes the route",
    read: perRoute(({ isPaused }) => Number(isPaused)),
  },
  {
    name: "parallax_rollout_killed",
    type: "gauge",
    labels: ["route"],
    help: "1 while the route alone is killed; parallax_killed tells of all",
    read: perRoute(({ isKilled }) => Number(isKilled)),
  },
  {
    name: "parallax_rollout_gate",
    type: "gauge",
    labels: ["route", "verdict"],
    help: "Always 1; the label tells what the route's gate says: insufficient, pass, fail or unhealthy",
    read: ({ source }) =>
      source
        .rollouts()
        .routes.flatMap(({ route, verdict }) =>
          verdict === null ? [] : [{ value: 1, labels: { route, verdict } }],
        ),
  },
  {
    name: "parallax_rollout_insufficient_seconds",
    type: "gauge",
    labels: ["route"],
    help: "How long the step has lasted without evidence enough; 0 while its gate says anything else",
    read: perRoute(({ insufficientSeconds }) => insufficientSeconds),
  },
  {
    name: "parallax_rollout_grace_seconds",
    type: "gauge",
    labels: ["route"],
    help: "How long that may last before somebody should look (graceSeconds of the gate)",
    read: perRoute(({ graceSeconds }) => graceSeconds),
  },
  {
    name: "parallax_rollout_stragglers",
    type: "gauge",
    labels: [],
    help: "Threads that do not have the decision in force yet",
    read: ({ source }) => one(source.stragglers()),
  },
  {
    name: "parallax_rollout_journal_unwritten",
    type: "gauge",
    labels: [],
    help: "Entries of the rollout journal that wait to be written: of ways back that were taken all the same",
    read: ({ source }) => one(source.rollouts().journalUnwritten),
  },
  {
    name: "parallax_rollout_journal_failures_total",
    type: "counter",
    labels: [],
    help: "Writes of the rollout journal that failed",
    read: ({ source }) => one(source.rollouts().journalFailures),
  },
];

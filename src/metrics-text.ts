// Where the numbers of a scrape come from: the metrics (telemetry/) with the threads, the store and the review.
import type { RouteSlots } from "./config/snapshot.ts";
import type { Threads } from "./control/threads.ts";
import type { Snapshot } from "./core/snapshot.ts";
import type { Review } from "./review/review.ts";
import type { RuleNumbers } from "./review/rule-books.ts";
import type { Rollouts } from "./rollouts/rollouts.ts";
import type { Store } from "./store/store.ts";
import { createMetrics } from "./telemetry/metrics.ts";
import type { Refusals } from "./telemetry/refusals.ts";
import type { ReviewFeed } from "./telemetry/review-feed.ts";

const NO_RULE_NUMBERS: RuleNumbers = {
  flagged: { "never-hit": 0, "too-broad": 0, expired: 0, failed: 0 },
  hits: new Map(),
};

/** Answers the text of one scrape whenever it is called. */
export function metricsTextOf(parts: {
  readonly threads: Threads;
  readonly slots: RouteSlots;
  readonly store: Store;
  readonly review: Review;
  readonly feed: ReviewFeed;
  readonly rollouts: Pick<Rollouts, "numbers">;
  readonly refusals: Refusals;
  readonly snapshot: () => Snapshot;
}): () => Promise<string> {
  const { threads, slots, store, review, feed, rollouts, refusals, snapshot } = parts;
  let rolloutNumbers = rollouts.numbers();
  let rules = NO_RULE_NUMBERS;
  const metrics = createMetrics({
    blocks: () => threads.blocks(),
    routes: () => slots.entries(),
    seam: () => threads.seam(),
    threadRestarts: () => threads.restarts(),
    store: () => {
      const { kind, failedFlushes, lost } = store.health();
      return { isFailing: kind === "failing", failedFlushes, lostBatches: lost.batches };
    },
    epoch: () => snapshot().epoch,
    isKilled: () => snapshot().isKilled,
    rollouts: () => rolloutNumbers,
    stragglers: () => threads.stragglers(snapshot().epoch).length,
    refusals: () => refusals,
    rules: () => rules,
    ...feed.source(),
  });
  return async () => {
    rules = await review.ruleNumbers();
    rolloutNumbers = rollouts.numbers();
    return metrics.text();
  };
}

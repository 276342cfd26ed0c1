// What the evidence of a route's step costs each exchange: its unit listed, its pair summed.
import { loadConfig } from "../../../src/config/load.ts";
import { buildSnapshot, RouteSlots } from "../../../src/config/snapshot.ts";
import { DECISION_REASONS } from "../../../src/core/decision.ts";
import { type PairOutcome, RolloutTally } from "../../../src/shadow/rollout-tally.ts";
import type { Pair } from "../pair.ts";

/** Of a batch, a quarter of a second: more than one thread gets to judge in it. */
const EXCHANGES_PER_BATCH = 5_000;
/** Knuth's: neighbouring numbers come far apart, as hashes do. */
const SPREAD = 0x9e3779b1;
const UNITS = 2_000;

/** Its own time counts; the other one is there for scale. */
export const rolloutTally: Pair = (() => {
  const loaded = loadConfig({ legacy: "http://127.0.0.1:1", candidate: "http://127.0.0.1:2" }, {});
  if (!loaded.ok) throw new Error("two URLs are a config");
  const parts = { epoch: 1, instanceId: "bench", isKilled: false, slots: new RouteSlots() };
  const built = buildSnapshot(loaded.config, parts);
  const routes = built.routes.map((route) => ({ ...route, stage: "ramp" as const }));
  const units = Array.from({ length: UNITS }, (_, index) => Math.imul(index, SPREAD) >>> 0);
  const outcomes: readonly PairOutcome[] = Array.from({ length: UNITS }, (_, index) => ({
    legacy: { status: 200, latencyMs: 1 + (index % 97) },
    candidate: { status: index % 500 === 0 ? 500 : 200, latencyMs: 1 + (index % 89) },
    verdict: "match",
    isNoise: false,
  }));
  const decidedBy = DECISION_REASONS.indexOf("percentage");
  const records = units.map((unit, index) => ({
    ...{ slot: 1, epoch: 1, skip: -1, decidedBy, unit },
    servedBy: index % 4 === 0 ? ("candidate" as const) : ("legacy" as const),
  }));
  const tally = new RolloutTally({ ...built, routes });
  return {
    name: "shadow/rollout-tally: a pair and its unit, of 2,000 units, batches taken",
    base: {
      name: "the unit put into a Set",
      run(times) {
        let seen = new Set<number>();
        for (let time = 0; time < times; time++) {
          seen.add(units[time % UNITS] as number);
          if (time % EXCHANGES_PER_BATCH === 0) seen = new Set();
        }
        return seen.size;
      },
    },
    other: {
      name: "listed and summed",
      run(times) {
        let taken = 0;
        for (let time = 0; time < times; time++) {
          const record = records[time % UNITS] as (typeof records)[number];
          tally.see(record);
          tally.add(record, outcomes[time % UNITS] as PairOutcome);
          if (time % EXCHANGES_PER_BATCH === 0) taken += tally.take().length;
        }
        return taken;
      },
    },
    otherNanosecondsMax: 300,
  };
})();

// What a client notices of a candidate that hangs, is slow, refuses or talks garbage: it must be nothing.
import {
  describeTotals,
  type ParallaxContestant,
  type ParallaxTotals,
  startParallax,
} from "../contestants/parallax.ts";
import { compareRows, notesOn } from "../goals.ts";
import { alternate, type Failure, type Row, rowsOf } from "../rounds.ts";
import { ratio } from "../statistics.ts";
import { FAULTS, startFaulty } from "../upstreams/faulty.ts";
import type { GoalResult, Scenario } from "./scenario.ts";

const OFF = "mirroring off";
/** The same thing once more: what differs between the two is the machine, and bounds what a ratio can say. */
const CONTROL = "mirroring off, control";

/** A candidate that nothing was sent to cannot have disturbed anyone: no ratio then. */
function goalOf(
  fault: string,
  name: string,
  measured: { readonly rows: readonly Row[]; readonly failures: readonly Failure[] },
  totals: ParallaxTotals | undefined,
): GoalResult {
  const goal = `client p99, candidate ${fault}, against mirroring off`;
  const comparison = { goal, atMost: 1.1, of: name, against: OFF, value: "p99Ms" } as const;
  const result = compareRows(comparison, measured.rows, measured.failures);
  if (totals === undefined || totals.match + totals.mismatch + totals.incomparable > 0) return result;
  return { ...result, ratio: undefined, detail: `nothing was mirrored: ${describeTotals(totals)}` };
}

export const faults: Scenario = {
  name: "faults",
  title: "A candidate that fails, fixed rate",
  run: async (settings) => {
    const { legacyUrl } = settings.upstreams;
    const own = new Map<string, ParallaxContestant>();
    const totals = new Map<string, ParallaxTotals>();
    const startOf = (name: string, candidateUrl: string | undefined) => ({
      name,
      leftOut: undefined,
      start: async () => {
        const contestant = await startParallax({ name, legacyUrl, candidateUrl });
        own.set(name, contestant);
        return contestant;
      },
    });
    const candidates = await Promise.all(FAULTS.map(startFaulty));
    const names = FAULTS.map((fault) => `candidate ${fault}`);
    try {
      const { rounds, failures } = await alternate(
        [
          startOf(OFF, undefined),
          startOf(CONTROL, undefined),
          ...names.map((name, index) => startOf(name, candidates[index]?.url)),
        ],
        settings,
        {
          ...settings,
          atEnd: async ({ name }) => {
            const isOff = name === OFF || name === CONTROL;
            const seen = isOff ? undefined : await own.get(name)?.totals();
            if (seen !== undefined) totals.set(name, seen);
          },
        },
      );
      const rows = rowsOf(rounds);
      const [off, control] = [OFF, CONTROL].map((name) => rows.find((row) => row.contestant === name)?.p99Ms);
      const noise = ratio(control, off);
      return {
        rows,
        rounds,
        failures,
        notes: [
          ...notesOn(rows, settings.ratePerSecond),
          ...(noise === undefined ? [] : [`p99 of mirroring off against itself: ${noise.toFixed(2)}×`]),
          ...[...totals].map(([name, seen]) => `${name}: ${describeTotals(seen)}`),
        ],
        goals: FAULTS.map((fault, index) => {
          const name = names[index] ?? "";
          return goalOf(fault, name, { rows, failures }, totals.get(name));
        }),
      };
    } finally {
      for (const { started } of candidates) await started?.stop();
    }
  },
};

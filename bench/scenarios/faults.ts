// What a client notices of a candidate that hangs, is slow, refuses or talks garbage: it must be nothing.
import { parallax } from "../contestants/parallax.ts";
import { compareRows, notesOn } from "../goals.ts";
import { alternate, rowsOf } from "../rounds.ts";
import { FAULTS, startFaulty } from "../upstreams/faulty.ts";
import type { Scenario } from "./scenario.ts";

const OFF = "mirroring off";

export const faults: Scenario = {
  name: "faults",
  title: "A candidate that fails, fixed rate",
  run: async (settings) => {
    const { legacyUrl } = settings.upstreams;
    const candidates = await Promise.all(FAULTS.map(startFaulty));
    const nameOf = (index: number): string => `candidate ${FAULTS[index]}`;
    try {
      const { rounds, failures } = await alternate(
        [
          parallax({ name: OFF, legacyUrl, candidateUrl: undefined }),
          ...candidates.map(({ url }, index) =>
            parallax({ name: nameOf(index), legacyUrl, candidateUrl: url }),
          ),
        ],
        settings,
        settings,
      );
      const rows = rowsOf(rounds);
      return {
        rows,
        rounds,
        failures,
        notes: notesOn(rows, settings.ratePerSecond),
        goals: FAULTS.map((fault, index) =>
          compareRows(
            {
              goal: `client p99, candidate ${fault}, against mirroring off`,
              atMost: 1.1,
              of: nameOf(index),
              against: OFF,
              value: "p99Ms",
            },
            rows,
            failures,
          ),
        ),
      };
    } finally {
      for (const { started } of candidates) await started?.stop();
    }
  },
};

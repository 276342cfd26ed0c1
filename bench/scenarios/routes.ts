// What a thousand routes in the config cost a request that one in the middle matches.
import { parallax } from "../contestants/parallax.ts";
import { compareRows, notesOn } from "../goals.ts";
import { alternate, PATH, rowsOf } from "../rounds.ts";
import type { Scenario } from "./scenario.ts";

const ONE = "1 route";
const MANY = "1,000 routes";
const MANY_COUNT = 1_000;

/** Routes `first` to `last`: /rN/**, nothing mirrored. The path asked for begins with /r500/. */
export function routesYaml(legacyUrl: string, first: number, last: number): string {
  const routes = Array.from({ length: last - first + 1 }, (_, index) => {
    const name = `r${first + index}`;
    return `  - name: ${name}\n    match: { path: "/${name}/**" }\n    stage: off\n`;
  });
  return `upstreams:\n  legacy: { url: "${legacyUrl}" }\nroutes:\n${routes.join("")}`;
}

export const routes: Scenario = {
  name: "routes",
  title: "1,000 routes against 1, closed loop",
  run: async (settings) => {
    const { legacyUrl } = settings.upstreams;
    const middle = Number(/^\/r(\d+)\//.exec(PATH)?.[1]);
    const base = { legacyUrl, candidateUrl: undefined };
    const { rounds, failures } = await alternate(
      [
        parallax({ ...base, name: ONE, yaml: routesYaml(legacyUrl, middle, middle) }),
        parallax({ ...base, name: MANY, yaml: routesYaml(legacyUrl, 1, MANY_COUNT) }),
      ],
      { ...settings, ratePerSecond: undefined },
      settings,
    );
    const rows = rowsOf(rounds);
    return {
      rows,
      rounds,
      failures,
      notes: notesOn(rows, undefined),
      goals: [
        compareRows(
          {
            goal: "1,000 routes in the config against 1, pass-through CPU",
            atMost: 1.05,
            of: MANY,
            against: ONE,
            value: "cpuMicrosPerRequest",
          },
          rows,
          failures,
        ),
      ],
    };
  },
};

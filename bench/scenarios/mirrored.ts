// Everything mirrored at a fixed rate: Parallax also judges every pair, nginx's mirror compares nothing,
// http-proxy only serves.
import { nginxMirror } from "../contestants/nginx.ts";
import { httpProxy } from "../contestants/node-peer.ts";
import { describeTotals, type ParallaxTotals, startParallax } from "../contestants/parallax.ts";
import { compareRows, notesOn } from "../goals.ts";
import { alternate, rowsOf } from "../rounds.ts";
import type { Scenario } from "./scenario.ts";

const OWN = "Parallax, mirroring and judging";

/** Nothing when every exchange was judged equal; else what happened to the others. */
export function notesOnTotals(totals: ParallaxTotals): readonly string[] {
  const others = totals.mismatch + totals.incomparable + totals.inFlight;
  const isClean = others === 0 && Object.keys(totals.skipped).length === 0;
  return isClean ? [] : [`${OWN}: ${describeTotals(totals)}`];
}

export const mirrored: Scenario = {
  name: "mirrored",
  title: "Everything mirrored, fixed rate",
  run: async (settings) => {
    const { legacyUrl, candidateUrl } = settings.upstreams;
    let own: Awaited<ReturnType<typeof startParallax>> | undefined;
    let notes: readonly string[] = [];
    const start = async () => {
      own = await startParallax({ name: OWN, legacyUrl, candidateUrl });
      return own;
    };
    const { rounds, failures } = await alternate(
      [nginxMirror(legacyUrl, candidateUrl), httpProxy(legacyUrl), { name: OWN, leftOut: undefined, start }],
      settings,
      {
        ...settings,
        atEnd: async (contestant) => {
          if (contestant === own && own !== undefined) notes = notesOnTotals(await own.totals());
        },
      },
    );
    const rows = rowsOf(rounds);
    // What was skipped cost nothing: such a run proves nothing.
    const isWhole = notes.length === 0;
    const compare = (goal: string, atMost: number, against: string) => {
      const result = compareRows(
        { goal, atMost, of: OWN, against, value: "cpuMicrosPerRequest" },
        rows,
        failures,
      );
      return isWhole
        ? result
        : { ...result, ratio: undefined, detail: `${notes.join("; ")} (${result.detail})` };
    };
    return {
      rows,
      rounds,
      failures,
      notes: [...notesOn(rows, settings.ratePerSecond), ...notes],
      goals: [
        compare(
          "everything mirrored and judged at a fixed rate, nothing skipped, against http-proxy serving alone",
          0.75,
          "http-proxy",
        ),
        compare("the same, against nginx with mirror", 1.5, "nginx mirror"),
      ],
    };
  },
};

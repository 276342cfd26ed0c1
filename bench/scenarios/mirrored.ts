// Everything mirrored at a fixed rate: Parallax also judges every pair, nginx's mirror compares nothing,
// http-proxy only serves. And the other way round: the candidate serves everybody, the legacy is mirrored.
import { nginxMirror } from "../contestants/nginx.ts";
import { httpProxy } from "../contestants/node-peer.ts";
import { describeTotals, type ParallaxTotals, startParallax } from "../contestants/parallax.ts";
import { compareRows, notesOn } from "../goals.ts";
import { alternate, rowsOf } from "../rounds.ts";
import type { Scenario } from "./scenario.ts";

const OWN = "Parallax, mirroring and judging";
const LIVE = "Parallax, live: the candidate serves, the legacy is mirrored";

/** Nothing when every exchange was judged equal; else what happened to the others. */
export function notesOnTotals(totals: ParallaxTotals, name = OWN): readonly string[] {
  const others = totals.mismatch + totals.incomparable + totals.inFlight;
  const isClean = others === 0 && Object.keys(totals.skipped).length === 0;
  return isClean ? [] : [`${name}: ${describeTotals(totals)}`];
}

export const mirrored: Scenario = {
  name: "mirrored",
  title: "Everything mirrored, fixed rate",
  run: async (settings) => {
    const { legacyUrl, candidateUrl } = settings.upstreams;
    const running = new Map<string, Awaited<ReturnType<typeof startParallax>>>();
    const notesByName = new Map<string, readonly string[]>();
    const own = (name: string, promotedTo: { readonly promotedTo?: string }) => ({
      name,
      leftOut: undefined,
      start: async () => {
        const started = await startParallax({ name, legacyUrl, candidateUrl, ...promotedTo });
        running.set(name, started);
        return started;
      },
    });
    const { rounds, failures } = await alternate(
      [
        nginxMirror(legacyUrl, candidateUrl),
        httpProxy(legacyUrl),
        own(OWN, {}),
        own(LIVE, { promotedTo: "live" }),
      ],
      settings,
      {
        ...settings,
        atEnd: async (contestant) => {
          for (const [name, started] of running)
            if (contestant === started) notesByName.set(name, notesOnTotals(await started.totals(), name));
        },
      },
    );
    const rows = rowsOf(rounds);
    const compare = (
      goal: string,
      atMost: number,
      { of = OWN, against }: { of?: string; against: string },
    ) => {
      const result = compareRows({ goal, atMost, of, against, value: "cpuMicrosPerRequest" }, rows, failures);
      // What was skipped cost nothing: such a run proves nothing.
      const notes = notesByName.get(of) ?? [];
      return notes.length === 0
        ? result
        : { ...result, ratio: undefined, detail: `${notes.join("; ")} (${result.detail})` };
    };
    return {
      rows,
      rounds,
      failures,
      notes: [...notesOn(rows, settings.ratePerSecond), ...[...notesByName.values()].flat()],
      goals: [
        compare(
          "everything mirrored and judged at a fixed rate, nothing skipped, against http-proxy serving alone",
          0.75,
          { against: "http-proxy" },
        ),
        compare("the same, against nginx with mirror", 1.5, { against: "nginx mirror" }),
        compare(
          "live, the legacy mirrored and judged, against the legacy serving and the candidate mirrored",
          1.1,
          {
            of: LIVE,
            against: OWN,
          },
        ),
      ],
    };
  },
};

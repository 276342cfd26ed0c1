// Pass-through, everyone at the speed they can: what one proxied request costs in CPU.
import { direct } from "../contestants/direct.ts";
import { nginxProxy } from "../contestants/nginx.ts";
import { httpProxy, replyFrom } from "../contestants/node-peer.ts";
import { parallax } from "../contestants/parallax.ts";
import { compareRows, notesOn } from "../goals.ts";
import { alternate, rowsOf } from "../rounds.ts";
import type { Scenario } from "./scenario.ts";

const OWN = "Parallax pass-through";

export const passThrough: Scenario = {
  name: "pass-through",
  title: "Pass-through, closed loop",
  run: async (settings) => {
    const { legacyUrl } = settings.upstreams;
    const { rounds, failures } = await alternate(
      [
        direct(legacyUrl),
        nginxProxy(legacyUrl),
        httpProxy(legacyUrl),
        replyFrom(legacyUrl),
        parallax({ name: OWN, legacyUrl, candidateUrl: undefined }),
      ],
      { ...settings, ratePerSecond: undefined },
      settings,
    );
    const rows = rowsOf(rounds);
    const cpu = { of: OWN, value: "cpuMicrosPerRequest" } as const;
    return {
      rows,
      rounds,
      failures,
      notes: notesOn(rows, undefined),
      goals: [
        compareRows(
          {
            ...cpu,
            goal: "pass-through, CPU per request, against nginx proxy_pass",
            atMost: 1.5,
            against: "nginx proxy_pass",
          },
          rows,
          failures,
        ),
        compareRows(
          {
            ...cpu,
            goal: "pass-through, CPU per request, against http-proxy",
            atMost: 0.3,
            against: "http-proxy",
          },
          rows,
          failures,
        ),
      ],
    };
  },
};

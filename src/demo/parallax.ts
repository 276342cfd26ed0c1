// Parallax as the demo runs it: in this process, on loopback, on free ports.
// The one place of the demo that knows the composition root, the config and the report.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startParallax } from "../app.ts";
import { loadConfig } from "../config/load.ts";
import { CommandError } from "../core/errors.ts";
import { fetchReport } from "../report/fetch-report.ts";
import { renderReportText } from "../report/report-text.ts";
import { createStandardLog } from "../telemetry/log.ts";
import { fetchGateText } from "./gate-text.ts";
import { USER_HEADER } from "./load.ts";
import { fetchNextStep } from "./next-step.ts";

// A quarter of the reads goes to the legacy once more: evidence for nearly every endpoint within 20 seconds. The
// default, 5 %, gets there as surely, only later.
// Units, and a gate that has something to say within 20 seconds.
const CONFIG = `noise: { baseline: self, samplePercent: 25 }
rollout:
  policy: fast
  gate: { warmUpSeconds: 2, holdSeconds: 10 }
  units: [{ kind: user, header: ${USER_HEADER} }]
`;

export interface DemoParallax {
  readonly url: string;
  readonly adminUrl: string;
  /** The report as `parallax report` prints it. */
  reportText(): Promise<string>;
  /** One suggested rule, to go on with; empty where there is none. */
  nextStepText(): Promise<string>;
  /** What the gate of the rollout says, and how one would go on. */
  gateText(): Promise<string>;
  stop(): Promise<void>;
}

/** Throws a CommandError (3) when it cannot start. */
export async function startDemoParallax(
  legacyUrl: string,
  candidateUrl: string,
  folder: string,
): Promise<DemoParallax> {
  const config = join(folder, "parallax.yaml");
  writeFileSync(config, CONFIG);
  const flags = {
    config,
    legacy: legacyUrl,
    candidate: candidateUrl,
    listen: "127.0.0.1:0",
    admin: "127.0.0.1:0",
    data: join(folder, "data"),
    threads: "1",
  };
  // An empty environment: the demo is the same whatever PARALLAX_… is set around it.
  const loaded = loadConfig(flags, {});
  if (!loaded.ok)
    throw new CommandError(3, `the demo's own config is refused: ${JSON.stringify(loaded.problems)}`);
  const running = await startParallax(loaded.config, { log: createStandardLog("error") });
  const adminUrl = `http://127.0.0.1:${running.adminAddress.port}`;
  return {
    url: `http://127.0.0.1:${running.address.port}`,
    adminUrl,
    nextStepText: () => fetchNextStep({ admin: adminUrl }),
    gateText: () => fetchGateText({ admin: adminUrl }),
    reportText: async () => renderReportText(await fetchReport({ admin: adminUrl })),
    stop: () => running.stop(),
  };
}

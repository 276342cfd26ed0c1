// The whole of Parallax in this process, in front of one upstream, on free loopback ports.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Running, startParallax } from "../../src/app.ts";
import { loadConfig } from "../../src/config/load.ts";
import { formatProblem } from "../../src/config/problem.ts";
import { createLog } from "../../src/telemetry/log.ts";

/** What is fast enough for a test to wait for. */
export const SHORT_MS = 300;

export interface RunningProxy {
  readonly port: number;
  readonly adminUrl: string;
  readonly running: Running;
}

/** Starts it before all tests of a file; the caller stops it. `yaml` is merged under the flags. */
export async function startProxy(
  legacyPort: number,
  yaml = "",
): Promise<RunningProxy & { stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "parallax-proxy-"));
  const file = join(folder, "parallax.yaml");
  writeFileSync(file, yaml === "" ? "{}\n" : yaml);
  const loaded = loadConfig(
    {
      config: file,
      legacy: `http://127.0.0.1:${legacyPort}`,
      listen: "127.0.0.1:0",
      admin: "127.0.0.1:0",
      data: join(folder, "data"),
      threads: "1",
    },
    {},
  );
  if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join("\n"));
  const log = createLog({ level: "error", isReadable: false, write: () => undefined });
  const running = await startParallax(loaded.config, { log });
  return {
    port: running.address.port,
    adminUrl: `http://127.0.0.1:${running.adminAddress.port}`,
    running,
    stop: async () => {
      await running.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** As startProxy, for one test. */
export async function proxyForTest(legacyPort: number, yaml = ""): Promise<RunningProxy> {
  const proxy = await startProxy(legacyPort, yaml);
  onTestFinished(() => proxy.stop());
  return proxy;
}

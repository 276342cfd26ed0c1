// What every command that serves begins with: the config, the log, the signals, then Parallax itself.
// Invariant: signals are heard before anything is started, so that none is lost.
import { platform } from "node:process";
import { type Running, startParallax } from "../app.ts";
import type { Config, LoadResult } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import { createStandardLog, type Log } from "../telemetry/log.ts";

/** Ctrl-C in a terminal may come twice at once, from the terminal and from npm: that is one wish, not two. */
const SAME_WISH_MS = 300;

export interface Serving {
  readonly config: Config;
  readonly log: Log;
  readonly running: Running;
  /** Resolves at the first SIGTERM or SIGINT. */
  readonly signalled: Promise<NodeJS.Signals>;
}

/** Undefined where the config has problems, which are on standard error then. Throws a CommandError. */
export async function startServing(load: () => LoadResult): Promise<Serving | undefined> {
  const loaded = load();
  if (!loaded.ok) {
    for (const problem of loaded.problems) process.stderr.write(`parallax: ${formatProblem(problem)}\n`);
    return undefined;
  }
  const { config } = loaded;
  const log = createStandardLog(config.settings.log.level);
  // Before anything is started: a signal that comes meanwhile is obeyed as soon as it can be.
  const signalled = firstSignal();
  let reload = async (): Promise<unknown> => log.warn({}, "SIGHUP while starting: nothing to reload yet");
  process.on("SIGHUP", () => {
    reload().catch((err: unknown) => log.error({ err }, "the reload failed"));
  });
  let kill = async (): Promise<unknown> => log.warn({}, "SIGUSR2 while starting: nothing is served yet");
  // Windows has no such signal, and refuses to hear of it.
  if (platform !== "win32")
    process.on("SIGUSR2", () => {
      kill().catch((err: unknown) => log.error({ err }, "the kill switch failed"));
    });
  const running = await startParallax(config, { log, loadAgain: load });
  kill = () => running.kill("SIGUSR2");
  reload = () => running.reload("SIGHUP");
  return { config, log, running, signalled };
}

/** Resolves at the first SIGTERM or SIGINT; a later one ends the process there and then. */
function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let firstAtMs: number | undefined;
    const onSignal = (signal: NodeJS.Signals): void => {
      const nowMs = performance.now();
      if (firstAtMs === undefined) {
        firstAtMs = nowMs;
        resolve(signal);
      } else if (nowMs - firstAtMs > SAME_WISH_MS) process.exit(1);
    };
    process.on("SIGTERM", onSignal);
    process.on("SIGINT", onSignal);
  });
}

// `parallax run`: serves until a signal ends it.
import { startParallax } from "../app.ts";
import { loadConfig, type RunFlags } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import { createStandardLog } from "../telemetry/log.ts";

/** Ctrl-C in a terminal may come twice at once, from the terminal and from npm: that is one wish, not two. */
const SAME_WISH_MS = 300;

/** Answers the exit code: 0 after a clean stop, 1 when a second signal cut it short, 2 for a bad config. */
export async function runRun(flags: RunFlags): Promise<number> {
  const load = () => loadConfig(flags, process.env);
  const loaded = load();
  if (!loaded.ok) {
    for (const problem of loaded.problems) process.stderr.write(`parallax: ${formatProblem(problem)}\n`);
    return 2;
  }
  const { config } = loaded;
  const log = createStandardLog(config.settings.log.level);
  // Before anything is started: a signal that comes meanwhile is obeyed as soon as it can be.
  const signalled = firstSignal();
  let reload = async (): Promise<unknown> => log.warn({}, "SIGHUP while starting: nothing to reload yet");
  process.on("SIGHUP", () => {
    reload().catch((err: unknown) => log.error({ err }, "the reload failed"));
  });
  const running = await startParallax(config, { log, loadAgain: load });
  reload = () => running.reload("SIGHUP");
  const { address, adminAddress } = running;
  log.info(
    {
      listen: `${address.host}:${address.port}`,
      admin: `http://${adminAddress.host}:${adminAddress.port}`,
      legacy: config.settings.upstreams.legacy?.url,
      candidate: config.settings.upstreams.candidate?.url,
    },
    "serving",
  );
  const signal = await signalled;
  log.info({ signal }, "stopping: finishing what is under way; a second signal exits at once");
  await running.stop();
  log.info({}, "stopped");
  return 0;
}

/** Resolves at the first SIGTERM or SIGINT; a later one ends the process there and then. */
export function firstSignal(): Promise<NodeJS.Signals> {
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

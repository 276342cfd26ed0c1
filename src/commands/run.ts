// `parallax run`: serves until a signal ends it.
import { loadConfig, type RunFlags } from "../config/load.ts";
import { startServing } from "./start-serving.ts";

/** Answers the exit code: 0 after a clean stop, 1 when a second signal cut it short, 2 for a bad config. */
export async function runRun(flags: RunFlags): Promise<number> {
  const serving = await startServing(() => loadConfig(flags, process.env));
  if (serving === undefined) return 2;
  const { config, log, running, signalled } = serving;
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

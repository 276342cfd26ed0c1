// `parallax run`: its flags, which win over the environment and the config file.
import type { Command } from "commander";
import type { Outcome } from "./outcome.ts";

export function addRun(program: Command, outcome: Outcome): void {
  program
    .command("run")
    .description("serve clients from the legacy, mirror to the candidate, compare")
    .option("--config <file>", "config file (YAML)")
    .option("--legacy <url>", "the service that serves")
    .option("--candidate <url>", "the service that is compared with it")
    .option(
      "--baseline <url>",
      "a second legacy instance, to measure noise; or self: a share of the reads goes to the legacy twice",
    )
    .option("--listen <host:port>", "where clients connect (default: 0.0.0.0:8080)")
    .option("--admin <host:port>", "admin API, metrics and page (default: 127.0.0.1:9090)")
    .option("--data <dir>", "directory of the store (default: ./data)")
    .option("--threads <n>", "serving threads (default: auto)")
    .action(async (_flags, command: Command) => {
      const { runRun } = await import("../run.ts");
      outcome.exitCode = await runRun(command.optsWithGlobals());
    });
}

// `parallax check`: its argument.
import type { Command } from "commander";
import type { Outcome } from "./outcome.ts";

export function addCheck(program: Command, outcome: Outcome): void {
  program
    .command("check")
    .description("validate a config file: every problem at once")
    .argument("<file>", "config file (YAML)")
    .action(async (file: string) => {
      const { runCheck } = await import("../check.ts");
      outcome.exitCode = await runCheck(file);
    });
}

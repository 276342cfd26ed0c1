// `parallax cleanup`: its flags.
import { type Command, Option } from "commander";
import type { Outcome } from "./outcome.ts";

export function addCleanup(program: Command, outcome: Outcome): void {
  program
    .command("cleanup")
    .description("what can go now, with its evidence: dead rules, finished routes, unused overrides")
    .option("--admin <url>", "admin API of the running Parallax", "http://127.0.0.1:9090")
    .option("--token-file <file>", "file with the admin token (default: PARALLAX_ADMIN_TOKEN)")
    .addOption(new Option("--format <format>", "how it is printed").choices(["text", "json"]).default("text"))
    .addHelpText("after", "\nExit codes: 0 nothing, 1 something can go, 2 usage, 3 it could not be asked.")
    .action(async ({ tokenFile, ...options }) => {
      const { readToken } = await import("../../config/token.ts");
      const token = readToken(tokenFile, process.env);
      const { runCleanup } = await import("../cleanup.ts");
      outcome.exitCode = await runCleanup({ ...options, token });
    });
}

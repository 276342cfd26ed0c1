// `parallax callers`: its flags.
import type { Command } from "commander";
import type { Outcome } from "./outcome.ts";
import { wholeNumber } from "./values.ts";

const LIMIT_MAX = 1000;

export function addCallers(program: Command, outcome: Outcome): void {
  program
    .command("callers")
    .description("who still calls the legacy: by unit and user agent, newest first")
    .argument("[route]", "one route alone")
    .option("--admin <url>", "admin API of the running Parallax", "http://127.0.0.1:9090")
    .option("--token-file <file>", "file with the admin token (default: PARALLAX_ADMIN_TOKEN)")
    .option("--since <time>", "who was seen since: 24h, 7d or 2026-01-31T08:00:00Z")
    .option("--limit <n>", "callers that are listed (default: 100)", wholeNumber(LIMIT_MAX))
    .option("--json", "as the API answers it", false)
    .action(async (route: string | undefined, { tokenFile, ...options }) => {
      const { readToken } = await import("../../config/token.ts");
      const token = readToken(tokenFile, process.env);
      const { runCallers } = await import("../callers.ts");
      outcome.exitCode = await runCallers({ ...options, route, token });
    });
}

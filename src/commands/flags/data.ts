// `parallax data`: its three verbs and their flags.
import type { Command } from "commander";
import type { DataVerb } from "../data.ts";
import type { Outcome } from "./outcome.ts";

const EXAMPLES = `
Examples:
  parallax data export --endpoint "GET /users/*" --out users.ndjson
  parallax data purge --endpoint "GET /users/*" --dry-run
  parallax data purge --before 30d
  parallax data vacuum`;

export function addData(program: Command, outcome: Outcome): void {
  const data = program
    .command("data")
    .description("what a running Parallax has stored: taken along, deleted, made smaller")
    .helpCommand(false)
    .addHelpText("after", EXAMPLES);
  const verb = (name: DataVerb, description: string) =>
    data
      .command(name)
      .description(description)
      .option("--admin <url>", "admin API of the running Parallax", "http://127.0.0.1:9090")
      .option("--token-file <file>", "file with the admin token (default: PARALLAX_ADMIN_TOKEN)")
      .action(async ({ tokenFile, ...options }) => {
        const { readToken } = await import("../../config/token.ts");
        const token = readToken(tokenFile, process.env);
        const { runData } = await import("../data.ts");
        outcome.exitCode = await runData(name, { ...options, token });
      });
  verb("vacuum", "give the room of what was deleted back to the disk");
  verb("export", "all that is stored, redacted, a JSON object a line")
    .option("--out <file>", "write it to a file, whole or not at all")
    .option("--endpoint <endpoint>", 'one endpoint alone, or with *: "GET /users/{id}", "* /users/*"')
    .option("--route <route>", "one route alone");
  verb("purge", "delete what is stored of an endpoint, of a route, or before a time")
    .option("--endpoint <endpoint>", 'one endpoint, or with *: "GET /users/{id}", "* /users/*"')
    .option("--route <route>", "one route")
    .option("--before <time>", "exchanges older than this alone: 24h, 7d or 2026-01-31T08:00:00Z")
    .option("--dry-run", "only say what would go", false)
    .option("--yes", "do not ask", false);
}

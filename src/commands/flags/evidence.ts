// `parallax evidence`: its flags.
import type { Command } from "commander";
import type { Outcome } from "./outcome.ts";

const EXAMPLES = `
Examples:
  parallax evidence users --out evidence/     evidence-users.html to read, evidence-users.json to keep
  parallax evidence users > users.json
  parallax evidence --verify evidence/evidence-users.json

Note the seal that it prints somewhere else: it shows a change of anything in the bundle.
Exit codes: 0 done or whole, 1 what was verified was changed, 2 usage, 3 it could not be had, read or written.`;

export function addEvidence(program: Command, outcome: Outcome): void {
  program
    .command("evidence")
    .description("why a route was moved, in one bundle: journal, gates, differences, decisions, hashes")
    .argument("[route]", "its name")
    .option("--out <place>", "a file (.html or .json), or a directory for both (default: JSON to the output)")
    .option("--verify <file>", "hold a JSON bundle against its hashes; asks nobody")
    .option("--admin <url>", "admin API of the running Parallax", "http://127.0.0.1:9090")
    .option("--token-file <file>", "file with the admin token (default: PARALLAX_ADMIN_TOKEN)")
    .addHelpText("after", EXAMPLES)
    .action(async (route: string | undefined, { tokenFile, ...options }) => {
      const { readToken } = await import("../../config/token.ts");
      const token = options.verify === undefined ? readToken(tokenFile, process.env) : undefined;
      const { runEvidence } = await import("../evidence.ts");
      const version = program.version() ?? "";
      outcome.exitCode = await runEvidence({ ...options, route, token, version });
    });
}

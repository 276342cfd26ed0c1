// `parallax report`: its flags.
import { type Command, Option } from "commander";
import type { Outcome } from "./outcome.ts";
import { wholeNumber } from "./values.ts";

const LIMIT_MAX = 10_000;

export function addReport(program: Command, outcome: Outcome): void {
  program
    .command("report")
    .description("what differs, for people and for CI")
    .option("--admin <url>", "admin API of the running Parallax", "http://127.0.0.1:9090")
    .option("--token-file <file>", "file with the admin token (default: PARALLAX_ADMIN_TOKEN)")
    .addOption(
      new Option("--format <format>", "how it is printed")
        .choices(["text", "json", "markdown", "junit", "html"])
        .default("text"),
    )
    .option("--out <file>", "write it to a file, whole or not at all")
    .option("--endpoint <endpoint>", 'one endpoint alone, or with *: "GET /users/{id}", "* /users/*"')
    .option("--route <route>", "endpoints of one route alone")
    .addOption(
      new Option("--tier <tier>", "signatures of one tier alone").choices([
        "confirmed",
        "suspect",
        "transient",
        "noise",
      ]),
    )
    .addOption(
      new Option("--state <state>", "signatures in one state alone; open: new, reopened or bug").choices([
        "new",
        "reopened",
        "bug",
        "accepted",
        "fixed",
        "open",
        "untriaged",
      ]),
    )
    .option("--owner <owner>", "signatures of one owner alone")
    .option("--since <time>", "what was seen since, counted since then: 24h, 7d or 2026-01-31T08:00:00Z")
    .option("--limit <n>", "endpoints that are listed (default: 20 as text)", wholeNumber(LIMIT_MAX))
    .addOption(
      new Option("--fail-on <what>", "exit 1 when there is any").choices([
        "mismatch",
        "untriaged",
        "breaking",
      ]),
    )
    .action(async ({ tokenFile, ...options }) => {
      const { readToken } = await import("../../config/token.ts");
      const token = readToken(tokenFile, process.env);
      const { runReport } = await import("../report.ts");
      outcome.exitCode = await runReport({ ...options, token });
    });
}

// `parallax explain`: its flags.
import { type Command, Option } from "commander";
import type { Outcome } from "./outcome.ts";
import { gathered } from "./values.ts";

const EXAMPLES = `
Examples:
  parallax explain --route users --header 'x-tenant: acme'
  parallax explain --path '/users/1?page=2' --cookie sid=0a1b --address 10.0.0.7
  parallax explain --route users --header 'x-tenant: acme' --at 14:02

Nothing is sent to any service. A tenant, a token or an address that is given here goes to the admin API alone.`;

export function addExplain(program: Command, outcome: Outcome): void {
  program
    .command("explain")
    .description("who serves such a request, and why: unit, bucket, threshold, rule")
    .option("--route <route>", "the route (default: the one that takes --path)")
    .option("--header <header>", "'name: value' of the request; repeatable", gathered)
    .option("--cookie <cookie>", "name=value of the request; repeatable", gathered)
    .option("--path <path>", "path and query of the request")
    .option("--method <method>", "method of the request (default: GET)")
    .option("--address <address>", "the client's address")
    .option("--at <time>", "as it was then: 14:02 (the last one, UTC), '2h ago', 2026-01-31T08:00:00Z")
    .option("--admin <url>", "admin API of the running Parallax", "http://127.0.0.1:9090")
    .option("--token-file <file>", "file with the admin token (default: PARALLAX_ADMIN_TOKEN)")
    .addOption(new Option("--format <format>", "how it is printed").choices(["text", "json"]).default("text"))
    .addHelpText("after", EXAMPLES)
    .action(async ({ tokenFile, ...options }) => {
      const { readToken } = await import("../../config/token.ts");
      const token = readToken(tokenFile, process.env);
      const { runExplain } = await import("../explain.ts");
      outcome.exitCode = await runExplain({ ...options, token });
    });
}

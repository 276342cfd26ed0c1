// `parallax contract`: its two verbs and their flags.
import { type Command, Option } from "commander";
import type { Outcome } from "./outcome.ts";

export function addContract(program: Command, outcome: Outcome): void {
  const contract = program
    .command("contract")
    .description("versions of a contract compared, and examples of real traffic")
    .helpCommand(false);
  contract
    .command("check")
    .description("what changed between two versions; exit 1 when it can break a client")
    .argument("<old>", "OpenAPI document or JSON Schema (YAML or JSON)")
    .argument("<new>", "its next version")
    .addOption(
      new Option("--format <format>", "how it is printed")
        .choices(["text", "json", "markdown"])
        .default("text"),
    )
    .option("--json", "the same as --format json", false)
    .addOption(
      new Option("--direction <direction>", "of two JSON Schemas: which way their values go")
        .choices(["request", "response"])
        .default("response"),
    )
    .action(async (old: string, fresh: string, { format, json, direction }) => {
      const { runContractCheck } = await import("../contract-check.ts");
      outcome.exitCode = runContractCheck({ old, new: fresh, format: json ? "json" : format, direction });
    });
  contract
    .command("fixtures")
    .description("redacted examples of real traffic, a file per endpoint and status")
    .option("--admin <url>", "admin API of the running Parallax", "http://127.0.0.1:9090")
    .option("--token-file <file>", "file with the admin token (default: PARALLAX_ADMIN_TOKEN)")
    .option("--out <directory>", "where the files go", "fixtures")
    .option("--endpoint <endpoint>", 'one endpoint alone, such as "GET /users/{id}"')
    .option("--contract <file>", "say which of them satisfy this contract")
    .option("--force", "write over files that are there", false)
    .action(async ({ admin, tokenFile, out, endpoint, contract: file, force }) => {
      const { readToken } = await import("../../config/token.ts");
      const token = readToken(tokenFile, process.env);
      const { runContractFixtures } = await import("../contract-fixtures.ts");
      outcome.exitCode = await runContractFixtures({
        admin,
        token,
        out,
        endpoint,
        contract: file,
        isForced: force,
      });
    });
}

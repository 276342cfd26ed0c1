// `parallax diff`: its flags.
import { type Command, Option } from "commander";
import type { Outcome } from "./outcome.ts";
import { STANDARD_INPUT } from "./values.ts";

export function addDiff(program: Command, outcome: Outcome): void {
  program
    .command("diff")
    .description("judge two bodies offline; exit 0 match, 1 mismatch, 2 usage, 3 incomparable")
    .argument("<legacy>", `file with the legacy's body, or ${STANDARD_INPUT} for standard input`)
    .argument("<candidate>", `file with the candidate's body, or ${STANDARD_INPUT} for standard input`)
    .option("--rules <file>", 'list of rules (YAML or JSON), as below "rules:" in a config')
    .option("--content-type <type>", "media type of both bodies (default: application/json)")
    .option("--json", "print one JSON object", false)
    .addOption(
      new Option("--color <when>", "colours in what is printed for people")
        .choices(["auto", "always", "never"])
        .default("auto"),
    )
    .action(async (legacy: string, candidate: string, { rules, contentType, json, color }) => {
      const { runDiff } = await import("../diff.ts");
      const inputs = { legacy, candidate, rulesFile: rules, contentType };
      outcome.exitCode = await runDiff({ ...inputs, isJson: json, color });
    });
}

// `parallax schema`: it has no flags.
import type { Command } from "commander";
import type { Outcome } from "./outcome.ts";

export function addSchema(program: Command, outcome: Outcome): void {
  program
    .command("schema")
    .description("print the JSON Schema of the config file")
    .action(async () => {
      const { runSchema } = await import("../schema.ts");
      outcome.exitCode = await runSchema();
    });
}

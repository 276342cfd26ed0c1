// `parallax adapt`: its flags.
import { type Command, Option } from "commander";
import type { Outcome } from "./outcome.ts";
import { STANDARD_INPUT } from "./values.ts";

export function addAdapt(program: Command, outcome: Outcome): void {
  program
    .command("adapt")
    .description("what a route's adapter makes of a body, offline; exit 0 done, 1 it cannot be adapted")
    .argument("<body>", `file with a JSON body, or ${STANDARD_INPUT} for standard input`)
    .requiredOption("--config <file>", "config file with the route")
    .requiredOption("--route <name>", "the route whose adapters are tried")
    .addOption(
      new Option("--direction <direction>", "of a client's request, or of the candidate's response")
        .choices(["request", "response"])
        .default("response"),
    )
    .action(async (body: string, { config, route, direction }) => {
      const { runAdapt } = await import("../adapt.ts");
      outcome.exitCode = await runAdapt({ body, config, route, direction });
    });
}

// `parallax demo`: its flags.
import type { Command } from "commander";
import type { Outcome } from "./outcome.ts";
import { parseDuration, RATE_MAX, wholeNumber } from "./values.ts";

export function addDemo(program: Command, outcome: Outcome): void {
  program
    .command("demo")
    .description("two real services of different versions, real traffic, and the report")
    .option("--duration <time>", "how long, such as 1m (default: 20s)", parseDuration)
    .option("--rate <n>", "requests per second (default: 150)", wholeNumber(RATE_MAX))
    .option("--keep", "stay up after the report, until Ctrl-C", false)
    .action(async ({ duration, rate, keep }) => {
      const { runDemo } = await import("../demo.ts");
      outcome.exitCode = await runDemo({ durationMs: duration, ratePerSecond: rate, isKept: keep });
    });
}

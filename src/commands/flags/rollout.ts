// `parallax rollout`: its verbs and their flags.
import { type Command, Option } from "commander";
import type { RolloutOptions, RolloutVerb } from "../rollout-options.ts";
import type { Outcome } from "./outcome.ts";
import { wholeNumber } from "./values.ts";

const JOURNAL_LIMIT_MAX = 1000;
type Flags = Omit<RolloutOptions, "token" | "route"> & { readonly tokenFile?: string | undefined };

const EXAMPLES = `
Stages: off, shadow, canary, ramp (1, 5, 25, 50, 100 % unless configured), live, complete.

A first look, then one step:
  parallax rollout ls
  parallax rollout plan users
  parallax rollout show users
  parallax rollout promote users --reason "gate passed, agreed with dana"

A way back, at every step; the route stays there until it is armed:
  parallax rollout rollback users --reason "support sees wrong totals"
  parallax rollout kill users --reason "candidate down"
  parallax rollout kill --all --reason "not sure which"
  parallax rollout arm users --reason "fixed in 2.4.1"

What moves clients is asked about on a terminal, unless --yes; without one the reason is enough.
Exit codes: 0 done, 1 refused as things stand, 2 usage, 3 it could not be asked or done.
docs/rollout.md has it all.`;

export function addRollout(program: Command, outcome: Outcome): void {
  const rollout = program
    .command("rollout")
    .description("routes on their way from the legacy to the candidate: look, plan, move, take back")
    .helpCommand(false)
    .addHelpText("after", EXAMPLES);

  const verb = (name: RolloutVerb, description: string) => {
    const command = rollout.command(name).description(description);
    return command.action(async () => {
      const { tokenFile, ...options } = command.opts<Flags>();
      const [route] = command.args;
      const { readToken } = await import("../../config/token.ts");
      const token = readToken(tokenFile, process.env);
      const { runRollout } = await import("../rollout.ts");
      outcome.exitCode = await runRollout(name, { ...options, route, token });
    });
  };
  const reached = (command: Command) =>
    command
      .option("--admin <url>", "admin API of the running Parallax", "http://127.0.0.1:9090")
      .option("--token-file <file>", "file with the admin token (default: PARALLAX_ADMIN_TOKEN)")
      .addOption(
        new Option("--format <format>", "how it is printed").choices(["text", "json"]).default("text"),
      );
  const reasoned = (command: Command) =>
    command.option("--reason <text>", "why: the journal keeps it; asked for on a terminal");
  const asking = (command: Command) => command.option("--yes", "do not ask");

  reached(verb("ls", "every route: step, shares, gate, time to certify, what is paused, latched or killed"));
  reached(
    verb("show", "all of one route: each check of the gate, what may be done, the last of its journal"),
  ).argument("<route>", "its name");
  reached(
    verb("plan", "all steps of one route before anything moves: gates, and how long they take"),
  ).argument("<route>", "its name");
  reached(verb("journal", "what was done, by whom and why, newest first"))
    .argument("[route]", "one route alone")
    .option("--limit <n>", "entries (default: 100)", wholeNumber(JOURNAL_LIMIT_MAX))
    .option("--before <sequence>", "older ones than that entry", wholeNumber(999_999_999));
  reached(asking(reasoned(verb("promote", "one step on, or to --to; the gate must have passed"))))
    .argument("<route>", "its name")
    .option("--to <step>", "a stage, or a percentage of the ramp")
    .option("--force", "although the gate has not passed; the journal says so");
  reached(reasoned(verb("pause", "hold it where it stands"))).argument("<route>", "its name");
  reached(reasoned(verb("resume", "end a pause; needs no reason"))).argument("<route>", "its name");
  reached(asking(reasoned(verb("rollback", "back to the last stable step, or to --to, and latched there"))))
    .argument("<route>", "its name")
    .option("--to <step>", "a stage, or a percentage of the ramp");
  reached(asking(reasoned(verb("kill", "off at once: the legacy alone, nothing mirrored, and latched"))))
    .argument("[route]", "its name")
    .option("--all", "the kill switch: all routes, nothing mirrored, survives a restart");
  reached(asking(reasoned(verb("arm", "end a latch: it may be promoted again; a killed one from shadow on"))))
    .argument("[route]", "its name")
    .option("--all", "kill switch off; latched and killed routes stay so");
  reached(reasoned(verb("extend", "put off the end of a deprecated route's legacy, for all its clients")))
    .argument("<route>", "its name")
    .requiredOption("--sunset <date>", "a date or a time, later than now said: 2027-06-30");
}

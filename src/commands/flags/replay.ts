// `parallax replay`: its flags, of a signature and of recorded traffic.
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Outcome } from "./outcome.ts";
import { gathered, parseDuration, RATE_MAX, STANDARD_INPUT, wholeNumber } from "./values.ts";

const SPEED_MAX = 1000;
const CONCURRENCY_MAX = 1024;
const REPLAY_LIMIT_MAX = 999_999_999;

/** `50`, `50/s`, `0.5/s` → exchanges a second. */
function parseRate(text: string): number {
  const perSecond = Number(/^([0-9]{1,7}(?:\.[0-9]{1,3})?)(?:\/s)?$/.exec(text)?.[1]);
  if (!(perSecond > 0 && perSecond <= RATE_MAX))
    throw new InvalidArgumentError("Exchanges a second, such as 50/s or 0.5/s.");
  return perSecond;
}

/** `2x`, `0.5x` → times as fast. */
function parseSpeed(text: string): number {
  const factor = Number(/^([0-9]{1,4}(?:\.[0-9]{1,3})?)x$/.exec(text)?.[1]);
  if (!(factor > 0 && factor <= SPEED_MAX))
    throw new InvalidArgumentError(`Times as fast as recorded, such as 2x or 0.5x; at most ${SPEED_MAX}x.`);
  return factor;
}

const EXAMPLES = `
Examples:
  parallax replay --signature 3f2a91c07b5de684 --candidate http://localhost:3003
  parallax replay recordings/ --legacy http://localhost:3001 --candidate http://localhost:3003 --rate 50/s
  parallax replay browser.har --config parallax.yaml --checkpoint replay.checkpoint --resume

Exit codes: 0 fixed, or nothing differs; 1 still differs; 2 usage or config; 3 cannot tell.`;

export function addReplay(program: Command, outcome: Outcome): void {
  program
    .command("replay")
    .description("is it fixed? stored or recorded requests, sent again and judged")
    .argument(
      "[files...]",
      `recordings (NDJSON), HAR files, directories, or ${STANDARD_INPUT} for standard input`,
    )
    .option("--signature <id>", "the stored requests of one signature instead of files")
    .option("--admin <url>", "with --signature: admin API of the running Parallax", "http://127.0.0.1:9090")
    .option("--token-file <file>", "file with the admin token (default: PARALLAX_ADMIN_TOKEN)")
    .option("--config <file>", "config file (YAML): URLs, rules, what is refilled")
    .option("--legacy <url>", "the service that is right")
    .option("--candidate <url>", "the build that is tried")
    .addOption(
      new Option(
        "--against <what>",
        "judge against the legacy's answer of now, or the recorded one (default: legacy)",
      ).choices(["legacy", "recording"]),
    )
    .option(
      "--header <header>",
      "'name: value' on every request; 'name:' takes it away; repeatable",
      gathered,
    )
    .option("--unsafe", "send writes as well: every service that is asked gets them")
    .option("--timeout <time>", "for each answer, such as 10s (default: mirror.deadlineMs)", parseDuration)
    .option("--rate <n>", "exchanges a second, such as 50/s", parseRate)
    .option("--speed <n>", "the recorded timing, such as 1x or 2x", parseSpeed)
    .option("--concurrency <n>", "exchanges at once (default: 8)", wholeNumber(CONCURRENCY_MAX))
    .option("--limit <n>", "exchanges to replay at most", wholeNumber(REPLAY_LIMIT_MAX))
    .option("--endpoint <endpoint>", 'one endpoint alone, or with *: "GET /users/{id}", "* /users/*"')
    .option("--checkpoint <file>", "keep the position and the sums there, every second")
    .option("--resume", "go on at the checkpoint")
    .option("--strict", "end at the first entry that cannot be read")
    .addOption(
      new Option("--fail-on <what>", "exit 1 when there is any (default: mismatch)").choices([
        "mismatch",
        "none",
      ]),
    )
    .addOption(new Option("--format <format>", "how it is printed (default: text)").choices(["text", "json"]))
    .option("--out <file>", "write it to a file, whole or not at all")
    .addHelpText("after", EXAMPLES)
    .action(async (files: string[], { tokenFile, ...options }) => {
      const { readToken } = await import("../../config/token.ts");
      const token = readToken(tokenFile, process.env);
      const { runReplay } = await import("../replay.ts");
      outcome.exitCode = await runReplay({ ...options, files, token });
    });
}

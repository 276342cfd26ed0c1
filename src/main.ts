// argv → command → exit code. Loads each command only when it is asked for; knows nothing of what they do.
// Errors are one line on standard error: 2 usage or config, 3 could not do its work; a stack only at log level debug.
import { readFileSync } from "node:fs";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import type { DataVerb } from "./commands/data.ts";
import { CommandError } from "./core/errors.ts";

const DURATION_MS_MAX = 24 * 3_600_000;
const RATE_MAX = 1_000_000;
const LIMIT_MAX = 10_000;
const SPEED_MAX = 1000;
const CONCURRENCY_MAX = 1024;
const REPLAY_LIMIT_MAX = 999_999_999;
const STANDARD_INPUT = "-";
const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

const EXAMPLES = `
Examples:
  parallax run --legacy http://localhost:3001 --candidate http://localhost:3002
  parallax run --config parallax.yaml
  parallax run --legacy http://localhost:3001 --candidate http://localhost:3002 --baseline self
  parallax check parallax.yaml
  parallax report --fail-on mismatch
  parallax replay --signature 3f2a91c07b5de684 --candidate http://localhost:3002
  parallax diff legacy.json candidate.json --rules rules.yaml
  parallax contract check openapi-1.4.yaml openapi-1.5.yaml
  parallax demo --duration 20s

Exit codes: 0 fine, 1 found what it should fail on, 2 usage or config, 3 could not do its work.`;

function version(): string {
  const file = new URL("../package.json", import.meta.url);
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  return version;
}

/** `20s`, `500ms`, `2m`, `1h` → milliseconds. */
function parseDuration(text: string): number {
  const match = /^([0-9]{1,9})(ms|s|m|h)$/.exec(text);
  const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match?.[2] ?? ""];
  const durationMs = Number(match?.[1]) * (unitMs ?? Number.NaN);
  if (!(durationMs >= 1 && durationMs <= DURATION_MS_MAX))
    throw new InvalidArgumentError("A duration is a number with ms, s, m or h, such as 20s; at most 24h.");
  return durationMs;
}

function wholeNumber(max: number) {
  return (text: string): number => {
    const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : 0;
    if (value < 1 || value > max) throw new InvalidArgumentError(`A whole number from 1 to ${max}.`);
    return value;
  };
}

/** What the command that ran said; commander's own exits are handled apart. */
class Outcome {
  exitCode = 0;
}

function addRun(program: Command, outcome: Outcome): void {
  program
    .command("run")
    .description("serve clients from the legacy, mirror to the candidate, compare")
    .option("--config <file>", "config file (YAML)")
    .option("--legacy <url>", "the service that serves")
    .option("--candidate <url>", "the service that is compared with it")
    .option(
      "--baseline <url>",
      "a second legacy instance, to measure noise; or self: a share of the reads goes to the legacy twice",
    )
    .option("--listen <host:port>", "where clients connect (default: 0.0.0.0:8080)")
    .option("--admin <host:port>", "admin API, metrics and page (default: 127.0.0.1:9090)")
    .option("--data <dir>", "directory of the store (default: ./data)")
    .option("--threads <n>", "serving threads (default: auto)")
    .action(async (_flags, command: Command) => {
      const { runRun } = await import("./commands/run.ts");
      outcome.exitCode = await runRun(command.optsWithGlobals());
    });
}

function addDemo(program: Command, outcome: Outcome): void {
  program
    .command("demo")
    .description("two real services of different versions, real traffic, and the report")
    .option("--duration <time>", "how long, such as 1m (default: 20s)", parseDuration)
    .option("--rate <n>", "requests per second (default: 150)", wholeNumber(RATE_MAX))
    .option("--keep", "stay up after the report, until Ctrl-C", false)
    .action(async ({ duration, rate, keep }) => {
      const { runDemo } = await import("./commands/demo.ts");
      outcome.exitCode = await runDemo({ durationMs: duration, ratePerSecond: rate, isKept: keep });
    });
}

function addCheck(program: Command, outcome: Outcome): void {
  program
    .command("check")
    .description("validate a config file: every problem at once")
    .argument("<file>", "config file (YAML)")
    .action(async (file: string) => {
      const { runCheck } = await import("./commands/check.ts");
      outcome.exitCode = await runCheck(file);
    });
}

function addDiff(program: Command, outcome: Outcome): void {
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
      const { runDiff } = await import("./commands/diff.ts");
      const inputs = { legacy, candidate, rulesFile: rules, contentType };
      outcome.exitCode = await runDiff({ ...inputs, isJson: json, color });
    });
}

function addReport(program: Command, outcome: Outcome): void {
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
    .option("--since <time>", "what was seen since: 24h, 7d or 2026-01-31T08:00:00Z")
    .option("--limit <n>", "endpoints that are listed (default: 20 as text)", wholeNumber(LIMIT_MAX))
    .addOption(
      new Option("--fail-on <what>", "exit 1 when there is any").choices([
        "mismatch",
        "untriaged",
        "breaking",
      ]),
    )
    .action(async ({ tokenFile, ...options }) => {
      const { readToken } = await import("./config/token.ts");
      const token = readToken(tokenFile, process.env);
      const { runReport } = await import("./commands/report.ts");
      outcome.exitCode = await runReport({ ...options, token });
    });
}

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

function addReplay(program: Command, outcome: Outcome): void {
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
    .action(async (files: string[], { tokenFile, ...options }) => {
      const { readToken } = await import("./config/token.ts");
      const token = readToken(tokenFile, process.env);
      const { runReplay } = await import("./commands/replay.ts");
      outcome.exitCode = await runReplay({ ...options, files, token });
    });
}

const gathered = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

function addContract(program: Command, outcome: Outcome): void {
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
      const { runContractCheck } = await import("./commands/contract-check.ts");
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
      const { readToken } = await import("./config/token.ts");
      const token = readToken(tokenFile, process.env);
      const { runContractFixtures } = await import("./commands/contract-fixtures.ts");
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

function addData(program: Command, outcome: Outcome): void {
  const data = program
    .command("data")
    .description("what a running Parallax has stored: taken along, deleted, made smaller")
    .helpCommand(false);
  const verb = (name: DataVerb, description: string) =>
    data
      .command(name)
      .description(description)
      .option("--admin <url>", "admin API of the running Parallax", "http://127.0.0.1:9090")
      .option("--token-file <file>", "file with the admin token (default: PARALLAX_ADMIN_TOKEN)")
      .action(async ({ tokenFile, ...options }) => {
        const { readToken } = await import("./config/token.ts");
        const token = readToken(tokenFile, process.env);
        const { runData } = await import("./commands/data.ts");
        outcome.exitCode = await runData(name, { ...options, token });
      });
  verb("vacuum", "give the room of what was deleted back to the disk");
  verb("export", "all that is stored, redacted, a JSON object a line")
    .option("--out <file>", "write it to a file, whole or not at all")
    .option("--endpoint <endpoint>", 'one endpoint alone, or with *: "GET /users/{id}", "* /users/*"')
    .option("--route <route>", "one route alone");
  verb("purge", "delete what is stored of an endpoint, of a route, or before a time")
    .option("--endpoint <endpoint>", 'one endpoint, or with *: "GET /users/{id}", "* /users/*"')
    .option("--route <route>", "one route")
    .option("--before <time>", "exchanges older than this alone: 24h, 7d or 2026-01-31T08:00:00Z")
    .option("--dry-run", "only say what would go", false)
    .option("--yes", "do not ask", false);
}

function addSchema(program: Command, outcome: Outcome): void {
  program
    .command("schema")
    .description("print the JSON Schema of the config file")
    .action(async () => {
      const { runSchema } = await import("./commands/schema.ts");
      outcome.exitCode = await runSchema();
    });
}

function buildProgram(outcome: Outcome): Command {
  const program = new Command("parallax")
    .description("Differential shadow-traffic proxy: may we cut over?")
    .version(version(), "--version", "print the version")
    .addOption(
      new Option("--log-level <level>", "least severe level that is logged (default: info)").choices(
        LOG_LEVELS,
      ),
    )
    .helpOption("--help", "print this help")
    .helpCommand(false)
    .addHelpText("after", EXAMPLES)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(`parallax: ${oneLine(text)}; see parallax --help\n`),
    });
  for (const add of [
    addRun,
    addDemo,
    addCheck,
    addDiff,
    addReport,
    addReplay,
    addData,
    addContract,
    addSchema,
  ])
    add(program, outcome);
  return program;
}

function oneLine(text: string): string {
  return text
    .replace(/^error: /, "")
    .trim()
    .replace(/\s*\n\s*/g, " ");
}

/** Is a stack wanted? Asked of the plain text, since understanding the command line may be what failed. */
function isDebug(argv: readonly string[]): boolean {
  if (process.env["PARALLAX_LOG_LEVEL"] === "debug" || argv.includes("--log-level=debug")) return true;
  return argv.some((text, index) => text === "debug" && argv[index - 1] === "--log-level");
}

function reportFailure(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`parallax: ${oneLine(message)}\n`);
  if (isDebug(process.argv) && error instanceof Error) process.stderr.write(`${error.stack}\n`);
}

/** Runs the command that `argv` (without node and script) names and gives the exit code. */
async function main(argv: readonly string[]): Promise<number> {
  const outcome = new Outcome();
  try {
    await buildProgram(outcome).parseAsync(argv, { from: "user" });
    return outcome.exitCode;
  } catch (error) {
    // Commander has said it already: help and version end well, everything else is usage.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    reportFailure(error);
    return error instanceof CommandError ? error.exitCode : 3;
  }
}

for (const event of ["uncaughtException", "unhandledRejection"] as const)
  process.on(event, (error) => {
    reportFailure(error);
    process.exit(3);
  });

// Who reads the output may have seen enough (`parallax report | head`): that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await main(process.argv.slice(2));

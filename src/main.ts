// argv → command → exit code. Loads each command only when it is asked for; knows nothing of what they do.
// Errors are one line on standard error: 2 usage or config, 3 could not do its work; a stack only at log level debug.
import { readFileSync } from "node:fs";
import { Command, CommanderError, Option } from "commander";
import { addAdapt } from "./commands/flags/adapt.ts";
import { addCallers } from "./commands/flags/callers.ts";
import { addCheck } from "./commands/flags/check.ts";
import { addCleanup } from "./commands/flags/cleanup.ts";
import { addContract } from "./commands/flags/contract.ts";
import { addData } from "./commands/flags/data.ts";
import { addDemo } from "./commands/flags/demo.ts";
import { addDiff } from "./commands/flags/diff.ts";
import { addEvidence } from "./commands/flags/evidence.ts";
import { addExplain } from "./commands/flags/explain.ts";
import { Outcome } from "./commands/flags/outcome.ts";
import { addRecord } from "./commands/flags/record.ts";
import { addReplay } from "./commands/flags/replay.ts";
import { addReport } from "./commands/flags/report.ts";
import { addRollout } from "./commands/flags/rollout.ts";
import { addRun } from "./commands/flags/run.ts";
import { addSchema } from "./commands/flags/schema.ts";
import { CommandError } from "./core/errors.ts";

const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

const EXAMPLES = `
Examples:
  parallax run --legacy http://localhost:3001 --candidate http://localhost:3002
  parallax run --config parallax.yaml
  parallax run --legacy http://localhost:3001 --candidate http://localhost:3002 --baseline self
  parallax record --legacy http://localhost:3001 --out recordings
  parallax check parallax.yaml
  parallax report --fail-on untriaged
  parallax replay --signature 3f2a91c07b5de684 --candidate http://localhost:3002
  parallax rollout promote users --reason "gate passed"
  parallax rollout kill --all --reason "not sure which"
  parallax explain --route users --header 'x-tenant: acme'
  parallax evidence users --out evidence/
  parallax diff legacy.json candidate.json --rules rules.yaml
  parallax contract check openapi-1.4.yaml openapi-1.5.yaml
  parallax data purge --endpoint "GET /users/*" --dry-run
  parallax callers search --since 14d
  parallax demo --keep

The page of a running Parallax: http://127.0.0.1:9090/, unless --admin says otherwise.
Exit codes: 0 fine, 1 found what it should fail on, 2 usage or config, 3 could not do its work.`;

function version(): string {
  const file = new URL("../package.json", import.meta.url);
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  return version;
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
    .helpCommand("help [command]", "print the help of a command")
    .addHelpText("after", EXAMPLES)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(`parallax: ${oneLine(text)}; see parallax --help\n`),
    });
  for (const add of [
    addRun,
    addRecord,
    addDemo,
    addCheck,
    addDiff,
    addAdapt,
    addReport,
    addReplay,
    addRollout,
    addExplain,
    addEvidence,
    addCleanup,
    addCallers,
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

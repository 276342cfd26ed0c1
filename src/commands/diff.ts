// `parallax diff LEGACY CANDIDATE`: judges two bodies offline, with the engine that runs live.
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { buffer } from "node:stream/consumers";
import { formatRuleProblem, parseRules, type RuleProblem } from "../config/rules.ts";
import { readYaml } from "../config/yaml-document.ts";
import { assertNever } from "../core/assert.ts";
import { systemClock } from "../core/clock.ts";
import { CommandError } from "../core/errors.ts";
import { type Answer, fieldLinesFrom } from "../core/exchange.ts";
import type { Rule } from "../core/rule.ts";
import { differenceClassOf, type Judgement } from "../core/verdict.ts";
import { judge } from "../diff/judge.ts";
import { compileCompare } from "../diff/judging.ts";
import { patchText } from "../diff/patch.ts";
import type { CustomFunction } from "../diff/rules/custom.ts";
import { functionsOf, loadCustomModules, moduleNamesOf } from "../shadow/custom-modules.ts";
import { renderDiffText } from "./diff-text.ts";
import { ruleHitLines } from "./rule-hits.ts";

export interface DiffOptions {
  /** File names; `-` is standard input, for one of them. */
  readonly legacy: string;
  readonly candidate: string;
  /** A YAML or JSON list of rules. */
  readonly rulesFile?: string | undefined;
  /** Of both bodies; `application/json` unless given. */
  readonly contentType?: string | undefined;
  readonly isJson?: boolean | undefined;
  /** `auto`: where standard output is a terminal that has them; NO_COLOR and FORCE_COLOR are heeded. */
  readonly color?: "auto" | "always" | "never" | undefined;
  /** The terminal's width; standard output's own, or COLUMNS, unless given. */
  readonly columns?: number | undefined;
  readonly stdin?: NodeJS.ReadableStream | undefined;
  readonly write?: ((text: string) => void) | undefined;
}

/** Offline there is time and memory; the bounds only keep a mistake from hanging the terminal. */
const BODY_BYTES_MAX = 256 * 1024 * 1024;
const BOUNDS = {
  status: "exact",
  decodedBytesMax: BODY_BYTES_MAX,
  depthMax: 1_000_000,
  differencesMax: 10_000,
  timeMsMax: 60_000,
} as const;
const TYPE_DEFAULT = "application/json";
/** No larger than what JSON.stringify, or a terminal, can take. */
const PATCH_BOUNDS = { timeMsMax: BOUNDS.timeMsMax, charactersMax: 64 * 1024 * 1024 } as const;
/** Where the width of the terminal is not known. */
const COLUMNS_DEFAULT = 80;
const COLUMNS_MAX = 1000;

async function readInput(name: string, stdin: NodeJS.ReadableStream): Promise<Buffer> {
  try {
    return name === "-" ? await buffer(stdin) : await readFile(name);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new CommandError(2, `cannot read ${name}: ${code}`);
  }
}

/** Entries as `rules[0]`, as they are called in a config; what is no list at all is often a whole config. */
function ruleFaultText(problem: RuleProblem): string {
  if (problem.path !== "") return formatRuleProblem({ ...problem, path: `rules${problem.path}` });
  return `${formatRuleProblem(problem)} of rules, as it stands below "rules:" in a config`;
}

/** Bodies are taken for JSON where nobody said what they are. */
function typeHint({ verdict }: Judgement, contentType: string | undefined): readonly string[] {
  if (contentType !== undefined || verdict.kind !== "mismatch") return [];
  const isUnread = verdict.differences.some(({ kind, path }) => kind === "unparseable" && path === "");
  return isUnread ? [`Both were read as ${TYPE_DEFAULT}; --content-type text/plain compares lines.`] : [];
}

/** The rules of a file, or every problem of it, a line each. */
function rulesFrom(text: string, file: string): readonly Rule[] {
  const yaml = readYaml(text);
  const problems = yaml.ok
    ? []
    : yaml.faults.map(({ line, message }) => `${line === undefined ? "" : `line ${line}: `}${message}`);
  const folder = file === "-" ? process.cwd() : dirname(resolve(file));
  const parsed = parseRules(yaml.ok ? yaml.value : undefined, { folder });
  if (yaml.ok && parsed.ok) return parsed.rules;
  if (yaml.ok && !parsed.ok) problems.push(...parsed.problems.map(ruleFaultText));
  throw new CommandError(2, `${file}: ${problems.join("; ")}`);
}

/** The functions of custom rules, by rule index: there is no other thread here to keep them on. */
async function customFunctionsOf(
  rules: readonly Rule[],
  file: string | undefined,
): Promise<ReadonlyMap<number, CustomFunction>> {
  const problems: string[] = [];
  const modules = await loadCustomModules(moduleNamesOf(rules), (detail) => problems.push(detail));
  if (problems.length > 0) throw new CommandError(2, `${file}: ${problems.join("; ")}`);
  return functionsOf({ rules }, modules);
}

function renderJson(judgement: Judgement, rules: readonly Rule[], patch: string | undefined): string {
  const { verdict, ruleHits } = judgement;
  const differences = verdict.kind === "mismatch" ? verdict.differences : [];
  const head = {
    verdict: verdict.kind,
    ...(verdict.kind === "incomparable" ? { reason: verdict.reason, detail: verdict.detail } : undefined),
    ...(verdict.kind === "mismatch" && verdict.isCut ? { isCut: true } : undefined),
    ...(judgement.notes === undefined ? undefined : { notes: judgement.notes }),
    differences: differences.map((difference) => ({
      ...(difference.part === "body" ? undefined : { part: difference.part }),
      path: difference.path,
      kind: difference.kind,
      legacy: difference.legacy,
      candidate: difference.candidate,
      class: differenceClassOf(difference),
    })),
    rules: rules.map((_, index) => ({ index, hits: ruleHits.get(index) ?? 0 })),
  };
  // The patch is text already: parsing it would cost digits.
  return patch === undefined
    ? JSON.stringify(head)
    : `${JSON.stringify(head).slice(0, -1)},"patch":${patch}}`;
}

function exitCodeOf({ verdict }: Judgement): number {
  switch (verdict.kind) {
    case "match":
      return 0;
    case "mismatch":
      return 1;
    case "incomparable":
      return 3;
    default:
      return assertNever(verdict);
  }
}

function columnsOf(given: number | undefined): number {
  const fromEnvironment = Number(process.env["COLUMNS"] ?? "");
  const columns = given ?? (fromEnvironment || process.stdout.columns) ?? COLUMNS_DEFAULT;
  return columns >= 1 ? Math.min(Math.floor(columns), COLUMNS_MAX) : COLUMNS_DEFAULT;
}

/** https://no-color.org and https://force-color.org: set to anything but nothing. */
function isColored(color: "auto" | "always" | "never"): boolean {
  if (color !== "auto") return color === "always";
  if ((process.env["NO_COLOR"] ?? "") !== "") return false;
  const forced = process.env["FORCE_COLOR"] ?? "";
  if (forced !== "") return forced !== "0" && forced !== "false";
  return process.stdout.isTTY === true && process.stdout.hasColors();
}

/**
 * Compares two bodies and writes the outcome. Returns 0 match, 1 mismatch, 3 incomparable; throws CommandError 2
 * for files that cannot be read, for rules that are none, and for modules that cannot be loaded.
 */
export async function runDiff(options: DiffOptions): Promise<number> {
  const stdin = options.stdin ?? process.stdin;
  const write = options.write ?? ((text: string) => void process.stdout.write(text));
  if (options.legacy === "-" && options.candidate === "-")
    throw new CommandError(2, "only one of LEGACY and CANDIDATE can be standard input");
  const legacyBody = await readInput(options.legacy, stdin);
  const candidateBody = await readInput(options.candidate, stdin);
  const { rulesFile } = options;
  const rules =
    rulesFile === undefined ? [] : rulesFrom((await readInput(rulesFile, stdin)).toString(), rulesFile);
  const customFunctions = await customFunctionsOf(rules, rulesFile);
  const headers = fieldLinesFrom([["content-type", options.contentType ?? TYPE_DEFAULT]]);
  const answer = (body: Buffer): Answer => ({ status: 200, headers, body, capture: "complete" });
  const judgement = judge(
    answer(legacyBody),
    answer(candidateBody),
    compileCompare({ headers: [], rules, ...BOUNDS }, systemClock, customFunctions),
  );
  const isMismatch = judgement.verdict.kind === "mismatch";
  const text =
    options.isJson === true
      ? renderJson(
          judgement,
          rules,
          isMismatch ? patchText(legacyBody, candidateBody, PATCH_BOUNDS) : undefined,
        )
      : [
          renderDiffText({
            judgement,
            legacy: legacyBody,
            candidate: candidateBody,
            columns: columnsOf(options.columns),
            isColored: isColored(options.color ?? "auto"),
          }),
          ...typeHint(judgement, options.contentType),
          ...ruleHitLines(rules, judgement.ruleHits),
        ].join("\n");
  write(`${text}\n`);
  return exitCodeOf(judgement);
}

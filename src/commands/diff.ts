// `parallax diff LEGACY CANDIDATE`: judges two bodies offline, with the engine that runs live.
import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { parse as parseYaml } from "yaml";
import { assertNever } from "../core/assert.ts";
import { CommandError } from "../core/errors.ts";
import { type Answer, fieldLinesFrom } from "../core/exchange.ts";
import type { Rule } from "../core/rule.ts";
import type { Difference, Judgement } from "../core/verdict.ts";
import { judge } from "../diff/judge.ts";
import { compileCompare } from "../diff/judging.ts";
import { patchText } from "../diff/patch.ts";
import { parsePathPattern } from "../diff/path-pattern.ts";

export interface DiffOptions {
  /** File names; `-` is standard input, for one of them. */
  readonly legacy: string;
  readonly candidate: string;
  /** A YAML or JSON list of rules. */
  readonly rulesFile?: string | undefined;
  /** Of both bodies; `application/json` unless given. */
  readonly contentType?: string | undefined;
  readonly isJson?: boolean | undefined;
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
const RULE_KEYS: ReadonlySet<string> = new Set(["kind", "path", "header", "owner", "reason", "expires"]);

async function readInput(name: string, stdin: NodeJS.ReadableStream): Promise<Buffer> {
  try {
    return name === "-" ? await buffer(stdin) : await readFile(name);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new CommandError(2, `cannot read ${name}: ${code}`);
  }
}

/** What is wrong with one rule; undefined for a good one. */
function findRuleProblem(rule: unknown): string | undefined {
  if (typeof rule !== "object" || rule === null || Array.isArray(rule)) return "a rule is an object";
  const fields = new Map<string, unknown>(Object.entries(rule));
  if (fields.get("kind") !== "ignore")
    return `unknown kind ${JSON.stringify(fields.get("kind"))}, allowed: ignore`;
  for (const [key, value] of fields) {
    if (!RULE_KEYS.has(key)) return `unknown key ${JSON.stringify(key)}`;
    if (typeof value !== "string") return `${key} is text, found ${JSON.stringify(value)}`;
  }
  if (fields.has("path") === fields.has("header")) return "give either path or header";
  const path = fields.get("path");
  if (typeof path === "string" && parsePathPattern(path) === undefined)
    return `path is a JSON pointer ("/a/*/b"), found ${JSON.stringify(path)}`;
  return undefined;
}

function parseRules(text: string, file: string): readonly Rule[] {
  let parsed: unknown;
  try {
    // `core`: a date stays text.
    parsed = parseYaml(text, { schema: "core" });
  } catch (error) {
    throw new CommandError(
      2,
      `${file} is not YAML: ${error instanceof Error ? error.message.split("\n")[0] : error}`,
    );
  }
  if (!Array.isArray(parsed)) throw new CommandError(2, `${file}: a rules file is a list of rules`);
  const problems = parsed.flatMap((rule: unknown, index) => {
    const problem = findRuleProblem(rule);
    return problem === undefined ? [] : [`/${index}: ${problem}`];
  });
  if (problems.length > 0) throw new CommandError(2, `${file}: ${problems.join("; ")}`);
  return parsed as readonly Rule[];
}

function renderJson(judgement: Judgement, rules: readonly Rule[], patch: string | undefined): string {
  const { verdict, ruleHits } = judgement;
  const differences = verdict.kind === "mismatch" ? verdict.differences : [];
  const head = {
    verdict: verdict.kind,
    ...(verdict.kind === "incomparable" ? { reason: verdict.reason, detail: verdict.detail } : undefined),
    ...(verdict.kind === "mismatch" && verdict.isCut ? { isCut: true } : undefined),
    ...(judgement.notes === undefined ? undefined : { notes: judgement.notes }),
    differences: differences.map(({ part, path, kind, legacy, candidate }) => ({
      ...(part === "body" ? undefined : { part }),
      path,
      kind,
      legacy,
      candidate,
    })),
    rules: rules.map((_, index) => ({ index, hits: ruleHits.get(index) ?? 0 })),
  };
  // The patch is text already: parsing it would cost digits.
  return patch === undefined
    ? JSON.stringify(head)
    : `${JSON.stringify(head).slice(0, -1)},"patch":${patch}}`;
}

const MARKS: Readonly<Record<Difference["kind"], string>> = {
  added: "+",
  removed: "-",
  changed: "~",
  type: "!",
  moved: ">",
  unparseable: "?",
  "duplicate-key": "=",
  violation: "§",
};

function renderText({ verdict }: Judgement): string {
  switch (verdict.kind) {
    case "match":
      return `match (${verdict.how})`;
    case "incomparable":
      return `incomparable: ${verdict.reason} (${verdict.detail})`;
    case "mismatch": {
      const lines = verdict.differences.map(({ path, kind, legacy, candidate }) => {
        const values = [legacy, candidate].map((value) => value ?? "(nothing)").join(" → ");
        return `${MARKS[kind]} ${kind.padEnd(13)} ${path === "" ? "(root)" : path}  ${values}`;
      });
      const more = verdict.isCut ? " or more" : "";
      return [`mismatch: ${lines.length}${more} differences, legacy → candidate`, ...lines].join("\n");
    }
    default:
      return assertNever(verdict);
  }
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

/**
 * Compares two bodies and writes the outcome. Returns 0 match, 1 mismatch, 3 incomparable; throws CommandError 2
 * for files that cannot be read and for rules that are none.
 */
export async function runDiff(options: DiffOptions): Promise<number> {
  const stdin = options.stdin ?? process.stdin;
  const write = options.write ?? ((text: string) => void process.stdout.write(text));
  if (options.legacy === "-" && options.candidate === "-")
    throw new CommandError(2, "only one of LEGACY and CANDIDATE can be standard input");
  const legacyBody = await readInput(options.legacy, stdin);
  const candidateBody = await readInput(options.candidate, stdin);
  const rules =
    options.rulesFile === undefined
      ? []
      : parseRules((await readInput(options.rulesFile, stdin)).toString(), options.rulesFile);
  const headers = fieldLinesFrom([["content-type", options.contentType ?? "application/json"]]);
  const answer = (body: Buffer): Answer => ({ status: 200, headers, body, capture: "complete" });
  const judgement = judge(
    answer(legacyBody),
    answer(candidateBody),
    compileCompare({ headers: [], rules, ...BOUNDS }),
  );
  const patch = judgement.verdict.kind === "mismatch" ? patchText(legacyBody, candidateBody) : undefined;
  write(`${options.isJson === true ? renderJson(judgement, rules, patch) : renderText(judgement)}\n`);
  return exitCodeOf(judgement);
}

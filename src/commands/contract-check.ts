// `parallax contract check OLD NEW`: what changed between two versions of a contract, and whether it can break anyone.
import { basename } from "node:path";
import { readContractFile } from "../config/contract-files.ts";
import type { ContractChange } from "../contract/changes.ts";
import { type Comparison, compareContracts } from "../contract/compare-contracts.ts";
import type { ContractDocument, ContractProblem, Direction } from "../contract/contract-document.ts";
import { printable } from "../report/printable.ts";
import { type ReportOutput, STANDARD_OUTPUT } from "./report.ts";

/** Names come from documents of others: cut, and without what would drive a terminal. */
const TEXT_CHARACTERS_MAX = 500;

export interface ContractCheckOptions {
  readonly old: string;
  readonly new: string;
  readonly format: "text" | "json" | "markdown";
  /** Which way the values of a JSON Schema go. */
  readonly direction: Direction;
}

/** The exit code: 0 nothing that breaks, 1 something does, 2 a document cannot be read, 3 too much to list. */
export function runContractCheck(
  options: ContractCheckOptions,
  output: ReportOutput = STANDARD_OUTPUT,
): number {
  const before = read(options.old, output);
  const after = read(options.new, output);
  if (before === undefined || after === undefined) return 2;
  if (before.kind !== after.kind) {
    output.writeError("parallax contract check: an OpenAPI document and a JSON Schema; give two of a kind\n");
    return 2;
  }
  const comparison = compareContracts(before, after, options.direction);
  output.write(render(comparison, options));
  if (comparison.changes.some((change) => change.class === "breaking")) return 1;
  if (!comparison.isCut) return 0;
  output.writeError("parallax contract check: more changes than can be listed; compare smaller documents\n");
  return 3;
}

function read(file: string, output: ReportOutput): ContractDocument | undefined {
  const result = readContractFile(file, { isLive: false });
  if (result.ok) return result.document;
  for (const problem of result.problems)
    output.writeError(`parallax contract check: ${faultText(file, problem)}\n`);
  return undefined;
}

/** The file as it was given, once; then the place within it, and what is wrong there. */
function faultText(file: string, { where, what }: ContractProblem): string {
  const name = basename(file);
  if (where !== name) return `${file}: ${where}: ${what}`;
  return what.startsWith(name) ? file + what.slice(name.length) : `${file}: ${what}`;
}

function render({ changes, isCut }: Comparison, { format }: ContractCheckOptions): string {
  const breaking = changes.filter((change) => change.class === "breaking").length;
  const counts = { breaking, additive: changes.length - breaking };
  switch (format) {
    case "json":
      return `${JSON.stringify({ ...counts, isCut, changes }, undefined, 2)}\n`;
    case "markdown":
      return renderMarkdown(changes, counts);
    case "text":
      return renderText(changes, counts);
  }
}

type Counts = Readonly<Record<"breaking" | "additive", number>>;

/** What breaks first, then as the documents have it. */
function sorted(changes: readonly ContractChange[]): readonly ContractChange[] {
  const isBreaking = (change: ContractChange) => change.class === "breaking";
  return [...changes.filter(isBreaking), ...changes.filter((change) => !isBreaking(change))];
}

function whereOf({ operation, place, path }: ContractChange): string {
  return (
    printable([operation, place, path].filter((part) => part !== "").join(" · "), TEXT_CHARACTERS_MAX) ||
    "the schema"
  );
}

function renderText(changes: readonly ContractChange[], { breaking, additive }: Counts): string {
  const lines = sorted(changes).map(
    (change) =>
      `${change.class.padEnd(8)}  ${change.direction.padEnd(8)}  ${whereOf(change)}: ${printable(change.text, TEXT_CHARACTERS_MAX)}`,
  );
  return `${[...lines, `${breaking} breaking, ${additive} additive`].join("\n")}\n`;
}

function renderMarkdown(changes: readonly ContractChange[], { breaking, additive }: Counts): string {
  const cell = (text: string) => text.replace(/[\\|`*_<>]/g, "\\$&").replace(/\s+/g, " ");
  const rows = sorted(changes).map(
    (change) => `| ${change.class} | ${change.direction} | ${cell(whereOf(change))} | ${cell(change.text)} |`,
  );
  const table =
    rows.length === 0 ? [] : ["", "| class | direction | where | what |", "|---|---|---|---|", ...rows];
  return `${[`${breaking} breaking, ${additive} additive`, ...table].join("\n")}\n`;
}

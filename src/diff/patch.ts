// The RFC 6902 patch that turns the legacy document into the candidate's, rendered from findings as JSON text, so
// that digits are kept. Order makes it right: replacements first, while the legacy's paths still hold; then
// removals from the last to the first; then additions from the first to the last, in the candidate's paths.
import { isUtf8 } from "node:buffer";
import { systemClock } from "../core/clock.ts";
import { Deadline } from "./deadline.ts";
import { compareJson } from "./json/compare-json.ts";
import type { Finding } from "./json/json-comparison.ts";
import { hashText } from "./json/scalar-hash.ts";
import { OBJECT, STRIDE, Tape } from "./json/tape.ts";
import { tokenize } from "./json/tokenize.ts";
import { compileRules, RuleHits } from "./rules/rules.ts";

/** Deeper values would overflow the stack of whoever writes the patch as JSON. */
const PATCH_DEPTH_MAX = 500;
const PATCH_DIFFERENCES_MAX = 10_000;

export interface PatchBounds {
  readonly timeMsMax: number;
  /** Of the patch as text; a larger one is not made. */
  readonly charactersMax: number;
}

/** A sample is small, and one of many: a patch as large as the documents says no more than they do. */
const SAMPLE_BOUNDS: PatchBounds = { timeMsMax: 250, charactersMax: 256 * 1024 };

const NO_RULES = compileRules([]);

/** Reused, apart from the judge's: a patch is made for samples alone. */
const legacyTape = new Tape();
const candidateTape = new Tape();

function valueText(tape: Tape, finding: readonly number[]): string {
  const node = finding[0] as number;
  return tape.bytes.toString("utf8", tape.start(node), tape.end(node));
}

function operationsOf(findings: readonly Finding[]): readonly string[] {
  const replacements: string[] = [];
  const removals: string[] = [];
  const additions: string[] = [];
  for (const { path, legacyNodes, candidateNodes } of findings) {
    const at = JSON.stringify(path);
    if (candidateNodes.length === 0) removals.push(`{"op":"remove","path":${at}}`);
    else {
      const value = valueText(candidateTape, candidateNodes);
      if (legacyNodes.length === 0) additions.push(`{"op":"add","path":${at},"value":${value}}`);
      else replacements.push(`{"op":"replace","path":${at},"value":${value}}`);
    }
  }
  return [...replacements, ...removals.reverse(), ...additions];
}

/** Whether some object names a key twice: a pointer could not tell the two apart. A hash collision says yes. */
function hasDuplicateKeys(tape: Tape): boolean {
  for (let node = 0; node < tape.length; node += STRIDE) {
    if (tape.kind(node) !== OBJECT) continue;
    const seen = new Set<number>();
    for (let key = node + STRIDE; key < tape.next(node); key = tape.next(key + STRIDE))
      seen.add(hashText(tape, key));
    if (seen.size < tape.count(node)) return true;
  }
  return false;
}

function render(
  legacy: Uint8Array,
  candidate: Uint8Array,
  { timeMsMax, charactersMax }: PatchBounds,
): string | undefined {
  // A patch is text: a byte that is not UTF-8 cannot be told in it, in a value or in a path.
  if (!isUtf8(legacy) || !isUtf8(candidate)) return undefined;
  const deadline = new Deadline(systemClock, timeMsMax);
  const bounds = { depthMax: PATCH_DEPTH_MAX, deadline };
  if (tokenize(legacyTape, legacy, bounds) !== "ok") return undefined;
  if (tokenize(candidateTape, candidate, bounds) !== "ok") return undefined;
  if (hasDuplicateKeys(legacyTape) || hasDuplicateKeys(candidateTape)) return undefined;
  const comparison = compareJson(legacyTape, candidateTape, {
    rules: NO_RULES,
    hits: new RuleHits(),
    // Elements in another order are given one by one: the whole array would be larger.
    detectsMoves: false,
    bounds: { differencesMax: PATCH_DIFFERENCES_MAX, deadline },
  });
  if (comparison.isCut || comparison.isOverTime) return undefined;
  const text = `[${operationsOf(comparison.findings).join(",")}]`;
  return text.length <= charactersMax ? text : undefined;
}

/**
 * The patch as JSON text, no rules applied; `[]` for equal values. Undefined where it cannot be given whole: a
 * side is not JSON or not UTF-8, has duplicate keys, is deeper than PATCH_DEPTH_MAX, or a bound on size or time
 * was met.
 */
export function patchText(
  legacy: Uint8Array,
  candidate: Uint8Array,
  bounds: PatchBounds = SAMPLE_BOUNDS,
): string | undefined {
  const text = render(legacy, candidate, bounds);
  legacyTape.release();
  candidateTape.release();
  return text;
}

// What one judgement works on, and what comparing two bodies can come to. The judge makes it, the comparisons of
// the several forms of a body add to it.
import { createHash } from "node:crypto";
import { type Clock, systemClock } from "../core/clock.ts";
import type { Answer } from "../core/exchange.ts";
import type { CompareSettings } from "../core/snapshot.ts";
import type { Difference, IncomparableReason, JudgementNote } from "../core/verdict.ts";
import { FlatRules } from "./forms/flat-rules.ts";
import { FirstTry } from "./json/first-try.ts";
import { type AskCustom, type CustomFunction, compileCustom } from "./rules/custom.ts";
import { type CompiledRules, compileRules, type RuleHits } from "./rules/rules.ts";

export interface CompiledCompare {
  readonly settings: CompareSettings;
  readonly rules: CompiledRules;
  /** The same rules for bodies that are no tree. */
  readonly flatRules: FlatRules;
  /** Asks a custom rule, by index. */
  readonly custom: AskCustom;
  readonly clock: Clock;
  readonly firstTry: FirstTry;
}

const NO_FUNCTIONS: ReadonlyMap<number, CustomFunction> = new Map();

/**
 * Compiles a route's settings, once. Throws on a rule path that is not a pointer: config refuses those. A custom
 * rule without its function fails where it is asked.
 */
export function compileCompare(
  settings: CompareSettings,
  clock: Clock = systemClock,
  customFunctions: ReadonlyMap<number, CustomFunction> = NO_FUNCTIONS,
): CompiledCompare {
  const { rules } = settings;
  return {
    settings,
    rules: compileRules(rules),
    flatRules: new FlatRules(rules),
    custom: compileCustom(customFunctions),
    clock,
    firstTry: new FirstTry(),
  };
}

/** One pair of answers under judgement. */
export interface Judging {
  readonly legacy: Answer;
  readonly candidate: Answer;
  readonly compiled: CompiledCompare;
  readonly hits: RuleHits;
  readonly found: Difference[];
}

/** What comparing the bodies came to, before the heads are counted in. */
export type BodyOutcome =
  | {
      readonly kind: "same";
      readonly how: "bytes" | "values";
      readonly notes?: readonly JudgementNote[] | undefined;
    }
  | {
      readonly kind: "different";
      readonly isCut: boolean;
      readonly notes?: readonly JudgementNote[] | undefined;
    }
  | { readonly kind: "incomparable"; readonly reason: IncomparableReason; readonly detail: string };

export const SAME_BYTES: BodyOutcome = { kind: "same", how: "bytes" };
export const SAME_VALUES: BodyOutcome = { kind: "same", how: "values" };
export const DIFFERENT: BodyOutcome = { kind: "different", isCut: false };

/** What was found before is noted already, and stands. */
export function timeIsUp({ timeMsMax }: CompareSettings): BodyOutcome {
  return { kind: "incomparable", reason: "time", detail: `not done within ${timeMsMax} ms` };
}

/** Length and hash of a body that is not shown; of an empty one, nothing but its length. */
export function describeBytes(bytes: Uint8Array): string {
  if (bytes.length === 0) return "0 bytes";
  return `${bytes.length} bytes, sha256 ${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}`;
}

/** Notes a difference of the whole bodies, unless a rule hides the root. */
export function findAtRoot(
  judging: Judging,
  kind: "changed" | "unparseable",
  texts: [string, string],
): BodyOutcome {
  const { rules } = judging.compiled;
  const { ignore } = rules.paths === undefined ? { ignore: -1 } : rules.placeOf(rules.paths.start);
  if (ignore >= 0) {
    judging.hits.hide(ignore, () => ({ part: "body", path: "", legacy: texts[0], candidate: texts[1] }));
    return SAME_VALUES;
  }
  judging.found.push({ part: "body", path: "", kind, legacy: texts[0], candidate: texts[1] });
  return DIFFERENT;
}

// What one judgement works on, and what comparing two bodies can come to. The judge makes it, the comparisons of
// the several forms of a body add to it.
import { createHash } from "node:crypto";
import { type Clock, systemClock } from "../core/clock.ts";
import type { Answer } from "../core/exchange.ts";
import type { Rule } from "../core/rule.ts";
import type { CompareSettings } from "../core/snapshot.ts";
import type { Difference, IncomparableReason } from "../core/verdict.ts";
import { type AskCustom, type CustomFunction, compileCustom } from "./custom.ts";
import { FlatRules } from "./flat-rules.ts";
import { type CompiledRules, compileRules, type RuleHits } from "./rules.ts";

export interface CompiledCompare {
  readonly settings: CompareSettings;
  readonly rules: CompiledRules;
  readonly structureRules: StructureRules;
  /** The same rules for bodies that are no tree. */
  readonly flatRules: FlatRules;
  /** Asks a custom rule, by index. */
  readonly custom: AskCustom;
  readonly clock: Clock;
  /** Which compare of JSON bodies is tried first. What it learns changes costs, never a verdict. */
  readonly firstTry: FirstTry;
}

/** Rules that need both documents as trees, so that a difference may lie elsewhere than where bytes differ. */
export interface StructureRules {
  readonly whole: boolean;
  /** For differences within arrays. */
  readonly arrays: boolean;
}

function structureRulesOf(rules: readonly Rule[]): StructureRules {
  return {
    whole: rules.some(({ kind }) => kind === "custom" || kind === "rename"),
    arrays: rules.some((rule) => rule.kind === "array" && rule.mode !== "index"),
  };
}

/** What a compare by bytes that was in vain adds to the score, and what one that was not takes away. */
const IN_VAIN = 2;
/** From here on the compare of tapes goes first. */
const SCORE_TAPES = 4;
const SCORE_MAX = 8;
/** Then every so many bodies the bytes are tried again: the route may have changed. */
const TRY_AGAIN_EVERY = 32;

/** Learns per route whether the two bodies mostly have one structure: then the compare by bytes goes first. */
export class FirstTry {
  #score = 0;
  #turn = 0;

  isBytes(): boolean {
    if (this.#score < SCORE_TAPES) return true;
    this.#turn = (this.#turn + 1) % TRY_AGAIN_EVERY;
    return this.#turn === 0;
  }

  /** What a compare by bytes came to. One that was not in vain brings the bytes back to the front. */
  learn(wasInVain: boolean): void {
    if (wasInVain) this.#score = Math.min(SCORE_MAX, this.#score + IN_VAIN);
    else this.#score = this.#score >= SCORE_TAPES ? SCORE_TAPES - 1 : Math.max(0, this.#score - 1);
  }
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
    structureRules: structureRulesOf(rules),
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
  | { readonly kind: "same"; readonly how: "bytes" | "values" }
  | { readonly kind: "different"; readonly isCut: boolean; readonly arraysByIndex: number }
  | { readonly kind: "incomparable"; readonly reason: IncomparableReason; readonly detail: string };

export const SAME_BYTES: BodyOutcome = { kind: "same", how: "bytes" };
export const SAME_VALUES: BodyOutcome = { kind: "same", how: "values" };
export const DIFFERENT: BodyOutcome = { kind: "different", isCut: false, arraysByIndex: 0 };

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
  const accepted = rules.paths?.start.accept ?? -1;
  if (accepted >= 0) {
    const place = { part: "body", path: "", legacy: texts[0], candidate: texts[1] } as const;
    judging.hits.hide(rules.pathRules[accepted] as number, () => place);
    return SAME_VALUES;
  }
  judging.found.push({ part: "body", path: "", kind, legacy: texts[0], candidate: texts[1] });
  return DIFFERENT;
}

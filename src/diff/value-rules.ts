// Rules about one value: whether a pair of values that differ counts as the same under them.
// Pure; asked only where values differ, so that equal bodies cost nothing here.
import type { Rule } from "../core/rule.ts";

/** One side's value at a place: a header's text, or a JSON value. */
export interface RuleValue {
  /** A header's value, and a form's, is a string. */
  readonly type: "null" | "boolean" | "number" | "string" | "array" | "object";
  /** A string as JavaScript has it, all else as raw JSON text: digits kept. */
  readonly text: string;
}

/** A rule about values, compiled once per route. */
export interface CompiledValueRule {
  /** Its place in the route's list. */
  readonly index: number;
  readonly kind: Rule["kind"];
}

/** Undefined for a rule that is not about one value. */
export function compileValueRule(rule: Rule, index: number): CompiledValueRule | undefined {
  return rule.kind === "ignore" ? { index, kind: rule.kind } : undefined;
}

const NONE: readonly number[] = [];

/**
 * The rules, by index, that together make two differing values count as the same: all that had a part in it; empty
 * when they stay different. An absent value is undefined.
 */
export function hideByValue(
  rules: readonly CompiledValueRule[],
  _legacy: RuleValue | undefined,
  _candidate: RuleValue | undefined,
): readonly number[] {
  const ignoring = rules.find(({ kind }) => kind === "ignore");
  return ignoring === undefined ? NONE : [ignoring.index];
}

// Rules about one value: whether a pair of values that differ counts as the same under them.
// Pure; asked only where values differ, so that equal bodies cost nothing here.
import type { Rule } from "../../core/rule.ts";
import { canonicalText, isNumberText, parseDecimal } from "./decimal.ts";
import { compileShape, type ShapeTest } from "./shape.ts";
import { parseEpoch, parseHttpDate, parseIsoTime, type TimeValue } from "./time-value.ts";
import { compileTolerance, isWithin, type Tolerance } from "./tolerance.ts";

/** One side's value at a place: a header's text, or a JSON value. */
export interface RuleValue {
  /** A header's value, and a form's, is a string. */
  readonly type: "null" | "boolean" | "number" | "string" | "array" | "object";
  /** A string as JavaScript has it, all else as raw JSON text: digits kept. */
  readonly text: string;
}

/** A header's value, a form's, or a line; undefined for one that is not there. */
export function stringValue(text: string | undefined): RuleValue | undefined {
  return text === undefined ? undefined : { type: "string", text };
}

/** A rule about values, compiled once per route. */
export type CompiledValueRule = {
  /** Its place in the route's list. */
  readonly index: number;
} & (
  | { readonly kind: "ignore" | "coerce" | "case" | "trim" }
  | { readonly kind: "shape"; readonly test: ShapeTest }
  | { readonly kind: "tolerance"; readonly tolerance: Tolerance }
  | { readonly kind: "timestamp"; readonly withinNanoseconds: bigint }
);

/** Undefined for a rule that is not about one value. */
export function compileValueRule(rule: Rule, index: number): CompiledValueRule | undefined {
  switch (rule.kind) {
    case "ignore":
    case "coerce":
    case "case":
    case "trim":
      return { index, kind: rule.kind };
    case "shape":
      return { index, kind: "shape", test: compileShape(rule.class) };
    case "tolerance":
      return { index, kind: "tolerance", tolerance: compileTolerance(rule) };
    case "timestamp":
      return { index, kind: "timestamp", withinNanoseconds: BigInt(Math.round(rule.withinMs * 1e6)) };
    default:
      return undefined;
  }
}

/**
 * By Unicode's lower case, without a locale, and the two small sigmas as one. So İ is i with a dot above, not i,
 * and ß is not ss.
 */
function inLowerCase(text: string): string {
  return text.toLowerCase().replaceAll("ς", "σ");
}

/** A string that is a number or a boolean, as that. `"null"` stays text: it is more often a bug than a null. */
function coerced(text: string): RuleValue {
  if (text === "true" || text === "false") return { type: "boolean", text };
  return { type: isNumberText(text) ? "number" : "string", text };
}

type Rules = readonly CompiledValueRule[];

function has(rules: Rules, kind: CompiledValueRule["kind"]): boolean {
  return rules.some((rule) => rule.kind === kind);
}

/** The value after trim, case and coerce, in this order wherever they stand in the list. */
function normalised(rules: Rules, value: RuleValue): RuleValue {
  if (value.type !== "string") return value;
  let { text } = value;
  if (has(rules, "trim")) text = text.trim();
  if (has(rules, "case")) text = inLowerCase(text);
  return has(rules, "coerce") ? coerced(text) : { type: "string", text };
}

/** Makes values comparable, and lets none through by itself. */
export function isNormaliser({ kind }: CompiledValueRule): boolean {
  return kind === "coerce" || kind === "case" || kind === "trim";
}

const COMPARING: ReadonlySet<Rule["kind"]> = new Set(["shape", "tolerance", "timestamp"]);

/** A time in a string, or in a number. */
function timeOf({ type, text }: RuleValue): TimeValue | undefined {
  if (type === "number") return parseEpoch(text);
  return type === "string" ? (parseIsoTime(text) ?? parseHttpDate(text) ?? parseEpoch(text)) : undefined;
}

/** How a value has what the rule asks of either side; undefined where it has not. Same answer, same form. */
function formUnder(rule: CompiledValueRule, value: RuleValue): string | undefined {
  const { type, text } = value;
  if (type !== "string" && type !== "number") return undefined;
  switch (rule.kind) {
    case "shape": {
      const form = rule.test(text);
      return form === undefined ? undefined : `${type} ${form}`;
    }
    case "tolerance":
      return type === "number" && parseDecimal(text) !== undefined ? "number" : undefined;
    case "timestamp": {
      const form = timeOf(value)?.form;
      return form === undefined ? undefined : `${type} ${form}`;
    }
    default:
      return undefined;
  }
}

function isCloseInTime(within: bigint, legacy: RuleValue, candidate: RuleValue): boolean {
  const timeL = timeOf(legacy);
  const timeC = timeOf(candidate);
  if (timeL === undefined || timeC === undefined) return false;
  const apart = timeL.nanoseconds - timeC.nanoseconds;
  return apart <= within && -apart <= within;
}

/** Whether a rule that compares lets two values through. */
function accepts(rule: CompiledValueRule, legacy: RuleValue, candidate: RuleValue): boolean {
  const form = formUnder(rule, legacy);
  if (form === undefined || form !== formUnder(rule, candidate)) return false;
  if (rule.kind === "tolerance") return isWithin(rule.tolerance, legacy.text, candidate.text);
  if (rule.kind === "timestamp") return isCloseInTime(rule.withinNanoseconds, legacy, candidate);
  return true;
}

function isSameNumberText(a: string, b: string): boolean {
  const decimalA = parseDecimal(a);
  const decimalB = parseDecimal(b);
  if (decimalA === undefined || decimalB === undefined) return a === b;
  return canonicalText(decimalA) === canonicalText(decimalB);
}

function isSameValue(a: RuleValue, b: RuleValue): boolean {
  if (a.type !== b.type) return false;
  return a.type === "number" ? isSameNumberText(a.text, b.text) : a.text === b.text;
}

/** Bytes that are no UTF-8 became this: two such texts may be alike where the values are not. */
const REPLACEMENT = "\ufffd";

function isExactText({ type, text }: RuleValue): boolean {
  return type !== "string" || !text.includes(REPLACEMENT);
}

/** Whether two differing values are the same under all of the rules together; `ignore` is not asked here. */
export function isSameUnder(rules: Rules, legacy: RuleValue, candidate: RuleValue): boolean {
  if (!isExactText(legacy) || !isExactText(candidate))
    return rules.some((rule) => accepts(rule, legacy, candidate));
  const valueL = normalised(rules, legacy);
  const valueC = normalised(rules, candidate);
  return isSameValue(valueL, valueC) || rules.some((rule) => accepts(rule, valueL, valueC));
}

const NONE: readonly number[] = [];

/**
 * The rules, by index, that together make two differing values count as the same: all that are needed, of several
 * that would each do the first; empty when they stay different. An absent value is undefined, and can be ignored alone.
 */
export function hideByValue(
  rules: readonly CompiledValueRule[],
  legacy: RuleValue | undefined,
  candidate: RuleValue | undefined,
): readonly number[] {
  const ignoring = rules.find(({ kind }) => kind === "ignore");
  if (ignoring !== undefined) return [ignoring.index];
  if (legacy === undefined || candidate === undefined || !isSameUnder(rules, legacy, candidate)) return NONE;
  let needed: Rules = rules;
  for (const rule of rules.toReversed()) {
    const rest = needed.filter((other) => other !== rule);
    if (isSameUnder(rest, legacy, candidate)) needed = rest;
  }
  return needed.map(({ index }) => index);
}

/**
 * What a scalar hashes as: values that are equal, or equal under the rules, hash alike; the reverse does not hold.
 * `ignore` is not asked here.
 */
export function normalText(rules: readonly CompiledValueRule[], value: RuleValue): string {
  const { type, text } = normalised(rules, value);
  const comparing = rules.filter(({ kind }) => COMPARING.has(kind));
  // Text that is not UTF-8 is compared without normalisers: then what they make of the other side says nothing.
  if (comparing.length > 0 && comparing.length < rules.length) return type === "null" ? type : "any";
  if (type === "number") {
    const decimal = comparing.length > 0 ? undefined : parseDecimal(text);
    return decimal === undefined ? type : `${type} ${canonicalText(decimal)}`;
  }
  const form = comparing.map((rule) => formUnder(rule, value)).find((found) => found !== undefined);
  if (form === undefined) return `${type} ${text}`;
  // Of several rules any may do.
  return comparing.length === 1 ? `form ${form}` : "form";
}

// What each rule of a list hid in one comparison, a line each, for people. Pure.
import type { Rule } from "../core/rule.ts";
import { printable } from "../report/printable.ts";
import { ruleName } from "../report/rule-name.ts";

/** A list that is longer than this is read as JSON. */
const RULES_SHOWN_MAX = 100;
const RULE_CHARACTERS_MAX = 100;

/** `hits`: index in the list → places. Empty where there are no rules. */
export function ruleHitLines(rules: readonly Rule[], hits: ReadonlyMap<number, number>): readonly string[] {
  if (rules.length === 0) return [];
  const shown = rules.slice(0, RULES_SHOWN_MAX).map((rule, index) => {
    const count = `${(hits.get(index) ?? 0).toLocaleString("en-US")}×`.padStart(8);
    return `${count} ${printable(ruleName(rule, ""), RULE_CHARACTERS_MAX)}`;
  });
  const more = rules.length - shown.length;
  return [
    "── rules, and how often each hid something",
    ...shown,
    ...(more > 0 ? [`… and ${more} more`] : []),
  ];
}

// A rule under edit: its fields as texts, and the rule that they make. Pure; the API has the last word.
import type { AddRuleBody } from "../../admin/review-schemas.ts";
import type { PreviewBody } from "../../admin/rule-schemas.ts";
import type { Rule } from "../../core/rule.ts";
import { formatDate } from "../format.ts";

export type RuleField = "path" | "header" | "class" | "abs" | "rel" | "withinMs" | "mode" | "by";

export interface FieldSpec {
  readonly name: RuleField;
  readonly label: string;
  readonly hint?: string;
  readonly choices?: readonly string[];
}

/** Beside path or header; the other fields of a rule stay as they came. */
const OF_KIND: Readonly<Partial<Record<Rule["kind"], readonly FieldSpec[]>>> = {
  shape: [
    {
      name: "class",
      label: "Shape",
      hint: "uuid, iso-time, epoch, integer, number, hex, token, or a pattern between slashes: /[A-Z]{3}-[0-9]+/",
    },
  ],
  tolerance: [
    { name: "abs", label: "At most this far apart", hint: "A decimal such as 0.01" },
    { name: "rel", label: "Or this share of the legacy's value", hint: "0.01 is one per cent" },
  ],
  timestamp: [{ name: "withinMs", label: "Within milliseconds" }],
  array: [
    { name: "mode", label: "Elements are paired", choices: ["unordered", "keyed", "lcs", "index"] },
    {
      name: "by",
      label: "By the key",
      hint: "For keyed: pointers below each element, /id or /country, /code",
    },
  ],
};

const TARGETS: readonly FieldSpec[] = [
  { name: "path", label: "Where", hint: "* is one segment, ** any number; empty is the whole body" },
  { name: "header", label: "Header" },
];

export function fieldsOf(rule: Rule): readonly FieldSpec[] {
  return [...TARGETS.filter(({ name }) => name in rule), ...(OF_KIND[rule.kind] ?? [])];
}

export type Texts = Readonly<Partial<Record<RuleField, string>>>;

export function textsOf(rule: Rule): Texts {
  const fields = rule as unknown as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    fieldsOf(rule).flatMap(({ name }) => {
      const value = fields[name];
      if (value === undefined) return [];
      return [[name, Array.isArray(value) ? value.join(", ") : String(value)]];
    }),
  );
}

function fieldValue(name: RuleField, text: string): unknown {
  const trimmed = text.trim();
  if (name === "path") return trimmed;
  if (trimmed === "") return undefined;
  if (name === "withinMs") return Number.isNaN(Number(trimmed)) ? trimmed : Number(trimmed);
  if (name === "by") return trimmed.split(/\s*,\s*/);
  return trimmed;
}

/** `rule` with what was written; a field that was emptied is left out. */
export function edited(rule: Rule, texts: Texts): Rule {
  const fields = fieldsOf(rule).map(({ name }) => [name, fieldValue(name, texts[name] ?? "")] as const);
  const next: Record<string, unknown> = { ...rule, ...Object.fromEntries(fields) };
  if (next["kind"] === "array" && next["mode"] !== "keyed") delete next["by"];
  for (const [name, value] of Object.entries(next)) if (value === undefined) delete next[name];
  return next as unknown as Rule;
}

export interface Accounting {
  readonly reason: string;
  readonly owner: string;
  /** A day: past it the rule is flagged. */
  readonly expires: string;
}
export type AccountingProblems = Readonly<Partial<Record<keyof Accounting, string>>>;

export function checkAccounting({ reason, owner, expires }: Accounting, nowMs: number): AccountingProblems {
  return {
    ...(reason.trim() === ""
      ? { reason: "Why may it differ? Whoever reads this in a year wants to know." }
      : {}),
    ...(owner.trim() === "" ? { owner: "Who answers for it?" } : {}),
    ...(expires === ""
      ? { expires: "Until when? Past that day it is flagged, and hides on." }
      : expires < formatDate(nowMs)
        ? { expires: "A day that is not over yet." }
        : {}),
  };
}

export function accounted(rule: Rule, { reason, owner, expires }: Accounting): Rule {
  const meta = { reason: reason.trim(), owner: owner.trim(), expires };
  const given = Object.fromEntries(Object.entries(meta).filter(([, value]) => value !== ""));
  return { ...rule, ...given };
}

/** `route` undefined is for all routes. */
export function previewBody(rule: Rule, route: string | undefined): PreviewBody {
  return { rules: [rule], ...(route === undefined ? {} : { route }) };
}

export function addBody(rule: Rule, route: string | undefined): AddRuleBody {
  return { rule, ...(route === undefined ? {} : { route }) };
}

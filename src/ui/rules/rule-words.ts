// Rules, their flags and previews in words. Pure.
import type { PreviewAnswer, RuleAnswer } from "../../admin/rule-schemas.ts";
import type { Rule } from "../../core/rule.ts";
import { formatCount, formatNumber, formatPercent } from "../format.ts";

type Shown = RuleAnswer["rule"] | Rule;
type Fields = Readonly<Record<string, unknown>>;

/** Where a rule applies. */
function placeOf(rule: Shown): string {
  const { path, header, kind } = rule as Fields;
  if (header !== undefined) return `header ${header}`;
  if (path === undefined) return kind === "custom" ? "the whole body" : "";
  return path === "" ? "the whole body" : String(path);
}

/** One line: `shape uuid at /id`. */
export function ruleTitle(rule: Shown): string {
  const fields = rule as Fields;
  switch (rule.kind) {
    case "shape":
      return `shape ${fields["class"]} at ${placeOf(rule)}`;
    case "tolerance":
      return `tolerance ${[
        ...(fields["abs"] === undefined ? [] : [`± ${fields["abs"]}`]),
        ...(fields["rel"] === undefined
          ? []
          : [`± ${Number((100 * Number(fields["rel"])).toPrecision(6))} %`]),
      ].join(" or ")} at ${placeOf(rule)}`;
    case "timestamp":
      return `times within ${formatNumber(Number(fields["withinMs"]))} ms at ${placeOf(rule)}`;
    case "array": {
      const by = fields["by"] as readonly string[] | undefined;
      return `array ${fields["mode"]}${by === undefined ? "" : ` by ${by.join(", ")}`} at ${placeOf(rule)}`;
    }
    case "rename":
      return `rename ${fields["from"]} to ${fields["to"]}`;
    case "status":
      return `status ${fields["legacy"]} is ${fields["candidate"]}`;
    case "default":
      return `default ${JSON.stringify(fields["value"])} at ${placeOf(rule)}`;
    default:
      return `${rule.kind} at ${placeOf(rule)}`;
  }
}

/** What each kind of rule means for who has never read docs/rules.md. */
export const KIND_WORDS = {
  ignore: "whatever is there is not compared",
  shape: "both sides have this shape; the values are free",
  tolerance: "numbers this close are equal",
  timestamp: "two valid times this close are equal",
  coerce: "text and number, text and boolean are equal by value",
  case: "letter case does not matter",
  trim: "white space around the value does not matter",
  array: "which elements of the array are compared with each other",
  nullIsAbsent: "null is the same as missing",
  default: "missing is the same as this value",
  additive: "members that only the candidate has are allowed, at any depth",
  rename: "a member that moved is compared with what it was",
  status: "these two status codes are equal",
  custom: "a function of yours decides",
} as const satisfies Record<Rule["kind"], string>;

type Flag = RuleAnswer["flags"][number];

/** What is wrong, and what to do. */
export function flagWords(flag: Flag): string {
  switch (flag.kind) {
    case "never-hit":
      return `Never hit in ${formatCount(flag.compared, "compared exchange")}: the difference is gone, or the path is wrong. Remove it, or mend the path.`;
    case "too-broad":
      return `Hides ${formatPercent(flag.share)} of all that differs at ${flag.endpoint}: what is real there can hide with it. Make it narrower.`;
    case "expired":
      return `Past its date (${flag.expires}), and still hiding. Remove it, or decide again.`;
    case "failed":
      return `Failed in ${formatCount(flag.exchanges, "exchange")}, which could not be compared then. Look into the log.`;
    default:
      return flag satisfies never;
  }
}

/** The one line of a preview. */
export function previewWords({ wholly, partly, storedHidden, hidden, samples }: PreviewAnswer): string {
  if (samples === 0)
    return "There is no stored sample to try it on: nothing that differed is stored there (any more).";
  if (hidden === 0) return `Hides nothing in ${formatCount(samples, "stored sample")}.`;
  const parts = [
    ...(wholly.length === 0 ? [] : [formatCount(wholly.length, "signature")]),
    ...(partly.length === 0 ? [] : [`${formatNumber(partly.length)} in part`]),
  ];
  const stored = wholly.length === 0 ? "" : `, ${formatCount(storedHidden, "difference")} so far`;
  return `Hides ${parts.join(", and ")}${stored}.`;
}

/** What to mind about a preview: each is a reason to look twice. */
export function previewWarnings(preview: PreviewAnswer): readonly string[] {
  const { appeared, cannotTell, isComplete, isWithoutCustom, samples } = preview;
  return [
    ...(appeared === 0
      ? []
      : [
          `${formatCount(appeared, "difference")} would appear only with this rule: elements find other partners.`,
        ]),
    ...(cannotTell === 0
      ? []
      : [
          `${formatNumber(cannotTell)} of ${formatCount(samples, "sample")} cannot tell: cut, redacted or not comparable.`,
        ]),
    ...(isComplete ? [] : ["It stopped at its bound of samples or time: there may be more."]),
    ...(isWithoutCustom ? ["Custom rules in force were left out."] : []),
  ];
}

// The rules in a report: those that are worth a look with the reason, then what each hid. Pure.
import type { RuleAnswer } from "../admin/rule-schemas.ts";
import { printable } from "./printable.ts";
import { ruleName } from "./rule-name.ts";
import { flagText, number } from "./wording.ts";

const RULES_SHOWN_MAX = 20;
const FLAGGED_SHOWN_MAX = 20;
const NAME_CHARACTERS_MAX = 56;
const NOTE_CHARACTERS_MAX = 96;

export interface ReportedRules {
  /** In the order of the config. */
  readonly rules: readonly RuleAnswer[];
  readonly rulesTotal: number;
  readonly flaggedRules: readonly RuleAnswer[];
  readonly flaggedRulesTotal: number;
}

function flaggedLines(answer: RuleAnswer): readonly string[] {
  const { owner, reason } = answer.rule;
  const why = answer.flags.map((flag) => `    ${printable(flagText(flag), NOTE_CHARACTERS_MAX)}`);
  const said = [owner === undefined ? "" : `owner ${owner}`, reason ?? ""].filter((text) => text !== "");
  return [
    `  ${printable(ruleName(answer.rule), NAME_CHARACTERS_MAX)} (${answer.id})`,
    ...why,
    ...(said.length === 0 ? [] : [`    ${printable(said.join(": "), NOTE_CHARACTERS_MAX)}`]),
  ];
}

function ruleLine(answer: RuleAnswer): string {
  const { hits, lastHitMs, routes, routesTotal } = answer;
  const last =
    lastHitMs === null ? "never hit" : `last hit ${new Date(lastHitMs).toISOString().slice(0, 16)}Z`;
  const where = routesTotal === 1 ? `route ${routes[0]}` : `${number(routesTotal)} routes`;
  const what = `${ruleName(answer.rule)}, ${where}`;
  return `${`${number(hits)}×`.padStart(10)} ${printable(what, NAME_CHARACTERS_MAX)}, ${last}`;
}

function moreLine(total: number, shown: number, query: string): readonly string[] {
  const more = total - shown;
  return more > 0
    ? [`… and ${number(more)} more ${more === 1 ? "rule" : "rules"} (GET /api/rules${query})`]
    : [];
}

export function ruleLines(report: ReportedRules, heading: (text: string) => string): readonly string[] {
  const flagged = report.flaggedRules.slice(0, FLAGGED_SHOWN_MAX);
  const shown = report.rules.slice(0, RULES_SHOWN_MAX);
  return [
    ...(flagged.length === 0 ? [] : [heading(`Rules to look at: ${number(report.flaggedRulesTotal)}`)]),
    ...flagged.flatMap(flaggedLines),
    ...moreLine(report.flaggedRulesTotal, flagged.length, "?flagged=true"),
    ...(flagged.length === 0 ? [] : [""]),
    heading(`Rules: ${number(report.rulesTotal)}`),
    ...shown.map(ruleLine),
    ...moreLine(report.rulesTotal, shown.length, ""),
  ];
}

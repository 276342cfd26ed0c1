// What the demo says after its report: one suggested rule, ready for a config, and where to go on.
// Reads the admin API as anybody could; nothing is said where nothing is suggested.
import type { SuggestionAnswer } from "../admin/rule-schemas.ts";
import { type AdminAddress, getJson } from "../report/admin-client.ts";
import { printable } from "../report/printable.ts";

const TEXT_CHARACTERS_MAX = 200;

/** `{ kind: shape, path: /quoteId, class: uuid }`: JSON is YAML, and names that are plain need no quotes. */
function ruleText(rule: object): string {
  const plain = (value: unknown) =>
    typeof value === "string" && /^\/?[A-Za-z][A-Za-z0-9_/-]*$/.test(value) ? value : JSON.stringify(value);
  return `{ ${Object.entries(rule)
    .map(([key, value]) => `${key}: ${plain(value)}`)
    .join(", ")} }`;
}

export function nextStepText(suggestions: readonly SuggestionAnswer[], total: number): string {
  const [first] = suggestions;
  if (first === undefined) return "";
  const safe = (text: string) => printable(text, TEXT_CHARACTERS_MAX);
  const others = total - 1;
  return [
    `What to do next: look into what is confirmed, declare what is noise. At ${safe(first.endpoint)}`,
    // What was counted, then what it rests on: a line each fits a terminal.
    `${safe(first.evidence.text).replace("; ", ";\n")}.`,
    `This rule in the config would explain ${first.explains.differences.toLocaleString("en-US")} differences:`,
    "",
    "  rules:",
    `    - ${safe(ruleText(first.rule))}`,
    "",
    `How to try it and put it to work: on the page, or docs/rules.md.${others === 0 ? "" : ` ${others} more: GET /api/rules/suggestions.`}`,
    "",
  ].join("\n");
}

/** Throws a CommandError where the admin API does not answer. */
export async function fetchNextStep(address: AdminAddress): Promise<string> {
  const { total, suggestions } = await getJson<{
    readonly total: number;
    readonly suggestions: readonly SuggestionAnswer[];
  }>(address, "/api/rules/suggestions", { limit: 1 });
  return nextStepText(suggestions, total);
}

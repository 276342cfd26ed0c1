// A rule as YAML for the config file. Every text that a reader could take for anything else is quoted.
import type { Rule } from "../../core/rule.ts";

/** Plain in every position, and no word, number or date of YAML. */
const PLAIN = /^(?:\/[A-Za-z0-9_/*.~-]*|[A-Za-z][A-Za-z0-9_/.-]*)$/;
const PLAIN_DATE = /^\d{4}-\d{2}-\d{2}$/;
const WORDS = new Set(["true", "false", "null", "yes", "no", "on", "off", "y", "n"]);
/** What stands first, and what stands last; what a kind has of its own is between. */
const FIRST = ["kind", "path", "header", "from", "to"];
const LAST = ["reason", "owner", "expires"];

function isPlain(text: string): boolean {
  return PLAIN_DATE.test(text) || (PLAIN.test(text) && !WORDS.has(text.toLowerCase()));
}

/** A double-quoted text of JSON is one of YAML, once what is not printable there is escaped. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function scalar(value: unknown): string {
  return typeof value === "string" ? (isPlain(value) ? value : quoted(value)) : quotedJson(value);
}

/** Flow style: JSON is YAML. */
function quotedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(scalarInFlow).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => `${quoted(name)}: ${scalarInFlow(member)}`);
  return `{ ${members.join(", ")} }`;
}

function scalarInFlow(value: unknown): string {
  return typeof value === "string" ? quoted(value) : quotedJson(value);
}

/** One entry of a list of rules, `indent` spaces in. */
export function ruleLines(rule: Rule, indent = 0): readonly string[] {
  const given = Object.entries(rule).filter(([, value]) => value !== undefined);
  const named = (names: readonly string[]) =>
    names.flatMap((name) => given.filter(([other]) => other === name));
  const between = given.filter(([name]) => !FIRST.includes(name) && !LAST.includes(name));
  const lines = [...named(FIRST), ...between, ...named(LAST)].map(
    ([name, value]) => `${name}: ${scalar(value)}`,
  );
  const space = " ".repeat(indent);
  return lines.map((line, at) => `${space}${at === 0 ? "- " : "  "}${line}`);
}

/** What the one route is called where the config names none. */
const UNNAMED_ROUTE = "default";

/** To be put into the config: under `rules`, or under the route's. */
export function ruleYaml(rule: Rule, route: string | undefined): string {
  if (route === undefined) return ["rules:", ...ruleLines(rule, 2), ""].join("\n");
  const hint = route === UNNAMED_ROUTE ? ["# In a config without routes: the entry alone, under rules"] : [];
  return [...hint, "routes:", `  - name: ${scalar(route)}`, "    rules:", ...ruleLines(rule, 6), ""].join(
    "\n",
  );
}

// Rules as people write them → rules as the judge takes them. One way in, for the config file, `parallax diff
// --rules` and the preview: so that a rule that was tried means the same once it is put to work.
import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { Rule } from "../core/rule.ts";
import { type KeyPath, renderFound, renderPath } from "./problem.ts";
import { ruleFrom } from "./read-rule.ts";
import { ruleListFaults } from "./rule-list.ts";
import type { Settings } from "./schema.ts";
import { faultsIn } from "./schema-faults.ts";
import { RULES_MAX, type RuleConfig, rulesJsonSchema, rulesSchema } from "./schema-rules.ts";

interface Fault {
  readonly path: KeyPath;
  readonly found: unknown;
  readonly allowed: string;
}

/** Modules that are not there: a rule that cannot be loaded would make every exchange incomparable. */
function moduleFaults(rules: readonly RuleConfig[], path: KeyPath, folder: string): Fault[] {
  return rules.flatMap((rule, index) => {
    if (rule.kind !== "custom") return [];
    const file = resolve(folder, rule.module);
    if (statSync(file, { throwIfNoEntry: false })?.isFile() === true) return [];
    return [
      {
        path: [...path, index, "module"],
        found: rule.module,
        allowed: `a module that is there: ${file} is no file`,
      },
    ];
  });
}

/** Of all lists of the config. */
export function settingsModuleFaults(settings: Settings, folder: string): Fault[] {
  return [
    ...moduleFaults(settings.rules, ["rules"], folder),
    ...settings.routes.flatMap((route, index) =>
      moduleFaults(route.rules, ["routes", index, "rules"], folder),
    ),
  ];
}

/** One thing that is wrong with a list of rules. */
export interface RuleProblem {
  /** `[2].path`; empty for the list as a whole. */
  readonly path: string;
  readonly found: string;
  readonly allowed: string;
}

export type ParsedRules =
  | { readonly ok: true; readonly rules: readonly Rule[] }
  | { readonly ok: false; readonly problems: readonly RuleProblem[] };

export interface RuleSource {
  /** What paths of modules are relative to. */
  readonly folder: string;
  /** Headers that are compared, where a rule about another one is a mistake. */
  readonly headers?: readonly string[];
}

/** Every problem of a list of rules from any source, or the rules. Looks for the modules that it names. */
export function parseRules(value: unknown, { folder, headers }: RuleSource): ParsedRules {
  // The list may come over the admin API: one that is far too long costs no look at each of its rules.
  if (Array.isArray(value) && value.length > RULES_MAX)
    return { ok: false, problems: [tooMany(value.length)] };
  const refused = faultsIn(value, rulesSchema, rulesJsonSchema);
  const parsed = rulesSchema.safeParse(value).data;
  const problems: RuleProblem[] = refused.map(({ path, ...rest }) => ({ path: renderPath(path), ...rest }));
  const place = { path: [], headers, headersKey: "compare.headers" };
  const between = [...ruleListFaults(value, place), ...moduleFaults(parsed ?? [], [], folder)];
  for (const { path, found, allowed } of between)
    problems.push({ path: renderPath(path), found: renderFound(path, found), allowed });
  if (parsed === undefined || problems.length > 0) return { ok: false, problems };
  return { ok: true, rules: parsed.map((rule) => ruleFrom(rule, folder)) };
}

function tooMany(count: number): RuleProblem {
  return { path: "", found: `a list of ${count}`, allowed: `a list of at most ${RULES_MAX} entries` };
}

/** One line: where, what was found, what is allowed. */
export function formatRuleProblem({ path, found, allowed }: RuleProblem): string {
  const where = path === "" ? "" : `${path}: `;
  return found === "" ? `${where}${allowed}` : `${where}found ${found}; allowed: ${allowed}`;
}

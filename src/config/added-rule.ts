// A rule that somebody puts to work while Parallax runs: as in the config file, and with more that must be said, for
// nobody reviews it as they would a change of a file.
import { OTHER } from "../core/other.ts";
import type { Rule } from "../core/rule.ts";
import type { Config } from "./load.ts";
import { formatRuleProblem, parseRules } from "./rules.ts";
import { DEFAULT_ROUTE } from "./snapshot.ts";

const DAY_MS = 86_400_000;

export type ReadAddedRule =
  | { readonly ok: true; readonly rule: Rule }
  /** One line each. */
  | { readonly ok: false; readonly problems: readonly string[] };

/** Names of the routes that rules can be added to. */
function routeNames({ settings: { routes } }: Config): readonly string[] {
  return routes.length === 0 ? [DEFAULT_ROUTE] : routes.map(({ name }) => name);
}

/** Can a rule that was added for this route (undefined for all) still be applied under this config? */
export function isRouteThere(route: string | undefined, config: Config): boolean {
  return route === undefined || (route !== OTHER && routeNames(config).includes(route));
}

/** Every problem at once. */
export function readAddedRule(
  asked: { readonly rule?: unknown; readonly route?: string | undefined },
  config: Config,
  nowMs: number,
): ReadAddedRule {
  const { settings, folder } = config;
  const own = settings.routes.find(({ name }) => name === asked.route)?.compare.headers;
  const headers = own ?? settings.compare.headers;
  const parsed = parseRules([asked.rule], asked.route === undefined ? { folder } : { folder, headers });
  const problems = parsed.ok
    ? parsed.rules.flatMap((rule) => saidOf(rule, nowMs))
    : parsed.problems.map((problem) =>
        formatRuleProblem({ ...problem, path: problem.path.replace("[0]", "rule") }),
      );
  if (!isRouteThere(asked.route, config))
    problems.push(`route: the config has none of this name; it has ${routeNames(config).join(", ")}`);
  const [rule] = parsed.ok ? parsed.rules : [];
  if (rule === undefined || problems.length > 0) return { ok: false, problems };
  return { ok: true, rule };
}

function saidOf(rule: Rule, nowMs: number): string[] {
  const problems: string[] = [];
  // A module is code: whoever may add a rule may not choose what runs.
  if (rule.kind === "custom") problems.push("rule.kind: custom rules stand in the config file alone");
  if (!rule.owner) problems.push("rule.owner: who answers for the rule is needed");
  if (!rule.reason) problems.push("rule.reason: why it is there is needed");
  if (rule.expires === undefined) problems.push("rule.expires: a date is needed, such as 2027-01-31");
  else if (Date.parse(rule.expires) + DAY_MS <= nowMs)
    problems.push(`rule.expires: found "${rule.expires}"; allowed: today or later`);
  return problems;
}

// What must hold between the rules of one list: a rule that can do nothing is a mistake that nobody would notice.
// Pure; runs beside the schema and skips what that refused. Only what is certain is said.
import { ruleIdOf } from "../core/rule.ts";
import type { KeyPath } from "./problem.ts";
import { ruleFrom } from "./read-rule.ts";
import { pointerOf, type RuleConfig, ruleSchema } from "./schema-rules.ts";

export interface RuleListFault {
  readonly path: KeyPath;
  readonly found: unknown;
  readonly allowed: string;
}

/**
 * Work to find rules that another one makes useless: segments by segments, for each pair. Lists of a thousand usual
 * rules need far less; past it the rest is not looked at, for the list may come over the admin API.
 */
export const BELOW_STEPS_MAX = 4_000_000;

interface ListPlace {
  readonly path: KeyPath;
  /** Those that are compared where the list applies; undefined where that is not known. */
  readonly headers?: readonly string[] | undefined;
  /** The key that adds one. */
  readonly headersKey?: string;
}

/**
 * Is every place that `inner` can name at, or below, one that `outer` names? Says no where it is not certain.
 * `inner` is taken as text: its `*` and `**` fit under a `**`, its `*` under a `*`, and nothing else does.
 */
export function isBelow(inner: string, outer: string): boolean {
  const path = inner.split("/").slice(1);
  const pattern = outer.split("/").slice(1);
  // ends[j]: the first i segments of the pattern can stand for the first j segments of the path.
  let ends = path.map(() => false);
  ends = [true, ...ends];
  for (const token of pattern) {
    const next = ends.map(() => false);
    for (const [at, isReached] of ends.entries()) {
      if (!isReached) continue;
      if (token === "**") for (let to = at; to < next.length; to++) next[to] = true;
      const segment = path[at];
      if (segment === undefined || token === "**") continue;
      if (token === segment || (token === "*" && segment !== "**")) next[at + 1] = true;
    }
    ends = next;
  }
  return ends.includes(true);
}

/** Where a rule applies in a body; undefined for one that is not about a place there, or about two. */
function bodyPathOf(rule: RuleConfig): string | undefined {
  if (rule.kind === "rename" || rule.kind === "status") return undefined;
  return rule.path === undefined ? undefined : pointerOf(rule.path);
}

function headerFault(rule: RuleConfig, path: KeyPath, place: ListPlace): RuleListFault[] {
  if (!("header" in rule) || rule.header === undefined || place.headers === undefined) return [];
  const name = rule.header.toLowerCase();
  if (place.headers.some((header) => header.toLowerCase() === name)) return [];
  const allowed = `a header that is compared; add ${name} to ${place.headersKey}, or remove this rule`;
  return [{ path: [...path, "header"], found: rule.header, allowed }];
}

/** The faults between the rules of `given`, a list as it was read. */
export function ruleListFaults(given: unknown, place: ListPlace): RuleListFault[] {
  if (!Array.isArray(given)) return [];
  const rules = given.map((rule: unknown) => ruleSchema.safeParse(rule).data);
  const faults: RuleListFault[] = [];
  // The folder is the same for all of the list: any will do to tell equal ones.
  const ids = rules.map((rule) => (rule === undefined ? undefined : ruleIdOf(ruleFrom(rule, "/"))));
  const ignored = rules.flatMap((rule, index) => {
    const path = rule?.kind === "ignore" ? bodyPathOf(rule) : undefined;
    if (path === undefined || ids.indexOf(ids[index]) < index) return [];
    const segments = path.split("/");
    const names = segments.filter((segment) => segment !== "*" && segment !== "**");
    return [{ index, path, names, width: segments.length }];
  });
  let steps = 0;
  for (const [index, rule] of rules.entries()) {
    if (rule === undefined) continue;
    const path = [...place.path, index];
    faults.push(...headerFault(rule, path, place));
    const first = ids.indexOf(ids[index]);
    if (first < index) {
      faults.push({
        path,
        found: rule,
        allowed: `each rule once; entry ${first} of this list is the same rule`,
      });
      continue;
    }
    const bodyPath = bodyPathOf(rule);
    if (bodyPath === undefined) continue;
    const own = new Set(bodyPath.split("/"));
    const above = ignored.find((other) => {
      // What names a segment that this path has not is no place above it.
      if (other.index === index || !other.names.every((name) => own.has(name))) return false;
      steps += other.width * bodyPath.length;
      return steps <= BELOW_STEPS_MAX && isBelow(bodyPath, other.path);
    });
    if (above === undefined) continue;
    const ignoredPlace = above.path === "" ? "the whole body" : above.path;
    faults.push({
      path: [...path, "path"],
      found: bodyPath,
      allowed: `a place that is compared; entry ${above.index} of this list ignores ${ignoredPlace}, so this rule can never hit: remove one of the two`,
    });
  }
  return faults;
}

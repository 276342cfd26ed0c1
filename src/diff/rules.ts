// Rules compiled once per route: `ignore` by path, rules about a value by header, pairs of status.
// A rule hides, it never deletes: each place it hid is counted under the rule's index.
import type { Rule, StatusPattern } from "../core/rule.ts";
import type { Hidden } from "../core/verdict.ts";
import { compilePathPatterns, type PathMatcher } from "./path-pattern.ts";
import { type CompiledValueRule, compileValueRule } from "./value-rules.ts";

export interface CompiledStatusRule {
  readonly index: number;
  readonly legacy: StatusPattern;
  readonly candidate: StatusPattern;
}

export interface CompiledRules {
  /** Undefined without path rules: the compare then keeps no states. */
  readonly paths: PathMatcher | undefined;
  /** The rule index of the nth pattern in `paths`. */
  readonly pathRules: readonly number[];
  /** Lower-case header name → its rules, in order. */
  readonly headers: ReadonlyMap<string, readonly CompiledValueRule[]>;
  readonly status: readonly CompiledStatusRule[];
}

/** Compiles rules in the order of config. Throws on a path that is not a pointer: config refuses those. */
export function compileRules(rules: readonly Rule[]): CompiledRules {
  const paths: string[] = [];
  const pathRules: number[] = [];
  const headers = new Map<string, CompiledValueRule[]>();
  const status: CompiledStatusRule[] = [];
  for (const [index, rule] of rules.entries()) {
    if (rule.kind === "status") status.push({ index, legacy: rule.legacy, candidate: rule.candidate });
    if (rule.kind === "ignore" && rule.path !== undefined) {
      paths.push(rule.path);
      pathRules.push(index);
    }
    const valueRule = compileValueRule(rule, index);
    if (valueRule === undefined || !("header" in rule) || rule.header === undefined) continue;
    const name = rule.header.toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), valueRule]);
  }
  return { paths: paths.length > 0 ? compilePathPatterns(paths) : undefined, pathRules, headers, status };
}

/** Rule index → places it hid in one pair of answers. Made when the first rule hits. */
export class RuleHits {
  #counts: Map<number, number> | undefined;
  #hidden: Map<number, Hidden> | undefined;

  add(index: number): void {
    this.#counts ??= new Map();
    this.#counts.set(index, (this.#counts.get(index) ?? 0) + 1);
  }

  /** Counts a place, and keeps the first of each rule: `place` is asked for that alone. */
  hide(index: number, place: () => Omit<Hidden, "ruleIndex">): void {
    this.add(index);
    this.#hidden ??= new Map();
    if (!this.#hidden.has(index)) this.#hidden.set(index, { ruleIndex: index, ...place() });
  }

  get hidden(): readonly Hidden[] | undefined {
    return this.#hidden === undefined ? undefined : [...this.#hidden.values()];
  }

  get counts(): ReadonlyMap<number, number> {
    return this.#counts ?? NO_HITS;
  }
}

export const NO_HITS: ReadonlyMap<number, number> = new Map();

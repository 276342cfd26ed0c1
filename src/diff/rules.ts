// Rules compiled once per route. First form: `ignore`, by path or by header.
// A rule hides, it never deletes: each place it hid is counted under the rule's index.
import type { Rule } from "../core/rule.ts";
import { compilePathPatterns, type PathMatcher } from "./path-pattern.ts";

export interface CompiledRules {
  /** Undefined without path rules: the compare then keeps no states. */
  readonly paths: PathMatcher | undefined;
  /** The rule index of the nth pattern in `paths`. */
  readonly pathRules: readonly number[];
  /** Lower-case header name → rule index; the first rule wins. */
  readonly headers: ReadonlyMap<string, number>;
}

/** Compiles rules in the order of config. Throws on a path that is not a pointer: config refuses those. */
export function compileRules(rules: readonly Rule[]): CompiledRules {
  const paths: string[] = [];
  const pathRules: number[] = [];
  const headers = new Map<string, number>();
  for (const [index, rule] of rules.entries()) {
    if (rule.kind !== "ignore") continue;
    if (rule.path !== undefined) {
      paths.push(rule.path);
      pathRules.push(index);
    } else {
      const name = rule.header.toLowerCase();
      if (!headers.has(name)) headers.set(name, index);
    }
  }
  return { paths: paths.length > 0 ? compilePathPatterns(paths) : undefined, pathRules, headers };
}

/** Rule index → places it hid in one pair of answers. Made when the first rule hits. */
export class RuleHits {
  #counts: Map<number, number> | undefined;

  add(index: number): void {
    this.#counts ??= new Map();
    this.#counts.set(index, (this.#counts.get(index) ?? 0) + 1);
  }

  get counts(): ReadonlyMap<number, number> {
    return this.#counts ?? NO_HITS;
  }
}

export const NO_HITS: ReadonlyMap<number, number> = new Map();

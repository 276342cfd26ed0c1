// Rules about values for bodies that are no tree: lines of a text, fields of a form. A place is a short list of
// segments, asked for only where values differ.
import type { Rule } from "../core/rule.ts";
import { PathMatcher, type PathPattern, parsePathPattern } from "./path-pattern.ts";
import { type CompiledValueRule, compileValueRule } from "./value-rules.ts";

interface PlacedRule {
  readonly matcher: PathMatcher;
  readonly rule: CompiledValueRule;
}

export class FlatRules {
  readonly #placed: readonly PlacedRule[];

  constructor(rules: readonly Rule[]) {
    this.#placed = rules.flatMap((rule, index) => {
      const pattern: PathPattern | undefined =
        "path" in rule && rule.path !== undefined ? parsePathPattern(rule.path) : undefined;
      const compiled = pattern === undefined ? undefined : compileValueRule(rule, index);
      return pattern === undefined || compiled === undefined
        ? []
        : [{ matcher: new PathMatcher([pattern]), rule: compiled }];
    });
  }

  /** The rules of a place, in order. What is ignored is ignored with all below it; other rules are of one place. */
  at(segments: readonly string[]): readonly CompiledValueRule[] {
    return this.#placed.filter((placed) => isAt(placed, segments)).map(({ rule }) => rule);
  }
}

function isAt({ matcher, rule }: PlacedRule, segments: readonly string[]): boolean {
  let state = matcher.start;
  for (const segment of segments) {
    if (rule.kind === "ignore" && state.accept >= 0) return true;
    if (state.isDead) return false;
    state = matcher.step(state, segment);
  }
  return state.accept >= 0;
}

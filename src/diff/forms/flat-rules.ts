// Rules about values for bodies that are no tree: lines of a text, fields of a form. A place is a short list of
// segments, asked for only where values differ.
import type { Rule } from "../../core/rule.ts";
import { PathMatcher, type PathPattern, parsePathPattern } from "../rules/path-pattern.ts";
import { type CompiledValueRule, compileValueRule } from "../rules/value-rules.ts";

interface PlacedRule {
  readonly matcher: PathMatcher;
  readonly rule: CompiledValueRule;
}

interface PlacedCustom {
  readonly matcher: PathMatcher;
  readonly index: number;
}

export class FlatRules {
  readonly #placed: readonly PlacedRule[];
  readonly #custom: readonly PlacedCustom[];

  constructor(rules: readonly Rule[]) {
    this.#placed = rules.flatMap((rule, index) => {
      const pattern: PathPattern | undefined =
        "path" in rule && rule.path !== undefined ? parsePathPattern(rule.path) : undefined;
      const compiled = pattern === undefined ? undefined : compileValueRule(rule, index);
      return pattern === undefined || compiled === undefined
        ? []
        : [{ matcher: new PathMatcher([pattern]), rule: compiled }];
    });
    this.#custom = rules.flatMap((rule, index) => {
      const pattern = rule.kind === "custom" ? parsePathPattern(rule.path ?? "") : undefined;
      return pattern === undefined ? [] : [{ matcher: new PathMatcher([pattern]), index }];
    });
  }

  /** The rules of a place, in order. What is ignored is ignored with all below it; other rules are of one place. */
  at(segments: readonly string[]): readonly CompiledValueRule[] {
    return this.#placed.filter((placed) => isAt(placed, segments)).map(({ rule }) => rule);
  }

  /** The custom rules of a place, by index. */
  customAt(segments: readonly string[]): readonly number[] {
    return this.#custom.filter(({ matcher }) => isAccepted(matcher, segments)).map(({ index }) => index);
  }
}

function isAccepted(matcher: PathMatcher, segments: readonly string[]): boolean {
  return segments.reduce((state, segment) => matcher.step(state, segment), matcher.start).accept >= 0;
}

function isAt({ matcher, rule }: PlacedRule, segments: readonly string[]): boolean {
  if (rule.kind !== "ignore") return isAccepted(matcher, segments);
  let state = matcher.start;
  for (const segment of segments) {
    if (state.accept >= 0) return true;
    state = matcher.step(state, segment);
  }
  return state.accept >= 0;
}

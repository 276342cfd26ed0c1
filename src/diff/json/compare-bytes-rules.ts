// What rules stand at places in document order. What a place shares with the one before is asked once.
import type { DifferenceKind } from "../../core/verdict.ts";
import { hideAtPlace } from "../rules/decide-place.ts";
import type { PathMatcher, PathState } from "../rules/path-pattern.ts";
import type { CompiledRules } from "../rules/rules.ts";
import type { RuleValue } from "../rules/value-rules.ts";

/** The rules that hide a place, and the depth at which they stand: an ignored container hides all that it holds. */
export interface HiddenHere {
  readonly hiding: readonly number[];
  readonly depth: number;
}

/** Both values of a place: read where a rule asks for them. */
export type ValuesOf = () => { readonly legacy: RuleValue; readonly candidate: RuleValue };

/** For rules about single values: not for those that move them or align arrays, nor for `custom`. */
export class PlaceRulesWalk {
  readonly #rules: CompiledRules;
  readonly #paths: PathMatcher;
  /** By level: the state after so many tokens, and the first level at or above that is ignored, or -1. */
  readonly #states: PathState[];
  readonly #ignoredAt: number[];
  #depth = 0;

  constructor(rules: CompiledRules, paths: PathMatcher) {
    this.#rules = rules;
    this.#paths = paths;
    this.#states = [paths.start];
    this.#ignoredAt = [rules.placeOf(paths.start).ignore >= 0 ? 0 : -1];
  }

  /** Goes on to a later place, which shares its first `shared` tokens with the last one. */
  moveTo(tokens: readonly string[], shared: number): void {
    this.#depth = tokens.length;
    for (let level = shared; level < tokens.length; level++) {
      const above = this.#states[level] as PathState;
      const state = this.#paths.step(above, above.isDead ? "" : (tokens[level] as string));
      const ignoredAbove = this.#ignoredAt[level] as number;
      this.#states[level + 1] = state;
      this.#ignoredAt[level + 1] =
        ignoredAbove < 0 && this.#rules.placeOf(state).ignore >= 0 ? level + 1 : ignoredAbove;
    }
  }

  /** Undefined: a difference. */
  hiddenHere(kind: DifferenceKind, valuesOf: ValuesOf): HiddenHere | undefined {
    const depth = this.#depth;
    const ignoredAt = this.#ignoredAt[depth] as number;
    if (ignoredAt >= 0 && ignoredAt < depth)
      return { hiding: [this.#rules.placeOf(this.#states[ignoredAt] as PathState).ignore], depth: ignoredAt };
    const place = this.#rules.placeOf(this.#states[depth] as PathState);
    if (place.values.length === 0) return undefined;
    const hiding = hideAtPlace(place, { kind, ...valuesOf() });
    return hiding.length > 0 ? { hiding, depth } : undefined;
  }
}

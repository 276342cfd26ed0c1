// Whether rules hide a difference of one value: by an ignored container around it, or by the rules of its place.
// Pure; asked only where something differs.
import type { DifferenceKind } from "../core/verdict.ts";
import type { CompiledRules, PlaceRules } from "./rules.ts";
import { hideByValue, type RuleValue } from "./value-rules.ts";

/** A difference as the rules see it; a side that has no value is undefined. */
export interface PlacePair {
  readonly kind: DifferenceKind;
  readonly legacy: RuleValue | undefined;
  readonly candidate: RuleValue | undefined;
}

const NONE: readonly number[] = [];

/** Rules of the place itself, by index, that together hide the pair; empty where it stays a difference. */
export function hideAtPlace(place: PlaceRules, pair: PlacePair): readonly number[] {
  const { kind, legacy, candidate } = pair;
  if (place.values.length === 0) return NONE;
  if (kind !== "changed" && kind !== "type" && kind !== "added" && kind !== "removed")
    return place.ignore >= 0 ? [place.ignore] : NONE;
  return hideByValue(place.values, legacy, candidate);
}

/**
 * For a pair of values at a concrete path, both present: the rules that hide it, and the depth at which they stand
 * in tokens (an ignored container around it hides all that it holds at once: one hit). Undefined: a difference.
 * Not for rules that move values or align arrays, nor for `custom`: CompiledRules says whether there are any.
 */
export function decidePlace(
  rules: CompiledRules,
  tokens: readonly string[],
  pair: PlacePair,
): { readonly hiding: readonly number[]; readonly depth: number } | undefined {
  const { paths } = rules;
  if (paths === undefined) return undefined;
  let state = paths.start;
  for (let depth = 0; depth < tokens.length; depth++) {
    const { ignore } = rules.placeOf(state);
    if (ignore >= 0) return { hiding: [ignore], depth };
    if (state.isDead) return undefined;
    state = paths.step(state, tokens[depth] as string);
  }
  const hiding = hideAtPlace(rules.placeOf(state), pair);
  return hiding.length > 0 ? { hiding, depth: tokens.length } : undefined;
}

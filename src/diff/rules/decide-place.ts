// Whether the rules of a place hide a difference of the value there.
// Pure; asked only where something differs.
import type { DifferenceKind } from "../../core/verdict.ts";
import type { PlaceRules } from "./rules.ts";
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

// Notes what differs in a body that is no tree, under rules and within the bound on differences.
import type { Difference } from "../../core/verdict.ts";
import { ERASED_INDEX } from "../json/walk-path.ts";
import { type BodyOutcome, describeBytes, type Judging, SAME_VALUES } from "../judging.ts";
import { formatPointer } from "../pointer.ts";
import { customFailureText } from "../rules/custom.ts";
import { hideByValue, stringValue } from "../rules/value-rules.ts";
import { cutValue } from "../text.ts";

/**
 * Custom rules of the root see a text whole, as a string. Undefined where none of them lets the two through.
 */
export function askAboutWhole(
  judging: Judging,
  legacy: Uint8Array,
  candidate: Uint8Array,
): BodyOutcome | undefined {
  const { flatRules, custom, settings } = judging.compiled;
  const indices = flatRules.customAt([]);
  if (indices.length === 0) return undefined;
  const toJson = (bytes: Uint8Array) => JSON.stringify(Buffer.from(bytes).toString());
  const place = { path: "", legacy: toJson(legacy), candidate: toJson(candidate) };
  for (const index of indices) {
    const answer = custom(index, place);
    if (answer === "failed")
      return {
        kind: "incomparable",
        reason: "rule-failed",
        detail: customFailureText(settings.rules[index]),
      };
    if (answer === "different") continue;
    const texts = { legacy: describeBytes(legacy), candidate: describeBytes(candidate) };
    judging.hits.hide(index, () => ({ part: "body", path: "", ...texts }));
    return SAME_VALUES;
  }
  return undefined;
}

/** A place, and what each side has there. */
export interface FlatPlace {
  /** Segments of the path: names, and indices as numbers. */
  readonly segments: readonly (string | number)[];
  readonly legacy: string | undefined;
  readonly candidate: string | undefined;
  /** Something named that only the candidate has. */
  readonly isAdditive: boolean;
}

const NOBODY: readonly number[] = [];

export class FlatFindings {
  readonly #judging: Judging;
  #found = 0;
  #isCut = false;
  #failed: BodyOutcome | undefined;

  constructor(judging: Judging) {
    this.#judging = judging;
  }

  /** More exist than may be listed, or a custom rule failed: the caller may stop. */
  get isOver(): boolean {
    return this.#isCut || this.#failed !== undefined;
  }

  /** Custom rules are asked last, and only where values differ; strings to them, as in JSON. */
  #askCustom(place: FlatPlace, path: string): readonly number[] {
    const { flatRules, custom, settings } = this.#judging.compiled;
    const toJson = (text: string | undefined) => (text === undefined ? undefined : JSON.stringify(text));
    for (const index of flatRules.customAt(place.segments.map(String))) {
      const texts = { legacy: toJson(place.legacy), candidate: toJson(place.candidate) };
      const answer = custom(index, { path, ...texts });
      if (answer === "same") return [index];
      if (answer === "failed")
        this.#failed ??= {
          kind: "incomparable",
          reason: "rule-failed",
          detail: customFailureText(settings.rules[index]),
        };
    }
    return NOBODY;
  }

  note(place: FlatPlace): void {
    const { segments, legacy, candidate, isAdditive } = place;
    const { compiled, hits, found } = this.#judging;
    const path = formatPointer(segments.map(String));
    const texts = { legacy: cutValue(legacy), candidate: cutValue(candidate) };
    const rules = compiled.flatRules.at(segments.map(String));
    const byValue = hideByValue(rules, stringValue(legacy), stringValue(candidate));
    const hiding = byValue.length > 0 ? byValue : this.#askCustom(place, path);
    if (this.#failed !== undefined) return;
    for (const index of hiding) hits.hide(index, () => ({ part: "body", path, ...texts }));
    if (hiding.length > 0) return;
    if (this.#found >= compiled.settings.differencesMax) {
      this.#isCut = true;
      return;
    }
    this.#found++;
    const erased = formatPointer(
      segments.map((segment) => (typeof segment === "number" ? ERASED_INDEX : segment)),
    );
    const difference: Difference = {
      part: "body",
      path,
      kind: legacy === undefined ? "added" : candidate === undefined ? "removed" : "changed",
      ...texts,
      ...(erased === path ? undefined : { erasedPath: erased }),
      ...(isAdditive ? { class: "additive" } : undefined),
    };
    found.push(difference);
  }

  outcome(arraysByIndex: number): BodyOutcome {
    if (this.#failed !== undefined) return this.#failed;
    if (this.#found === 0 && !this.#isCut) return SAME_VALUES;
    const notes = arraysByIndex > 0 ? (["array-by-index"] as const) : undefined;
    return { kind: "different", isCut: this.#isCut, notes };
  }
}

// Notes what differs in a body that is no tree, under rules and within the bound on differences.
import type { Difference } from "../core/verdict.ts";
import { type BodyOutcome, type Judging, SAME_VALUES } from "./judging.ts";
import { formatPointer } from "./pointer.ts";
import { RAW_TEXT_BYTES_MAX } from "./text.ts";
import { hideByValue, type RuleValue } from "./value-rules.ts";
import { ERASED_INDEX } from "./walk-path.ts";

/** A place, and what each side has there. */
export interface FlatPlace {
  /** Segments of the path: names, and indices as numbers. */
  readonly segments: readonly (string | number)[];
  readonly legacy: string | undefined;
  readonly candidate: string | undefined;
  /** Something named that only the candidate has. */
  readonly isAdditive: boolean;
}

function cut(text: string | undefined): string | undefined {
  return text === undefined || text.length <= RAW_TEXT_BYTES_MAX
    ? text
    : `${text.slice(0, RAW_TEXT_BYTES_MAX)}…`;
}

function toRuleValue(text: string | undefined): RuleValue | undefined {
  return text === undefined ? undefined : { type: "string", text };
}

export class FlatFindings {
  readonly #judging: Judging;
  #found = 0;
  #isCut = false;

  constructor(judging: Judging) {
    this.#judging = judging;
  }

  /** More exist than may be listed: the caller may stop. */
  get isCut(): boolean {
    return this.#isCut;
  }

  note({ segments, legacy, candidate, isAdditive }: FlatPlace): void {
    const { compiled, hits, found } = this.#judging;
    const path = formatPointer(segments.map(String));
    const texts = { legacy: cut(legacy), candidate: cut(candidate) };
    const rules = compiled.flatRules.at(segments.map(String));
    const hiding = hideByValue(rules, toRuleValue(legacy), toRuleValue(candidate));
    for (const index of hiding) hits.hide(index, { part: "body", path, ...texts });
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
    if (this.#found === 0 && !this.#isCut) return SAME_VALUES;
    return { kind: "different", isCut: this.#isCut, arraysByIndex };
  }
}

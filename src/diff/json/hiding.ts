// What rules hide of the differences that a walk over two documents meets, counted and exemplified as they do.
import type { DifferenceKind } from "../../core/verdict.ts";
import type { Deadline } from "../deadline.ts";
import type { AskCustom } from "../rules/custom.ts";
import { hideAtPlace } from "../rules/decide-place.ts";
import { ruleValueOf, wholeText } from "../rules/rule-value.ts";
import type { AbsenceRule, CompiledRules, PlaceRules, RuleHits } from "../rules/rules.ts";
import { rawTexts } from "../text.ts";
import { isSameJson } from "./same-json.ts";
import { NULL, type Tape } from "./tape.ts";
import type { WalkPath } from "./walk-path.ts";

/** A difference at the current child of the container at `depth`. */
export interface MetDifference {
  readonly depth: number;
  readonly kind: DifferenceKind;
  readonly legacyNodes: readonly number[];
  readonly candidateNodes: readonly number[];
  /** A member of an object. */
  readonly isMember: boolean;
}

type MetPlace = Pick<MetDifference, "depth" | "legacyNodes" | "candidateNodes">;

export interface HidingHow {
  readonly rules: CompiledRules;
  readonly hits: RuleHits;
  readonly deadline: Deadline;
  readonly path: WalkPath;
  /** Without it, custom rules are not asked. */
  readonly custom: AskCustom | undefined;
}

export class Hiding {
  readonly #legacy: Tape;
  readonly #candidate: Tape;
  readonly #how: HidingHow;
  #failedRule: number | undefined;

  constructor(legacy: Tape, candidate: Tape, how: HidingHow) {
    this.#legacy = legacy;
    this.#candidate = candidate;
    this.#how = how;
  }

  /** The custom rule that failed, by index. */
  get failedRule(): number | undefined {
    return this.#failedRule;
  }

  /** Counts a hit of the rule. */
  hide(index: number, { depth, legacyNodes, candidateNodes }: MetPlace): void {
    this.#how.hits.hide(index, () => {
      const place = this.#how.path.placeOfChild(depth);
      return {
        part: "body",
        path: legacyNodes.length === 0 ? place.candidate : place.legacy,
        legacy: rawTexts(this.#legacy, legacyNodes),
        candidate: rawTexts(this.#candidate, candidateNodes),
      };
    });
  }

  /**
   * Whether rules hide a difference: the depth of what is hidden with it (`depth + 1` the value itself, less a
   * container around it, of which nothing more needs a look); undefined for a difference that stands.
   */
  decide(met: MetDifference): number | undefined {
    const { path, rules } = this.#how;
    const standing = path.standingOfChild(met.depth);
    if (standing === undefined) return undefined;
    const { ignored } = standing;
    // An `ignore` at the place itself takes its turn among the rules there.
    if (ignored !== undefined && ignored.depth <= met.depth) {
      this.hide(ignored.index, met);
      return ignored.depth;
    }
    const place = rules.placeOf(standing.state);
    const hiding = this.#decideHere(place, met);
    for (const index of hiding) this.hide(index, met);
    if (hiding.length > 0) return met.depth + 1;
    const isPair = met.kind !== "duplicate-key" && met.kind !== "moved";
    return isPair && this.#isSameForCustom(place, met) ? met.depth + 1 : undefined;
  }

  /** Whether a custom rule says that two containers are the same. */
  isHiddenByCustom(met: MetPlace): boolean {
    const { path, rules } = this.#how;
    if (!rules.hasCustom) return false;
    const standing = path.standingOfChild(met.depth);
    if (standing === undefined || standing.ignored !== undefined) return false;
    return this.#isSameForCustom(rules.placeOf(standing.state), met);
  }

  /** Of rules about the value and rules about its being there, the first in the list. */
  #decideHere(place: PlaceRules, met: MetDifference): readonly number[] {
    const { kind, legacyNodes, candidateNodes } = met;
    const nodeL = legacyNodes[0];
    const nodeC = candidateNodes[0];
    const absence =
      met.isMember && (kind === "added" || kind === "removed") ? this.#absence(place, met) : undefined;
    if (place.values.length === 0) return absence === undefined ? [] : [absence];
    const byValue = hideAtPlace(place, {
      kind,
      legacy: nodeL === undefined ? undefined : ruleValueOf(this.#legacy, nodeL),
      candidate: nodeC === undefined ? undefined : ruleValueOf(this.#candidate, nodeC),
    });
    const first = byValue[0];
    if (absence === undefined || (first !== undefined && first < absence)) return byValue;
    return [absence];
  }

  #absence(place: PlaceRules, { legacyNodes, candidateNodes }: MetDifference): number | undefined {
    const isAdded = legacyNodes.length === 0;
    const [node] = isAdded ? candidateNodes : legacyNodes;
    const tape = isAdded ? this.#candidate : this.#legacy;
    const hides = (rule: AbsenceRule): boolean => {
      if (rule.kind === "additive") return isAdded;
      if (rule.kind === "nullIsAbsent") return tape.kind(node as number) === NULL;
      return isSameJson({ tape, node: node as number }, { tape: rule.value, node: 0 }, this.#how.deadline);
    };
    return place.absences.find(hides)?.index;
  }

  #isSameForCustom(place: PlaceRules, met: MetPlace): boolean {
    const { custom, path } = this.#how;
    if (custom === undefined || place.customs.length === 0) return false;
    const [nodeL] = met.legacyNodes;
    const [nodeC] = met.candidateNodes;
    const at = path.placeOfChild(met.depth);
    const asked = {
      path: nodeL === undefined ? at.candidate : at.legacy,
      legacy: nodeL === undefined ? undefined : wholeText(this.#legacy, nodeL),
      candidate: nodeC === undefined ? undefined : wholeText(this.#candidate, nodeC),
    };
    for (const index of place.customs) {
      const answer = custom(index, asked);
      if (answer === "different") continue;
      if (answer === "same") this.hide(index, met);
      else this.#failedRule = index;
      return answer === "same";
    }
    return false;
  }
}

// What a compare of two JSON documents is asked, and what it comes to.
import type { DifferenceKind } from "../../core/verdict.ts";
import type { Deadline } from "../deadline.ts";
import type { AskCustom } from "../rules/custom.ts";
import type { CompiledRules, RuleHits } from "../rules/rules.ts";

export interface Finding {
  readonly kind: DifferenceKind;
  /** In the legacy document where it has the value, else in the candidate's. */
  readonly path: string;
  readonly erasedPath: string;
  /** Nodes of the values: one, several of a duplicate key, none where a side has none. */
  readonly legacyNodes: readonly number[];
  readonly candidateNodes: readonly number[];
  /** A member of an object, not an element of an array nor the root. */
  readonly isMember: boolean;
}

export interface JsonComparison {
  readonly findings: readonly Finding[];
  /** More exist than are listed. */
  readonly isCut: boolean;
  /** The time was up before the end. */
  readonly isOverTime: boolean;
  /** Arrays whose alignment was given up for index order. */
  readonly arraysByIndex: number;
  /** Arrays whose keys were missing or not unique: compared as a multiset. */
  readonly arraysPoorlyKeyed: number;
  /** The custom rule that failed, by index: nothing is known then. */
  readonly failedRule: number | undefined;
}

export interface CompareBounds {
  readonly differencesMax: number;
  readonly deadline: Deadline;
}

export interface CompareHow {
  readonly rules: CompiledRules;
  readonly hits: RuleHits;
  readonly bounds: CompareBounds;
  /** Without it, custom rules are not asked. */
  readonly custom?: AskCustom | undefined;
  /** Whether arrays of the same elements in another order are one `moved`: unless given, they are. */
  readonly detectsMoves?: boolean | undefined;
}

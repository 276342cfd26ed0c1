// The two sides of a pair of arrays at a place, with hashes of their elements under the rules there.
import type { Deadline } from "../deadline.ts";
import type { CompiledRules } from "../rules/rules.ts";
import type { CompiledValueRule } from "../rules/value-rules.ts";
import { type ArraySide, elementsOf } from "./pairs.ts";
import { isSameBytes } from "./same-value.ts";
import { ARRAY, type Tape } from "./tape.ts";
import { keyHashes, ValueHashes } from "./value-hash.ts";
import type { Standing } from "./walk-path.ts";

const NO_RULES: readonly CompiledValueRule[] = [];

export interface ArraySides {
  readonly legacy: ArraySide;
  readonly candidate: ArraySide;
}

/** Elements of two arrays of equal length that are not the same bytes at the same index. */
export interface Unequal {
  readonly legacy: Int32Array;
  readonly candidate: Int32Array;
  readonly indices: Int32Array;
  readonly hashesL: Float64Array;
  readonly hashesC: Float64Array;
}

export class ElementSides {
  readonly #legacy: Tape;
  readonly #candidate: Tape;
  readonly #rules: CompiledRules;
  readonly #hashesL: ValueHashes;
  readonly #hashesC: ValueHashes;

  constructor(
    legacy: Tape,
    candidate: Tape,
    how: { readonly rules: CompiledRules; readonly deadline: Deadline },
  ) {
    this.#legacy = legacy;
    this.#candidate = candidate;
    this.#rules = how.rules;
    const otherKeys = how.rules.hasAdditive ? () => keyHashes(legacy) : undefined;
    this.#hashesL = new ValueHashes(legacy, { ...how, otherKeys: undefined });
    this.#hashesC = new ValueHashes(candidate, { ...how, otherKeys });
  }

  of(legacy: number, candidate: number, standing: Standing | undefined): ArraySides {
    const { paths } = this.#rules;
    const stateOf = (index: number) =>
      standing === undefined ? undefined : paths?.step(standing.state, String(index));
    const rulesAt = (index: number, tokens: readonly string[]): readonly CompiledValueRule[] => {
      let state = stateOf(index);
      for (const token of tokens) if (state !== undefined) state = paths?.step(state, token);
      return state === undefined ? NO_RULES : this.#rules.placeOf(state).values;
    };
    return {
      legacy: {
        tape: this.#legacy,
        array: legacy,
        hashOf: (element, index) => this.#hashesL.of(element, stateOf(index)),
        rulesAt,
      },
      candidate: {
        tape: this.#candidate,
        array: candidate,
        hashOf: (element, index) => this.#hashesC.of(element, stateOf(index)),
        rulesAt,
      },
    };
  }

  /** With `isBytesFirst` containers written alike are taken off, else scalars alone: deep down it would be quadratic. */
  unequal({ legacy, candidate }: ArraySides, isBytesFirst: boolean): Unequal {
    const elementsL = elementsOf(legacy.tape, legacy.array);
    const elementsC = elementsOf(candidate.tape, candidate.array);
    const indices = Int32Array.from(elementsL.keys()).filter((index) => {
      const nodeL = elementsL[index] as number;
      if (!isBytesFirst && legacy.tape.kind(nodeL) >= ARRAY) return true;
      return !isSameBytes(legacy.tape, nodeL, candidate.tape, elementsC[index] as number);
    });
    const pick = (elements: Int32Array): Int32Array => indices.map((index) => elements[index] as number);
    const hash = (side: ArraySide, elements: Int32Array): Float64Array =>
      Float64Array.from(indices, (index) => side.hashOf(elements[index] as number, index));
    return {
      legacy: pick(elementsL),
      candidate: pick(elementsC),
      indices,
      hashesL: indices.length > 1 ? hash(legacy, elementsL) : new Float64Array(0),
      hashesC: indices.length > 1 ? hash(candidate, elementsC) : new Float64Array(0),
    };
  }
}

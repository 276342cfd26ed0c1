// Which elements of two arrays are compared with each other, by the mode of their rule. What is pushed is compared
// next; what was confirmed as equal on the way is not looked at again.

import type { CompiledArrayRule } from "../rules/rules.ts";
import { matchByKey } from "./element-keys.ts";
import { type MatchHow, matchElements } from "./multiset.ts";
import { type ArraySide, elementsOf, hashElements, NOBODY, type PairStack, pairElements } from "./pairs.ts";

export interface ArrayPair {
  readonly legacy: ArraySide;
  readonly candidate: ArraySide;
}

export interface PairingHow {
  /** Undefined without a rule: by longest common subsequence. */
  readonly rule: CompiledArrayRule | undefined;
  /** Equal ends may be taken off by bytes. */
  readonly isBytesFirst: boolean;
  /** Confirms a pair of elements: by node and index, legacy first. */
  isSame(legacy: readonly [number, number], candidate: readonly [number, number]): boolean;
  readonly isSpent: MatchHow["isSpent"];
  readonly isLoose: boolean;
}

export interface PairingOutcome {
  /** A bound was met, and elements were paired by index for it. */
  readonly isByIndex: boolean;
  /** Keys were missing or not unique. */
  readonly hasPoorKeys: boolean;
  /** Elements were paired that stand at different indices. */
  readonly isReordered: boolean;
}

/** Pushes what is left of two lists in order, then the surplus. */
function pushRest(stack: PairStack, elementsL: Int32Array, elementsC: Int32Array, rest: Rest): void {
  let c = 0;
  const nextC = (): number => {
    while (c < elementsC.length && rest.isTaken(c)) c++;
    return c;
  };
  for (let l = 0; l < elementsL.length; l++) {
    if (rest.isMatched(l)) continue;
    if (nextC() < elementsC.length) stack.push(elementsL[l] as number, elementsC[c] as number, l, c++);
    else stack.push(elementsL[l] as number, NOBODY, l, NOBODY);
  }
  for (; nextC() < elementsC.length; c++) stack.push(NOBODY, elementsC[c] as number, NOBODY, c);
}

interface Rest {
  isMatched(legacy: number): boolean;
  isTaken(candidate: number): boolean;
}

const ALL: Rest = { isMatched: () => false, isTaken: () => false };

function pairAsMultiset(
  stack: PairStack,
  pair: ArrayPair,
  how: PairingHow,
): Pick<PairingOutcome, "isByIndex" | "isReordered"> {
  const elementsL = elementsOf(pair.legacy.tape, pair.legacy.array);
  const elementsC = elementsOf(pair.candidate.tape, pair.candidate.array);
  const { partner, isTaken } = matchElements({
    legacy: hashElements(pair.legacy, elementsL, 0, elementsL.length),
    candidate: hashElements(pair.candidate, elementsC, 0, elementsC.length),
    isSame: (l, c) => how.isSame([elementsL[l] as number, l], [elementsC[c] as number, c]),
    isSpent: how.isSpent,
    isLoose: how.isLoose,
  });
  pushRest(stack, elementsL, elementsC, {
    isMatched: (l) => (partner[l] as number) >= 0,
    isTaken: (c) => isTaken[c] === 1,
  });
  return {
    isByIndex: how.isSpent() && partner.includes(-1),
    isReordered: partner.some((c, l) => c >= 0 && c !== l),
  };
}

function pairByKey(stack: PairStack, pair: ArrayPair, how: PairingHow): PairingOutcome {
  const elementsL = elementsOf(pair.legacy.tape, pair.legacy.array);
  const elementsC = elementsOf(pair.candidate.tape, pair.candidate.array);
  const partner = matchByKey(
    { side: pair.legacy, elements: elementsL },
    { side: pair.candidate, elements: elementsC },
    how.rule?.by ?? [],
  );
  if (partner === undefined) return { ...pairAsMultiset(stack, pair, how), hasPoorKeys: true };
  const isTaken = new Uint8Array(elementsC.length);
  for (const [l, c] of partner.entries()) {
    stack.push(elementsL[l] as number, c < 0 ? NOBODY : (elementsC[c] as number), l, c < 0 ? NOBODY : c);
    if (c >= 0) isTaken[c] = 1;
  }
  for (const [c, taken] of isTaken.entries())
    if (taken === 0) stack.push(NOBODY, elementsC[c] as number, NOBODY, c);
  return { isByIndex: false, hasPoorKeys: false, isReordered: partner.some((c, l) => c >= 0 && c !== l) };
}

/** Pushes the pairs of two arrays that are not simply compared by index. */
export function pairArrays(stack: PairStack, pair: ArrayPair, how: PairingHow): PairingOutcome {
  switch (how.rule?.mode) {
    case "index": {
      const elementsL = elementsOf(pair.legacy.tape, pair.legacy.array);
      pushRest(stack, elementsL, elementsOf(pair.candidate.tape, pair.candidate.array), ALL);
      return { isByIndex: false, hasPoorKeys: false, isReordered: false };
    }
    case "unordered":
      return { ...pairAsMultiset(stack, pair, how), hasPoorKeys: false };
    case "keyed":
      return pairByKey(stack, pair, how);
    default: {
      const isByIndex = pairElements(stack, pair, how.isBytesFirst);
      return { isByIndex, hasPoorKeys: false, isReordered: false };
    }
  }
}

// Array elements matched by key: the scalars that given pointers name in each element, by exact value after the
// normalisers (`trim`, `case`, `coerce`) of their places.

import { ruleValueOf } from "../rules/rule-value.ts";
import { type CompiledValueRule, isNormaliser, isSameUnder, normalText } from "../rules/value-rules.ts";
import { segmentText } from "../text.ts";
import type { ArraySide } from "./pairs.ts";
import { isSameScalar } from "./same-value.ts";
import { begin, finish, hashPlainText, hashScalar, mixHash } from "./scalar-hash.ts";
import { ARRAY, OBJECT, STRIDE, type Tape } from "./tape.ts";

const NOWHERE = -1;

/** The member or element of this name; NOWHERE where there is none, or the key stands twice. */
function childNamed(tape: Tape, node: number, name: string): number {
  const end = tape.next(node);
  let found = NOWHERE;
  if (tape.kind(node) === OBJECT) {
    for (let key = node + STRIDE; key < end; key = tape.next(key + STRIDE)) {
      if (segmentText(tape, key) !== name) continue;
      if (found !== NOWHERE) return NOWHERE;
      found = key + STRIDE;
    }
  } else if (tape.kind(node) === ARRAY) {
    let index = 0;
    for (let child = node + STRIDE; child < end; child = tape.next(child))
      if (String(index++) === name) return child;
  }
  return found;
}

/** The keys of one side's elements, `by.length` nodes each. */
interface ElementKeys {
  readonly nodes: Int32Array;
  readonly hashes: Float64Array;
}

export interface KeyedSide {
  readonly side: ArraySide;
  readonly elements: Int32Array;
}

type Pointers = readonly (readonly string[])[];

function normalisersAt(side: ArraySide, index: number, tokens: readonly string[]) {
  return side.rulesAt(index, tokens).filter(isNormaliser);
}

function hashKey(tape: Tape, node: number, normalisers: readonly CompiledValueRule[]): number {
  if (normalisers.length === 0) return hashScalar(tape, node);
  return hashPlainText(normalText(normalisers, ruleValueOf(tape, node)));
}

/** Undefined where an element lacks a key, or has a container in its place. */
function keysOf({ side, elements }: KeyedSide, by: Pointers): ElementKeys | undefined {
  const { tape } = side;
  const nodes = new Int32Array(elements.length * by.length);
  const hashes = new Float64Array(elements.length);
  for (let index = 0; index < elements.length; index++) {
    let hash = 0;
    for (const [part, tokens] of by.entries()) {
      let node = elements[index] as number;
      for (const token of tokens) {
        node = childNamed(tape, node, token);
        if (node === NOWHERE) return undefined;
      }
      if (tape.kind(node) >= ARRAY) return undefined;
      nodes[index * by.length + part] = node;
      const ofPart = hashKey(tape, node, normalisersAt(side, index, tokens));
      begin(OBJECT);
      mixHash(hash);
      mixHash(ofPart);
      hash = finish();
    }
    hashes[index] = hash;
  }
  return { nodes, hashes };
}

/** Index by hash; undefined where a key stands twice (or, once in 2^53, two keys share a hash). */
function indexOf(keys: ElementKeys): ReadonlyMap<number, number> | undefined {
  const byHash = new Map<number, number>();
  for (const [index, hash] of keys.hashes.entries()) {
    if (byHash.has(hash)) return undefined;
    byHash.set(hash, index);
  }
  return byHash;
}

function isSameKey(
  legacy: { readonly tape: Tape; readonly node: number },
  candidate: { readonly tape: Tape; readonly node: number },
  normalisers: readonly CompiledValueRule[],
): boolean {
  const isSameKind = legacy.tape.kind(legacy.node) === candidate.tape.kind(candidate.node);
  if (isSameKind && isSameScalar(legacy.tape, legacy.node, candidate.tape, candidate.node)) return true;
  if (normalisers.length === 0) return false;
  const [valueL, valueC] = [
    ruleValueOf(legacy.tape, legacy.node),
    ruleValueOf(candidate.tape, candidate.node),
  ];
  return isSameUnder(normalisers, valueL, valueC);
}

/** For each legacy element the candidate's of the same key, or -1; undefined where keys are missing or not unique. */
export function matchByKey(legacy: KeyedSide, candidate: KeyedSide, by: Pointers): Int32Array | undefined {
  const keysL = keysOf(legacy, by);
  const keysC = keysOf(candidate, by);
  if (keysL === undefined || keysC === undefined || indexOf(keysL) === undefined) return undefined;
  const indexC = indexOf(keysC);
  if (indexC === undefined) return undefined;
  const partner = new Int32Array(legacy.elements.length).fill(NOWHERE);
  for (const [index, hash] of keysL.hashes.entries()) {
    const other = indexC.get(hash);
    if (other === undefined) continue;
    for (const [part, tokens] of by.entries()) {
      const keyL = { tape: legacy.side.tape, node: keysL.nodes[index * by.length + part] as number };
      const keyC = { tape: candidate.side.tape, node: keysC.nodes[other * by.length + part] as number };
      if (!isSameKey(keyL, keyC, normalisersAt(legacy.side, index, tokens))) return undefined;
    }
    partner[index] = other;
  }
  return partner;
}

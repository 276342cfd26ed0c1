// Array elements matched by key: the scalars that given pointers name in each element, by exact value.
import { isSameScalar } from "./same-value.ts";
import { begin, finish, hashScalar, mixHash } from "./scalar-hash.ts";
import { ARRAY, OBJECT, STRIDE, type Tape } from "./tape.ts";
import { segmentText } from "./text.ts";

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

/** Undefined where an element lacks a key, or has a container in its place. */
function keysOf(
  tape: Tape,
  elements: Int32Array,
  by: readonly (readonly string[])[],
): ElementKeys | undefined {
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
      const ofPart = hashScalar(tape, node);
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

export interface KeyedSide {
  readonly tape: Tape;
  readonly elements: Int32Array;
}

/** For each legacy element the candidate's of the same key, or -1; undefined where keys are missing or not unique. */
export function matchByKey(
  legacy: KeyedSide,
  candidate: KeyedSide,
  by: readonly (readonly string[])[],
): Int32Array | undefined {
  const keysL = keysOf(legacy.tape, legacy.elements, by);
  const keysC = keysOf(candidate.tape, candidate.elements, by);
  if (keysL === undefined || keysC === undefined || indexOf(keysL) === undefined) return undefined;
  const indexC = indexOf(keysC);
  if (indexC === undefined) return undefined;
  const partner = new Int32Array(legacy.elements.length).fill(NOWHERE);
  for (const [index, hash] of keysL.hashes.entries()) {
    const other = indexC.get(hash);
    if (other === undefined) continue;
    for (let part = 0; part < by.length; part++) {
      const nodeL = keysL.nodes[index * by.length + part] as number;
      const nodeC = keysC.nodes[other * by.length + part] as number;
      if (legacy.tape.kind(nodeL) !== candidate.tape.kind(nodeC)) return undefined;
      if (!isSameScalar(legacy.tape, nodeL, candidate.tape, nodeC)) return undefined;
    }
    partner[index] = other;
  }
  return partner;
}

// The members of two objects, paired. Where all keys are different and without escapes, as they mostly are, one reused
// table does it: no map, no strings, no objects. Whatever else there is, is left to pairMembers.
import { NOBODY, type PairStack, pairMembers } from "./pairs.ts";
import { isSameBytes } from "./same-value.ts";
import { hashRaw } from "./scalar-hash.ts";
import { STRIDE, type Tape } from "./tape.ts";

/** Slots that one key may look at: needing more is a collision that somebody prepared. */
const PROBES_MAX = 32;
const SLOTS_FIRST = 16;
/** A table that grew past this is given back at the next small object. */
const SLOTS_KEPT = 1 << 14;
const NOWHERE = -1;

/** Cells per slot: a key's hash, its node in the legacy, its node in the candidate, its pair on the stack. Reused. */
const SLOT_CELLS = 4;
let slots = new Int32Array(SLOTS_FIRST * SLOT_CELLS);
/** The slots in use, a power of two, less one. */
let mask = SLOTS_FIRST - 1;

function prepare(keys: number): void {
  let size = SLOTS_FIRST;
  while (size < keys * 2) size *= 2;
  mask = size - 1;
  const isKept = size > SLOTS_KEPT || slots.length <= SLOTS_KEPT * SLOT_CELLS;
  if (slots.length < size * SLOT_CELLS || !isKept) slots = new Int32Array(size * SLOT_CELLS);
  slots.fill(NOBODY, 0, size * SLOT_CELLS);
}

export interface Objects {
  readonly legacy: Tape;
  readonly objectL: number;
  readonly candidate: Tape;
  readonly objectC: number;
}

/** An empty slot for a legacy key; NOWHERE where another key has the same name, or none is near. */
function slotOfLegacy(legacy: Tape, key: number, hash: number): number {
  for (let probe = 0; probe < PROBES_MAX; probe++) {
    const slot = ((hash + probe) & mask) * SLOT_CELLS;
    const other = slots[slot + 1] as number;
    if (other === NOBODY) return slot;
    if (slots[slot] === hash && isSameBytes(legacy, other, legacy, key)) return NOWHERE;
  }
  return NOWHERE;
}

/** The slot of the legacy key of the same name, or an empty one; NOWHERE as for slotOfLegacy. */
function slotOfCandidate({ legacy, candidate }: Objects, key: number, hash: number): number {
  for (let probe = 0; probe < PROBES_MAX; probe++) {
    const slot = ((hash + probe) & mask) * SLOT_CELLS;
    const otherL = slots[slot + 1] as number;
    const otherC = slots[slot + 2] as number;
    if (otherL === NOBODY && otherC === NOBODY) return slot;
    if (slots[slot] !== hash) continue;
    const isSame =
      otherL === NOBODY
        ? isSameBytes(candidate, otherC, candidate, key)
        : isSameBytes(legacy, otherL, candidate, key);
    if (isSame) return otherC === NOBODY ? slot : NOWHERE;
  }
  return NOWHERE;
}

/** Pushes as pairMembers does; false where a key has escapes, occurs twice, or finds no slot. */
function pairByTable(stack: PairStack, objects: Objects): boolean {
  const { legacy, objectL, candidate, objectC } = objects;
  prepare(legacy.count(objectL) + candidate.count(objectC));
  const endL = legacy.next(objectL);
  for (let key = objectL + STRIDE; key < endL; key = legacy.next(key + STRIDE)) {
    const hash = hashRaw(legacy, key);
    const slot = legacy.hasFlag(key) ? NOWHERE : slotOfLegacy(legacy, key, hash);
    if (slot === NOWHERE) return false;
    slots[slot] = hash;
    slots[slot + 1] = key;
    slots[slot + 3] = stack.length;
    stack.push(key, NOBODY, NOBODY, NOBODY);
  }
  const endC = candidate.next(objectC);
  for (let key = objectC + STRIDE; key < endC; key = candidate.next(key + STRIDE)) {
    const hash = hashRaw(candidate, key);
    const slot = candidate.hasFlag(key) ? NOWHERE : slotOfCandidate(objects, key, hash);
    if (slot === NOWHERE) return false;
    slots[slot] = hash;
    slots[slot + 2] = key;
    if (slots[slot + 1] === NOBODY) stack.push(NOBODY, key, NOBODY, NOBODY);
    else stack.join(slots[slot + 3] as number, key);
  }
  return true;
}

/**
 * Pushes a pair for each key: in legacy order, then the candidate's own in its order; of keys that occur more than
 * once, as pairMembers says. Returns the steps it took.
 */
export function pairObjects(stack: PairStack, objects: Objects): number {
  const { legacy, objectL, candidate, objectC } = objects;
  const { length } = stack;
  if (pairByTable(stack, objects)) return legacy.count(objectL) + candidate.count(objectC);
  stack.length = length;
  return pairMembers(stack, legacy, objectL, candidate, objectC);
}

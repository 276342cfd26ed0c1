// Exact equality of two values of two tapes, no rules applied: numbers by decimal value, members in any order,
// elements in order. Iterative, linear but for hashing keys.
import type { Deadline } from "../deadline.ts";
import { DUPLICATES, NOBODY, PairStack, pairMembers } from "./pairs.ts";
import { isSameScalar } from "./same-value.ts";
import { ARRAY, OBJECT, STRIDE, type Tape } from "./tape.ts";

/** A value: its document, and its node there. */
export interface TapeValue {
  readonly tape: Tape;
  readonly node: number;
}

/** Whether two values are equal; false, too, when the time is up. */
export function isSameJson(a: TapeValue, b: TapeValue, deadline: Deadline): boolean {
  const open: number[] = [a.node, b.node];
  const members = new PairStack();
  while (open.length > 0) {
    if (deadline.spend(1)) return false;
    const nodeB = open.pop() as number;
    const nodeA = open.pop() as number;
    const kind = a.tape.kind(nodeA);
    if (kind !== b.tape.kind(nodeB)) return false;
    if (kind < ARRAY) {
      if (!isSameScalar(a.tape, nodeA, b.tape, nodeB)) return false;
      continue;
    }
    if (a.tape.count(nodeA) !== b.tape.count(nodeB)) return false;
    if (kind === OBJECT) {
      members.clear();
      pairMembers(members, a.tape, nodeA, b.tape, nodeB);
      for (let at = 0; at < members.length; at += 4) {
        const keyA = members.get(at, 0);
        const keyB = members.get(at, 1);
        if (keyA === NOBODY || keyB === NOBODY || members.get(at, 2) === DUPLICATES) return false;
        open.push(keyA + STRIDE, keyB + STRIDE);
      }
      continue;
    }
    let childB = nodeB + STRIDE;
    for (let childA = nodeA + STRIDE; childA < a.tape.next(nodeA); childA = a.tape.next(childA)) {
      open.push(childA, childB);
      childB = b.tape.next(childB);
    }
  }
  return true;
}

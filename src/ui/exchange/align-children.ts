// Which members and elements of two containers stand in one row. The judge's findings say what one side alone has; the
// rest goes in pairs: members by name, elements in their order, or by what they hold where the order tells nothing.
import { childrenOf, type JsonTape, NOBODY, OBJECT, STRIDE } from "./json-tape.ts";
import type { Places } from "./places.ts";

/** Elements that one is compared with before it is paired in order: the table of likenesses stays small. */
const LIKENESS_PAIRS_MAX = 200_000;
/** Members that are looked at to find an element's like. */
const LIKENESS_MEMBERS_MAX = 20;

export interface Side {
  readonly tape: JsonTape;
  readonly places: Places;
}

/** Two values that belong together, or one and NOBODY. */
export interface Pair {
  readonly left: number;
  readonly right: number;
  /** Of a member: its key. Of an element: its index. NOBODY where there is none. */
  readonly leftLabel: number;
  readonly rightLabel: number;
}

/** Differences that say that one side alone has it. */
export interface Lonely {
  readonly legacy: (node: number) => boolean;
  readonly candidate: (node: number) => boolean;
}

export interface Aligning {
  readonly legacy: Side;
  readonly candidate: Side;
  readonly lonely: Lonely;
}

export function alignMembers(left: number, right: number, { legacy, candidate }: Aligning): readonly Pair[] {
  const lefts = childrenOf(legacy.tape, left);
  const rights = childrenOf(candidate.tape, right);
  /** Name → places of those that have no partner yet, in order. */
  const waiting = new Map<string, number[]>();
  for (const [at, key] of rights.keys.entries()) {
    const name = candidate.tape.name(key);
    const known = waiting.get(name);
    if (known === undefined) waiting.set(name, [at]);
    else known.push(at);
  }
  const isTaken = new Uint8Array(rights.values.length);
  const pairs = lefts.values.map((value, at): Pair => {
    const key = lefts.keys[at] as number;
    const partner = waiting.get(legacy.tape.name(key))?.shift();
    if (partner === undefined) return { left: value, right: NOBODY, leftLabel: key, rightLabel: NOBODY };
    isTaken[partner] = 1;
    return {
      left: value,
      right: rights.values[partner] as number,
      leftLabel: key,
      rightLabel: rights.keys[partner] as number,
    };
  });
  for (const [at, value] of rights.values.entries())
    if (isTaken[at] === 0)
      pairs.push({ left: NOBODY, right: value, leftLabel: NOBODY, rightLabel: rights.keys[at] as number });
  return pairs;
}

const isTouched = ({ places }: Side, node: number): boolean =>
  places.exact.has(node) || places.above.has(node);

/** Elements by place; the judge's lonely ones stand alone, and where the order tells nothing, like goes with like. */
export function alignElements(left: number, right: number, aligning: Aligning): readonly Pair[] {
  const { legacy, candidate, lonely } = aligning;
  const lefts = childrenOf(legacy.tape, left).values;
  const rights = childrenOf(candidate.tape, right).values;
  const restL = lefts.map((_, at) => at).filter((at) => !lonely.legacy(lefts[at] as number));
  const restR = rights.map((_, at) => at).filter((at) => !lonely.candidate(rights[at] as number));
  const partner = new Int32Array(lefts.length).fill(NOBODY);
  const isInOrder =
    restL.length === restR.length &&
    restL.every((at, nth) => {
      const l = lefts[at] as number;
      const r = rights[restR[nth] as number] as number;
      return isTouched(legacy, l) || isTouched(candidate, r) || legacy.tape.isSame(l, candidate.tape, r);
    });
  if (isInOrder) for (const [nth, at] of restL.entries()) partner[at] = restR[nth] as number;
  else matchElements({ lefts, rights, restL, restR, partner }, aligning);
  return merged(lefts, rights, partner);
}

interface Matching {
  readonly lefts: readonly number[];
  readonly rights: readonly number[];
  readonly restL: readonly number[];
  readonly restR: readonly number[];
  /** Place on the left → place on the right; filled here. */
  readonly partner: Int32Array;
}

/** Equal values first, then those that share most members, then what is left in its order. */
function matchElements(
  { lefts, rights, restL, restR, partner }: Matching,
  { legacy, candidate }: Aligning,
): void {
  const byValue = new Map<string, number[]>();
  for (const at of restR) {
    const node = rights[at] as number;
    if (isTouched(candidate, node)) continue;
    const key = candidate.tape.hashKey(node);
    const known = byValue.get(key);
    if (known === undefined) byValue.set(key, [at]);
    else known.push(at);
  }
  for (const list of byValue.values()) list.reverse();
  const isTaken = new Set<number>();
  for (const at of restL) {
    const node = lefts[at] as number;
    if (isTouched(legacy, node)) continue;
    const found = byValue.get(legacy.tape.hashKey(node))?.pop();
    if (found === undefined) continue;
    partner[at] = found;
    isTaken.add(found);
  }
  const openL = restL.filter((at) => partner[at] === NOBODY);
  const openR = restR.filter((at) => !isTaken.has(at));
  if (openL.length * openR.length > LIKENESS_PAIRS_MAX) {
    for (const [nth, at] of openL.entries()) partner[at] = openR[nth] ?? NOBODY;
    return;
  }
  const waiting = openR.map((at) => ({ at, members: membersOf(candidate.tape, rights[at] as number) }));
  for (const at of openL) {
    const like = mostAlike(membersOf(legacy.tape, lefts[at] as number), waiting);
    partner[at] = waiting.splice(like, 1)[0]?.at ?? NOBODY;
  }
}

/** The first of those that share most members. */
function mostAlike(
  members: ReadonlySet<string>,
  others: readonly { readonly members: ReadonlySet<string> }[],
): number {
  let like = 0;
  let most = 0;
  for (const [at, other] of others.entries()) {
    const shared = members.intersection(other.members).size;
    if (shared > most) [like, most] = [at, shared];
  }
  return like;
}

/** The plain members of an object as texts: an id that two elements share is one of them. */
function membersOf(tape: JsonTape, node: number): ReadonlySet<string> {
  const members = new Set<string>();
  if (tape.kind(node) !== OBJECT) return members;
  const end = tape.next(node);
  for (
    let key = node + STRIDE;
    key < end && members.size < LIKENESS_MEMBERS_MAX;
    key = tape.next(key + STRIDE)
  )
    if (!tape.isContainer(key + STRIDE)) members.add(`${tape.raw(key)}:${tape.raw(key + STRIDE)}`);
  return members;
}

/** In the legacy's order; what the candidate alone has stands where it stands there. */
function merged(lefts: readonly number[], rights: readonly number[], partner: Int32Array): readonly Pair[] {
  const isTaken = new Uint8Array(rights.length);
  for (const at of partner) if (at >= 0) isTaken[at] = 1;
  const pairs: Pair[] = [];
  let nextR = 0;
  const pushLonely = (until: number): void => {
    for (; nextR < until; nextR++)
      if (isTaken[nextR] === 0)
        pairs.push({ left: NOBODY, right: rights[nextR] as number, leftLabel: NOBODY, rightLabel: nextR });
  };
  for (const [at, left] of lefts.entries()) {
    const other = partner[at] as number;
    if (other >= 0) pushLonely(other);
    pairs.push({
      left,
      right: other < 0 ? NOBODY : (rights[other] as number),
      leftLabel: at,
      rightLabel: other,
    });
  }
  pushLonely(rights.length);
  return pairs;
}

// Hashes of every value of a tape, so that array elements can be aligned. Equal values hash alike: members in
// any order, escapes, 1e2 and 100. A hash only proposes an alignment; it never decides that values are equal.

import { mixNumber } from "./number-value.ts";
import type { PathMatcher, PathState } from "./path-pattern.ts";
import { CodePoints } from "./string-value.ts";
import { ARRAY, NUMBER, OBJECT, STRIDE, STRING, type Tape } from "./tape.ts";
import { segmentText } from "./text.ts";

/** Random per process, so that nobody can prepare colliding keys. */
const SEED = Math.floor(Math.random() * 0x7fffffff);

/** Two 32-bit lanes. Reused: one hash at a time. */
let laneA = 0;
let laneB = 0;

function begin(kind: number): void {
  laneA = SEED ^ Math.imul(kind, 0x9e3779b1);
  laneB = Math.imul(SEED + kind, 0x85ebca6b);
}

function mix(value: number): void {
  laneA = Math.imul(laneA ^ value, 0x01000193);
  laneB = Math.imul(laneB + value, 0xcc9e2d51);
  laneB ^= laneB >>> 15;
}

/** 53 bits of both lanes. */
function finish(): number {
  laneA = Math.imul(laneA ^ (laneA >>> 16), 0x85ebca6b);
  laneA ^= laneA >>> 13;
  return (laneA >>> 0) * 0x200000 + (laneB & 0x1fffff);
}

const points = new CodePoints();

function mixText(tape: Tape, node: number): void {
  points.open(tape.bytes, tape.start(node), tape.end(node));
  for (let point = points.next(); point >= 0; point = points.next()) mix(point);
}

/** A hash of plain bytes. */
export function hashBytes(bytes: Uint8Array): number {
  begin(STRING);
  for (const byte of bytes) mix(byte);
  return finish();
}

/** A string's hash by its code points. */
export function hashText(tape: Tape, node: number): number {
  begin(STRING);
  mixText(tape, node);
  return finish();
}

function hashScalar(tape: Tape, node: number): number {
  const kind = tape.kind(node);
  if (kind === STRING) return hashText(tape, node);
  begin(kind);
  if (kind === NUMBER) mixNumber({ bytes: tape.bytes, start: tape.start(node), end: tape.end(node) }, mix);
  return finish();
}

/** Both halves of a 53-bit hash, mixed in order. */
function mixHash(hash: number): void {
  mix((hash % 0x100000000) | 0);
  mix((hash / 0x100000000) | 0);
}

/** What an ignored value hashes to, whatever it is. */
const IGNORED = 1;

interface OpenContainer {
  readonly node: number;
  readonly end: number;
  readonly state: PathState | undefined;
  /** An array's hash so far, in order; an object's sum of member hashes, in any order. */
  sum: number;
  children: number;
}

/**
 * Hashes by node number / STRIDE, in one pass over the tape. A value that `matcher` accepts counts as the same
 * as any other, so that elements which differ only in ignored places still align.
 */
export function hashValues(tape: Tape, matcher: PathMatcher | undefined): Float64Array {
  const hashes = new Float64Array(tape.nodes);
  const open: OpenContainer[] = [];
  let node = 0;
  let key = -1;
  const add = (hash: number): void => {
    const parent = open.at(-1);
    if (parent === undefined) return;
    const isObject = tape.kind(parent.node) === OBJECT;
    begin(isObject ? OBJECT : ARRAY);
    mixHash(isObject ? (hashes[key / STRIDE] as number) : parent.sum);
    mixHash(hash);
    const mixed = finish();
    parent.sum = isObject ? (parent.sum + mixed) % Number.MAX_SAFE_INTEGER : mixed;
    parent.children++;
  };
  for (;;) {
    // Ends of containers: theirs is the hash of all within.
    for (let top = open.at(-1); top !== undefined && node === top.end; top = open.at(-1)) {
      open.pop();
      begin(tape.kind(top.node));
      mixHash(top.sum);
      mix(top.children);
      const hash = finish();
      hashes[top.node / STRIDE] = hash;
      // The key of an object's member stands right before its value.
      key = top.node - STRIDE;
      add(hash);
    }
    if (node >= tape.length) return hashes;
    const parent = open.at(-1);
    if (parent !== undefined && tape.kind(parent.node) === OBJECT) {
      key = node;
      hashes[key / STRIDE] = hashText(tape, key);
      node += STRIDE;
    }
    let state = matcher?.start;
    if (matcher !== undefined && parent?.state !== undefined) {
      state = parent.state.isDead
        ? matcher.step(parent.state, "")
        : matcher.step(
            parent.state,
            tape.kind(parent.node) === OBJECT ? segmentText(tape, key) : String(parent.children),
          );
    }
    if (state !== undefined && state.accept >= 0) {
      hashes[node / STRIDE] = IGNORED;
      add(IGNORED);
      node = tape.next(node);
    } else if (tape.kind(node) >= ARRAY) {
      open.push({ node, end: tape.next(node), state, sum: 0, children: 0 });
      node += STRIDE;
    } else {
      const hash = hashScalar(tape, node);
      hashes[node / STRIDE] = hash;
      add(hash);
      node += STRIDE;
    }
  }
}

// Hashes of scalars and keys, and the mixing that hashes of containers are made with. Equal values hash alike:
// escapes, 1e2 and 100. A hash only proposes; it never decides that values are equal.
import { mixNumber } from "./number-value.ts";
import { CodePoints } from "./string-value.ts";
import { NUMBER, STRING, type Tape } from "./tape.ts";

/** Random per process, so that nobody can prepare colliding keys. */
const SEED = Math.floor(Math.random() * 0x7fffffff);

/** Two 32-bit lanes. Reused: from `begin` to `finish`, one hash at a time. */
let laneA = 0;
let laneB = 0;

export function begin(kind: number): void {
  laneA = SEED ^ Math.imul(kind, 0x9e3779b1);
  laneB = Math.imul(SEED + kind, 0x85ebca6b);
}

export function mix(value: number): void {
  laneA = Math.imul(laneA ^ value, 0x01000193);
  laneB = Math.imul(laneB + value, 0xcc9e2d51);
  laneB ^= laneB >>> 15;
}

/** 53 bits of both lanes; never 0. */
export function finish(): number {
  laneA = Math.imul(laneA ^ (laneA >>> 16), 0x85ebca6b);
  laneA ^= laneA >>> 13;
  return (laneA >>> 0) * 0x200000 + (laneB & 0x1fffff) || 1;
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

/** A hash of a text that is no node. */
export function hashPlainText(text: string): number {
  begin(STRING);
  for (let at = 0; at < text.length; at++) mix(text.charCodeAt(at));
  return finish();
}

export function hashScalar(tape: Tape, node: number): number {
  const kind = tape.kind(node);
  if (kind === STRING) return hashText(tape, node);
  begin(kind);
  if (kind === NUMBER) mixNumber({ bytes: tape.bytes, start: tape.start(node), end: tape.end(node) }, mix);
  return finish();
}

/** Both halves of a 53-bit hash, mixed in order. */
export function mixHash(hash: number): void {
  mix((hash % 0x100000000) | 0);
  mix((hash / 0x100000000) | 0);
}

/** A key's hash by its bytes, of 32 bits: what differs in escapes alone hashes differently. */
export function hashRaw(tape: Tape, node: number): number {
  const { bytes } = tape;
  const end = tape.end(node);
  let hash = SEED;
  for (let at = tape.start(node); at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return hash ^ (hash >>> 15);
}

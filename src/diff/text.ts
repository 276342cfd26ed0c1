// Text for people and paths, from a tape's bytes.
import { shortened } from "../core/shortened.ts";
import { textOf } from "./json/string-value.ts";
import type { Tape } from "./json/tape.ts";

/** Raw text of a value in a difference is cut here: enough to see, too little to fill a store. */
export const RAW_TEXT_BYTES_MAX = 1024;
const CUT_MARK = "…";

/** The same bound for text that is no node. */
export function cutValue(text: string | undefined): string | undefined {
  return text === undefined ? undefined : shortened(text, RAW_TEXT_BYTES_MAX);
}

/** Names that were made before: documents repeat theirs. Only short ones of ASCII without escapes. */
const NAMES_KEPT = 512;
const NAME_BYTES_MAX = 32;
const names: string[] = new Array<string>(NAMES_KEPT).fill("");

/** Whether a name is these bytes; where it is not ASCII, it is not. */
function isName(name: string, bytes: Buffer, start: number): boolean {
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at);
    if (code !== bytes[start + at] || code >= 0x80) return false;
  }
  return true;
}

/** The name that a key at `start`…`end` stands for, as JavaScript has it. */
export function nameOf(bytes: Buffer, start: number, end: number, hasEscapes: boolean): string {
  const length = end - start - 2;
  if (hasEscapes || length > NAME_BYTES_MAX) return textOf(bytes, start, end, hasEscapes);
  let hash = length;
  for (let at = start + 1; at < end - 1; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  const slot = (hash ^ (hash >>> 15)) & (NAMES_KEPT - 1);
  const kept = names[slot] as string;
  if (kept.length === length && isName(kept, bytes, start + 1)) return kept;
  const name = textOf(bytes, start, end, false);
  names[slot] = name;
  return name;
}

/** A member's name, as JavaScript has it. */
export function segmentText(tape: Tape, key: number): string {
  return nameOf(tape.bytes, tape.start(key), tape.end(key), tape.hasFlag(key));
}

/** The end of the last whole UTF-8 character at or before `end`. */
export function characterEnd(bytes: Uint8Array, end: number): number {
  if (end >= bytes.length) return bytes.length;
  let at = end;
  while (at > 0 && end - at < 4 && ((bytes[at] as number) & 0xc0) === 0x80) at--;
  return ((bytes[at] as number) & 0xc0) === 0x80 ? end : at;
}

/** Text of `bytes` from `start` to `end`, digits kept; past RAW_TEXT_BYTES_MAX it is cut and ends in `…`. */
export function cutText(bytes: Buffer, start: number, end: number): string {
  if (end - start <= RAW_TEXT_BYTES_MAX) return bytes.toString("utf8", start, end);
  return bytes.toString("utf8", start, characterEnd(bytes, start + RAW_TEXT_BYTES_MAX)) + CUT_MARK;
}

/** A value's raw text, digits and escapes kept. */
export function rawText(tape: Tape, node: number): string {
  return cutText(tape.bytes, tape.start(node), tape.end(node));
}

/** Characters before a cut that may be the beginning of a secret: a local part has 64 (RFC 5321 §4.5.3.1.1). */
const CUT_SECRET_CHARACTERS_MAX = 64;
/** A text is cut at bytes, of which a character has up to three per UTF-16 unit. */
const CUT_UNITS_MIN = RAW_TEXT_BYTES_MAX / 3 - 2;
const TOKEN_END = /[^\s"',;:<>()[\]{}]{1,64}$/;
const DIGITS_END = /\d[\d -]{0,36}$/;

/** The same text, without what was cut in half where it is cut: a half secret has not the looks of one. */
export function withoutCutSecret(text: string): string {
  if (text.length <= CUT_UNITS_MIN || !text.includes(CUT_MARK)) return text;
  const pieces = text.split(CUT_MARK);
  const last = pieces.pop() as string;
  const kept = pieces.map((piece) => {
    if (piece.length < CUT_UNITS_MIN) return piece;
    const tail = piece.slice(-CUT_SECRET_CHARACTERS_MAX);
    const shorter = tail.replace(TOKEN_END, "").replace(DIGITS_END, "");
    return piece.slice(0, piece.length - tail.length) + shorter;
  });
  return [...kept, last].join(CUT_MARK);
}

/** Raw texts of one key's values, in order, joined by commas; no more of them than fit. */
export function rawTexts(tape: Tape, nodes: readonly number[]): string | undefined {
  if (nodes.length === 0) return undefined;
  let text = "";
  for (const node of nodes) {
    if (text.length > RAW_TEXT_BYTES_MAX) return text + CUT_MARK;
    text += text === "" ? rawText(tape, node) : `, ${rawText(tape, node)}`;
  }
  return text;
}

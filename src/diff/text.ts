// Text for people and paths, from a tape's bytes.
import { shortened } from "../core/shortened.ts";
import { textOf } from "./string-value.ts";
import type { Tape } from "./tape.ts";

/** Raw text of a value in a difference is cut here: enough to see, too little to fill a store. */
export const RAW_TEXT_BYTES_MAX = 1024;
const CUT_MARK = "…";

/** The same bound for text that is no node. */
export function cutValue(text: string | undefined): string | undefined {
  return text === undefined ? undefined : shortened(text, RAW_TEXT_BYTES_MAX);
}

/** A member's name, as JavaScript has it. */
export function segmentText(tape: Tape, key: number): string {
  return textOf(tape.bytes, tape.start(key), tape.end(key), tape.hasFlag(key));
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

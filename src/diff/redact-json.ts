// Secrets out of a JSON text: every value that a pattern accepts becomes "[redacted]", all other bytes stay.
import { systemClock } from "../core/clock.ts";
import { Deadline } from "./deadline.ts";
import { ARRAY, OBJECT, STRIDE, Tape } from "./json/tape.ts";
import { tokenize } from "./json/tokenize.ts";
import type { PathMatcher, PathState } from "./rules/path-pattern.ts";
import { segmentText } from "./text.ts";

export const REDACTED = "[redacted]";
const REDACTED_JSON = Buffer.from(JSON.stringify(REDACTED));
const DEPTH_MAX = 10_000;
const TIME_MS_MAX = 250;

/** Reused, apart from the judge's: redaction is for samples alone. */
const tape = new Tape();

interface OpenContainer {
  readonly node: number;
  readonly end: number;
  readonly state: PathState;
  index: number;
}

function redactTape(matcher: PathMatcher, from: PathState): Uint8Array {
  const pieces: Uint8Array[] = [];
  const open: OpenContainer[] = [];
  let copied = 0;
  let node = 0;
  while (node < tape.length) {
    let top = open.at(-1);
    while (top !== undefined && node === top.end) {
      open.pop();
      top = open.at(-1);
    }
    let state = from;
    if (top !== undefined) {
      if (tape.kind(top.node) === OBJECT) {
        state = matcher.step(top.state, segmentText(tape, node));
        node += STRIDE;
      } else {
        state = matcher.step(top.state, String(top.index++));
      }
    }
    if (state.accept >= 0) {
      pieces.push(tape.bytes.subarray(copied, tape.start(node)), REDACTED_JSON);
      copied = tape.end(node);
      node = tape.next(node);
    } else if (state.isDead || tape.kind(node) < ARRAY) {
      node = tape.next(node);
    } else {
      open.push({ node, end: tape.next(node), state, index: 0 });
      node += STRIDE;
    }
  }
  pieces.push(tape.bytes.subarray(copied));
  return Buffer.concat(pieces);
}

/**
 * The text without what `matcher` accepts, seen from `from` (the state at the text's own place). Undefined where
 * the text is not JSON or past a bound: then nothing of it may be shown.
 */
export function redactJson(text: Uint8Array, matcher: PathMatcher, from: PathState): Uint8Array | undefined {
  const bounds = { depthMax: DEPTH_MAX, deadline: new Deadline(systemClock, TIME_MS_MAX) };
  const redacted = tokenize(tape, text, bounds) === "ok" ? redactTape(matcher, from) : undefined;
  tape.release();
  return redacted;
}

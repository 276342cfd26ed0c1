// A value as rules about one value see it. Made only where two values differ.
import { textOf } from "../json/string-value.ts";
import { ARRAY, FALSE, NULL, NUMBER, OBJECT, STRING, type Tape, TRUE } from "../json/tape.ts";
import { rawText, segmentText } from "../text.ts";
import type { RuleValue } from "./value-rules.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

function typeOf(kind: number): RuleValue["type"] {
  switch (kind) {
    case NULL:
      return "null";
    case TRUE:
    case FALSE:
      return "boolean";
    case NUMBER:
      return "number";
    case STRING:
      return "string";
    case ARRAY:
      return "array";
    default:
      return "object";
  }
}

/** Scalars are whole, containers cut: no rule about one value reads what they hold. */
export function ruleValueOf(tape: Tape, node: number): RuleValue {
  const kind = tape.kind(node);
  if (kind === STRING) return { type: "string", text: segmentText(tape, node) };
  if (kind === ARRAY || kind === OBJECT) return { type: typeOf(kind), text: rawText(tape, node) };
  return { type: typeOf(kind), text: wholeText(tape, node) };
}

/** A scalar's bytes as rules see them: its type shows in its first byte. */
export function scalarRuleValue(bytes: Buffer, start: number, end: number): RuleValue {
  const first = bytes[start];
  if (first === QUOTE) return { type: "string", text: stringText(bytes, start, end) };
  const text = bytes.toString("latin1", start, end);
  if (text === "null") return { type: "null", text };
  return { type: text === "true" || text === "false" ? "boolean" : "number", text };
}

function stringText(bytes: Buffer, start: number, end: number): string {
  return textOf(bytes, start, end, bytes.subarray(start, end).includes(BACKSLASH));
}

/** A value's raw text, however long. */
export function wholeText(tape: Tape, node: number): string {
  return tape.bytes.toString("utf8", tape.start(node), tape.end(node));
}

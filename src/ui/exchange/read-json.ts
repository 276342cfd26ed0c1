// Reads JSON (RFC 8259) into a tape, in steps, so that a large body holds up nothing. No depth of a body is a depth of
// the stack, and a body that was cut ends wherever it ends. What is broken before its end is no JSON.
import { ARRAY, BOOLEAN, JsonTape, NULL, NUMBER, OBJECT, STRING, TEXT } from "./json-tape.ts";

/** Nodes between two chances to do something else: some milliseconds. */
const NODES_PER_STEP = 20_000;

const BYTE_ORDER_MARK = "\ufeff";
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

const NUMBER_TEXT = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
/** What a number can be that goes on behind the cut. */
const NUMBER_START = /-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?(?:[eE][+-]?[0-9]*)?)?/y;
const ESCAPED = /["\\/bfnrt]|u[0-9a-fA-F]{4}/y;
const LITERALS = { n: ["null", NULL], t: ["true", BOOLEAN], f: ["false", BOOLEAN] } as const;

type Expected = "value" | "value-or-end" | "key" | "key-or-end" | "after";
type Outcome = "ok" | "broken" | "more";

function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

/** One value between two places of a text. */
class ValueReader {
  readonly #tape: JsonTape;
  readonly #limit: number;
  readonly #canBeCut: boolean;
  #at: number;
  #expected: Expected = "value";
  readonly #open: number[] = [];
  readonly root: number;

  constructor(
    tape: JsonTape,
    bounds: { readonly start: number; readonly limit: number; readonly canBeCut: boolean },
  ) {
    this.#tape = tape;
    this.#at = bounds.start;
    this.#limit = bounds.limit;
    this.#canBeCut = bounds.canBeCut;
    this.root = tape.length;
  }

  /** Reads on for so many nodes. */
  read(nodes: number): Outcome {
    for (let left = nodes; left > 0; left--) {
      this.#skipSpace();
      if (this.#at >= this.#limit) return this.#end();
      const isRead = this.#next(this.#tape.text.charCodeAt(this.#at));
      if (!isRead) return this.#at >= this.#limit ? this.#end() : "broken";
    }
    return "more";
  }

  #skipSpace(): void {
    const { text } = this.#tape;
    for (; this.#at < this.#limit; this.#at++) {
      const code = text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
    }
  }

  #end(): Outcome {
    const tape = this.#tape;
    if (this.#open.length === 0 && this.#expected === "after") return "ok";
    if (!this.#canBeCut || tape.length === this.root) return "broken";
    const top = this.#open.at(-1);
    // A key without its value tells nothing.
    if (top !== undefined && tape.kind(top) === OBJECT && this.#expected === "value")
      tape.truncate(this.#pendingKey);
    while (this.#open.length > 0) {
      const node = this.#open.pop() as number;
      tape.markCut(node);
      tape.close(node, this.#limit);
      this.#include(node);
    }
    return "ok";
  }

  #pendingKey = 0;

  /** False where it is no JSON, or where the text ends: then `#at` is at the limit. */
  #next(code: number): boolean {
    switch (this.#expected) {
      case "after":
        return this.#afterValue(code);
      case "key-or-end":
        return code === CLOSE_OBJECT ? this.#close() : this.#key(code);
      case "key":
        return this.#key(code);
      case "value-or-end":
        return code === CLOSE_ARRAY ? this.#close() : this.#value(code);
      case "value":
        return this.#value(code);
    }
  }

  #afterValue(code: number): boolean {
    const top = this.#open.at(-1);
    if (top === undefined) return false;
    const isObject = this.#tape.kind(top) === OBJECT;
    if (code === COMMA) {
      this.#at++;
      this.#expected = isObject ? "key" : "value";
      return true;
    }
    return code === (isObject ? CLOSE_OBJECT : CLOSE_ARRAY) && this.#close();
  }

  #key(code: number): boolean {
    if (code !== QUOTE) return false;
    const start = this.#at;
    if (!this.#scanString()) return false;
    const end = this.#at;
    this.#skipSpace();
    if (this.#tape.text.charCodeAt(this.#at) !== COLON || this.#at >= this.#limit) return false;
    this.#at++;
    this.#pendingKey = this.#tape.add(STRING, start, end);
    this.#expected = "value";
    return true;
  }

  #value(code: number): boolean {
    const start = this.#at;
    if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      const isObject = code === OPEN_OBJECT;
      this.#open.push(this.#tape.add(isObject ? OBJECT : ARRAY, start, start));
      this.#at++;
      this.#expected = isObject ? "key-or-end" : "value-or-end";
      return true;
    }
    if (code === QUOTE) {
      const isWhole = this.#scanString();
      return (isWhole || this.#isAtCut()) && this.#scalar(STRING, start, !isWhole);
    }
    const literal = LITERALS[this.#tape.text[start] as keyof typeof LITERALS];
    return literal === undefined ? this.#number(start) : this.#literal(start, literal);
  }

  #literal(start: number, [word, kind]: (typeof LITERALS)[keyof typeof LITERALS]): boolean {
    const found = this.#tape.text.slice(start, Math.min(start + word.length, this.#limit));
    this.#at = start + found.length;
    if (found === word) return this.#scalar(kind, start, false);
    return this.#isAtCut() && word.startsWith(found) && this.#scalar(kind, start, true);
  }

  #number(start: number): boolean {
    const { text } = this.#tape;
    if (this.#canBeCut && endOf(NUMBER_START, text, start) >= this.#limit) {
      this.#at = this.#limit;
      return this.#scalar(NUMBER, start, true);
    }
    const end = endOf(NUMBER_TEXT, text, start);
    if (end < 0 || end > this.#limit) return false;
    this.#at = end;
    return this.#scalar(NUMBER, start, false);
  }

  #scalar(
    kind: typeof NULL | typeof BOOLEAN | typeof NUMBER | typeof STRING,
    start: number,
    isCut: boolean,
  ): boolean {
    const node = this.#tape.add(kind, start, this.#at);
    if (isCut) this.#tape.markCut(node);
    this.#expected = "after";
    this.#include(node);
    return true;
  }

  #close(): boolean {
    this.#at++;
    const node = this.#open.pop() as number;
    this.#tape.close(node, this.#at);
    this.#expected = "after";
    this.#include(node);
    return true;
  }

  #include(node: number): void {
    const top = this.#open.at(-1);
    if (top !== undefined) this.#tape.include(top, node);
  }

  #isAtCut(): boolean {
    return this.#canBeCut && this.#at >= this.#limit;
  }

  /** From one quote past the other; false leaves `#at` where it is broken, or at the limit. */
  #scanString(): boolean {
    const { text } = this.#tape;
    for (this.#at++; this.#at < this.#limit; this.#at++) {
      const code = text.charCodeAt(this.#at);
      if (code === QUOTE) {
        this.#at++;
        return true;
      }
      if (code < 0x20) return false;
      if (code !== BACKSLASH) continue;
      const end = endOf(ESCAPED, text, this.#at + 1);
      if (end >= 0 && end <= this.#limit) this.#at = end - 1;
      else {
        // Not enough of it for the longest escape: it may go on behind the cut.
        if (this.#at + 6 > this.#limit) this.#at = this.#limit;
        return false;
      }
    }
    return false;
  }
}

export interface ReadHow {
  /** The text ends where the store cut it. */
  readonly isCut: boolean;
}

/** Steps of reading; the last one answers the tape, or undefined where the text is no JSON. */
export type Reading = Generator<void, JsonTape | undefined>;

export function* readJson(text: string, { isCut }: ReadHow): Reading {
  const tape = new JsonTape(text);
  // Some send a byte order mark, against RFC 8259 §8.1: the judge reads on behind it.
  const start = text.startsWith(BYTE_ORDER_MARK) ? 1 : 0;
  const reader = new ValueReader(tape, { start, limit: text.length, canBeCut: isCut });
  for (;;) {
    const outcome = reader.read(NODES_PER_STEP);
    if (outcome === "ok") return tape;
    if (outcome === "broken") return undefined;
    yield;
  }
}

/** Records that end with a line feed (NDJSON) or begin with the byte 1E (RFC 7464), as one array of them. */
export function* readRecords(text: string, { isCut }: ReadHow, separator: "\n" | "\u001e"): Reading {
  const tape = new JsonTape(text);
  const root = tape.add(ARRAY, 0, text.length);
  let nodes = NODES_PER_STEP;
  for (let start = text.startsWith(BYTE_ORDER_MARK) ? 1 : 0; start < text.length; ) {
    const found = text.indexOf(separator, start);
    const limit = found < 0 ? text.length : found;
    if (!isBlank(text, start, limit)) {
      const before = tape.length;
      const reader = new ValueReader(tape, { start, limit, canBeCut: isCut && found < 0 });
      let outcome = reader.read(NODES_PER_STEP);
      for (; outcome === "more"; outcome = reader.read(NODES_PER_STEP)) yield;
      if (outcome === "broken") {
        tape.truncate(before);
        tape.add(TEXT, start, limit);
      }
      tape.include(root, before);
      nodes -= (tape.length - before) / 8;
      if (nodes < 0) {
        nodes = NODES_PER_STEP;
        yield;
      }
    }
    start = limit + 1;
  }
  if (isCut) tape.markCut(root);
  tape.close(root, text.length);
  return tape;
}

function isBlank(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (text.charCodeAt(at) > 0x20) return false;
  return true;
}

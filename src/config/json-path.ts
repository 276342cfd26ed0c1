// RFC 9535 JSONPath → an RFC 6901 pointer with `*` and `**`, where one can be expressed as the other.
// Pure. What cannot be is a fault that says why and what to write instead; nothing is guessed.

export type JsonPathResult =
  | { readonly ok: true; readonly pointer: string }
  | { readonly ok: false; readonly fault: string };

/** RFC 9535 §2.5.1.1: member-name-shorthand. */
const NAME =
  /[A-Za-z_\u0080-\ud7ff\ue000-\uffff\u{10000}-\u{10ffff}][0-9A-Za-z_\u0080-\ud7ff\ue000-\uffff\u{10000}-\u{10ffff}]*/uy;
const BLANK = /[ \t\n\r]*/y;
const INTEGER = /-?[0-9]+/y;
const SINGLE_QUOTED = /'((?:[^'\\]|\\.)*)'/sy;
const DOUBLE_QUOTED = /"((?:[^"\\]|\\.)*)"/sy;
/** RFC 9535 §2.3.1.2, without what a JSON string knows too. */
const ESCAPE = /^(?:[bfnrt/\\]|u[0-9A-Fa-f]{4})$/;

class Fault extends Error {}

/** Reads one path from left to right. */
class Reader {
  readonly #text: string;
  at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.at >= this.#text.length;
  }

  /** The match of a sticky expression here, stepped over; undefined where there is none. */
  take(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.at;
    const match = expression.exec(this.#text);
    if (match === null) return undefined;
    this.at += match[0].length;
    return match;
  }

  takeText(text: string): boolean {
    if (!this.#text.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  peek(): string {
    return this.#text[this.at] ?? "";
  }

  rest(): string {
    return JSON.stringify(this.#text.slice(this.at, this.at + 20));
  }
}

function unquoted(raw: string, quote: string): string {
  const json = raw.replace(/\\(u[0-9A-Fa-f]{4}|.)|"/gs, (whole, escaped: string | undefined) => {
    if (escaped === undefined) return '\\"';
    if (escaped === quote) return quote === '"' ? '\\"' : quote;
    if (ESCAPE.test(escaped)) return whole;
    throw new Fault(`an escape that RFC 9535 knows inside quotes, not ${whole}`);
  });
  try {
    return JSON.parse(`"${json}"`) as string;
  } catch {
    // The text of the escapes was checked: what JSON still refuses is a bare control character.
    throw new Fault("control characters escaped inside quotes");
  }
}

/** One member's name as a segment of a pointer. */
function nameSegment(name: string): string {
  if (name === "*" || name === "**")
    throw new Fault(`a name other than ${name}: in a pointer it stands for any segment`);
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

function readSelector(reader: Reader): string {
  if (reader.takeText("*")) return "*";
  const single = reader.take(SINGLE_QUOTED);
  if (single !== undefined) return nameSegment(unquoted(single[1] ?? "", "'"));
  const double = reader.take(DOUBLE_QUOTED);
  if (double !== undefined) return nameSegment(unquoted(double[1] ?? "", '"'));
  if (reader.peek() === "?")
    throw new Fault(
      "a path without filters ([?…]), which no pointer can express: name the place, or use [*]",
    );
  const integer = reader.take(INTEGER)?.[0];
  reader.take(BLANK);
  if (reader.peek() === ":")
    throw new Fault("a path without slices ([a:b]), which no pointer can express: one index, or [*] for all");
  if (integer === undefined)
    throw new Fault(`an index, * or a quoted name inside brackets, found ${reader.rest()}`);
  if (integer.startsWith("-"))
    throw new Fault(
      "an index that counts from the front: where the end is depends on the body; or [*] for all",
    );
  if (integer !== "0" && integer.startsWith("0")) throw new Fault("an index without leading zeros");
  return integer;
}

function readBrackets(reader: Reader): string {
  reader.take(BLANK);
  const segment = readSelector(reader);
  reader.take(BLANK);
  if (reader.peek() === ",")
    throw new Fault("a path without unions ([a,b]), which no pointer can express: one rule for each, or [*]");
  if (!reader.takeText("]")) throw new Fault(`a ] after the selector, found ${reader.rest()}`);
  return segment;
}

function readAfterDot(reader: Reader): string {
  if (reader.takeText("*")) return "*";
  const name = reader.take(NAME)?.[0];
  if (name !== undefined) return nameSegment(name);
  throw new Fault(
    `a name after the dot (in brackets and quotes where it has other characters), found ${reader.rest()}`,
  );
}

function readSegments(text: string): string {
  const reader = new Reader(text);
  if (!reader.takeText("$")) throw new Fault("a JSONPath that begins with $");
  let pointer = "";
  while (!reader.isAtEnd) {
    reader.take(BLANK);
    if (reader.takeText("..")) {
      const segment = reader.takeText("[") ? readBrackets(reader) : readAfterDot(reader);
      pointer += `/**/${segment}`;
    } else if (reader.takeText(".")) pointer += `/${readAfterDot(reader)}`;
    else if (reader.takeText("[")) pointer += `/${readBrackets(reader)}`;
    else throw new Fault(`a . or [ between segments, found ${reader.rest()}`);
  }
  return pointer;
}

/**
 * The pointer for a JSONPath. An index becomes a segment, which matches a member of that name too: a pointer
 * does not tell the two apart (RFC 6901 §4).
 */
export function pointerFromJsonPath(text: string): JsonPathResult {
  try {
    return { ok: true, pointer: readSegments(text) };
  } catch (error) {
    if (error instanceof Fault) return { ok: false, fault: error.message };
    throw error;
  }
}

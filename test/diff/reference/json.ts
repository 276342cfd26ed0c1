// The reference's reader: bytes → exact values, strict RFC 8259 by recursive descent, slow and obviously right.
// It shares no code with src/diff and must not: what both got from one place, neither can prove.

/** What all values have: the text they were read from. */
interface Read {
  readonly raw: string;
}

export type Json = Read &
  (
    | { readonly kind: "null" | "true" | "false" }
    /** digits × 10^exponent; digits do not end in 0, so that equal numbers have equal parts. Zero is 0 × 10^0. */
    | { readonly kind: "number"; readonly digits: bigint; readonly exponent: bigint }
    | { readonly kind: "string"; readonly points: Points }
    | { readonly kind: "array"; readonly items: readonly Json[] }
    | { readonly kind: "object"; readonly members: readonly Member[] }
  );

/** Code points, lone surrogates among them; a byte that is not UTF-8 is -1 - byte. */
export type Points = readonly number[];

export interface Member {
  readonly key: Points;
  /** The key as JavaScript has it: for pointers. */
  readonly name: string;
  readonly value: Json;
}

class NotJson extends Error {}

/** Keeps a BOM where it is: it is a character inside a string. */
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

const ESCAPES: Readonly<Record<string, number>> = {
  '"': 0x22,
  "\\": 0x5c,
  "/": 0x2f,
  b: 0x08,
  f: 0x0c,
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
};

/** The exact value of a number's text. */
export function exactNumber(text: string): { readonly digits: bigint; readonly exponent: bigint } {
  const [mantissa = "", power = "0"] = text.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const all = (whole + fraction).replace(/^(-?)0+(?=\d)/, "$1");
  const digits = all.replace(/0+$/, "");
  if (digits === "" || digits === "-") return { digits: 0n, exponent: 0n };
  const dropped = all.length - digits.length;
  return { digits: BigInt(digits), exponent: BigInt(power) - BigInt(fraction.length) + BigInt(dropped) };
}

/** The code point that valid UTF-8 begins with, as a string; undefined where it begins with none. */
function characterAt(bytes: Uint8Array, at: number): string | undefined {
  for (let length = 1; length <= 4; length++) {
    try {
      const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
        bytes.subarray(at, at + length),
      );
      if ([...text].length === 1) return text;
    } catch {
      // Not with so many bytes: with one more, perhaps.
    }
  }
  return undefined;
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) this.#at = 3;
  }

  document(): Json {
    this.#space();
    const value = this.#value();
    this.#space();
    if (this.#at !== this.#bytes.length) throw new NotJson("more after the value");
    return value;
  }

  /** The next byte as a character; "" at the end. */
  #peek(): string {
    const byte = this.#bytes[this.#at];
    return byte === undefined ? "" : String.fromCharCode(byte);
  }

  #take(text: string): void {
    for (const char of text) {
      if (this.#peek() !== char) throw new NotJson(`${char} expected`);
      this.#at++;
    }
  }

  #space(): void {
    while (this.#peek() !== "" && " \t\r\n".includes(this.#peek())) this.#at++;
  }

  #rawFrom(start: number): string {
    return utf8.decode(this.#bytes.subarray(start, this.#at));
  }

  #value(): Json {
    const start = this.#at;
    switch (this.#peek()) {
      case "n":
        this.#take("null");
        return { kind: "null", raw: "null" };
      case "t":
        this.#take("true");
        return { kind: "true", raw: "true" };
      case "f":
        this.#take("false");
        return { kind: "false", raw: "false" };
      case '"': {
        const points = this.#string();
        return { kind: "string", points, raw: this.#rawFrom(start) };
      }
      case "[": {
        const items = this.#list("]", () => this.#value());
        return { kind: "array", items, raw: this.#rawFrom(start) };
      }
      case "{": {
        const members = this.#list("}", () => this.#member());
        return { kind: "object", members, raw: this.#rawFrom(start) };
      }
      default:
        return this.#number();
    }
  }

  #list<T>(close: string, one: () => T): T[] {
    const list: T[] = [];
    this.#at++;
    this.#space();
    if (this.#peek() === close) {
      this.#at++;
      return list;
    }
    for (;;) {
      this.#space();
      list.push(one());
      this.#space();
      if (this.#peek() === close) {
        this.#at++;
        return list;
      }
      this.#take(",");
    }
  }

  #member(): Member {
    const start = this.#at;
    const key = this.#string();
    const name = JSON.parse(this.#rawFrom(start)) as string;
    this.#space();
    this.#take(":");
    this.#space();
    return { key, name, value: this.#value() };
  }

  #number(): Json {
    let end = this.#at;
    while ("+-.0123456789eE".includes(String.fromCharCode(this.#bytes[end] ?? 0))) end++;
    const raw = utf8.decode(this.#bytes.subarray(this.#at, end));
    if (!/^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/.test(raw)) throw new NotJson("no value");
    this.#at = end;
    return { kind: "number", ...exactNumber(raw), raw };
  }

  #string(): Points {
    const units: number[] = [];
    this.#take('"');
    while (this.#peek() !== '"') {
      const byte = this.#bytes[this.#at];
      if (byte === undefined || byte < 0x20) throw new NotJson("string not closed, or a control in it");
      if (byte === 0x5c) units.push(this.#escape());
      else {
        const character = characterAt(this.#bytes, this.#at);
        units.push(character === undefined ? -1 - byte : (character.codePointAt(0) as number));
        this.#at += character === undefined ? 1 : Buffer.byteLength(character);
      }
    }
    this.#take('"');
    return joinSurrogates(units);
  }

  #escape(): number {
    this.#take("\\");
    const name = this.#peek();
    this.#at++;
    const short = Object.hasOwn(ESCAPES, name) ? ESCAPES[name] : undefined;
    if (short !== undefined) return short;
    const hex = utf8.decode(this.#bytes.subarray(this.#at, this.#at + 4));
    if (name !== "u" || !/^[0-9a-fA-F]{4}$/.test(hex)) throw new NotJson("no such escape");
    this.#at += 4;
    return Number.parseInt(hex, 16);
  }
}

/** A high surrogate and a low one right behind it are one code point. Only escapes can write either. */
function joinSurrogates(units: readonly number[]): Points {
  const points: number[] = [];
  for (let at = 0; at < units.length; at++) {
    const unit = units[at] as number;
    const next = units[at + 1] ?? 0;
    const isPair = unit >= 0xd800 && unit < 0xdc00 && next >= 0xdc00 && next < 0xe000;
    points.push(isPair ? 0x10000 + (unit - 0xd800) * 0x400 + (next - 0xdc00) : unit);
    if (isPair) at++;
  }
  return points;
}

/** The value that bytes stand for; undefined where they are not one JSON text. */
export function readJson(bytes: Uint8Array): Json | undefined {
  try {
    return new Reader(bytes).document();
  } catch (error) {
    if (error instanceof NotJson) return undefined;
    throw error;
  }
}

/** The value as JavaScript has it, numbers as doubles. Not by JSON.parse: V8 14 may read an escaped key as another. */
export function asDoubles(value: Json): unknown {
  if (value.kind === "array") return value.items.map(asDoubles);
  if (value.kind === "object")
    return Object.fromEntries(value.members.map(({ name, value: inner }) => [name, asDoubles(inner)]));
  return JSON.parse(value.raw);
}

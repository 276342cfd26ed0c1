// A slow and obviously right idea of JSON: values as exact decimals, code units and maps, written out in any of
// the ways that mean the same.
import fc from "fast-check";

export type Model =
  | { readonly kind: "literal"; readonly text: "null" | "true" | "false" }
  | { readonly kind: "number"; readonly digits: bigint; readonly exponent: number }
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "array"; readonly items: readonly Model[] }
  | { readonly kind: "object"; readonly members: ReadonlyMap<string, Model> };

/** digits × 10^exponent, compared with nothing rounded. */
export function isSameDecimal(a: [bigint, number], b: [bigint, number]): boolean {
  const lowest = Math.min(a[1], b[1]);
  return a[0] * 10n ** BigInt(a[1] - lowest) === b[0] * 10n ** BigInt(b[1] - lowest);
}

export function isSameModel(a: Model, b: Model): boolean {
  if (a.kind === "literal" && b.kind === "literal") return a.text === b.text;
  if (a.kind === "number" && b.kind === "number")
    return isSameDecimal([a.digits, a.exponent], [b.digits, b.exponent]);
  if (a.kind === "string" && b.kind === "string") return a.text === b.text;
  if (a.kind === "array" && b.kind === "array")
    return (
      a.items.length === b.items.length &&
      a.items.every((item, index) => isSameModel(item, b.items[index] as Model))
    );
  if (a.kind === "object" && b.kind === "object") {
    if (a.members.size !== b.members.size) return false;
    return [...a.members].every(([key, value]) => {
      const other = b.members.get(key);
      return other !== undefined && isSameModel(value, other);
    });
  }
  return false;
}

/** Numbers 0…1 in a row that never ends: the choices of one way to write. */
export type Dice = () => number;

export function diceFrom(seed: number): Dice {
  // Small seeds are the most frequent, and would begin with numbers near 0.
  let state = Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1) | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x100000000;
  };
}

function writeSpace(dice: Dice): string {
  return dice() < 0.7 ? "" : (["  ", "\n", "\t", "\r\n"][Math.floor(dice() * 4)] as string);
}

function writeNumber(digits: bigint, exponent: number, dice: Dice): string {
  const sign = digits < 0n ? "-" : "";
  let text = String(digits < 0n ? -digits : digits);
  let power = exponent;
  const zeros = Math.floor(dice() * 3);
  text += "0".repeat(zeros);
  power -= zeros;
  if (dice() < 0.5 && text.length > 1) {
    const point = 1 + Math.floor(dice() * (text.length - 1));
    power += text.length - point;
    text = `${text.slice(0, point)}.${text.slice(point)}`;
    // A zero before the point stands alone.
    if (/^0\d/.test(text)) return `${sign}0.${text.replace(".", "").slice(1)}e${power + point - 1}`;
  } else if (/^00/.test(text)) {
    text = "0";
  }
  if (power === 0 && dice() < 0.5) return sign + text;
  const e = dice() < 0.5 ? "e" : "E";
  return `${sign}${text}${e}${power >= 0 && dice() < 0.5 ? "+" : ""}${power}`;
}

function writeString(text: string, dice: Dice): string {
  let written = '"';
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    const code = text.charCodeAt(at);
    const isPair = (code & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;
    const hex = (unit: number): string => `\\u${unit.toString(16).padStart(4, "0")}`;
    if (isPair && dice() < 0.5) {
      written += text.slice(at, at + 2);
      at++;
    } else if (code < 0x20 || char === '"' || char === "\\" || (code & 0xf800) === 0xd800 || dice() < 0.2) {
      written += hex(code);
    } else written += char;
  }
  return `${written}"`;
}

/** One of the many texts of a value; `dice` chooses spaces, escapes, number forms and key order. */
export function writeModel(model: Model, dice: Dice): string {
  const pad = (text: string): string => writeSpace(dice) + text + writeSpace(dice);
  switch (model.kind) {
    case "literal":
      return model.text;
    case "number":
      return writeNumber(model.digits, model.exponent, dice);
    case "string":
      return writeString(model.text, dice);
    case "array":
      return `[${model.items.map((item) => pad(writeModel(item, dice))).join(",")}]`;
    case "object": {
      const members = [...model.members].map(
        ([key, value]) => `${pad(writeString(key, dice))}:${pad(writeModel(value, dice))}`,
      );
      if (dice() < 0.5) members.reverse();
      return `{${members.join(",")}}`;
    }
  }
}

const keys = fc.constantFrom("a", "b", "", "/", "~", "0", "1", "é", "😀", "constructor", "\ud800", "a b");
const texts = fc.oneof(
  fc.constantFrom("", "a", "é", "e\u0301", "😀", "\ud83d", "\ude00\ud83d", "\ufffd"),
  fc.string(),
);

export const models: fc.Arbitrary<Model> = fc.letrec<{ model: Model }>((tie) => ({
  model: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.record({ kind: fc.constant("literal" as const), text: fc.constantFrom("null", "true", "false") }),
    fc.record({
      kind: fc.constant("number" as const),
      digits: fc.oneof(
        fc.bigInt({ min: -12n, max: 12n }),
        fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }),
      ),
      exponent: fc.integer({ min: -4, max: 4 }),
    }),
    fc.record({ kind: fc.constant("string" as const), text: texts }),
    fc.record({ kind: fc.constant("array" as const), items: fc.array(tie("model"), { maxLength: 6 }) }),
    fc.record({
      kind: fc.constant("object" as const),
      members: fc.array(fc.tuple(keys, tie("model")), { maxLength: 6 }).map((list) => new Map(list)),
    }),
  ),
})).model;

// One of the many texts of a value: white space, escapes, forms of numbers, order of keys are the dice's.
import type { Dice } from "../support/model.ts";
import { keyText } from "./compare.ts";
import type { Json, Member, Points } from "./json.ts";

const SHORT_ESCAPES = new Map([
  [0x22, '\\"'],
  [0x5c, "\\\\"],
  [0x2f, "\\/"],
  [0x08, "\\b"],
  [0x0c, "\\f"],
  [0x0a, "\\n"],
  [0x0d, "\\r"],
  [0x09, "\\t"],
]);

function spellSpace(dice: Dice): string {
  return dice() < 0.8 ? "" : (["  ", "\n", "\t", "\r\n"][Math.floor(dice() * 4)] as string);
}

/** Every form moves the point and puts it right in the exponent. */
function spellNumber(value: Json & { kind: "number" }, dice: Dice): string {
  const sign = value.digits < 0n || (value.digits === 0n && dice() < 0.3) ? "-" : "";
  const zerosBehind = Math.floor(dice() * 3);
  const digits = `${value.digits}`.replace("-", "") + "0".repeat(zerosBehind);
  const exponent = value.exponent - BigInt(zerosBehind);
  // From left of all digits to right of all of them; "00…" cannot stand before a point.
  const point = digits.startsWith("0") ? 1 : Math.floor(dice() * (digits.length + 3)) - 2;
  const whole = point > 0 ? digits.slice(0, point) : "0";
  const fraction = point > 0 ? digits.slice(point) : "0".repeat(-point) + digits;
  const power = exponent + BigInt(fraction.length);
  const mantissa = fraction === "" ? sign + whole : `${sign}${whole}.${fraction}`;
  if (power === 0n && dice() < 0.7) return mantissa;
  if (power > 0n && power < 20n && fraction === "" && whole !== "0" && dice() < 0.5)
    return mantissa + "0".repeat(Number(power));
  const plus = power < 0n ? "-" : dice() < 0.3 ? "+" : "";
  const padding = dice() < 0.2 ? "00" : "";
  return `${mantissa}${dice() < 0.5 ? "e" : "E"}${plus}${padding}${power < 0n ? -power : power}`;
}

function hex(unit: number, dice: Dice): string {
  const text = unit.toString(16).padStart(4, "0");
  return `\\u${dice() < 0.5 ? text : text.toUpperCase()}`;
}

function spellPoint(point: number, dice: Dice): Buffer {
  if (point < 0) return Buffer.from([-1 - point]);
  const short = SHORT_ESCAPES.get(point);
  if (short !== undefined && dice() < 0.5) return Buffer.from(short);
  const isSurrogate = point >= 0xd800 && point < 0xe000;
  const mustEscape = point < 0x20 || point === 0x22 || point === 0x5c || isSurrogate;
  if (!mustEscape && dice() < 0.8) return Buffer.from(String.fromCodePoint(point));
  if (point < 0x10000) return Buffer.from(hex(point, dice));
  const over = point - 0x10000;
  return Buffer.from(hex(0xd800 + (over >> 10), dice) + hex(0xdc00 + (over & 0x3ff), dice));
}

function spellString(points: Points, dice: Dice): Buffer {
  return Buffer.concat([
    Buffer.from('"'),
    ...points.map((point) => spellPoint(point, dice)),
    Buffer.from('"'),
  ]);
}

/** Another order of keys; members of one key stay in theirs. */
function shuffle(members: readonly Member[], dice: Dice): readonly Member[] {
  const slots = [...members];
  for (let at = slots.length - 1; at > 0; at--) {
    const other = Math.floor(dice() * (at + 1));
    [slots[at], slots[other]] = [slots[other] as Member, slots[at] as Member];
  }
  const left = [...members];
  return slots.map((slot) => {
    const first = left.findIndex(({ key }) => keyText(key) === keyText(slot.key));
    return left.splice(first, 1)[0] as Member;
  });
}

/** One text of `value`, as bytes. */
export function spell(value: Json, dice: Dice, keyOrder: "any" | "kept" = "any"): Buffer {
  const pad = (bytes: Buffer): Buffer =>
    Buffer.concat([Buffer.from(spellSpace(dice)), bytes, Buffer.from(spellSpace(dice))]);
  const list = (open: string, parts: readonly Buffer[], close: string): Buffer =>
    Buffer.concat([
      Buffer.from(open),
      ...parts.flatMap((part, index) => (index === 0 ? [part] : [Buffer.from(","), part])),
      Buffer.from(parts.length === 0 ? spellSpace(dice) + close : close),
    ]);
  switch (value.kind) {
    case "number":
      return Buffer.from(spellNumber(value, dice));
    case "string":
      return spellString(value.points, dice);
    case "array":
      return list(
        "[",
        value.items.map((item) => pad(spell(item, dice, keyOrder))),
        "]",
      );
    case "object": {
      const members = keyOrder === "any" && dice() < 0.5 ? shuffle(value.members, dice) : value.members;
      const parts = members.map(({ key, value: inner }) =>
        Buffer.concat([pad(spellString(key, dice)), Buffer.from(":"), pad(spell(inner, dice, keyOrder))]),
      );
      return list("{", parts, "}");
    }
    default:
      return Buffer.from(value.kind);
  }
}

/** A whole body: now and then with a BOM. */
export function spellBody(value: Json, dice: Dice): Buffer {
  const bom = dice() < 0.1 ? Buffer.from([0xef, 0xbb, 0xbf]) : Buffer.alloc(0);
  return Buffer.concat([
    bom,
    Buffer.from(spellSpace(dice)),
    spell(value, dice),
    Buffer.from(spellSpace(dice)),
  ]);
}

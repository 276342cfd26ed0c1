// Random documents as the reference's values: odd keys, odd strings, odd numbers. And changes of them.
import fc from "fast-check";
import type { Dice } from "../support/model.ts";
import { canonical, keyText } from "./compare.ts";
import { exactNumber, type Json, type Member, type Points } from "./json.ts";

/** Values that are made, not read, have no text. */
const raw = "";

export function pointsOf(text: string): Points {
  return [...text].map((char) => char.codePointAt(0) as number);
}

export function stringValue(points: Points): Json {
  return { kind: "string", points, raw };
}

export function numberValue(text: string): Json {
  return { kind: "number", ...exactNumber(text), raw };
}

export function arrayValue(items: readonly Json[]): Json {
  return { kind: "array", items, raw };
}

export function objectValue(members: readonly (readonly [Points, Json])[]): Json {
  return {
    kind: "object",
    members: members.map(([key, value]): Member => ({ key, name: "", value })),
    raw,
  };
}

const ODD_TEXTS: readonly Points[] = [
  ...["", "a", "b", "/", "~", "~1", "~0/", "0", "1", "-1", "01", "*", "**", "__proto__", "constructor"],
  ...["toString", "length", "a b", '"', "\\", "\u0000", "\u001f", "\u007f", "\u2028", "é", "e\u0301"],
  ...["\ufeff", "\ufffd", "😀", "\u{10ffff}", "id", "idempotencyKey", "x".repeat(300)],
]
  .map(pointsOf)
  .concat([
    [0xd83d], // a lone high surrogate
    [0xde00], // a lone low one
    [0xde00, 0xd83d], // in the wrong order
    [-1 - 0x80], // a lone continuation byte
    [-1 - 0xff],
    [-1 - 0xe2, -1 - 0x82], // a sequence cut short
    [-1 - 0xed, -1 - 0xa0, -1 - 0x80], // a surrogate in UTF-8's clothes (CESU-8)
    [-1 - 0xc0, -1 - 0xaf], // overlong
  ]);

const ODD_NUMBERS = [
  ...["0", "1", "-1", "2", "10", "100", "0.1", "1.5", "-2.5e-3", "9007199254740991", "9007199254740992"],
  ...["9007199254740993", "18446744073709551615", "-9223372036854775808", "1e400", "1e999", "1e-400"],
  ...["0.30000000000000004", "0.3", "3.141592653589793238462643383279502884197", "1e1000000000000000000"],
  ...[
    "1e-1000000000000000000",
    "12345678901234567890123456789012345678901234567890",
    "5e-324",
    "1e999999999999999",
  ],
];

const points: fc.Arbitrary<Points> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...ODD_TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 6 }).map(pointsOf) },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.oneof(fc.constantFrom(...ODD_TEXTS)), { maxLength: 3 })
      .map((parts) => parts.flat()),
  },
);

const numbers: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom(...ODD_NUMBERS).map(numberValue),
  fc
    .tuple(fc.bigInt({ min: -1000n, max: 1000n }), fc.integer({ min: -5, max: 5 }))
    .map(([digits, exponent]) => numberValue(`${digits}e${exponent}`)),
);

const literals: fc.Arbitrary<Json> = fc
  .constantFrom("null" as const, "true" as const, "false" as const)
  .map((kind) => ({ kind, raw }));

/** Scalars and, up to `maxDepth`, containers of them; a key twice in one object now and then. */
function valuesOf(keys: fc.Arbitrary<Points>, maxDepth: number): fc.Arbitrary<Json> {
  return fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth, withCrossShrink: true },
      literals,
      numbers,
      points.map(stringValue),
      fc.array(tie("value"), { maxLength: 6 }).map(arrayValue),
      fc.array(fc.tuple(keys, tie("value")), { maxLength: 6 }).map(objectValue),
    ),
  })).value;
}

/** A value under many levels of arrays and objects. */
const deep: fc.Arbitrary<Json> = fc
  .tuple(valuesOf(points, 1), fc.array(fc.option(points), { minLength: 20, maxLength: 60 }))
  .map(([inner, levels]) =>
    levels.reduce<Json>(
      (value, key) => (key === null ? arrayValue([value]) : objectValue([[key, value]])),
      inner,
    ),
  );

/** Any document: most are small, some deep, some wide. */
export const documents: fc.Arbitrary<Json> = fc.oneof(
  { weight: 8, arbitrary: valuesOf(points, 4) },
  { weight: 1, arbitrary: deep },
  { weight: 1, arbitrary: fc.array(valuesOf(points, 1), { minLength: 30, maxLength: 60 }).map(arrayValue) },
);

/** Small documents with few keys, so that rules about paths apply often. */
export const plainDocuments: fc.Arbitrary<Json> = valuesOf(
  fc.constantFrom(...["a", "b", "c", "0", "1"].map(pointsOf)),
  4,
);

/** The same without a key twice in an object. */
export function withoutDuplicates(value: Json): Json {
  if (value.kind === "array") return { ...value, items: value.items.map(withoutDuplicates) };
  if (value.kind !== "object") return value;
  const byKey = new Map(value.members.map((member) => [keyText(member.key), member]));
  return {
    ...value,
    members: [...byKey.values()].map((member) => ({ ...member, value: withoutDuplicates(member.value) })),
  };
}

/** Whether a string or key somewhere in the document has a byte that is not UTF-8. */
export function hasInvalidBytes(value: Json): boolean {
  return canonical(value).includes("-") && pointsIn(value).some((point) => point < 0);
}

function pointsIn(value: Json): readonly number[] {
  if (value.kind === "string") return value.points;
  if (value.kind === "array") return value.items.flatMap(pointsIn);
  if (value.kind !== "object") return [];
  return value.members.flatMap(({ key, value: inner }) => [...key, ...pointsIn(inner)]);
}

function pick<T>(list: readonly T[], dice: Dice): T {
  return list[Math.floor(dice() * list.length)] as T;
}

/** What a change may do to arrays: their elements come and go only where `isResizing`. */
export interface Mutation {
  readonly values: readonly Json[];
  readonly keys: readonly Points[];
  readonly isResizing: boolean;
}

export const ODD_MUTATION: Mutation = {
  values: [
    ...ODD_TEXTS.map(stringValue),
    ...ODD_NUMBERS.map(numberValue),
    ...(["null", "true", "false"] as const).map((kind): Json => ({ kind, raw })),
    arrayValue([]),
    objectValue([]),
    arrayValue([{ kind: "null", raw }]),
  ],
  keys: ODD_TEXTS,
  isResizing: true,
};

/** One change somewhere in a document. It may change nothing: what counts is what the reference says of it. */
export function mutate(value: Json, how: Mutation, dice: Dice): Json {
  const isHere = dice() < 0.25;
  if (value.kind === "array" && value.items.length > 0 && !isHere) {
    const at = Math.floor(dice() * value.items.length);
    return arrayValue(value.items.with(at, mutate(value.items[at] as Json, how, dice)));
  }
  if (value.kind === "object" && value.members.length > 0 && !isHere) {
    const at = Math.floor(dice() * value.members.length);
    const member = value.members[at] as Member;
    return {
      ...value,
      members: value.members.with(at, { ...member, value: mutate(member.value, how, dice) }),
    };
  }
  return dice() < 0.3 ? pick(how.values, dice) : mutateHere(value, how, dice);
}

function mutateHere(value: Json, how: Mutation, dice: Dice): Json {
  switch (value.kind) {
    case "number": {
      const digits = value.digits + (dice() < 0.5 ? 0n : 1n);
      return numberValue(`${dice() < 0.2 ? -digits : digits}e${value.exponent + (dice() < 0.3 ? 1n : 0n)}`);
    }
    case "string": {
      const at = Math.floor(dice() * (value.points.length + 1));
      return stringValue(value.points.toSpliced(at, dice() < 0.5 ? 1 : 0, ...pick(how.keys, dice)));
    }
    case "array": {
      const at = Math.floor(dice() * (value.items.length + 1));
      const element = pick([...how.values, ...value.items], dice);
      const removed = how.isResizing ? Math.floor(dice() * 3) : 1;
      if (!how.isResizing && at === value.items.length) return value;
      const isOnlyRemoving = how.isResizing && dice() < 0.4;
      return arrayValue(value.items.toSpliced(at, removed, ...(isOnlyRemoving ? [] : [element])));
    }
    case "object": {
      const at = Math.floor(dice() * (value.members.length + 1));
      const added: Member = { key: pick(how.keys, dice), name: "", value: pick(how.values, dice) };
      return {
        ...value,
        members: value.members.toSpliced(at, Math.floor(dice() * 3), ...(dice() < 0.7 ? [added] : [])),
      };
    }
    default:
      return pick(how.values, dice);
  }
}

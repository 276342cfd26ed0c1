// The judge's rules against the reference's, kind by kind and several at once.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Rule } from "../../../src/core/rule.ts";
import type { Difference } from "../../../src/core/verdict.ts";
import { judge } from "../../../src/diff/judge.ts";
import { compileCompare } from "../../../src/diff/judging.ts";
import { makeAnswer, makeSettings } from "../support/answers.ts";
import { effort, patience } from "../support/effort.ts";
import { type Dice, diceFrom } from "../support/model.ts";
import { canonical, isSameReference } from "./compare.ts";
import {
  arrayValue,
  type Mutation,
  mutate,
  numberValue,
  objectValue,
  pointsOf,
  stringValue,
  withoutDuplicates,
} from "./documents.ts";
import { type Json, type Points, readJson } from "./json.ts";
import { compareUnder, HIDING_KINDS } from "./rules.ts";
import { spellBody } from "./spelling.ts";

/** The kinds that are held here: those that the judge knows. */
const KINDS: readonly Rule["kind"][] = [
  "ignore",
  "shape",
  "tolerance",
  "timestamp",
  "coerce",
  "case",
  "trim",
  "additive",
  "nullIsAbsent",
  "default",
  "rename",
  "array",
];

const PATHS = [
  "",
  "/a",
  "/*",
  "/**",
  "/b",
  "/d",
  "/*/*",
  "/a/b",
  "/*/b",
  "/**/c",
  "/a/**",
  "/a/0",
  "/b/*/a",
  "/**/0",
];

const RULES: Readonly<Record<string, readonly Rule[]>> = {
  ignore: PATHS.filter((path) => path !== "").map((path) => ({ kind: "ignore", path })),
  shape: PATHS.flatMap((path): Rule[] => [
    { kind: "shape", path, class: "uuid" },
    { kind: "shape", path, class: "/[a-z]+/" },
  ]),
  tolerance: PATHS.flatMap((path): Rule[] => [
    { kind: "tolerance", path, abs: "0.05" },
    { kind: "tolerance", path, rel: "0.1" },
    { kind: "tolerance", path, abs: "1", rel: "0.01" },
  ]),
  timestamp: PATHS.map((path) => ({ kind: "timestamp", path, withinMs: 1000 })),
  coerce: PATHS.map((path) => ({ kind: "coerce", path })),
  case: PATHS.map((path) => ({ kind: "case", path })),
  trim: PATHS.map((path) => ({ kind: "trim", path })),
  additive: PATHS.map((path) => ({ kind: "additive", path })),
  nullIsAbsent: PATHS.filter((path) => path !== "").map((path) => ({ kind: "nullIsAbsent", path })),
  default: ["/a", "/a/b", "/*/b", "/**/c", "/**/d"].flatMap((path): Rule[] => [
    { kind: "default", path, value: 0 },
    // An object that is filled in holds no default itself: `**` would name places in it.
    { kind: "default", path, value: path.startsWith("/**") ? [] : { a: [] } },
  ]),
  rename: [
    { kind: "rename", from: "/a", to: "/d" },
    { kind: "rename", from: "/b", to: "/a" },
  ],
  array: PATHS.flatMap((path): Rule[] => [
    { kind: "array", path, mode: "unordered" },
    { kind: "array", path, mode: "keyed", by: ["/a"] },
    { kind: "array", path, mode: "index" },
    { kind: "array", path, mode: "lcs" },
  ]),
};

const texts = (...list: readonly string[]): readonly Json[] =>
  list.map((text) => stringValue(pointsOf(text)));
const literal = (kind: "null" | "true" | "false"): Json => ({ kind, raw: "" });

/** Scalars that some rule may take for one another. */
const FAMILIES: readonly (readonly Json[])[] = [
  texts("a", "A", " a ", "ab", "É", "é\n", "É "),
  [...texts("1", "1.0", " 1", "01", "1e0", "2"), numberValue("1"), numberValue("2"), literal("true")],
  [...texts("true", "TRUE", "false", "null"), literal("true"), literal("false"), literal("null")],
  ["0", "1", "1.05", "1.0500000000000000000001", "0.95", "1.1", "-1", "-1.05", "10", "10.5", "11"].map(
    numberValue,
  ),
  texts(
    ...["0a1b2c3d-0000-4000-8000-000000000001", "0A1B2C3D-0000-4000-8000-000000000002", "0a1b2c3d-0000-4000"],
    ...["0a1b2c3d-0000-4000-8000-00000000000g"],
  ),
  texts(
    ...[
      "2026-02-28T12:00:00Z",
      "2026-02-28T12:00:01Z",
      "2026-02-28T12:00:01.001Z",
      "2026-02-28T13:00:00+01:00",
    ],
    ...["2026-02-28T11:30:00.999-00:30", "2026-02-30T12:00:00Z", "2026-03-02T12:00:00Z"],
  ),
  [literal("null"), numberValue("0"), arrayValue([]), objectValue([])],
];
/** Families of which a rule hides some pairs; all for rules that do not look at values. */
const FAMILIES_OF: Partial<Record<Rule["kind"], readonly number[]>> = {
  case: [0],
  trim: [0],
  coerce: [1, 2],
  tolerance: [3],
  shape: [4],
  timestamp: [5],
};
const scalars: readonly Json[] = FAMILIES.flat();
const NAMES = ["a", "b", "c", "d"].map(pointsOf);

const nested: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(...scalars),
    fc.array(tie("value"), { maxLength: 4 }).map(arrayValue),
    fc
      .array(fc.tuple(fc.constantFrom(...NAMES), tie("value")), { maxLength: 4 })
      .map((members) => withoutDuplicates(objectValue(members))),
  ),
})).value;

/** Flat ones more often: the fewer places there are, the more often a rule meets the one that changed. */
const flat: fc.Arbitrary<Json> = fc
  .array(fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(...scalars)), { minLength: 1, maxLength: 3 })
  .map((members) => withoutDuplicates(objectValue(members)));
const documents = fc.oneof(nested, flat, flat);

const MUTATION: Mutation = { values: scalars, keys: NAMES, isResizing: false };

function read(bytes: Uint8Array): Json {
  return readJson(bytes) as Json;
}

/** One thing done to a document that some rule may hide. */
function nudged(value: Json, dice: Dice): Json {
  const at = Math.floor(dice() * 4);
  if (value.kind === "array" && value.items.length > 0) {
    const index = at % value.items.length;
    return arrayValue(value.items.with(index, nudged(value.items[index] as Json, dice)));
  }
  if (value.kind === "object") {
    const member = value.members[at % Math.max(value.members.length, 1)];
    if (member === undefined || dice() < 0.4) return nudgedObject(value, dice);
    const index = value.members.indexOf(member);
    return { ...value, members: value.members.with(index, { ...member, value: nudged(member.value, dice) }) };
  }
  const families = FAMILIES.filter((family) => family.some((one) => canonical(one) === canonical(value)));
  return pick(pick(families, dice) ?? [value], dice) as Json;
}

/** A member put in, taken out, or under another name. */
function nudgedObject(value: Json & { readonly kind: "object" }, dice: Dice): Json {
  const at = Math.floor(dice() * value.members.length);
  const key = pick(NAMES, dice) as Points;
  const renamed = value.members.map((member, index) => (index === at ? { ...member, key } : member));
  const put = { key, name: "", value: pick([literal("null"), numberValue("0")], dice) as Json };
  const choices = [value.members.toSpliced(at, 1), renamed, [...value.members, put]];
  return withoutDuplicates({ ...value, members: pick(choices, dice) ?? [] });
}

function pick<T>(list: readonly T[], dice: Dice): T | undefined {
  return list[Math.floor(dice() * list.length)];
}

/** Elements in another order, somewhere: what the array modes are about. */
function reordered(value: Json, dice: Dice): Json {
  if (value.kind === "array") {
    const items = value.items.map((item) => reordered(item, dice));
    return arrayValue(dice() < 0.5 ? items.toReversed() : items);
  }
  if (value.kind !== "object") return value;
  return {
    ...value,
    members: value.members.map((member) => ({ ...member, value: reordered(member.value, dice) })),
  };
}

/** The document with `leaf` at a place, or without that member; what is no object on the way there becomes one. */
function planted(value: Json, path: readonly string[], leaf: Json | undefined): Json {
  const [name, ...rest] = path;
  if (name === undefined) return leaf ?? value;
  const members = value.kind === "object" ? value.members : [];
  const at = members.findIndex(
    ({ key }) => canonical(stringValue(key)) === canonical(stringValue(pointsOf(name))),
  );
  const others = at < 0 ? members : members.toSpliced(at, 1);
  if (rest.length === 0 && leaf === undefined) return { kind: "object", raw: "", members: others };
  const below = planted(members[at]?.value ?? literal("null"), rest, leaf);
  return { kind: "object", raw: "", members: [...others, { key: pointsOf(name), name: "", value: below }] };
}

/** A place that a pattern names. */
function placeOf(pattern: string, dice: Dice): readonly string[] {
  const name = (): string => "abcd"[Math.floor(dice() * 4)] as string;
  return pattern
    .split("/")
    .slice(1)
    .flatMap((segment) => {
      if (segment === "*") return [name()];
      return segment === "**" ? Array.from({ length: Math.floor(dice() * 3) }, name) : [segment];
    });
}

/** A pair that differs where the rule applies, in what it is about. */
function aimed(document: Json, rule: Rule, dice: Dice): readonly [Json, Json] {
  const place = placeOf("from" in rule ? rule.from : ("path" in rule && rule.path) || "", dice);
  const families = FAMILIES_OF[rule.kind]?.map((at) => FAMILIES[at] as readonly Json[]) ?? FAMILIES;
  const family = pick(families, dice) as readonly Json[];
  const [one, other] = [pick(family, dice) as Json, pick(family, dice) as Json];
  const legacy = planted(document, place, one);
  const name = pointsOf("d");
  switch (rule.kind) {
    case "rename":
      return [legacy, planted(planted(document, place, undefined), placeOf(rule.to, dice), one)];
    case "nullIsAbsent":
      return [planted(document, place, literal("null")), planted(document, place, undefined)];
    case "default":
      return [planted(document, place, undefined), planted(document, place, asJson(rule.value))];
    case "additive":
      return [
        planted(document, place, objectValue([])),
        planted(document, place, objectValue([[name, one]])),
      ];
    case "array": {
      const items = [one, other].map((id) => objectValue([[pointsOf("a"), id]]));
      return [arrayValue(items), arrayValue(items.toReversed())].map((list) =>
        planted(document, place, list),
      ) as unknown as readonly [Json, Json];
    }
    default:
      return [legacy, planted(document, place, other)];
  }
}

function asJson(value: unknown): Json {
  return readJson(Buffer.from(JSON.stringify(value))) as Json;
}

/** Returns whether the rules made a match of what is none without them. */
function expectSame(given: Json, rules: readonly Rule[], seed: number): boolean {
  const dice = diceFrom(seed);
  const aim = dice() < 0.5 ? pick(rules, dice) : undefined;
  const [document, moved] = aim === undefined ? [given, given] : aimed(given, aim, dice);
  const isAboutArrays = rules.some(({ kind }) => kind === "array");
  let changed = isAboutArrays ? reordered(moved, dice) : moved;
  const nudges = aim === undefined ? 1 : 0;
  for (let changes = dice() < 0.7 ? nudges : nudges + 1; changes > 0 && !isAboutArrays; changes--)
    changed = nudged(changed, dice);
  if (dice() < 0.3) changed = withoutDuplicates(mutate(changed, MUTATION, dice));
  const legacy = spellBody(document, dice);
  const candidate = spellBody(changed, dice);
  const compiled = compileCompare(makeSettings({ rules, differencesMax: 10_000 }));
  const { verdict } = judge(makeAnswer(legacy), makeAnswer(candidate), compiled);
  const expected = compareUnder(read(legacy), read(candidate), rules);
  const why = `${legacy} | ${candidate} | ${JSON.stringify(rules)}`;
  expect(verdict.kind, why).toBe(expected.isMatch ? "match" : "mismatch");
  if (rules.some(({ kind }) => !HIDING_KINDS.includes(kind)) || verdict.kind !== "mismatch")
    return expected.isMatch && !isSameReference(read(legacy), read(candidate));
  const rowsOf = (differences: readonly Row[]): readonly string[] =>
    differences
      .filter(({ path }) => !expected.resized.some((array) => path.startsWith(`${array.path}/`)))
      .map(({ path, kind, legacy: l, candidate: c }) => [path, kind, l, c].join(" "))
      .sort();
  expect(rowsOf(verdict.differences), why).toEqual(rowsOf(expected.differences));
  return false;
}

type Row = Pick<Difference, "path" | "kind" | "legacy" | "candidate">;

const listOf = (kinds: readonly Rule["kind"][]): readonly Rule[] =>
  kinds.flatMap((kind) => RULES[kind] ?? []);

/** Fewer pairs that a rule made equal than this would prove nothing. */
const HIDDEN_MIN = 5;

function holds(rules: fc.Arbitrary<readonly Rule[]>, cases: number): void {
  let hidden = 0;
  fc.assert(
    fc.property(documents, rules, fc.integer(), (document, list, seed) => {
      if (expectSame(document, list, seed)) hidden++;
    }),
    effort(cases),
  );
  expect(hidden).toBeGreaterThanOrEqual(HIDDEN_MIN);
}

describe("rules", () => {
  test.each(KINDS)("%s hides what the reference hides, and nothing else", { timeout: patience }, (kind) => {
    holds(
      fc.constantFrom(...listOf([kind])).map((rule) => [rule]),
      600,
    );
  });

  test("several that hide, together", { timeout: patience }, () => {
    const hiding = listOf(KINDS.filter((kind) => HIDING_KINDS.includes(kind)));
    holds(fc.array(fc.constantFrom(...hiding), { maxLength: 5 }), 400);
  });
});

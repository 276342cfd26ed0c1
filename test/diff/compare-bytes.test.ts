import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Clock } from "../../src/core/clock.ts";
import type { Rule } from "../../src/core/rule.ts";
import type { CompareSettings } from "../../src/core/snapshot.ts";
import { Deadline } from "../../src/diff/deadline.ts";
import { compareBytes } from "../../src/diff/json/compare-bytes.ts";
import { compareByTapes } from "../../src/diff/json/compare-json-bodies.ts";
import { FirstTry } from "../../src/diff/json/first-try.ts";
import { compileCompare, type Judging } from "../../src/diff/judging.ts";
import { RuleHits } from "../../src/diff/rules/rules.ts";
import { makeAnswer, makeSettings } from "./support/answers.ts";
import { type Dice, diceFrom, models, writeModel } from "./support/model.ts";

type Body = string | Uint8Array;

interface Said {
  readonly outcome: unknown;
  readonly found: unknown;
  readonly hits: unknown;
}

function judgingOf(
  legacy: Body,
  candidate: Body,
  settings: Partial<CompareSettings>,
  clock?: Clock,
): Judging {
  return {
    legacy: makeAnswer(legacy),
    candidate: makeAnswer(candidate),
    compiled: compileCompare(makeSettings(settings), clock),
    hits: new RuleHits(),
    found: [],
  };
}

function saidOf(judging: Judging, outcome: unknown): Said {
  return { outcome, found: judging.found, hits: [...judging.hits.counts].sort() };
}

function deadlineOf({ compiled }: Judging): Deadline {
  return new Deadline(compiled.clock, compiled.settings.timeMsMax);
}

/** What the compare by bytes says; undefined where it leaves the bodies to the tapes. */
function sayBytes(
  legacy: Body,
  candidate: Body,
  settings: Partial<CompareSettings> = {},
  clock?: Clock,
): Said | undefined {
  const judging = judgingOf(legacy, candidate, settings, clock);
  const bodies = { legacy: judging.legacy.body, candidate: judging.candidate.body };
  const outcome = compareBytes(judging, bodies, deadlineOf(judging));
  if (outcome !== undefined) return saidOf(judging, outcome);
  expect(saidOf(judging, outcome)).toEqual({ outcome: undefined, found: [], hits: [] });
  return undefined;
}

function sayTapes(legacy: Body, candidate: Body, settings: Partial<CompareSettings> = {}): Said {
  const judging = judgingOf(legacy, candidate, settings);
  const bodies = { legacy: judging.legacy.body, candidate: judging.candidate.body };
  return saidOf(judging, compareByTapes(judging, bodies, { isAsked: true, deadline: deadlineOf(judging) }));
}

/** Both ways must agree where the bytes say anything; returns whether they did. */
function expectAgreement(
  legacy: Body,
  candidate: Body,
  settings: Partial<CompareSettings> = {},
): Said | undefined {
  const said = sayBytes(legacy, candidate, settings);
  if (said !== undefined)
    expect(said, `${String(legacy)} | ${String(candidate)}`).toEqual(sayTapes(legacy, candidate, settings));
  return said;
}

const TOKENS = /"(?:[^"\\]|\\.)*"|[-+.\dEe]+|[a-z]+|\s+|./gsu;
const SCALARS = [
  "1",
  "-0",
  "0",
  "100",
  "1e2",
  "1.50",
  "9007199254740993",
  "9007199254740992",
  '"a"',
  '"\\u0061"',
  '"é"',
  '""',
  "true",
  "false",
  "null",
  "[]",
  "{}",
  '{"a":1,"a":2}',
  "01",
  "nul",
  '"\\x"',
  '"\t"',
];

function isScalarToken(token: string): boolean {
  return /^["\-\d]|^(?:true|false|null)$/.test(token);
}

/** One change of a text's tokens: of a value, a spelling, the structure, or what makes it no JSON. */
function mutate(text: string, dice: Dice): string {
  const tokens: readonly string[] = text.match(TOKENS) ?? [];
  if (tokens.length === 0) return "1";
  const pick = (below: number): number => Math.floor(dice() * below);
  const any = pick(tokens.length);
  const scalars = [...tokens.keys()].filter((index) => isScalarToken(tokens[index] as string));
  const scalar = scalars[pick(scalars.length)] ?? any;
  switch (pick(9)) {
    case 0:
    case 1:
    case 2:
      return tokens.with(scalar, SCALARS[pick(SCALARS.length)] as string).join("");
    case 3:
      return tokens.toSpliced(any, 0, [" ", "\n\t", "        \r\n"][pick(3)] as string).join("");
    case 4:
      return tokens.toSpliced(any, 1 + pick(3)).join("");
    case 5:
      return tokens.toSpliced(any, 0, ...tokens.slice(any, any + 1 + pick(6))).join("");
    case 6:
      return text.slice(0, pick(text.length));
    case 7:
      return tokens
        .toSpliced(any, 0, [",", "]", "}", "x", '"', "\\", "\u0001", "\ufeff"][pick(8)] as string)
        .join("");
    default: {
      const other = scalars[pick(scalars.length)] ?? any;
      return tokens
        .with(scalar, tokens[other] as string)
        .with(other, tokens[scalar] as string)
        .join("");
    }
  }
}

const RULES: readonly Rule[] = [
  { kind: "ignore", path: "/**/a" },
  { kind: "ignore", path: "/1" },
  { kind: "ignore", path: "/b/*/0" },
];

test("says what the compare of tapes says, or nothing, whatever was changed", () => {
  let decided = 0;
  let different = 0;
  fc.assert(
    fc.property(models, fc.integer(), fc.integer({ min: 1, max: 4 }), (model, seed, changes) => {
      const dice = diceFrom(seed);
      const legacy = writeModel(model, dice);
      let candidate = legacy;
      for (let change = 0; change < changes; change++) candidate = mutate(candidate, dice);
      for (const rules of [[], RULES]) {
        const said = expectAgreement(legacy, candidate, {
          rules,
          differencesMax: 1 + Math.floor(dice() * 4),
        });
        if (said !== undefined) decided++;
        if (Array.isArray(said?.found) && said.found.length > 0) different++;
        expectAgreement(candidate, mutate(candidate, dice), { rules });
      }
    }),
    { numRuns: 3000 },
  );
  // It would be idle to agree by saying nothing.
  expect(decided).toBeGreaterThan(1000);
  expect(different).toBeGreaterThan(300);
});

test("says what the compare of tapes says of bytes that were damaged", () => {
  fc.assert(
    fc.property(models, fc.integer(), fc.nat(), fc.nat(255), (model, seed, place, byte) => {
      const legacy = Buffer.from(writeModel(model, diceFrom(seed)));
      const candidate = Buffer.from(legacy);
      candidate[place % legacy.length] = byte;
      expectAgreement(legacy, candidate);
      expectAgreement(candidate, legacy);
      expectAgreement(candidate, Buffer.concat([candidate, Buffer.of(byte)]));
      expectAgreement(Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), candidate]), legacy);
    }),
    { numRuns: 1500 },
  );
});

test("agrees where long equal runs are read on one side alone", () => {
  const page = JSON.stringify(
    Array.from({ length: 60 }, (_, index) => ({
      id: index,
      name: `näme "${index}"`,
      tags: ["a", index / 7],
    })),
  );
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 5 }), (seed, changes) => {
      const dice = diceFrom(seed);
      let candidate = page;
      for (let change = 0; change < changes; change++) candidate = mutate(candidate, dice);
      expectAgreement(page, candidate);
      expectAgreement(candidate, page);
      // Broken on both sides, in bytes that both have.
      expectAgreement(candidate, mutate(candidate, dice));
    }),
    { numRuns: 600 },
  );
});

const root = new URL("./cases/", import.meta.url);

for (const name of readdirSync(root).sort()) {
  test(`both ways agree: ${name}`, () => {
    const read = (file: string): Buffer => readFileSync(new URL(`${name}/${file}`, root));
    const { rules = [] } = JSON.parse(read("expected.json").toString()) as { rules?: readonly Rule[] };
    expectAgreement(read("legacy.body"), read("candidate.body"), { rules });
    expectAgreement(read("candidate.body"), read("legacy.body"), { rules });
  });
}

test("decides by itself: scalars, white space, spellings, duplicate keys in one order", () => {
  for (const [legacy, candidate, differences] of [
    ['{"a":1,"b":[true,"x"]}', '{"a":2,"b":[false,"y"]}', 3],
    ['{"a":1,"b":[]}', '{ "a" : 1 ,\n"b" : [ ] }', 0],
    ['{"a":"é","b":100}', '{"\\u0061":"\\u00e9","b":1e2}', 0],
    ['{"a":1,"a":2}', '{"a":1,"a":3}', 1],
    ["\ufeff[1]", " [1] ", 0],
    ['[null,"1"]', '[0,"1"]', 1],
    ["12", "123", 1],
  ] as const)
    expect(expectAgreement(legacy, candidate)?.found, legacy).toHaveLength(differences);
});

test("leaves to the tapes: another structure, and what is not JSON", () => {
  for (const [legacy, candidate] of [
    ['{"a":1,"b":2}', '{"b":2,"a":1}'],
    ["[1,2]", "[1,2,3]"],
    ["[1]", "[[1]]"],
    ["[]", "{}"],
    ['{"a":1}', '{"a":1,"a":1}'],
    ["[1,2", "[1,3"],
    ["[1,01,2]", "[1,01,3]"],
    ["", "1"],
    ["1 2", "1 3"],
  ] as const)
    expect(sayBytes(legacy, candidate), legacy).toBeUndefined();
});

test("leaves elements that may have changed places to the tapes", () => {
  for (const [legacy, candidate] of [
    ["[1,2]", "[2,1]"],
    ["[1.0,2,3]", "[3,2,1]"],
    ['{"a":[{"id":1,"v":[true]},{"id":2,"v":[false]}]}', '{"a":[{"id":2,"v":[false]},{"id":1,"v":[true]}]}'],
    ['[0,["a","b","c"],0]', '[1,["b","c","\\u0061"],1]'],
  ] as const)
    expect(sayBytes(legacy, candidate), legacy).toBeUndefined();
  for (const [legacy, candidate] of [
    ["[1,2]", "[2,3]"],
    ['{"a":1,"b":2}', '{"a":2,"b":1}'],
    ["[[1],[2],5]", "[[2],[1],6]"],
  ] as const)
    expect(expectAgreement(legacy, candidate), legacy).toBeDefined();
});

test("an array in another order is never decided by bytes alone", () => {
  const items = fc.array(fc.constantFrom("1", "2", "1.0", '"a"', '"\\u0061"', "[1,2]", "[2,1]", "null"), {
    minLength: 2,
    maxLength: 6,
  });
  fc.assert(
    fc.property(items, fc.integer(), (list, seed) => {
      const dice = diceFrom(seed);
      const shuffled = list.toSorted(() => dice() - 0.5);
      const said = sayBytes(`{"x":[${list.join()}],"y":1}`, `{"x":[${shuffled.join()}],"y":2}`);
      if (said === undefined) return;
      expect(said.found).toMatchObject([{ path: "/y" }]);
    }),
    { numRuns: 500 },
  );
});

test("rules about arrays, and functions of the user's, see the trees", () => {
  const unordered: Rule = { kind: "array", path: "/a", mode: "unordered" };
  expect(sayBytes('{"a":[1],"b":1}', '{"a":[2],"b":1}', { rules: [unordered] })).toBeUndefined();
  expect(sayBytes('{"a":[1],"b":1}', '{"a":[1],"b":2}', { rules: [unordered] })?.found).toHaveLength(1);
  expect(sayBytes("[1]", "[2]", { rules: [{ kind: "array", path: "", mode: "index" }] })?.found).toHaveLength(
    1,
  );
  expect(sayBytes('{"b":1}', '{"b":2}', { rules: [{ kind: "custom", module: "/m.js" }] })).toBeUndefined();
});

test("the walk's own depth is a bound that the tapes take over at", () => {
  const nest = (inner: string, depth: number): string => "[".repeat(depth) + inner + "]".repeat(depth);
  for (const [depth, isDecided] of [
    [1023, true],
    [1024, true],
    [1025, false],
  ] as const)
    expect(
      expectAgreement(nest("1", depth), nest("2", depth), { depthMax: 5000 }) !== undefined,
      String(depth),
    ).toBe(isDecided);
  expect(sayBytes(nest("1", 11), nest("2", 11), { depthMax: 10 })).toBeUndefined();
});

test("past the time bound it says so, and what was found in time stands", () => {
  let now = 0;
  const clock: Clock = { nowMs: () => now, monotonicMs: () => now++ };
  const body = JSON.stringify(Array.from({ length: 50_000 }, () => 1));
  const said = sayBytes(body, body.replace("[1,", "[2,"), { timeMsMax: 3 }, clock);
  expect(said).toMatchObject({ outcome: { kind: "incomparable", reason: "time" }, found: [{ path: "/0" }] });
});

test("a route whose bodies differ in structure stops trying the bytes, and comes back to them", () => {
  const firstTry = new FirstTry();
  expect(firstTry.isBytes()).toBe(true);
  firstTry.learn(true);
  expect(firstTry.isBytes()).toBe(true);
  firstTry.learn(true);
  const tries = Array.from({ length: 64 }, () => firstTry.isBytes());
  expect(tries.filter(Boolean)).toHaveLength(2);
  firstTry.learn(false);
  expect(firstTry.isBytes()).toBe(true);
});

test("reads strings strictly, wherever in a word of four bytes what ends them stands", () => {
  const isJson = (text: string): boolean => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };
  for (let before = 0; before < 9; before++)
    for (let code = 0; code < 0x80; code++)
      for (const after of [0, 7]) {
        const text = `"${"x".repeat(before)}${String.fromCharCode(code)}${"é".repeat(after)}"`;
        expect(sayBytes(`[${text},1]`, `[${text},2]`) !== undefined, JSON.stringify(text)).toBe(isJson(text));
      }
});

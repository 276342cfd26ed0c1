import fc from "fast-check";
import { expect, test } from "vitest";
import type { Verdict } from "../../src/core/verdict.ts";
import { alignHashes } from "../../src/diff/json/align.ts";
import { judge } from "../../src/diff/judge.ts";
import { compileCompare } from "../../src/diff/judging.ts";
import { makeAnswer, makeSettings } from "./support/answers.ts";
import { diceFrom, isSameDecimal, isSameModel, type Model, models, writeModel } from "./support/model.ts";

const compiled = compileCompare(makeSettings());

function verdictOf(legacy: string, candidate: string, settings = compiled): Verdict {
  return judge(makeAnswer(legacy), makeAnswer(candidate), settings).verdict;
}

test("a value equals itself however it is written", () => {
  fc.assert(
    fc.property(models, fc.integer(), fc.integer(), (model, seedA, seedB) => {
      const legacy = writeModel(model, diceFrom(seedA));
      const candidate = writeModel(model, diceFrom(seedB));
      expect(verdictOf(legacy, candidate).kind, `${legacy} | ${candidate}`).toBe("match");
    }),
    { numRuns: 400 },
  );
});

/** One value somewhere in the model replaced. */
function replaceSomewhere(model: Model, value: Model, dice: () => number): Model {
  if (model.kind === "array" && model.items.length > 0 && dice() < 0.8) {
    const at = Math.floor(dice() * model.items.length);
    const changed = replaceSomewhere(model.items[at] as Model, value, dice);
    return { kind: "array", items: model.items.with(at, changed) };
  }
  if (model.kind === "object" && model.members.size > 0 && dice() < 0.8) {
    const key = [...model.members.keys()][Math.floor(dice() * model.members.size)] as string;
    const changed = replaceSomewhere(model.members.get(key) as Model, value, dice);
    return { kind: "object", members: new Map(model.members).set(key, changed) };
  }
  return value;
}

test("two values match exactly when the reference says so", () => {
  fc.assert(
    fc.property(models, models, fc.integer(), (model, value, seed) => {
      const dice = diceFrom(seed);
      const other = replaceSomewhere(model, value, dice);
      const expected = isSameModel(model, other) ? "match" : "mismatch";
      const legacy = writeModel(model, dice);
      const candidate = writeModel(other, dice);
      expect(verdictOf(legacy, candidate).kind, `${legacy} | ${candidate}`).toBe(expected);
    }),
    { numRuns: 600 },
  );
});

test("numbers match exactly when their decimals are equal", () => {
  const near = fc.tuple(fc.bigInt({ min: -1200n, max: 1200n }), fc.integer({ min: -6, max: 6 }));
  fc.assert(
    fc.property(near, near, fc.integer(), (a, b, seed) => {
      const dice = diceFrom(seed);
      const [legacy, candidate] = [a, b].map(([digits, exponent]) =>
        writeModel({ kind: "number", digits, exponent }, dice),
      ) as [string, string];
      expect(verdictOf(legacy, candidate).kind, `${legacy} | ${candidate}`).toBe(
        isSameDecimal(a, b) ? "match" : "mismatch",
      );
    }),
    { numRuns: 1500 },
  );
});

function longestCommon(a: readonly number[], b: readonly number[]): number {
  const rows = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (const [i, x] of a.entries())
    for (const [j, y] of b.entries())
      (rows[i + 1] as number[])[j + 1] =
        x === y
          ? ((rows[i] as number[])[j] as number) + 1
          : Math.max((rows[i] as number[])[j + 1] as number, (rows[i + 1] as number[])[j] as number);
  return (rows[a.length] as number[])[b.length] as number;
}

test("arrays align along a longest common subsequence, in order on both sides", () => {
  const arrays = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 24 });
  fc.assert(
    fc.property(arrays, arrays, (a, b) => {
      const { legacy, candidate, isByIndex } = alignHashes(Float64Array.from(a), Float64Array.from(b));
      let equal = 0;
      for (const [pair, l] of legacy.entries()) {
        const c = candidate[pair] as number;
        if (a[l] === b[c]) equal++;
        if (pair > 0) {
          expect(l).toBeGreaterThan(legacy[pair - 1] as number);
          expect(c).toBeGreaterThan(candidate[pair - 1] as number);
        }
      }
      expect(isByIndex).toBe(false);
      expect(equal).toBe(longestCommon(a, b));
    }),
    { numRuns: 500 },
  );
});

const DEEP = 100_000;
const nest = (inner: string, depth = DEEP): string => "[".repeat(depth) + inner + "]".repeat(depth);

test("bodies nested 100,000 deep get a verdict", () => {
  const deep = compileCompare(makeSettings({ depthMax: DEEP }));
  const verdict = verdictOf(nest("1"), nest("2"), deep);
  expect(verdict).toMatchObject({ kind: "mismatch", differences: [{ path: "/0".repeat(DEEP) }] });
  expect(verdictOf(nest("1"), nest(" 1"), deep).kind).toBe("match");
  expect(verdictOf(nest("1"), nest("1,2"), deep)).toMatchObject({ differences: [{ kind: "added" }] });
});

test("one level over the depth bound is incomparable, at it is not", () => {
  const bounded = compileCompare(makeSettings({ depthMax: 10 }));
  for (const [depth, kind] of [
    [9, "match"],
    [10, "match"],
    [11, "incomparable"],
  ] as const) {
    const verdict = verdictOf(nest("1", depth), nest(" 1", depth), bounded);
    expect(verdict.kind).toBe(kind);
    if (verdict.kind === "incomparable") expect(verdict.reason).toBe("depth");
  }
});

test("an unclosed nest is unparseable, not a crash", () => {
  const deep = compileCompare(makeSettings({ depthMax: 1_000_000 }));
  expect(verdictOf("[".repeat(500_000), "1", deep)).toMatchObject({ differences: [{ kind: "unparseable" }] });
});

test("a million elements with one inserted are one difference", () => {
  const numbers = Array.from({ length: 1_000_000 }, (_, index) => index);
  const verdict = verdictOf(JSON.stringify(numbers), JSON.stringify(numbers.toSpliced(400_000, 0, -5)));
  expect(verdict).toMatchObject({ differences: [{ path: "/400000", kind: "added", candidate: "-5" }] });
});

test("arrays too unlike to align say that they were compared by index", () => {
  const ascending = Array.from({ length: 6000 }, (_, index) => index);
  const others = ascending.slice(1).map((value) => value + 0.5);
  const judgement = judge(
    makeAnswer(JSON.stringify(ascending)),
    makeAnswer(JSON.stringify(others)),
    compileCompare(makeSettings({ differencesMax: 10_000 })),
  );
  expect(judgement.notes).toEqual(["array-by-index"]);
  expect(judgement.verdict).toMatchObject({ kind: "mismatch", isCut: false });
});

test("the search for an alignment is given up past its bounds, not at them", () => {
  // Three edits: 1 out at the front, 3 out and 1 in at the end; between them 101 steps along one diagonal.
  const legacy = Float64Array.from([1, ...new Array<number>(100).fill(0), 2, 3]);
  const candidate = Float64Array.from([...new Array<number>(100).fill(0), 2, 1]);
  const isByIndex = (editsMax: number, stepsMax: number): boolean =>
    alignHashes(legacy, candidate, { editsMax, stepsMax }).isByIndex;
  expect(isByIndex(3, 1000)).toBe(false);
  expect(isByIndex(4, 1000)).toBe(false);
  expect(isByIndex(2, 1000)).toBe(true);
  expect(isByIndex(3, 50)).toBe(true);
});

test("a rule in one container says nothing of its neighbour", () => {
  const rules = compileCompare(makeSettings({ rules: [{ kind: "ignore", path: "/a/t" }] }));
  const verdict = verdictOf('{"a":{"t":1,"u":1},"b":{"t":1}}', '{"a":{"t":2,"u":2},"b":{"t":2}}', rules);
  expect(verdict).toMatchObject({ differences: [{ path: "/a/u" }, { path: "/b/t" }] });
});

test("differences past the bound cut the list, at it they do not", () => {
  for (const [count, listed, isCut] of [
    [9, 9, false],
    [10, 10, false],
    [11, 10, true],
  ] as const) {
    const legacy = Array.from({ length: count }, () => 1);
    const verdict = verdictOf(
      JSON.stringify(legacy),
      JSON.stringify(legacy.map(() => 2)),
      compileCompare(makeSettings({ differencesMax: 10 })),
    );
    expect(verdict).toMatchObject({ kind: "mismatch", isCut });
    expect(verdict.kind === "mismatch" && verdict.differences.length).toBe(listed);
  }
});

test("ten thousand differences are all listed", () => {
  const numbers = Array.from({ length: 10_000 }, (_, index) => index);
  const verdict = verdictOf(
    JSON.stringify(numbers),
    JSON.stringify(numbers.map((value) => value + 1)),
    compileCompare(makeSettings({ differencesMax: 10_000 })),
  );
  expect(verdict).toMatchObject({ isCut: false });
  expect(verdict.kind === "mismatch" && verdict.differences.length).toBe(10_000);
});

test("past the time bound without a difference is incomparable; with one it is a cut mismatch", () => {
  // Every look at the clock is a millisecond later.
  const clockFrom = (): { nowMs: () => number; monotonicMs: () => number } => {
    let now = 0;
    return { nowMs: () => now, monotonicMs: () => now++ };
  };
  const body = JSON.stringify(Array.from({ length: 50_000 }, () => 1));
  const early = compileCompare(makeSettings({ timeMsMax: 3 }), clockFrom());
  expect(verdictOf(body, `${body} `, early)).toMatchObject({ kind: "incomparable", reason: "time" });
  // Twelve looks read both bodies; the first member is compared right after. Keys in another order make them trees.
  const late = compileCompare(makeSettings({ timeMsMax: 14 }), clockFrom());
  const spaced = body.replaceAll(",1]", ", 1]");
  const verdict = verdictOf(`{"z":1,"a":${body}}`, `{"a":${spaced},"z":2}`, late);
  expect(verdict).toMatchObject({ kind: "mismatch", isCut: true, differences: [{ path: "/z" }] });
});

test("long raw text is cut at a character, with a mark", () => {
  const verdict = verdictOf(JSON.stringify("é".repeat(2000)), '"x"');
  const legacy = verdict.kind === "mismatch" ? (verdict.differences[0]?.legacy ?? "") : "";
  expect(legacy).toBe(`"${"é".repeat(511)}…`);
});

test("an object with 100,000 keys in reverse order matches", () => {
  const entries = Array.from({ length: 100_000 }, (_, index) => [`key${index}`, index] as const);
  const legacy = JSON.stringify(Object.fromEntries(entries));
  const candidate = JSON.stringify(Object.fromEntries(entries.toReversed()));
  expect(verdictOf(legacy, candidate)).toEqual({ kind: "match", how: "values" });
});

test.each([
  ["1e999999999999999", "0.1e1000000000000000"],
  ["1e-999999999999999", "10e-1000000000000000"],
  ["1e1000000000000000", "0.1e1000000000000001"],
])("%s aligns with %s, on either side of where an exponent is exact as a double", (legacy, candidate) => {
  const verdict = verdictOf(`[${legacy}]`, `[5,${candidate}]`);
  expect(verdict).toMatchObject({ differences: [{ path: "/0", kind: "added", candidate: "5" }] });
});

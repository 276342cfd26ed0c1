// Bodies that are deep, wide, long or full of differences: a verdict within the bounds that the settings name, else
// incomparable with the bound's name. Growth is held by the steps that the judge reports to its deadline, so that no
// machine's speed decides.
import { describe, expect, test, vi } from "vitest";
import type { Clock } from "../../src/core/clock.ts";
import type { CompareSettings } from "../../src/core/snapshot.ts";
import type { Difference, Verdict } from "../../src/core/verdict.ts";
import { Deadline } from "../../src/diff/deadline.ts";
import { judge } from "../../src/diff/judge.ts";
import { compileCompare } from "../../src/diff/judging.ts";
import { makeAnswer, makeSettings } from "./support/answers.ts";

const MIB = 1 << 20;

/** No machine is so slow that the bound on time decides. */
const STILL: Clock = { nowMs: () => 0, monotonicMs: () => 0 };
vi.setConfig({ testTimeout: 120_000 });

/** Work that was accounted for since the file was loaded. */
let steps = 0;
const { spend } = Deadline.prototype;
Deadline.prototype.spend = function (this: Deadline, more: number): boolean {
  steps += more;
  return spend.call(this, more);
};

interface Judged {
  readonly verdict: Verdict;
  readonly differences: readonly Difference[];
  /** Work that the judge accounted for. */
  readonly steps: number;
}

function judged(
  legacy: string | Uint8Array,
  candidate: string | Uint8Array,
  changes: Partial<CompareSettings> = {},
): Judged {
  const settings = makeSettings({ depthMax: 1000, ...changes });
  const before = steps;
  const { verdict } = judge(makeAnswer(legacy), makeAnswer(candidate), compileCompare(settings, STILL));
  return {
    verdict,
    differences: verdict.kind === "mismatch" ? verdict.differences : [],
    steps: steps - before,
  };
}

/** A body four times as large may ask for four times the work, and a little for rounding. */
function expectLinear(small: Judged, large: Judged): void {
  expect(small.steps).toBeGreaterThan(1000);
  // Four times as much; work is told in lots, and a quadratic part would be sixteen times as much.
  expect(large.steps / small.steps).toBeLessThan(5);
}

describe("depth", () => {
  const LEVELS = 100_000;
  const nests: readonly (readonly [string, string, string])[] = [
    ["arrays", "[", "]"],
    ["objects", '{"a":', "}"],
    ["both", '[{"":', "}]"],
  ];

  for (const [name, open, close] of nests) {
    const levelsEach = name === "both" ? 2 : 1;
    const nest = (inner: string, levels = LEVELS): string =>
      open.repeat(levels / levelsEach) + inner + close.repeat(levels / levelsEach);

    test(`100,000 levels of ${name}: equal, and different at the bottom`, () => {
      const depthMax = LEVELS;
      expect(judged(nest("1"), nest(" 1.0 "), { depthMax }).verdict).toEqual({
        kind: "match",
        how: "values",
      });
      const { differences } = judged(nest("1"), nest("2"), { depthMax });
      expect(differences).toMatchObject([{ kind: "changed", legacy: "1", candidate: "2" }]);
      expect(differences[0]?.path.split("/")).toHaveLength(LEVELS + 1);
    });

    test(`${name} one level over the bound are incomparable, at it and under it they are not`, () => {
      for (const [more, kind] of [
        [-1, "mismatch"],
        [0, "mismatch"],
        [1, "incomparable"],
      ] as const) {
        const levels = 10_000;
        const { verdict } = judged(nest("1", levels), nest("2", levels), { depthMax: levels - more });
        expect(verdict.kind).toBe(kind);
        if (verdict.kind === "incomparable") expect(verdict.reason).toBe("depth");
      }
    });
  }

  test("work grows with depth, not with its square", () => {
    const at = (levels: number): Judged => {
      const open = "[".repeat(levels);
      const close = "]".repeat(levels);
      return judged(`${open}1${close}`, `${open}2 ${close}`, { depthMax: levels });
    };
    expectLinear(at(25_000), at(100_000));
  });

  test("long keys all the way down: one difference has one path, many are cut", () => {
    const levels = 500;
    const key = "k".repeat(2000);
    const nest = (value: number): string => {
      let text = `${value}`;
      for (let level = 0; level < levels; level++) text = `{"${key}":${text},"n":${value}}`;
      return text;
    };
    const { verdict, differences } = judged(nest(1), nest(2), { differencesMax: 1000 });
    expect(verdict).toMatchObject({ kind: "mismatch", isCut: true });
    const pathChars = differences.reduce((sum, { path }) => sum + path.length, 0);
    expect(pathChars).toBeLessThan(8 * MIB);
    expect(differences.length).toBeGreaterThan(0);
  });
});

describe("arrays", () => {
  const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => `${index}`);
  const text = (items: readonly string[]): string => `[${items.join(",")}]`;
  const million = numbers(1_000_000);

  test("a million elements, one changed", () => {
    const { differences } = judged(text(million), text(million.with(765_432, "-1")));
    expect(differences).toMatchObject([
      { path: "/765432", kind: "changed", legacy: "765432", candidate: "-1" },
    ]);
  });

  test("a million elements, one put in at the front", () => {
    expect(judged(text(million), text(["-1", ...million])).differences).toMatchObject([
      { path: "/0", kind: "added", candidate: "-1" },
    ]);
  });

  test("a hundred thousand elements, the first taken out", () => {
    const shorter = numbers(100_000);
    expect(judged(text(["-1", ...shorter]), text(shorter)).differences).toMatchObject([
      { path: "/0", kind: "removed", legacy: "-1" },
    ]);
  });

  test("a time bound ends a comparison of a million elements with its name", () => {
    let now = 0;
    const clock: Clock = { nowMs: () => 0, monotonicMs: () => now++ };
    const compiled = compileCompare(makeSettings({ timeMsMax: 100 }), clock);
    const legacy = text(million);
    const { verdict } = judge(makeAnswer(legacy), makeAnswer(`${legacy} `), compiled);
    expect(verdict).toMatchObject({ kind: "incomparable", reason: "time" });
    // It ended at the bound, not at the end of the body.
    expect(now).toBeLessThan(110);
  });

  test("work grows with the elements: in place, put in, all different, all alike", () => {
    const pairs: readonly ((items: readonly string[]) => [string, string])[] = [
      (items) => [text(items), text(items.with(items.length >> 1, "-1"))],
      (items) => [text(items), text(["-1", ...items])],
      (items) => [text(items), text(items.map((item) => `${item}.5`))],
      (items) => [text(items), text(items.slice(1).map((item) => `${item}.5`))],
      (items) => [text(items.map(() => "0")), text(items.slice(1).map(() => "0.0"))],
      (items) => [text(items), text(items.toReversed().slice(1))],
    ];
    for (const pair of pairs) {
      const at = (count: number): Judged => judged(...pair(numbers(count)), { differencesMax: 1_000_000 });
      expectLinear(at(10_000), at(40_000));
    }
  });

  test("arrays in arrays that each grew by one: work grows with all elements together", () => {
    const at = (rows: number): Judged => {
      const row = numbers(50);
      const table = (cells: readonly string[]): string =>
        text(Array.from({ length: rows }, () => text(cells)));
      return judged(table(row), table(["-1", ...row]), { differencesMax: 100_000 });
    };
    const small = at(250);
    const large = at(1000);
    expect(small.differences).toHaveLength(250);
    expect(large.differences).toHaveLength(1000);
    expectLinear(small, large);
  });
});

describe("differences", () => {
  test.each([
    [9_999, false],
    [10_000, false],
    [10_001, true],
  ])("%i of them under a bound of ten thousand", (count, isCut) => {
    const members = (value: number): string =>
      `{${Array.from({ length: count }, (_, index) => `"k${index}":${value}`).join(",")}}`;
    const { verdict, differences } = judged(members(1), members(2), { differencesMax: 10_000 });
    expect(verdict).toMatchObject({ kind: "mismatch", isCut });
    expect(differences).toHaveLength(Math.min(count, 10_000));
    expect(new Set(differences.map(({ path }) => path)).size).toBe(differences.length);
  });

  test("texts of two thousand large values are cut, each", () => {
    const value = `"${"x".repeat(2000)}"`;
    const legacy = `[${Array.from({ length: 2000 }, () => value).join(",")}]`;
    const { differences } = judged(legacy, legacy.replaceAll("xx", "y"), { differencesMax: 2000 });
    expect(differences).toHaveLength(2000);
    const longest = Math.max(...differences.map(({ legacy: shown }) => shown?.length ?? 0));
    expect(longest).toBeLessThan(1100);
  });
});

describe("objects", () => {
  const members = (count: number, step: number, key: (index: number) => string): string => {
    // `step` has no divisor in common with the counts used: every key once, in another order.
    const all = Array.from({ length: count }, (_, index) => (index * step) % count);
    return `{${all.map((index) => `"${key(index)}":${index}`).join(",")}}`;
  };
  const shortKey = (index: number): string => `key${index}`;

  test("50,000 keys in another order match; one changed among them is one difference", () => {
    const legacy = members(50_000, 1, shortKey);
    const candidate = members(50_000, 17_773, shortKey);
    expect(judged(legacy, candidate).verdict).toEqual({ kind: "match", how: "values" });
    const changed = candidate.replace('"key34567":34567', '"key34567":0');
    expect(judged(legacy, changed).differences).toMatchObject([{ path: "/key34567", kind: "changed" }]);
  });

  test("work grows with the keys, in order, reordered, and all of them others", () => {
    const pairs: readonly ((count: number) => [string, string])[] = [
      (count) => [members(count, 1, shortKey), `${members(count, 1, shortKey)} `],
      (count) => [members(count, 1, shortKey), members(count, 7, shortKey)],
      (count) => [members(count, 1, shortKey), members(count, 1, (index) => `other${index}`)],
      (count) => [members(count, 1, () => "same"), members(count, 7, () => "same")],
    ];
    for (const pair of pairs) {
      const at = (count: number): Judged => judged(...pair(count), { differencesMax: 1_000_000 });
      expectLinear(at(6_000), at(24_000));
    }
  });

  test("keys of a megabyte that differ in their last character are told apart", () => {
    const long = "k".repeat(MIB);
    const legacy = `{"${long}a":1,"${long}b":2,"${long}c":3}`;
    const reordered = `{"${long}c":3,"${long}a":1,"${long}b":2}`;
    expect(judged(legacy, reordered).verdict).toEqual({ kind: "match", how: "values" });
    const { differences } = judged(legacy, `{"${long}c":3,"${long}d":1,"${long}b":2}`);
    expect(differences.map(({ kind, path }) => [kind, path.at(-1)])).toEqual([
      ["removed", "a"],
      ["added", "d"],
    ]);
  });
});

describe("long scalars", () => {
  test("strings of ten megabytes that differ in the last byte, and in how they are written", () => {
    const long = "é".repeat(5 * MIB);
    const { differences } = judged(`"${long}a"`, `"${long}b"`);
    expect(differences).toMatchObject([{ path: "", kind: "changed" }]);
    expect(differences[0]?.legacy?.length).toBeLessThan(1100);
    expect(judged(`"${long}a"`, `"${long}\\u0061"`).verdict).toEqual({ kind: "match", how: "values" });
    expect(judged(`"${long}a"`, `"${long}\\u0062"`).verdict.kind).toBe("mismatch");
  });

  test("numbers of a million digits are compared to the last one", () => {
    const digits = "1234567890".repeat(100_000);
    expect(judged(`[${digits}]`, `[${digits}.0]`).verdict.kind).toBe("match");
    expect(judged(`[${digits}]`, `[0.${digits}e1000000]`).verdict.kind).toBe("match");
    expect(judged(`[${digits}]`, `[0.${digits}e1000001]`).verdict.kind).toBe("mismatch");
    expect(judged(`[${digits}1]`, `[${digits}2]`).verdict.kind).toBe("mismatch");
    expect(judged(`[0.${"0".repeat(1_000_000)}1]`, "[1e-1000001]").verdict.kind).toBe("match");
    expect(judged(`[1${"0".repeat(1_000_000)}]`, "[1e1000000]").verdict.kind).toBe("match");
  });

  test.each([4095, 4096, 4097, 1_000_000])("exponents of %i digits", (count) => {
    const digits = "9".repeat(count);
    expect(judged(`[1e${digits}]`, `[1.0E+${digits}]`).verdict.kind).toBe("match");
    expect(judged(`[1e${digits}]`, `[1e${digits.slice(1)}8]`).verdict.kind).toBe("mismatch");
    expect(judged(`[1e${digits}]`, `[1e-${digits}]`).verdict.kind).toBe("mismatch");
    expect(judged(`[1e${digits}]`, `[-1e${digits}]`).verdict.kind).toBe("mismatch");
    expect(judged(`[0e${digits}]`, "[-0.0]").verdict.kind).toBe("match");
  });

  test("a body over the decoded bound is incomparable by name, at it it is not", () => {
    for (const [more, kind] of [
      [-1, "match"],
      [0, "match"],
      [1, "incomparable"],
    ] as const) {
      const body = `"${"x".repeat(MIB - 3 + more)}"`;
      const { verdict } = judged(body, `${body} `, { decodedBytesMax: MIB });
      expect(verdict.kind).toBe(kind);
      if (verdict.kind === "incomparable") expect(verdict.reason).toBe("decoded-overflow");
    }
  });
});

import fc from "fast-check";
import { expect, test } from "vitest";
import type { Rule } from "../../src/core/rule.ts";
import type { Judgement } from "../../src/core/verdict.ts";
import { PlaceRulesWalk } from "../../src/diff/json/compare-bytes-rules.ts";
import { judge } from "../../src/diff/judge.ts";
import { compileCompare } from "../../src/diff/judging.ts";
import type { AskCustom } from "../../src/diff/rules/custom.ts";
import type { PathMatcher } from "../../src/diff/rules/path-pattern.ts";
import { compileRules } from "../../src/diff/rules/rules.ts";
import { makeAnswer, makeSettings } from "./support/answers.ts";
import { diceFrom, isSameModel, type Model, models, writeModel } from "./support/model.ts";

function judgeUnder(
  rules: readonly Rule[],
  legacy: string,
  candidate: string,
  custom?: AskCustom,
): Judgement {
  const compiled = compileCompare(makeSettings({ rules, differencesMax: 20_000 }));
  return judge(makeAnswer(legacy), makeAnswer(candidate), { ...compiled, custom: custom ?? compiled.custom });
}

/** Equal when arrays count as multisets at every depth: tries every partner. */
function isSameUnordered(a: Model, b: Model): boolean {
  if (a.kind === "array" && b.kind === "array") {
    if (a.items.length !== b.items.length) return false;
    const left = [...b.items];
    return a.items.every((item) => {
      const at = left.findIndex((other) => isSameUnordered(item, other));
      if (at >= 0) left.splice(at, 1);
      return at >= 0;
    });
  }
  if (a.kind === "object" && b.kind === "object") {
    if (a.members.size !== b.members.size) return false;
    return [...a.members].every(([key, value]) => {
      const other = b.members.get(key);
      return other !== undefined && isSameUnordered(value, other);
    });
  }
  return isSameModel(a, b);
}

function shuffled<T>(items: readonly T[], dice: () => number): T[] {
  const mixed = [...items];
  for (let at = mixed.length - 1; at > 0; at--) {
    const other = Math.floor(dice() * (at + 1));
    [mixed[at], mixed[other]] = [mixed[other] as T, mixed[at] as T];
  }
  return mixed;
}

/** Arrays in another order, and now and then an element twice, or one in place of another. */
function shuffle(model: Model, dice: () => number): Model {
  if (model.kind === "array") {
    const items = shuffled(
      model.items.map((item) => shuffle(item, dice)),
      dice,
    );
    if (items.length > 1 && dice() < 0.2) items[0] = items[1] as Model;
    return { kind: "array", items };
  }
  if (model.kind !== "object") return model;
  return {
    kind: "object",
    members: new Map([...model.members].map(([key, value]) => [key, shuffle(value, dice)])),
  };
}

const UNORDERED: Rule = { kind: "array", path: "/**", mode: "unordered" };

test("unordered arrays match exactly when their multisets are equal", () => {
  let matches = 0;
  fc.assert(
    fc.property(models, fc.integer(), (model, seed) => {
      const dice = diceFrom(seed);
      const other = shuffle(model, dice);
      const [legacy, candidate] = [writeModel(model, dice), writeModel(other, dice)];
      const expected = isSameUnordered(model, other) ? "match" : "mismatch";
      if (expected === "match") matches++;
      expect(judgeUnder([UNORDERED], legacy, candidate).verdict.kind, `${legacy} | ${candidate}`).toBe(
        expected,
      );
    }),
    { numRuns: 800 },
  );
  expect(matches).toBeGreaterThan(100);
});

test("rules that name nothing change no verdict", () => {
  const rules: readonly Rule[] = [
    { kind: "ignore", path: "/nothing/**" },
    { kind: "additive", path: "/nothing" },
    { kind: "nullIsAbsent", path: "/**/nothing" },
    { kind: "default", path: "/**/nothing", value: 1 },
    { kind: "rename", from: "/nothing", to: "/nowhere" },
    { kind: "array", path: "/nothing", mode: "unordered" },
  ];
  fc.assert(
    fc.property(models, models, fc.integer(), (model, other, seed) => {
      const dice = diceFrom(seed);
      const [legacy, candidate] = [writeModel(model, dice), writeModel(other, dice)];
      expect(judgeUnder(rules, legacy, candidate)).toEqual(judgeUnder([], legacy, candidate));
    }),
    { numRuns: 300 },
  );
});

test("20,000 elements in another order match, each of them looked at", () => {
  const rows = Array.from({ length: 20_000 }, (_, index) => ({ id: index, name: `n${index % 1000}` }));
  const legacy = JSON.stringify(rows);
  const mixed = shuffled(rows, diceFrom(3));
  expect(judgeUnder([UNORDERED], legacy, JSON.stringify(mixed))).toMatchObject({
    verdict: { kind: "match" },
    ruleHits: new Map([[0, 1]]),
  });
  mixed[5] = { id: -1, name: "other" };
  expect(judgeUnder([UNORDERED], legacy, JSON.stringify(mixed)).verdict).toMatchObject({
    kind: "mismatch",
    differences: [{ kind: "changed" }, { kind: "changed" }],
  });
});

test("a permutation of 20,000 elements is one difference, however many are listed", () => {
  const rows = Array.from({ length: 20_000 }, (_, id) => ({ id, a: id, b: id, c: id }));
  const compiled = compileCompare(makeSettings({ differencesMax: 2 }));
  const { verdict } = judge(
    makeAnswer(JSON.stringify({ rows })),
    makeAnswer(JSON.stringify({ rows: rows.toReversed() })),
    compiled,
  );
  expect(verdict).toMatchObject({ isCut: false, differences: [{ path: "/rows", kind: "moved" }] });
});

test("elements that no hash can tell apart are given up for index order, and it is said", () => {
  // A custom rule that never agrees: every pair would have to be asked about.
  const rules: readonly Rule[] = [UNORDERED, { kind: "custom", module: "/x", path: "/*/v" }];
  const rows = (from: number): string =>
    JSON.stringify(Array.from({ length: 1000 }, (_, index) => ({ v: index + from })));
  const { notes, verdict } = judgeUnder(rules, rows(0), rows(10_000), () => "different");
  expect(notes).toEqual(["array-by-index"]);
  expect(verdict).toMatchObject({ kind: "mismatch", isCut: false });
});

test("unordered arrays within each other are matched at every depth", () => {
  const nest = (inner: string, depth: number): string => "[0,".repeat(depth) + inner + "]".repeat(depth);
  for (const depth of [63, 64, 65, 400])
    expect(judgeUnder([UNORDERED], nest("[1,2]", depth), nest("[2,1]", depth))).toMatchObject({
      verdict: { kind: "match" },
      ruleHits: new Map([[0, 1]]),
    });
  const compiled = compileCompare(makeSettings({ rules: [UNORDERED], depthMax: 100_000 }));
  const [legacy, candidate] = [nest("[1,2]", 99_000), nest("[2,3]", 99_000)];
  expect(judge(makeAnswer(legacy), makeAnswer(candidate), compiled).verdict.kind).toBe("mismatch");
});

test("many rules with `**` on deep paths come to a verdict", () => {
  const rules = Array.from(
    { length: 200 },
    (_, index): Rule => ({ kind: "ignore", path: `/**/a${"/*".repeat(index % 17)}/**/b${index}` }),
  );
  const nest = (inner: string): string => '{"a":'.repeat(900) + inner + "}".repeat(900);
  expect(judgeUnder(rules, nest("1"), nest("2")).verdict).toMatchObject({
    kind: "mismatch",
    differences: [{ path: "/a".repeat(900) }],
  });
  expect(judgeUnder(rules, nest('{"b7":1}'), nest('{"b7":2}')).verdict.kind).toBe("match");
});

test("ten thousand differences are hidden one by one, with one example", () => {
  const rows = (v: number): string => JSON.stringify(Array.from({ length: 10_000 }, () => ({ v })));
  const { verdict, ruleHits, hidden } = judgeUnder([{ kind: "ignore", path: "/*/v" }], rows(1), rows(2));
  expect(verdict.kind).toBe("match");
  expect(ruleHits.get(0)).toBe(10_000);
  expect(hidden).toEqual([{ ruleIndex: 0, part: "body", path: "/0/v", legacy: "1", candidate: "2" }]);
});

test("an example is cut, and is the candidate's place where only that has the value", () => {
  const long = "x".repeat(500);
  const { hidden } = judgeUnder([{ kind: "additive", path: "" }], '{"a":1}', `{"a":1,"b":"${long}"}`);
  expect(hidden).toEqual([
    { ruleIndex: 0, part: "body", path: "/b", legacy: undefined, candidate: `"${"x".repeat(199)}…` },
  ]);
});

test("ten thousand renames are followed", () => {
  const rows = (name: string): string =>
    JSON.stringify({ rows: Array.from({ length: 10_000 }, (_, id) => ({ id, [name]: id })) });
  const rules: readonly Rule[] = [{ kind: "rename", from: "/rows/*/old", to: "/rows/*/new" }];
  const { verdict, ruleHits } = judgeUnder(rules, rows("old"), rows("new"));
  expect(verdict.kind).toBe("match");
  expect(ruleHits.get(0)).toBe(10_000);
});

test("a custom rule hides what it calls the same, is asked about what is missing, and ends it when it fails", () => {
  const rules: readonly Rule[] = [{ kind: "custom", module: "/x", path: "/a/*" }];
  const asked: unknown[] = [];
  const answer =
    (say: "same" | "different" | "failed"): AskCustom =>
    (index, place) => {
      asked.push([index, place.path, place.legacy, place.candidate]);
      return say;
    };
  const legacy = '{"a":{"x":{"v":1},"y":1,"same":[1]},"b":1}';
  const candidate = '{"a":{"x":{"v":2},"z":[2],"same":[1]},"b":1}';
  expect(judgeUnder(rules, legacy, candidate, answer("same"))).toMatchObject({
    verdict: { kind: "match" },
    ruleHits: new Map([[0, 3]]),
  });
  expect(asked).toEqual([
    [0, "/a/x", '{"v":1}', '{"v":2}'],
    [0, "/a/y", "1", undefined],
    [0, "/a/z", undefined, "[2]"],
  ]);
  expect(judgeUnder(rules, legacy, candidate, answer("different")).verdict).toMatchObject({
    differences: [{ path: "/a/x/v" }, { path: "/a/y" }, { path: "/a/z" }],
  });
  expect(judgeUnder(rules, legacy, candidate, answer("failed")).verdict).toMatchObject({
    kind: "incomparable",
    reason: "rule-failed",
  });
});

test.each([
  ["case", "A", "a"],
  ["trim", " a", "a"],
] as const)("%s hides no bytes that are not UTF-8", (kind, legacy, candidate) => {
  const rules: readonly Rule[] = [{ kind, path: "/0" }];
  expect(judgeUnder(rules, `["${legacy}"]`, `["${candidate}"]`).verdict.kind).toBe("match");
  const body = (text: string, byte: number): Buffer =>
    Buffer.from(`["${text}${String.fromCharCode(byte)}"]`, "latin1");
  const compiled = compileCompare(makeSettings({ rules }));
  const { verdict } = judge(makeAnswer(body(legacy, 0xff)), makeAnswer(body(candidate, 0xfe)), compiled);
  expect(verdict.kind).toBe("mismatch");
});

test("a custom rule of the whole is asked about lines as one text, and its answer counts", () => {
  const rules: readonly Rule[] = [{ kind: "custom", module: "/x" }];
  const compiled = compileCompare(makeSettings({ rules, headers: [] }));
  const lines = (text: string) => makeAnswer(text, { headers: [["content-type", "text/plain"]] });
  const asked: unknown[] = [];
  const judgeLines = (say: "same" | "different") =>
    judge(lines("a\nb"), lines("a\nc"), {
      ...compiled,
      custom: (_, place) => {
        asked.push(place);
        return say;
      },
    }).verdict;
  expect(judgeLines("same").kind).toBe("match");
  expect(asked).toEqual([{ path: "", legacy: '"a\\nb"', candidate: '"a\\nc"' }]);
  expect(judgeLines("different")).toMatchObject({
    kind: "mismatch",
    differences: [{ legacy: "b", candidate: "c" }],
  });
});

test("a custom rule is not asked about a key that stands twice", () => {
  const rules: readonly Rule[] = [{ kind: "custom", module: "/x", path: "/a" }];
  expect(judgeUnder(rules, '{"a":1,"a":2}', '{"a":1}', () => "same").verdict).toMatchObject({
    differences: [{ kind: "duplicate-key" }],
  });
});

test("a place is decided as the walk decides it: ignored containers first", () => {
  const rules = compileRules([
    { kind: "ignore", path: "/a/b" },
    { kind: "ignore", path: "/**/b/c" },
    { kind: "array", path: "/l", mode: "keyed", by: ["/id"] },
  ]);
  const walk = new PlaceRulesWalk(rules, rules.paths as PathMatcher);
  const hiddenAt = (tokens: readonly string[], shared: number) => {
    walk.moveTo(tokens, shared);
    return walk.hiddenHere("changed", () => ({
      legacy: { type: "number", text: "1" },
      candidate: { type: "number", text: "2" },
    }));
  };
  expect(hiddenAt(["a", "b", "c"], 0)).toEqual({ hiding: [0], depth: 2 });
  expect(hiddenAt(["a", "b"], 2)).toEqual({ hiding: [0], depth: 2 });
  expect(hiddenAt(["x", "b", "c"], 0)).toEqual({ hiding: [1], depth: 3 });
  expect(hiddenAt(["x", "b"], 2)).toBeUndefined();
  expect(hiddenAt([], 0)).toBeUndefined();
  expect(rules).toMatchObject({ hasArrayRules: true, hasCustom: false, hasRenames: false });
  expect(compileRules([{ kind: "status", legacy: 200, candidate: "2xx" }])).toMatchObject({
    paths: undefined,
    status: [{ index: 0, legacy: 200, candidate: "2xx" }],
  });
});

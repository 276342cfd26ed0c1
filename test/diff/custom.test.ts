import { expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import type { Rule } from "../../src/core/rule.ts";
import { judge } from "../../src/diff/judge.ts";
import { compileCompare } from "../../src/diff/judging.ts";
import { type CustomFunction, compileCustom } from "../../src/diff/rules/custom.ts";
import { makeAnswer, makeSettings } from "./support/answers.ts";

function ask(custom: CustomFunction, legacy: string | undefined, candidate: string | undefined) {
  return compileCustom(new Map([[0, custom]]))(0, { path: "/a", legacy, candidate });
}

test.each<readonly [string, CustomFunction, string]>([
  ["true", () => true, "same"],
  ["false", () => false, "different"],
  ["a number", () => 1, "failed"],
  ["nothing", () => undefined, "failed"],
  ["a boxed boolean", () => Object(true), "failed"],
  ["a promise", async () => true, "failed"],
  ["a promise that is rejected", () => Promise.reject(new Error("later")), "failed"],
  [
    "a throw",
    () => {
      throw new Error("custom");
    },
    "failed",
  ],
  [
    "a throw of nothing",
    () => {
      throw undefined;
    },
    "failed",
  ],
  [
    "a stack that overflows",
    function deeper(): unknown {
      return deeper();
    },
    "failed",
  ],
])("%s", (_, custom, answer) => expect(ask(custom, "1", "2")).toBe(answer));

test("a function gets values, raw texts and the path, and cannot harm what is judged", () => {
  const seen: unknown[] = [];
  const custom: CustomFunction = (legacy, candidate, place) => {
    seen.push(legacy, candidate, place);
    return true;
  };
  expect(ask(custom, '{"a":9007199254740993,"__proto__":1}', undefined)).toBe("same");
  expect(Object.keys(seen[0] as object)).toEqual(["a", "__proto__"]);
  expect(seen[1]).toBeUndefined();
  expect(seen[2]).toEqual({
    path: "/a",
    legacyText: '{"a":9007199254740993,"__proto__":1}',
    candidateText: undefined,
  });
  expect(Object.isFrozen(seen[2])).toBe(true);
});

test("a hang ends, and a rule that hung five times is not called again", () => {
  let calls = 0;
  const asking = compileCustom(
    new Map([
      [
        0,
        () => {
          calls++;
          for (;;);
        },
      ],
    ]),
  );
  for (let use = 0; use < 7; use++)
    expect(asking(0, { path: "", legacy: "1", candidate: "2" })).toBe("failed");
  expect(calls).toBe(5);
});

test("after a hang, others are asked as before", () => {
  const asking = compileCustom(
    new Map<number, CustomFunction>([
      [
        0,
        () => {
          for (;;);
        },
      ],
      [1, () => true],
    ]),
  );
  expect(asking(0, { path: "", legacy: "1", candidate: "2" })).toBe("failed");
  expect(asking(1, { path: "", legacy: "1", candidate: "2" })).toBe("same");
});

test("a rule whose module is not there, and a text that is not JSON, fail", () => {
  expect(compileCustom(new Map())(0, { path: "", legacy: "1", candidate: "2" })).toBe("failed");
  expect(ask(() => true, "{", "1")).toBe("failed");
});

test("a text body is asked about whole at the root, and by line below", () => {
  const judgeText = (path: string | undefined, custom: CustomFunction | undefined) => {
    const rules: Rule[] = [{ kind: "custom", module: "/rules/mine.mjs", path }];
    const functions = new Map(custom === undefined ? [] : [[0, custom] as const]);
    const text = (body: string) => makeAnswer(body, { headers: [["content-type", "text/plain"]] });
    return judge(text("a\nb"), text("a\nc"), compileCompare(makeSettings({ rules }), systemClock, functions));
  };
  expect(judgeText(undefined, (l, c) => l === "a\nb" && c === "a\nc")).toMatchObject({
    verdict: { kind: "match" },
  });
  expect([...judgeText("/1", (l, c) => l === "b" && c === "c").ruleHits]).toEqual([[0, 1]]);
  expect(judgeText("/1", () => false).verdict).toMatchObject({ differences: [{ path: "/1" }] });
  expect(judgeText("/0", () => true).verdict.kind).toBe("mismatch");
  for (const path of [undefined, "/1"])
    expect(judgeText(path, undefined).verdict).toEqual({
      kind: "incomparable",
      reason: "rule-failed",
      detail: "custom rule mine.mjs",
    });
});

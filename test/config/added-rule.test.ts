// Rules that are put to work while Parallax runs: as in the config file, and with who, why and until when.
import { expect, test } from "vitest";
import { isRouteThere, readAddedRule } from "../../src/config/added-rule.ts";
import { loaded, loadText, TWO_URLS, testFile } from "./config-file.ts";

const NOW_MS = Date.parse("2026-06-15T12:00:00Z");
const RULE = { kind: "ignore", path: "/at", owner: "ann", reason: "a clock", expires: "2026-06-15" };
const ROUTES = `${TWO_URLS}routes:
  - { name: users, match: { path: "/users/**" }, stage: shadow }
  - { name: all, match: { path: "/**" }, stage: shadow }
`;
const config = (text = ROUTES) => loaded(loadText(text));
const problems = (rule: unknown, route?: string) => {
  const read = readAddedRule({ rule, route }, config(), NOW_MS);
  return read.ok ? [] : read.problems;
};

test("one that says who, why and until when is taken, on its last day as well", () => {
  const read = readAddedRule({ rule: RULE, route: "users" }, config(), NOW_MS);
  expect(read).toMatchObject({ ok: true, rule: RULE });
  const lastMs = Date.parse("2026-06-16T00:00:00Z");
  expect(readAddedRule({ rule: RULE }, config(), lastMs - 1).ok).toBe(true);
  expect(readAddedRule({ rule: RULE }, config(), lastMs)).toEqual({
    ok: false,
    problems: ['rule.expires: found "2026-06-15"; allowed: today or later'],
  });
});

test("what is missing is told at once, and a route that is not there with those that are", () => {
  expect(problems({ kind: "ignore", path: "/at", owner: "" }, "orders")).toEqual([
    "rule.owner: who answers for the rule is needed",
    "rule.reason: why it is there is needed",
    "rule.expires: a date is needed, such as 2027-01-31",
    "route: the config has none of this name; it has users, all",
  ]);
});

test("whoever may add a rule may not choose what code runs", () => {
  const module = testFile("mine.mjs", "export default () => true;");
  expect(problems({ ...RULE, kind: "custom", module })).toEqual([
    "rule.kind: custom rules stand in the config file alone",
  ]);
});

test("what is no rule is told with its place", () => {
  expect(problems(undefined)).not.toEqual([]);
  expect(problems({ ...RULE, path: 7 })).toEqual([expect.stringMatching(/^rule\.path: /)]);
});

test("a rule stays applicable while its route is there; the route of what matches none is no route", () => {
  const names = [undefined, "users", "orders", "*other*", "default"];
  expect(names.map((name) => isRouteThere(name, config()))).toEqual([true, true, false, false, false]);
  expect(names.map((name) => isRouteThere(name, config(TWO_URLS)))).toEqual([
    true,
    false,
    false,
    false,
    true,
  ]);
});

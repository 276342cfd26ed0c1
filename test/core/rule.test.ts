import { expect, test } from "vitest";
import { type Rule, ruleIdOf } from "../../src/core/rule.ts";

const rule: Rule = { kind: "default", path: "/a", value: { x: 1, y: [{ b: 1, a: 2 }] } };

test("an id is 12 hex digits, the same in every version", () => {
  expect(ruleIdOf({ kind: "ignore", path: "/at" })).toBe("2dfa248f9571");
});

test("the order of keys and who answers for it make no other rule", () => {
  const reordered: Rule = { value: { y: [{ a: 2, b: 1 }], x: 1 }, path: "/a", kind: "default" };
  expect(ruleIdOf(reordered)).toBe(ruleIdOf(rule));
  expect(ruleIdOf({ ...rule, owner: "me", reason: "so", expires: "2027-01-01" })).toBe(ruleIdOf(rule));
  expect(ruleIdOf({ ...rule, owner: undefined })).toBe(ruleIdOf(rule));
});

test.each<Rule>([
  { kind: "default", path: "/b", value: { x: 1, y: [{ b: 1, a: 2 }] } },
  { kind: "default", path: "/a", value: { x: 2, y: [{ b: 1, a: 2 }] } },
  { kind: "default", path: "/a", value: { x: 1, y: [{ b: 1, a: 2 }, null] } },
  { kind: "ignore", path: "/a" },
])("what does something else has another id: %j", (other) => {
  expect(ruleIdOf(other)).not.toBe(ruleIdOf(rule));
});

test("a list is no object with its indices as keys", () => {
  const of = (value: unknown): Rule => ({ kind: "default", path: "/a", value });
  expect(ruleIdOf(of(["x"]))).not.toBe(ruleIdOf(of({ 0: "x" })));
});

test("an order of a list makes another rule", () => {
  const keyed = (by: readonly string[]): Rule => ({ kind: "array", path: "/a", mode: "keyed", by });
  expect(ruleIdOf(keyed(["/a", "/b"]))).not.toBe(ruleIdOf(keyed(["/b", "/a"])));
});

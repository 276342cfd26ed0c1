import { expect, test } from "vitest";
import { TextSets } from "../../../src/rollout/decide/text-sets.ts";

const TENANTS = ["acme", "globex", "initech"];

function has(texts: readonly string[], text: string, sets = new TextSets(undefined)): boolean {
  const bytes = Buffer.from(text);
  return sets.setOf(texts).has(bytes, 0, bytes.length);
}

test("hands on what was compiled of the same texts, and compiles what has one other text", () => {
  const before = new TextSets(undefined);
  const set = before.setOf(TENANTS);
  const now = new TextSets(before);
  expect(now.setOf([...TENANTS])).toBe(set);
  expect(now.setOf(["acme", "globex", "umbrella"])).not.toBe(set);
  expect(has(["acme", "globex", "umbrella"], "initech", now)).toBe(false);
  expect(has(["acme", "globex", "umbrella"], "umbrella", now)).toBe(true);
});

test("compiles a list once, however many cohorts have it", () => {
  const sets = new TextSets(undefined);
  expect(sets.setOf(TENANTS)).toBe(sets.setOf([...TENANTS]));
});

test("forgets at the end what nobody asked for", () => {
  const before = new TextSets(undefined);
  const set = before.setOf(TENANTS);
  const now = new TextSets(before);
  now.settle();
  expect(now.setOf(TENANTS)).not.toBe(set);
});

// Members paired by the table are the pairs that the map makes, in the same order: whatever the keys are.
import { expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { Deadline } from "../../src/diff/deadline.ts";
import { pairObjects } from "../../src/diff/json/pair-unique.ts";
import { PairStack, pairMembers } from "../../src/diff/json/pairs.ts";
import { Tape } from "../../src/diff/json/tape.ts";
import { tokenize } from "../../src/diff/json/tokenize.ts";

function tapeOf(keys: readonly string[]): Tape {
  const tape = new Tape();
  const text = Buffer.from(`{${keys.map((key, index) => `"${key}":${index}`).join(",")}}`);
  expect(tokenize(tape, text, { depthMax: 2, deadline: new Deadline(systemClock, 60_000) })).toBe("ok");
  return tape;
}

function pairsIn(stack: PairStack) {
  const pairs: (readonly number[])[] = [];
  for (let at = 0; at < stack.length; at += 4)
    pairs.push([stack.get(at, 0), stack.get(at, 1), stack.get(at, 2), stack.get(at, 3)]);
  return { pairs, duplicates: stack.duplicates };
}

function expectSamePairs(keysL: readonly string[], keysC: readonly string[]): void {
  const [legacy, candidate] = [tapeOf(keysL), tapeOf(keysC)];
  const [byTable, byMap] = [new PairStack(), new PairStack()];
  // What lies below on the stack stays.
  for (const stack of [byTable, byMap]) stack.push(7, 7, 7, 7);
  pairObjects(byTable, { legacy, objectL: 0, candidate, objectC: 0 });
  pairMembers(byMap, legacy, 0, candidate, 0);
  expect(pairsIn(byTable)).toEqual(pairsIn(byMap));
}

test.each([
  ["reordered", ["a", "b", "c"], ["c", "a", "b"]],
  ["on one side alone", ["a", "b", "x"], ["y", "b", "z", "a"]],
  ["none", [], ["a"]],
  ["empty, and like the prototype's", ["", "__proto__", "constructor"], ["constructor", "", "__proto__"]],
  ["twice in the legacy", ["a", "b", "a"], ["b", "a"]],
  ["twice in the candidate", ["a", "b"], ["b", "a", "b"]],
  ["twice in the candidate alone", ["a"], ["z", "a", "z"]],
  ["twice on both sides", ["a", "b", "a"], ["b", "a", "a"]],
  ["with escapes on one side", ["a", "b"], ["\\u0062", "a"]],
  ["with escapes that make one key twice", ["a", "\\u0061"], ["a", "b"]],
])("keys %s", (_, keysL, keysC) => {
  expectSamePairs(keysL, keysC);
});

test("keys of random objects, small and large", () => {
  let state = 11;
  const below = (bound: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) % bound;
  };
  for (let round = 0; round < 300; round++) {
    const names = 1 + below(60);
    const keysOf = () => Array.from({ length: below(40) }, () => `k${below(names)}`);
    const [keysL, keysC] = [keysOf(), keysOf()];
    expectSamePairs(keysL, keysC);
    expectSamePairs([...new Set(keysL)], [...new Set(keysC)]);
  }
  const many = Array.from({ length: 20_000 }, (_, index) => `key${index}`);
  expectSamePairs(many, many.toReversed());
  expectSamePairs(["a", "b"], ["b", "a"]);
});

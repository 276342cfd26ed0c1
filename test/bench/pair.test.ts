import { expect, test } from "vitest";
import { type Pair, renderResult } from "../../bench/micro/pair.ts";

const pair: Pair = {
  name: "diff/x: a page",
  base: { name: "peer", run: () => 1 },
  other: { name: "own", run: () => 1 },
};

function rowOf(ratio: number | undefined, atMost: number | undefined): string {
  return renderResult(pair, { name: pair.name, baseNanoseconds: 2e6, otherNanoseconds: 1500, ratio, atMost });
}

test("a pair's goal stands beside its ratio: met at it, not met past it", () => {
  expect(rowOf(0.25, 0.25)).toBe(
    "| diff/x: a page | ≤ 0.25× | 0.25× | yes | 1.5 µs (own) against 2.00 ms (peer) |",
  );
  expect(rowOf(0.26, 0.25)).toContain("| ≤ 0.25× | 0.26× | no |");
});

test("a pair without a goal, or without a ratio, says neither yes nor no", () => {
  expect(rowOf(0.5, undefined)).toContain("| - | 0.50× | - |");
  expect(rowOf(undefined, 1)).toContain("| ≤ 1× | - | - |");
});

test("a goal in time is held against the pair's own time, whatever the ratio is", () => {
  const result = {
    name: pair.name,
    baseNanoseconds: 1,
    otherNanoseconds: 2000,
    ratio: 2000,
    atMost: undefined,
  };
  const timed = { ...pair, otherNanosecondsMax: 2000 };
  expect(renderResult(timed, result)).toContain("| ≤ 2.0 µs | 2.0e+3× | yes |");
  expect(renderResult(timed, { ...result, otherNanoseconds: 2001 })).toContain("| no |");
});

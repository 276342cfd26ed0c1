import { expect, test } from "vitest";
import { cpuSeconds, parseStat, residentBytes, treeOf } from "../../bench/proc.ts";

test("reads parent and times past a command with spaces and parentheses", () => {
  const line = "4242 (a (b) c d) S 17 4242 4242 0 -1 4194560 1 2 3 4 100 20 3 4 20 0 11 0 99 1 2 3";
  expect(parseStat(line)).toEqual({ parent: 17, ticks: 127 });
});

test("takes nothing from what is no stat line", () => {
  for (const text of ["", "4242", "4242 (x) S 17"]) expect(parseStat(text)).toBeUndefined();
});

test("a tree holds children of children, and no neighbour", () => {
  const parents = new Map([
    [2, 1],
    [3, 2],
    [4, 3],
    [5, 1],
  ]);
  expect(treeOf(2, parents)).toEqual([2, 3, 4]);
  expect(treeOf(9, parents)).toEqual([9]);
});

test.runIf(process.platform === "linux")("sees this process's own CPU and memory", () => {
  const before = cpuSeconds(process.pid) ?? Number.NaN;
  const untilMicros = process.cpuUsage().user + 60_000;
  while (process.cpuUsage().user < untilMicros) Math.sqrt(Math.random());
  expect((cpuSeconds(process.pid) ?? Number.NaN) - before).toBeGreaterThanOrEqual(0.04);
  expect(residentBytes(process.pid)).toBeGreaterThan(10_000_000);
  expect(residentBytes(2 ** 22 + 1)).toBeUndefined();
});

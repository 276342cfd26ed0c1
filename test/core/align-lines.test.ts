import { describe, expect, test } from "vitest";
import { alignLines, linesOf } from "../../src/core/align-lines.ts";

const pairs = (left: string, right: string) => [...alignLines([...left], [...right])];
/** `ab|-b`: what stands in each row, of the left and of the right. */
const drawn = (left: string, right: string) => {
  const rows = pairs(left, right);
  return [rows.map(([l]) => left[l] ?? "-").join(""), rows.map(([, r]) => right[r] ?? "-").join("")];
};

describe("alignment", () => {
  test.each([
    ["abc", "abc", ["abc", "abc"]],
    ["", "", ["", ""]],
    ["", "ab", ["--", "ab"]],
    ["ab", "", ["ab", "--"]],
    ["abcd", "axbcd", ["a-bcd", "axbcd"]],
    ["axbcd", "abcd", ["axbcd", "a-bcd"]],
    ["abc", "xyz", ["abc", "xyz"]],
    ["abc", "axc", ["abc", "axc"]],
    ["ab", "axyb", ["a--b", "axyb"]],
    ["apbqc", "axybc", ["ap-bqc", "axyb-c"]],
    ["aXbYc", "abcc", ["aXbYc", "a-bcc"]],
  ])("%s and %s", (left, right, rows) => {
    expect(drawn(left, right)).toEqual(rows);
  });

  test("an inserted line is one row, and all after it stand side by side", () => {
    const lines = Array.from({ length: 100 }, (_, at) => `line ${at}`);
    const inserted = lines.toSpliced(40, 0, "new");
    const alone = [...alignLines(lines, inserted)].filter(([l, r]) => l < 0 || r < 0);
    expect(alone).toEqual([[-1, 40]]);
  });

  test("as many lines as can be are the same, and each stands once and in order", () => {
    const [left, right] = ["abcabba", "cbabac"];
    const rows = pairs(left, right);
    expect(rows.filter(([l, r]) => l >= 0 && r >= 0 && left[l] === right[r])).toHaveLength(4);
    expect(rows.map(([l]) => l).filter((l) => l >= 0)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(rows.map(([, r]) => r).filter((r) => r >= 0)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("texts too long for its table are paired by line number, but for what is the same at both ends", () => {
    const middle = (mark: string) => Array.from({ length: 2001 }, (_, at) => `${mark}${at}`);
    const left = ["head", ...middle("l"), "kept", "tail"];
    const right = ["head", "kept", ...middle("r"), "tail"];
    const rows = [...alignLines(left, right)];
    expect(rows).toHaveLength(2004);
    expect(rows.every(([l, r]) => l === r)).toBe(true);
    const fewer = [...alignLines(left.toSpliced(1, 10), right.toSpliced(2, 10))];
    expect(fewer.filter(([l, r]) => l < 0 || r < 0)).not.toEqual([]);
  });
});

test("a line end closes a line, and begins none", () => {
  expect(linesOf("a\nb\n")).toEqual(["a", "b"]);
  expect(linesOf("a\n\n")).toEqual(["a", ""]);
  expect(linesOf("a")).toEqual(["a"]);
});

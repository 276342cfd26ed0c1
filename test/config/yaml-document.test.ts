import { describe, expect, test } from "vitest";
import { readYaml, YAML_DEPTH_MAX } from "../../src/config/yaml-document.ts";

function faults(text: string): string[] {
  const result = readYaml(text);
  if (result.ok) return [];
  return result.faults.map(({ line, column, message }) => `${line ?? ""}:${column ?? ""} ${message}`);
}

describe("what is refused, with its place", () => {
  test.each([
    ["a key twice", "a: 1\nb: 2\na: 3\n", '3:1 each key once; "a" is there again'],
    ["a key twice further down", "x:\n  - a: 1\n    a: 2\n", '3:5 each key once; "a" is there again'],
    ["a tab as indentation", "a:\n\tb: 1\n", "2:1 valid YAML (Tabs are not allowed"],
    ["an open bracket", "a: [1, 2\n", "valid YAML (Flow sequence"],
    ["a second document", "a: 1\n---\nb: 2\n", "valid YAML ("],
    ["a tag", "a: !!js/function x\n", "1:4 valid YAML (Unresolved tag"],
    ["an alias without anchor", "a: *b\n", "valid YAML (Unresolved alias"],
    ["a key that is a mapping", "? { a: 1 }\n: 2\n", "valid YAML ("],
  ])("%s", (_case, text, said) => {
    expect(faults(text).join("\n")).toContain(said);
  });

  test("every duplicate, not the first alone", () => {
    expect(faults("a: 1\na: 2\nb: 1\nb: 2\n")).toHaveLength(2);
  });
});

describe("hostile text ends soon and says why", () => {
  test("an alias bomb", () => {
    const levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let i = 1; i < 10; i++)
      levels.push(`a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(", ")}]`);
    expect(faults(levels.join("\n")).join()).toContain("alias");
  });

  test.each([
    ["brackets", "[".repeat(500_000)],
    ["braces", "{a: ".repeat(200_000)],
    ["dashes", "- ".repeat(500_000)],
    ["question marks", "? ".repeat(500_000)],
    ["indentation", Array.from({ length: 1000 }, (_, i) => `${" ".repeat(i)}a:`).join("\n")],
  ])("nesting by %s", (_case, text) => {
    expect(faults(text)).toEqual([`: nesting of at most ${YAML_DEPTH_MAX} levels`]);
  });

  test("brackets at the limit are read, one more is not", () => {
    const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
    expect(faults(nested(YAML_DEPTH_MAX - 1))).toEqual([]);
    expect(faults(nested(YAML_DEPTH_MAX + 1))).not.toEqual([]);
  });

  test("a hundred thousand keys are not compared pair by pair", () => {
    const text = Array.from({ length: 100_000 }, (_, i) => `k${i}: 1`).join("\n");
    expect(faults(text)).toEqual([]);
    expect(faults(`${text}\nk7: 2`)).toEqual(['100001:1 each key once; "k7" is there again']);
  });
});

test("dates, octals and yes stay what they look like", () => {
  const result = readYaml("a: 2027-01-31\nb: yes\nc: 0o17\nd: 012\n");
  expect(result.ok && result.value).toEqual({ a: "2027-01-31", b: "yes", c: 15, d: 12 });
});

test("anchors and aliases may be used with measure", () => {
  const result = readYaml("a: &x { n: 1 }\nb: *x\n");
  expect(result.ok && result.value).toEqual({ a: { n: 1 }, b: { n: 1 } });
  expect(result.ok && result.placeOf(["b", "n"])).toEqual({ line: 1, column: 9 });
});

test("the place of what is not in the text is that of its nearest ancestor", () => {
  const result = readYaml("a:\n  b:\n    - c: 1\n");
  expect(result.ok && result.placeOf(["a", "b", 0, "d"])).toEqual({ line: 3, column: 7 });
  expect(result.ok && result.placeOf(["z"])).toBeUndefined();
});

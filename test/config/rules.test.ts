import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { formatRuleProblem, parseRules } from "../../src/config/rules.ts";
import { buildSnapshot, RouteSlots } from "../../src/config/snapshot.ts";
import type { Rule } from "../../src/core/rule.ts";
import { RULE_KINDS } from "../../src/core/rule.ts";
import { loaded, loadText, problemLines, TWO_URLS, testDirectory, testFile } from "./config-file.ts";

function rulesOf(text: string, folder = "/nowhere"): readonly Rule[] {
  const parsed = parseRules(parse(text, { schema: "core" }), { folder });
  if (!parsed.ok) throw new Error(parsed.problems.map(formatRuleProblem).join("\n"));
  return parsed.rules;
}

function problemsOf(text: string, headers?: readonly string[]): readonly string[] {
  const source = { folder: "/nowhere", ...(headers === undefined ? {} : { headers }) };
  const parsed = parseRules(parse(text, { schema: "core" }), source);
  return parsed.ok ? [] : parsed.problems.map(formatRuleProblem);
}

test("a list past its limit is refused as a whole, without a look at its rules", () => {
  const listOf = (length: number) => {
    const parsed = parseRules(
      Array.from({ length }, (_, at) => ({ kind: "ignored", path: `/${at}` })),
      { folder: "/nowhere" },
    );
    return parsed.ok ? [] : parsed.problems.map(formatRuleProblem);
  };
  expect(listOf(1000)).toHaveLength(1000);
  expect(listOf(1001)).toEqual(["found a list of 1001; allowed: a list of at most 1000 entries"]);
});

test("to find rules that can never hit has its bound: a list made to be slow is not looked through", () => {
  const deep = "/a/**".repeat(60);
  const listOf = (length: number) => [
    ...Array.from({ length }, (_, at) => ({ kind: "ignore", path: `${deep}/b${"/a".repeat(at)}` })),
    { kind: "ignore", path: "/b" },
    { kind: "trim", path: "/b/c" },
  ];
  const problems = (length: number) => {
    const parsed = parseRules(listOf(length), { folder: "/nowhere" });
    return parsed.ok ? 0 : parsed.problems.length;
  };
  expect(problems(3)).toBeGreaterThan(0);
  expect(problems(90)).toBe(0);
});

const GOOD: readonly (readonly [string, object])[] = [
  ["{ kind: ignore, path: /a/*/b }", { kind: "ignore", path: "/a/*/b" }],
  ['{ kind: ignore, path: "" }', { kind: "ignore", path: "" }],
  ["{ kind: ignore, path: $ }", { kind: "ignore", path: "" }],
  ["{ kind: ignore, path: '$.a[*].b' }", { kind: "ignore", path: "/a/*/b" }],
  [
    "{ kind: ignore, header: ETag, expires: 2027-01-31 }",
    { kind: "ignore", header: "etag", expires: "2027-01-31" },
  ],
  ["{ kind: shape, path: /a, class: uuid }", { kind: "shape", path: "/a", class: "uuid" }],
  ["{ kind: shape, header: etag, class: '/\\w+/' }", { kind: "shape", header: "etag", class: "/\\w+/" }],
  [
    '{ kind: tolerance, path: /a, abs: "0.10" }',
    { kind: "tolerance", path: "/a", abs: "0.10", rel: undefined },
  ],
  [
    "{ kind: tolerance, header: age, abs: 5, rel: 1e-9 }",
    { kind: "tolerance", header: "age", abs: "5", rel: "1e-9" },
  ],
  ["{ kind: timestamp, path: /a, withinMs: 0 }", { kind: "timestamp", path: "/a", withinMs: 0 }],
  [
    "{ kind: timestamp, header: date, withinMs: 1000 }",
    { kind: "timestamp", header: "date", withinMs: 1000 },
  ],
  [
    "{ kind: array, path: /a, mode: unordered }",
    { kind: "array", path: "/a", mode: "unordered", by: undefined },
  ],
  [
    "{ kind: array, path: /a, mode: keyed, by: /id }",
    { kind: "array", path: "/a", mode: "keyed", by: ["/id"] },
  ],
  [
    "{ kind: array, path: /a, mode: keyed, by: [/id, $.b.c] }",
    { kind: "array", path: "/a", mode: "keyed", by: ["/id", "/b/c"] },
  ],
  ["{ kind: nullIsAbsent, path: /**/a }", { kind: "nullIsAbsent", path: "/**/a" }],
  ["{ kind: additive, path: / }", { kind: "additive", path: "/" }],
  ["{ kind: coerce, path: /a }", { kind: "coerce", path: "/a" }],
  ["{ kind: coerce, header: Age }", { kind: "coerce", header: "age" }],
  ["{ kind: rename, from: /a/*/b, to: /c/*/d }", { kind: "rename", from: "/a/*/b", to: "/c/*/d" }],
  ["{ kind: default, path: /a, value: null }", { kind: "default", path: "/a", value: null }],
  ["{ kind: default, path: /a, value: { b: [1] } }", { kind: "default", path: "/a", value: { b: [1] } }],
  ["{ kind: case, path: /a }", { kind: "case", path: "/a" }],
  ["{ kind: case, header: etag }", { kind: "case", header: "etag" }],
  ["{ kind: trim, path: /a }", { kind: "trim", path: "/a" }],
  ["{ kind: trim, header: etag }", { kind: "trim", header: "etag" }],
  ["{ kind: status, legacy: 200, candidate: 2xx }", { kind: "status", legacy: 200, candidate: "2xx" }],
  ["{ kind: status, legacy: 4xx, candidate: 4xx }", { kind: "status", legacy: "4xx", candidate: "4xx" }],
];

test.each(GOOD)("%s is a rule", (text, rule) => {
  expect(rulesOf(`[${text}]`)).toEqual(
    [{ owner: undefined, reason: undefined, ...rule }].map((r) => ({ expires: undefined, ...r })),
  );
});

test("there is a good one of each kind above, or below", () => {
  const kinds = new Set(GOOD.map(([, rule]) => (rule as Rule).kind));
  expect(RULE_KINDS.filter((kind) => !kinds.has(kind))).toEqual(["custom"]);
});

test.each([
  ["{ kind: ignroe, path: /a }", "[0].kind", "ignore, shape, tolerance", "did you mean ignore?"],
  ["{ path: /a }", "[0].kind", "found nothing"],
  ["1", "[0]", "a rule: a mapping with a kind"],
  ["{ kind: ignore }", "either path or header"],
  ["{ kind: ignore, path: /a, header: b }", "either path or header"],
  ["{ kind: ignore, path: a }", "[0].path", "a JSON pointer that begins with /"],
  ["{ kind: ignore, path: /a~2 }", "[0].path", "~0 for a tilde"],
  ["{ kind: ignore, path: '$[-1]' }", "[0].path", "from the front"],
  [
    "{ kind: ignore, pth: /a, path: /b }",
    "[0].pth",
    "kind, path, header, owner, reason, expires",
    "did you mean path?",
  ],
  ["{ kind: ignore, path: /a, mode: lcs }", "[0].mode", "an unknown key"],
  ["{ kind: ignore, path: /a, expires: soon }", "[0].expires", "a date"],
  ["{ kind: shape, path: /a }", "[0].class", "uuid, iso-time"],
  ["{ kind: shape, path: /a, class: uid }", "[0].class", "uuid, iso-time"],
  ["{ kind: shape, path: /a, class: / }", "[0].class", "uuid, iso-time"],
  ["{ kind: shape, path: /a, class: // }", "[0].class", "between the slashes"],
  ["{ kind: shape, path: /a, class: '/(?=a)/' }", "[0].class", "look-around"],
  ["{ kind: tolerance, path: /a }", "abs, rel or both"],
  ["{ kind: tolerance, path: /a, abs: -1 }", "[0].abs", "not negative"],
  ['{ kind: tolerance, path: /a, rel: "1,5" }', "[0].rel", "a decimal number"],
  ["{ kind: tolerance, path: /a, abs: .inf }", "[0].abs", "a decimal number"],
  ["{ kind: tolerance, path: /a, abs: .nan }", "[0].abs", "a decimal number"],
  ["{ kind: tolerance, path: /a, abs: true }", "[0].abs", "a decimal number"],
  ["{ kind: timestamp, path: /a }", "[0].withinMs", "a whole number"],
  ["{ kind: timestamp, path: /a, withinMs: -1 }", "[0].withinMs", "a whole number"],
  ["{ kind: array, path: /a }", "[0].mode", "index, lcs, unordered, keyed"],
  ["{ kind: array, path: /a, mode: keyed }", "[0].by", "mode keyed, which needs it"],
  ["{ kind: array, path: /a, mode: lcs, by: /id }", "[0].by", "with no other mode"],
  ["{ kind: array, path: /a, mode: keyed, by: [] }", "[0].by", "at least one path"],
  ["{ kind: array, path: /a, mode: keyed, by: [id] }", "[0].by[0]", "a JSON pointer"],
  ["{ kind: array, path: /a, mode: keyed, by: /*/id }", "[0].by", "without * and **"],
  ["{ kind: array, path: /a, header: etag, mode: lcs }", "[0].header", "an unknown key"],
  ["{ kind: nullIsAbsent }", "[0].path"],
  ["{ kind: additive, header: etag, path: /a }", "[0].header", "an unknown key"],
  ["{ kind: coerce, header: etag, path: /a }", "either path or header"],
  ["{ kind: rename, from: /a/*, to: /b }", "[0].to", "as many *"],
  ["{ kind: rename, from: /**/a, to: /b }", "[0].from", "without **"],
  ["{ kind: rename, from: $.a, to: /a }", "[0].to", "another place"],
  ["{ kind: rename, from: '', to: /a }", "[0].from", "the root cannot move"],
  ["{ kind: default, path: /a }", "[0].value", "any JSON value"],
  ["{ kind: case }", "either path or header"],
  ["{ kind: trim, header: 'a b' }", "[0].header", "a header name"],
  ["{ kind: status, legacy: 99, candidate: 200 }", "[0].legacy", "100 to 599"],
  ["{ kind: status, legacy: 200, candidate: 6xx }", "[0].candidate", "100 to 599"],
  ["{ kind: status, legacy: 200, candidate: 200 }", "[0].candidate", "equal codes never differ"],
  ["{ kind: custom, path: /a }", "[0].module", "the path of a file"],
  ["{ kind: custom, module: ./x.js }", "[0].module", "/nowhere/x.js is no file"],
])("%s is refused: %s", (text, ...said) => {
  const problems = problemsOf(`[${text}]`);
  expect(problems).toHaveLength(1);
  for (const part of said) expect(problems[0]).toContain(part);
});

test.each(["{}", "1", "kind: ignore"])("%s is no list of rules", (text) => {
  expect(problemsOf(text)).toEqual([expect.stringContaining("a list")]);
});

test("every problem at once", () => {
  expect(
    problemsOf("[{ kind: ignore, path: a }, { kind: nope }, { kind: trim, path: /a, ownr: me }]"),
  ).toHaveLength(3);
});

test.each([
  [999, 0],
  [1000, 0],
  [1001, 1],
])("a list of %i rules has %i problems", (count, problems) => {
  const rules = Array.from({ length: count }, (_, index) => ({ kind: "ignore", path: `/p${index}` }));
  expect(problemsOf(JSON.stringify(rules))).toHaveLength(problems);
});

test("a value has at most 64 levels", () => {
  const nested = (levels: number) =>
    `[{ kind: default, path: /a, value: ${"[".repeat(levels)}${"]".repeat(levels)} }]`;
  expect(problemsOf(nested(65))).toEqual([]);
  expect(problemsOf(nested(66))).toEqual([expect.stringContaining("at most 64 levels")]);
});

test("a module is found beside the file that names it, and must be a file", () => {
  const folder = testDirectory();
  writeFileSync(join(folder, "mine.js"), "");
  mkdirSync(join(folder, "folder"));
  expect(rulesOf("[{ kind: custom, module: ./mine.js, path: /a }]", folder)).toMatchObject([
    { kind: "custom", module: join(folder, "mine.js"), path: "/a" },
  ]);
  expect(() => rulesOf("[{ kind: custom, module: folder }]", folder)).toThrow("is no file");
});

describe("rules that can do nothing", () => {
  test("the same rule twice in one list, whoever owns it", () => {
    expect(
      problemsOf(
        "[{ kind: trim, path: /a }, { kind: case, path: /a }, { kind: trim, path: $.a, owner: me }]",
      ),
    ).toEqual([expect.stringContaining("[2]: found a mapping; allowed: each rule once; entry 0")]);
  });

  test("of two that ignore the same, the second alone is told", () => {
    expect(problemsOf("[{ kind: ignore, path: /a }, { kind: ignore, path: $.a }]")).toEqual([
      expect.stringContaining("[1]: found a mapping; allowed: each rule once"),
    ]);
  });

  test.each([
    ["/a", "/a"],
    ["/a", "/a/b"],
    ["/a/*", "/a/b/c"],
    ["/a/*", "/a/*"],
    ["/**/id", "/id"],
    ["/**/id", "/x/*/id/y"],
    ["/**/id", "/**/id"],
    ["/**", "/a"],
    ["", "/**/x"],
    ["/a/**/b", "/a/c/**/b"],
  ])("what %s ignores leaves nothing to a rule for %s", (outer, inner) => {
    const text = `[{ kind: trim, path: "${inner}" }, { kind: ignore, path: "${outer}" }]`;
    expect(problemsOf(text)).toEqual([expect.stringContaining("can never hit")]);
  });

  test.each([
    ["/a/b", "/a"],
    ["/a/b", "/a/*"],
    ["/a/*", "/a/**"],
    ["/*/b", "/**/b"],
    ["/**/id", "/**"],
    ["/**/a/b", "/a/**/b"],
    ["/a", "/ab"],
  ])("beside what %s ignores a rule for %s may hit", (outer, inner) => {
    const text = `[{ kind: trim, path: "${inner}" }, { kind: ignore, path: "${outer}" }]`;
    expect(problemsOf(text)).toEqual([]);
  });

  test("a moved member may leave an ignored place", () => {
    expect(problemsOf("[{ kind: ignore, path: /a }, { kind: rename, from: /a/b, to: /c }]")).toEqual([]);
  });

  test("a rule about a header that is not compared", () => {
    const text = "[{ kind: ignore, header: ETag }]";
    expect(problemsOf(text)).toEqual([]);
    expect(problemsOf(text, ["etag"])).toEqual([]);
    expect(problemsOf(text, ["age"])).toEqual([expect.stringContaining("add etag to compare.headers")]);
  });
});

describe("in the config file", () => {
  test("the header may be compared by one route alone, and each list is looked at by itself", () => {
    const text = (headers: string) => `${TWO_URLS}rules:
  - { kind: ignore, header: ETag }
routes:
  - name: a
    match: { path: /a }
    compare: { headers: [${headers}] }
    rules: [{ kind: ignore, header: age }]
`;
    expect(problemLines(loadText(text("etag, age")))).toEqual([]);
    expect(problemLines(loadText(text("etag")))).toEqual([
      'FILE:10:29: routes[0].rules[0].header: found "age"; allowed: a header that is compared; add age to routes[0].compare.headers, or remove this rule',
    ]);
    expect(problemLines(loadText(text("age")))).toEqual([
      'FILE:5:21: rules[0].header: found "ETag"; allowed: a header that is compared; add etag to compare.headers, or remove this rule',
    ]);
  });

  test("a dead rule, a missing module and an unknown field have their places", () => {
    const text = `${TWO_URLS}rules:
  - { kind: ignore, path: /a }
  - { kind: trim, path: /a/b }
  - { kind: array, path: /c, mode: lcs, ownr: me }
`;
    expect(problemLines(loadText(text))).toEqual([
      "FILE:7:41: rules[2].ownr: found an unknown key; allowed: kind, path, mode, by, owner, reason, expires; did you mean owner?",
      'FILE:6:19: rules[1].path: found "/a/b"; allowed: a place that is compared; entry 0 of this list ignores /a, so this rule can never hit: remove one of the two',
    ]);
    expect(problemLines(loadText(`${TWO_URLS}rules: [{ kind: custom, module: gone.js }]\n`))).toEqual([
      expect.stringContaining('rules[0].module: found "gone.js"; allowed: a module that is there'),
    ]);
  });

  test("a module's path is relative to the config file, and the snapshot has pointers alone", () => {
    const module = testFile("mine.js", "");
    const config = loaded(
      loadText(`${TWO_URLS}rules: [{ kind: custom, module: "${module}" }, { kind: coerce, path: "$..n" }]\n`),
    );
    const state = { epoch: 1, instanceId: "i", isKilled: false, slots: new RouteSlots() };
    expect(buildSnapshot(config, state).routes[0]?.compare.rules).toMatchObject([
      { kind: "custom", module },
      { kind: "coerce", path: "/**/n" },
    ]);
  });
});

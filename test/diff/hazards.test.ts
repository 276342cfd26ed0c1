// Mistakes that others made when they compared answers, each with what holds it here: a test of this file, or one
// that stood already. The list is checked: what it names must be there.
import { existsSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import jsonPatch, { type Operation } from "fast-json-patch";
import { describe, expect, test } from "vitest";
import type { CompareSettings } from "../../src/core/snapshot.ts";
import type { Difference, Judgement } from "../../src/core/verdict.ts";
import { judge } from "../../src/diff/judge.ts";
import { compileCompare } from "../../src/diff/judging.ts";
import { patchText } from "../../src/diff/patch.ts";
import { type AnswerFacts, makeAnswer, makeSettings } from "./support/answers.ts";

/** Hazards held elsewhere: a folder of `cases/`, or a file and the beginning of a test's name in it. */
const HELD_ELSEWHERE: Readonly<Record<string, string | readonly [file: string, test: string]>> = {
  "64-bit ids are equal once they are doubles": "number-64-bit",
  "1e400 and 1e999 are both Infinity": "number-past-double",
  "1e2 and 100, 1.50 and 1.5 differ as text": "number-forms",
  "-0 differs from 0 as text": "number-sign",
  "compare(1, 2) is empty": "root-scalars",
  "compare([], {}) is empty": "root-array-object",
  "a null root throws": "root-null",
  "a lone surrogate becomes U+FFFD": "string-lone-surrogate",
  "bytes that are not UTF-8 become U+FFFD": "string-invalid-utf8-is-no-replacement",
  "an escape differs from its character": "string-escapes",
  "NFC equals NFD": "string-nfc-nfd",
  "the last of two equal keys wins in silence": "key-duplicate-candidate",
  "__proto__ and constructor are no keys": "key-prototype",
  "/ and ~ in keys lead elsewhere": "key-odd",
  "null is taken for absent": "null-is-not-absent",
  "NaN is taken for null": "unparseable-nan",
  "a truncated body is taken for its beginning": "unparseable-truncated",
  "an empty body equals an empty document": "unparseable-empty",
  "two broken bodies are equal because neither parses": "unparseable-both",
  "`id` hides `idempotencyKey`": "ignore-is-exact",
  "an ignored value of another type is seen through its container": "ignore-type-above",
  "deep bodies overflow the stack": ["compare-json.test.ts", "bodies nested 100,000 deep get a verdict"],
  "quadratic alignment is silent": ["compare-json.test.ts", "arrays too unlike to align say that"],
  "differences past a bound are lost in silence": [
    "compare-json.test.ts",
    "differences past the bound cut the list",
  ],
  "a body over the buffer is given up in silence": [
    "judge.test.ts",
    "a body of the %s over its limit is never equal",
  ],
  "a truncated capture reads as differences": ["judge.test.ts", "a candidate that broke off is incomparable"],
  "gzip is compared without being undone": ["judge.test.ts", "%s is undone before comparing"],
  "a compression bomb takes the memory": ["judge.test.ts", "a bomb in %s is incomparable"],
  "the patch loses digits": ["patch.test.ts", "digits are kept in the patch text"],
  "the patch of documents with equal keys leads astray": ["patch.test.ts", "there is no patch for %s"],
  "indices split one difference into many groups": [
    "signature.test.ts",
    "elements of one array share a signature",
  ],
};

const here = new URL("./", import.meta.url);

test.each(Object.entries(HELD_ELSEWHERE))("%s: held", (_, holder) => {
  if (typeof holder === "string")
    expect(existsSync(new URL(`cases/${holder}/expected.json`, here))).toBe(true);
  else expect(readFileSync(new URL(holder[0], here), "utf8")).toContain(holder[1]);
});

function judged(
  legacy: readonly [string | Uint8Array, AnswerFacts?],
  candidate: readonly [string | Uint8Array, AnswerFacts?],
  changes: Partial<CompareSettings> = {},
): Judgement {
  return judge(makeAnswer(...legacy), makeAnswer(...candidate), compileCompare(makeSettings(changes)));
}

function differencesOf({ verdict }: Judgement): readonly Difference[] {
  return verdict.kind === "mismatch" ? verdict.differences : [];
}

describe("columns inverted (opendiffy#86)", () => {
  test("the legacy's value is on the legacy's side: in status, headers, bodies and texts", () => {
    const judgement = judged(
      ['{"v":"old","gone":1}', { status: 200, headers: [["etag", "old"]] }],
      ['{"v":"new","more":2}', { status: 404, headers: [["etag", "new"]] }],
      { headers: ["etag"] },
    );
    const rows = differencesOf(judgement).map(({ path, kind, legacy, candidate }) => [
      path,
      kind,
      legacy,
      candidate,
    ]);
    expect(rows).toEqual([
      ["", "changed", "200", "404"],
      ["etag", "changed", "old", "new"],
      ["/v", "changed", '"old"', '"new"'],
      ["/gone", "removed", "1", undefined],
      ["/more", "added", undefined, "2"],
    ]);
    const text = judged(
      ["old", { headers: [["content-type", "text/html"]] }],
      ["n", { headers: [["content-type", "text/html"]] }],
    );
    const [shown] = differencesOf(text);
    expect(shown?.legacy).toMatch(/^(3 bytes|old)/);
    expect(shown?.candidate).toMatch(/^(1 bytes|n)/);
  });

  test("unparseable texts stand on their own sides", () => {
    expect(differencesOf(judged(["{}"], ["<html>"]))).toMatchObject([{ legacy: "{}", candidate: "<html>" }]);
    expect(differencesOf(judged(["<html>"], ["{}"]))).toMatchObject([{ legacy: "<html>", candidate: "{}" }]);
  });

  test("the patch leads from the legacy to the candidate", () => {
    const patch = JSON.parse(patchText(Buffer.from('{"a":1}'), Buffer.from('{"b":2}')) ?? "") as Operation[];
    expect(jsonPatch.applyPatch({ a: 1 }, patch).newDocument).toEqual({ b: 2 });
  });
});

describe("identical primitive arrays reported as reordered", () => {
  test.each([
    ["[1,1,1]", "[1, 1, 1]"],
    ['["a","b","a"]', '["a","\\u0062","a"]'],
    ["[null,null,true]", "[null,null, true]"],
    ["[1,2,1,2]", "[1.0,2,1e0,2]"],
    ['{"tags":["x","x","y"],"n":1}', '{"n":1,"tags":["x","x","y"]}'],
  ])("%s and %s match", (legacy, candidate) => {
    expect(judged([legacy], [candidate]).verdict).toEqual({ kind: "match", how: "values" });
  });
});

test("one insert in 5,000 elements gives 10,001 operations: here one difference and one operation", () => {
  const items = Array.from({ length: 5000 }, (_, id) => ({ id, name: `n${id}` }));
  const legacy = JSON.stringify(items);
  for (const at of [0, 2500, 5000]) {
    const candidate = JSON.stringify(items.toSpliced(at, 0, { id: -1, name: "new" }));
    expect(differencesOf(judged([legacy], [candidate]))).toMatchObject([{ kind: "added", path: `/${at}` }]);
    // Not the time of this machine is asked about.
    const bounds = { timeMsMax: 60_000, charactersMax: 1000 };
    const text = patchText(Buffer.from(legacy), Buffer.from(candidate), bounds);
    const patch = JSON.parse(text ?? "") as Operation[];
    expect(patch).toEqual([{ op: "add", path: `/${at}`, value: { id: -1, name: "new" } }]);
  }
});

describe("100 % failing without a sample (opendiffy#36)", () => {
  test("a mismatch names at least one place, or says that its list is cut", () => {
    const bodies = ["1", "2", "[]", "{}", "", "x", "[1", '{"a":1}', "null", '"\\ud800"', "[1,2]"];
    for (const legacy of bodies)
      for (const candidate of bodies) {
        const { verdict } = judged([legacy], [candidate]);
        expect(verdict.kind, `${legacy} ${candidate}`).toBe(legacy === candidate ? "match" : "mismatch");
        if (verdict.kind === "mismatch") expect(verdict.differences.length).toBeGreaterThan(0);
      }
  });
});

describe("ignore rules hiding bugs (keploy#4418)", () => {
  test("a malformed rule is refused, not dead", () => {
    for (const path of ["id", "a/b", "/~2"])
      expect(() => compileCompare(makeSettings({ rules: [{ kind: "ignore", path }] })), path).toThrow();
  });

  test.each([
    ["/id", '{"id":1,"idempotencyKey":1}', '{"id":2,"idempotencyKey":2}', "/idempotencyKey"],
    ["/id", '{"id":1,"ID":1}', '{"id":2,"ID":2}', "/ID"],
    ["/a/id", '{"a":{"id":1},"id":1}', '{"a":{"id":2},"id":2}', "/id"],
    [
      "/items/*/id",
      '{"items":[{"id":1,"x":{"id":1}}]}',
      '{"items":[{"id":2,"x":{"id":2}}]}',
      "/items/0/x/id",
    ],
    ["/0", "[1,1]", "[2,2]", "/1"],
    ["/1", `[${"0,".repeat(10)}1]`, `[${"0,".repeat(10)}2]`, "/10"],
    ["/", '{"":1,"a":1}', '{"":2,"a":2}', "/a"],
  ])("%s hides nothing beside itself", (path, legacy, candidate, left) => {
    const judgement = judged([legacy], [candidate], { rules: [{ kind: "ignore", path }] });
    expect(differencesOf(judgement).map((found) => found.path)).toEqual([left]);
  });

  test("a rule on a body's member does not hide a header or the status of that name", () => {
    const rules = [{ kind: "ignore", path: "/etag" }] as const;
    const judgement = judged(
      ['{"etag":1}', { status: 200, headers: [["etag", "a"]] }],
      ['{"etag":2}', { status: 500, headers: [["etag", "b"]] }],
      { headers: ["etag"], rules },
    );
    expect(differencesOf(judgement).map(({ part }) => part)).toEqual(["status", "header"]);
    expect([...judgement.ruleHits]).toEqual([[0, 1]]);
  });
});

test("JSON.parse of V8 14 reads an escaped key as the one it expects: keys are compared here, not there", () => {
  // After an object whose second key is a backslash, an escape in its place is read as one.
  JSON.parse('{"p":1,"\\\\":2}');
  const differences = differencesOf(judged(['{"p":1,"\\\\":2}'], ['{"p":1,"\\u002A":2}']));
  expect(differences.map(({ path, kind }) => [path, kind])).toEqual([
    ["/\\", "removed"],
    ["/*", "added"],
  ]);
});

describe("gzip on one side only (opendiffy#93)", () => {
  test("says what differs inside, not that bytes differ", () => {
    const coded = [
      ["content-type", "application/json"],
      ["content-encoding", "gzip"],
    ] as const;
    const judgement = judged(['{"a":1}'], [gzipSync('{"a":2}'), { headers: coded }]);
    expect(differencesOf(judgement)).toMatchObject([{ path: "/a", legacy: "1", candidate: "2" }]);
  });
});

describe("forms and multipart throw", () => {
  const types = [
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    'multipart/mixed; boundary="',
    ";",
    "/",
    "text/",
  ];
  const bodies = ["a=1&b=2", "a=%", "%zz=%e9&&=&=", "--x\r\n", "\u0000", ""];
  test.each(types)("%s is never equal to another body, and never a throw", (type) => {
    const facts = { headers: [["content-type", type]] } as const;
    for (const legacy of bodies)
      for (const candidate of bodies) {
        const { verdict } = judged([legacy, facts], [candidate, facts]);
        expect(verdict.kind === "match", `${legacy} ${candidate}`).toBe(legacy === candidate);
      }
  });
});

// Bodies that are not one JSON text: records, lines, forms, charsets.
import { describe, expect, test } from "vitest";
import type { Rule } from "../../src/core/rule.ts";
import type { CompareSettings } from "../../src/core/snapshot.ts";
import { judge } from "../../src/diff/judge.ts";
import { compileCompare } from "../../src/diff/judging.ts";
import { compileRedaction } from "../../src/diff/redact.ts";
import { makeAnswer, makeSettings } from "./support/answers.ts";

type Body = string | Uint8Array;

function judgeAs(
  type: string | readonly [string, string],
  [legacy, candidate]: readonly [Body, Body],
  changes: Partial<CompareSettings> = {},
) {
  const [typeL, typeC] = typeof type === "string" ? [type, type] : type;
  const answer = (body: Body, contentType: string) =>
    makeAnswer(body, { headers: [["content-type", contentType]] });
  const compiled = compileCompare(makeSettings({ headers: [], ...changes }));
  return judge(answer(legacy, typeL), answer(candidate, typeC), compiled);
}

/** `path kind legacy candidate`, one a difference; or how it is not a mismatch. */
function told(judgement: ReturnType<typeof judge>): readonly string[] | string {
  const { verdict } = judgement;
  if (verdict.kind === "match") return verdict.how;
  if (verdict.kind === "incomparable") return verdict.reason;
  const lines = verdict.differences.map(
    ({ path, kind, legacy, candidate }) => `${path} ${kind} ${legacy ?? "-"} ${candidate ?? "-"}`,
  );
  return verdict.isCut ? [...lines, "cut"] : lines;
}

const whole = expect.stringMatching(/^ changed \d+ bytes.* \d+ bytes/);

describe("records", () => {
  const NDJSON = "application/x-ndjson";
  test.each([
    ["the same values", '{"a":1,"b":2}\n{"a":2}\n', '{"b":2.0,"a":1}\r\n\r\n \n{"a":2e0}', "values"],
    ["no records", "", "\n\n", "values"],
    ["a changed member", '{"a":1}\n{"a":2}\n', '{"a":1}\n{"a":3}\n', ["/1/a changed 2 3"]],
    [
      "digits past doubles",
      "9007199254740993\n",
      "9007199254740992\n",
      ["/0 changed 9007199254740993 9007199254740992"],
    ],
    [
      "an inserted record is one",
      '{"a":1}\n{"a":2}\n',
      '{"a":0}\n{"a":1}\n{"a":2}\n',
      ['/0 added - {"a":0}'],
    ],
    ["a lost record", "1\n2\n3\n", "1\n3\n", ["/1 removed 2 -"]],
    ["records against none", "1\n", "", ["/0 removed 1 -"]],
    ["another order, by number", "1\n2\n", "2\n1\n", [" moved [1,2] [2,1]"]],
    ["a broken record", '1\n{"a":2}\n3\n', '1\n{"a":\n3\n', ['/1 unparseable {"a":2} {"a":']],
    ["a record that the legacy broke", "nope\n", '"x"\n', ['/0 unparseable nope "x"']],
    ["two ways to break", "nope\n", "none\n", ["/0 unparseable nope none"]],
    ["broken in the same way", "nope\n1\n", "nope\n1.0\n", "values"],
    ["two values in a line are no two records", "1,2\n", "1\n2\n", ["/0 unparseable 1,2 1", "/1 added - 2"]],
    ["a line that would close the array", "1],[2\n", "1\n", ["/0 unparseable 1],[2 1"]],
    ["a mark at the beginning", "\ufeff1\n2\n", "1\n2.0\n", "values"],
    ["a mark inside", "1\n\ufeff2\n", "1\n2\n", ["/1 unparseable \ufeff2 2"]],
    ["two equal keys", '{"a":1,"a":2}\n', '{"a":1}\n', ["/0/a duplicate-key 1, 2 1"]],
  ] as const)("%s", (_, legacy, candidate, expected) => {
    expect(told(judgeAs(NDJSON, [legacy, candidate]))).toEqual(expected);
  });

  test.each(["application/ndjson", "application/jsonl", "application/x-jsonlines; charset=utf-8"])(
    "%s is records",
    (type) => expect(told(judgeAs(type, ["1\n2\n", "1\n3\n"]))).toEqual(["/1 changed 2 3"]),
  );

  test("a JSON text sequence may hold line feeds", () => {
    expect(told(judgeAs("application/json-seq", ['\x1e{\n"a":1}\n\x1e2\n', '\x1e{"a":1}\x1e3\n']))).toEqual([
      "/1 changed 2 3",
    ]);
  });

  test("indices are erased, and rules name records by *", () => {
    const bodies = ['{"id":1,"v":1}\n{"id":2,"v":1}\n', '{"id":8,"v":1}\n{"id":9,"v":2}\n'] as const;
    const rules: Rule[] = [{ kind: "ignore", path: "/*/id" }];
    const { verdict, ruleHits } = judgeAs(NDJSON, bodies, { rules });
    expect(verdict).toMatchObject({ differences: [{ path: "/1/v", erasedPath: "/*/v" }] });
    expect([...ruleHits]).toEqual([[0, 2]]);
  });

  test("past the bound on differences the rest is not listed", () => {
    const of = (value: number) => `${value}\n`.repeat(4);
    for (const [differencesMax, cut] of [
      [3, true],
      [4, false],
      [5, false],
    ] as const)
      expect(judgeAs(NDJSON, [of(1), of(2)], { differencesMax }).verdict).toMatchObject({ isCut: cut });
  });

  test("a record as deep as the bound is compared, a deeper one is not", () => {
    const deep = (depth: number, inside: string) => `${"[".repeat(depth)}${inside}${"]".repeat(depth)}\n`;
    const at = (depth: number) =>
      told(judgeAs(NDJSON, [deep(depth, "1"), deep(depth, "2")], { depthMax: 20 }));
    expect(at(21)).toBe("depth");
    expect(at(19)).toHaveLength(1);
  });
});

describe("lines", () => {
  test.each([
    ["a changed line", "a\nb\nc\n", "a\nB\nc\n", ["/1 changed b B"]],
    ["an inserted line is one", "a\nb\nc\n", "a\nx\nb\nc\n", ["/1 added - x"]],
    ["a lost line is one", "a\nb\nc", "b\nc", ["/0 removed a -"]],
    ["one gone and one come", "a\nb\nc\nd\n", "b\nc\nd\ne\n", ["/0 removed a -", "/3 added - e"]],
    ["an empty text", "", "a", ["/0 added - a"]],
    ["an empty line", "a\n\nb", "a\nb", ["/1 removed  -"]],
    ["line ends are one difference", "a\nb\n", "a\r\nb\r\n", [whole]],
    ["the last line end is one difference", "a\nb\n", "a\nb", [whole]],
    ["white space counts", "a", " a", ["/0 changed a  a"]],
  ])("%s", (_, legacy, candidate, expected) => {
    expect(told(judgeAs("text/plain", [legacy, candidate]))).toEqual(expected);
  });

  test.each([
    "text/html",
    "text/csv; header=present",
    "application/xml",
    "image/svg+xml",
    "application/javascript",
    "application/yaml",
  ])("%s is lines", (type) => expect(told(judgeAs(type, ["a\nb", "a\nc"]))).toEqual(["/1 changed b c"]));

  test("bytes that are not UTF-8 differ although their texts are the same", () => {
    expect(told(judgeAs("text/plain", [Buffer.from([0x61, 0xff]), Buffer.from([0x61, 0xfe])]))).toEqual([
      "/0 changed a\ufffd a\ufffd",
    ]);
  });

  test("rules hold for lines by *", () => {
    const bodies = ["at 2026-01-01T00:00:00Z\nID: 1\n", "at 2026-01-02T00:00:00Z\nid: 1\n"] as const;
    const rules: Rule[] = [
      { kind: "shape", path: "/*", class: "/at \\d{4}-\\d\\d-\\d\\dT.*/" },
      { kind: "case", path: "/1" },
    ];
    const { verdict, ruleHits } = judgeAs("text/plain", bodies, { rules });
    expect(verdict.kind).toBe("match");
    expect(Object.fromEntries(ruleHits)).toEqual({ 0: 1, 1: 1 });
    expect(judgeAs("text/plain", bodies, { rules: [{ kind: "ignore", path: "/**" }] }).verdict.kind).toBe(
      "match",
    );
  });

  test("past the bound on differences the rest is not listed", () => {
    for (const [differencesMax, length] of [
      [2, 3],
      [3, 3],
      [4, 3],
    ] as const) {
      const found = told(judgeAs("text/plain", ["a\nb\nc", "x\ny\nz"], { differencesMax }));
      expect(found).toHaveLength(length);
      expect(found.includes("cut")).toBe(differencesMax === 2);
    }
  });

  test.each([200_000, 200_001])("%d lines", (count) => {
    const text = "a\n".repeat(count - 1);
    expect(told(judgeAs("text/plain", [`${text}b\n`, `${text}c\n`]))).toEqual(
      count === 200_000 ? ["/199999 changed b c"] : [whole],
    );
  });
});

describe("forms", () => {
  const FORM = "application/x-www-form-urlencoded";
  test.each([
    ["another order of names", "a=1&b=2", "b=2&a=1", "values"],
    ["another way to escape", "a+b=%41%20c", "%61%20b=A+c", "values"],
    ["no value and an empty one", "a&&b=", "a=&b", "values"],
    ["a changed value", "a=1&b=2", "a=1&b=3", ["/b changed 2 3"]],
    ["a new and a lost field", "a=1", "b=1", ["/a removed 1 -", "/b added - 1"]],
    ["the order within a name", "a=1&a=2", "a=2&a=1", ["/a/0 changed 1 2", "/a/1 changed 2 1"]],
    ["one value more", "a=1", "a=1&a=2", ["/a/1 added - 2"]],
    ["a name with a slash", "a%2Fb=1", "a/b=2", ["/a~1b changed 1 2"]],
    ["__proto__", "__proto__=1", "__proto__=2", ["/__proto__ changed 1 2"]],
    ["a broken escape is itself", "a=%zz", "a=%25zz", "values"],
    ["bytes that are not UTF-8", "a=%ff", "a=%fe", ["/a changed \ufffd \ufffd"]],
    ["what is not U+FFFD", "a=%ff", "a=%EF%BF%BD", ["/a changed \ufffd \ufffd"]],
    ["an equals sign in a value", "a=b=c", "a=b%3Dc", "values"],
    ["a value without a name", "=1", "=2", ["/ changed 1 2"]],
  ])("%s", (_, legacy, candidate, expected) => {
    expect(told(judgeAs(FORM, [legacy, candidate]))).toEqual(expected);
  });

  test("a field that only the candidate has is additive, one more value of a name is not", () => {
    const { verdict } = judgeAs(FORM, ["a=1", "a=1&a=2&b=1"]);
    expect(verdict).toMatchObject({
      differences: [
        { path: "/a/1", erasedPath: "/a/*" },
        { path: "/b", class: "additive" },
      ],
    });
    expect(verdict.kind === "mismatch" && verdict.differences[0]).not.toHaveProperty("class");
  });

  test("a rule of a field is not one of each of its values, unless it ignores them", () => {
    const judgeUnder = (rule: Rule) => judgeAs(FORM, ["n=1&n=2", "n=2&n=3"], { rules: [rule] }).verdict.kind;
    expect(judgeUnder({ kind: "shape", path: "/n", class: "integer" })).toBe("mismatch");
    expect(judgeUnder({ kind: "shape", path: "/n/*", class: "integer" })).toBe("match");
    expect(judgeUnder({ kind: "ignore", path: "/n" })).toBe("match");
  });

  test("rules name fields", () => {
    const rules: Rule[] = [
      { kind: "coerce", path: "/n" },
      { kind: "tolerance", path: "/n", abs: "1" },
      { kind: "ignore", path: "/list" },
    ];
    const { verdict, ruleHits } = judgeAs(FORM, ["n=1&list=a&list=b", "n=2&list=c&list=d"], { rules });
    expect(verdict.kind).toBe("match");
    expect(Object.fromEntries(ruleHits)).toEqual({ 0: 1, 1: 1, 2: 2 });
  });

  test("bytes that are not UTF-8 and read alike after a rule stay different", () => {
    const rules: Rule[] = [{ kind: "trim", path: "/**" }];
    expect(told(judgeAs(FORM, ["a=%ff+", "a=%fe"], { rules }))).toEqual(["/a changed \ufffd  \ufffd"]);
  });
});

describe("charsets", () => {
  const latin1 = Buffer.from("caf\u00e9\nx", "latin1");
  const utf16 = (text: string) => Buffer.from(text, "utf16le");
  test.each([
    [
      "the same text in two charsets",
      ["text/plain; charset=ISO-8859-1", "text/plain; charset=utf-8"],
      latin1,
      "café\nx",
      "values",
    ],
    [
      "a line of another charset",
      ["text/plain; charset=iso-8859-1", "text/plain"],
      latin1,
      "cafe\nx",
      ["/0 changed café cafe"],
    ],
    ["windows-1252", ["text/plain; charset=windows-1252", "text/plain"], Buffer.from([0x80]), "€", "values"],
    ["utf-16le", ["text/plain; charset=utf-16le", "text/plain"], utf16("a\nb"), "a\nb", "values"],
    [
      "JSON in utf-16",
      ["application/json; charset=utf-16le", "application/json"],
      utf16('{"a":"é"}'),
      '{"a":"\\u00e9"}',
      "values",
    ],
    [
      "JSON that says and marks utf-16",
      "application/json; charset=utf-16",
      utf16('\ufeff{"a":1}'),
      '{"a":2}',
      ["/a changed 1 2"],
    ],
    ["JSON with a mark", "application/json", "\ufeff[1]", "[1.0]", "values"],
    ["JSON in a charset that nobody knows", "application/json; charset=klingon", "[1]", "[1.0]", "values"],
  ] as const)("%s", (_, type, legacy, candidate, expected) => {
    expect(told(judgeAs(type, [legacy, candidate]))).toEqual(expected);
  });

  test.each([
    ["text/plain; charset=klingon", "a", "b", /^1 bytes.*, not text in klingon$/],
    ["text/plain; charset=utf-16le", Buffer.from([0x00, 0xd8]), "ab", /, not text in utf-16le$/],
  ])("what is not text in %s is compared by bytes, and said so", (type, legacy, candidate, said) => {
    expect(judgeAs(type, [legacy, candidate]).verdict).toMatchObject({
      differences: [{ path: "", kind: "changed", legacy: expect.stringMatching(said) }],
    });
  });

  test("equal bytes are equal, whatever they are called: that is a difference of the header", () => {
    const types = ["text/plain; charset=iso-8859-1", "text/plain"] as const;
    expect(told(judgeAs(types, [latin1, latin1]))).toBe("bytes");
  });

  test("text that grows over the decoded limit is incomparable", () => {
    const type = ["text/plain; charset=iso-8859-1", "text/plain"] as const;
    const at = (decodedBytesMax: number) =>
      told(judgeAs(type, [Buffer.from([0xe9, 0xe9]), "a"], { decodedBytesMax }));
    expect(at(3)).toBe("decoded-overflow");
    expect(at(4)).toHaveLength(1);
  });
});

describe("two forms", () => {
  test.each([
    ["application/json", "application/x-ndjson", "[1]", "[1.0]", "values"],
    ["text/plain", "application/x-www-form-urlencoded", "a=1", "a=2", [whole]],
    ["text/plain", "", "a", "b", ["/0 changed a b"]],
    ["text/plain", "text/event-stream", "a", "b", "not-compared"],
  ])("%s against %s", (typeL, typeC, legacy, candidate, expected) => {
    expect(told(judgeAs([typeL, typeC], [legacy, candidate]))).toEqual(expected);
  });
});

describe("redaction of differences", () => {
  const settings = { headers: [], queryParameters: ["token"], detectors: [], pointers: ["/user/email"] };
  const redaction = compileRedaction(settings);
  type Form = "form" | "lines" | "ndjson";
  const shown = (form: Form, type: string, bodies: readonly [string, string]) => {
    const { verdict } = redaction.judgement(judgeAs(type, bodies), form);
    const found = verdict.kind === "mismatch" ? verdict.differences : [];
    expect(found.length).toBeGreaterThan(0);
    return JSON.stringify(found.map((difference) => redaction.difference(difference, form)));
  };
  /** What is kept of what a rule hid. */
  const shownHidden = (form: Form, type: string, bodies: readonly [string, string]) => {
    const rules: Rule[] = [
      { kind: "ignore", path: "/*" },
      { kind: "ignore", path: "/0/**" },
    ];
    const { verdict, hidden } = redaction.judgement(judgeAs(type, bodies, { rules }), form);
    expect(verdict.kind).toBe("match");
    expect(hidden).not.toEqual([]);
    return JSON.stringify(hidden);
  };
  test.each([
    [
      "a field by a parameter's name",
      "form",
      "application/x-www-form-urlencoded",
      "token=secret1",
      "token=secret2",
    ],
    [
      "a field by a pointer",
      "form",
      "application/x-www-form-urlencoded",
      "user.email=secret1",
      "user.email=secret2",
    ],
    ["a line that pointers cannot search", "lines", "text/plain", "email secret1", "email secret2"],
    [
      "a record as a body of its own",
      "ndjson",
      "application/x-ndjson",
      '{"user":{"email":"secret1"}}',
      '{"user":{"email":"secret2"}}',
    ],
    ["a record that is gone", "ndjson", "application/x-ndjson", '{"user":{"email":"secret1"}}', ""],
    [
      "a record's key inside a redacted value",
      "ndjson",
      "application/x-ndjson",
      '{"user":{"email":{"secret":1}}}',
      '{"user":{"email":{"secret":2}}}',
    ],
    ["a record that is broken", "ndjson", "application/x-ndjson", '{"user":{"email":"secret1"', "1"],
  ] as const)("%s", (_, form, type, legacy, candidate) => {
    expect(shown(form, type, [legacy, candidate])).not.toContain("secret");
    expect(shownHidden(form, type, [legacy, candidate])).not.toContain("secret");
  });

  test("what is no secret is shown", () => {
    expect(shown("form", "application/x-www-form-urlencoded", ["a=plain", "a=other"])).toContain("plain");
    expect(shown("ndjson", "application/x-ndjson", ['{"a":"plain"}', '{"a":1}'])).toContain("plain");
    expect(shownHidden("form", "application/x-www-form-urlencoded", ["a=plain", "a=other"])).toContain(
      "plain",
    );
  });
});

import { describe, expect, test } from "vitest";
import type { Cohort, Condition, RequestValue } from "../../../src/core/snapshot.ts";
import { PATTERN_VALUE_BYTES_MAX } from "../../../src/rollout/decide/cohort.ts";
import { answerTo, header, routeOf, unitIdOf } from "./deciding.ts";

type Headers = readonly (readonly [string, string])[];

describe("a header", () => {
  const of = (...headers: Headers) => unitIdOf({ headers }, header("x-tenant"));

  test.each([
    ["is found in any letter case of its name", [["X-TENANT", "Acme"]], "Acme"],
    ["has no white space around it", [["x-tenant", " \t acme \t"]], "acme"],
    ["is one value, whatever commas it holds", [["x-tenant", "a, b"]], "a, b"],
    ["is not decoded", [["x-tenant", "a%20b+c"]], "a%20b+c"],
    ["may be in UTF-8", [["x-tenant", "Müller"]], "Müller"],
    ["is none when it is empty", [["x-tenant", "  "]], undefined],
    ["is none when it is not there", [["x-tenants", "acme"]], undefined],
    [
      "is none when it is there twice",
      [
        ["x-tenant", "acme"],
        ["x-tenant", "acme"],
      ],
      undefined,
    ],
    [
      "is none when the other one is empty",
      [
        ["x-tenant", ""],
        ["x-tenant", "acme"],
      ],
      undefined,
    ],
  ] as readonly [string, Headers, string | undefined][])("%s", (_name, headers, id) => {
    expect(of(...headers)).toBe(id);
  });
});

describe("a cookie", () => {
  const of = (...lines: readonly string[]) =>
    unitIdOf({ headers: lines.map((line) => ["Cookie", line] as const) }, { kind: "cookie", name: "sid" });

  test.each([
    ["alone", ["sid=a"], "a"],
    ["among others", ["x=1; sid=a; y=2"], "a"],
    ["without spaces between", ["x=1;sid=a;y=2"], "a"],
    ["in the second line", ["x=1", "sid=a"], "a"],
    ["with an equals sign in it", ["sid=a=b=="], "a=b=="],
    ["in quotes", ['sid="a"'], "a"],
    ["in one quote", ['sid="a'], '"a'],
    ["percent-encoded, as it is", ["sid=a%20b"], "a%20b"],
    ["with white space around it", ["sid= a ;x=1"], "a"],
    ["of another letter case", ["SID=a"], undefined],
    ["whose name ends alike", ["xsid=a; sidx=b"], undefined],
    ["without a value", ["sid; x=1"], undefined],
    ["that is empty", ["sid=; x=1"], undefined],
    ["that is empty in quotes", ['sid=""'], undefined],
    ["that is there twice", ["sid=a; sid=a"], undefined],
    ["that is there in both lines", ["sid=a", "sid=b"], undefined],
    ["in a value of another", ["x=sid=a"], undefined],
  ] as readonly [string, readonly string[], string | undefined][])("%s", (_name, lines, id) => {
    expect(of(...lines)).toBe(id);
  });
});

describe("a query parameter", () => {
  const of = (target: string, name = "tenant") => unitIdOf({ target }, { kind: "query", name });

  test.each([
    ["/x?tenant=acme", "acme"],
    ["/x?a=1&tenant=acme&b=2", "acme"],
    ["/x?tenant=a+b", "a b"],
    ["/x?tenant=a%20b", "a b"],
    ["/x?tenant=a%2Bb", "a+b"],
    ["/x?tenant=M%C3%BCller", "Müller"],
    ["/x?%74en%61nt=acme", "acme"],
    ["/x?tenant=100%", "100%"],
    ["/x?tenant=%zz%4", "%zz%4"],
    ["/x?tenant=a=b", "a=b"],
    ["/x?tenant=a;b", "a;b"],
    ["/x?tenant=a?b", "a?b"],
    ["/x?&&tenant=acme&&", "acme"],
    ["/x?tenant", undefined],
    ["/x?tenant=", undefined],
    ["/x?", undefined],
    ["/x", undefined],
    ["/tenant=acme", undefined],
    ["/x?Tenant=acme", undefined],
    ["/x?tenants=acme", undefined],
    ["/x?tenan=acme", undefined],
    ["/x?tenant=a&tenant=a", undefined],
    ["/x?tenant=a&%74enant=b", undefined],
    ["/x?tenant&tenant=b", undefined],
  ])("of %s", (target, id) => {
    expect(of(target)).toBe(id);
  });

  test("may have a name that is encoded on the way", () => {
    expect(of("/x?a+b=1", "a b")).toBe("1");
    expect(of("/x?a%5B%5D=1", "a[]")).toBe("1");
    expect(of("/x?a[]=1", "a[]")).toBe("1");
  });
});

describe("a parameter of the path", () => {
  const of = (target: string, segment = 1) => unitIdOf({ target }, { kind: "path", name: "t", segment });

  test.each([
    ["/t/acme", "acme"],
    ["/t/acme/", "acme"],
    ["/t/acme/orders?x=/t/globex", "acme"],
    ["/t/acme?x", "acme"],
    ["/t/a%20b", "a b"],
    ["/t/a+b", "a+b"],
    ["/t/%61cme", "acme"],
    ["/t/a%2Fb", "a/b"],
    ["/t/", undefined],
    ["/t", undefined],
    ["/t//acme", undefined],
    ["?x", undefined],
    ["*", undefined],
  ])("of %s", (target, id) => {
    expect(of(target)).toBe(id);
  });

  test("several that are encoded do not lie over each other", () => {
    const where = (kind: RequestValue, value: string): Condition => ({
      kind: "values",
      from: kind,
      values: [value],
    });
    const conditions = [
      where({ kind: "path", name: "a", segment: 0 }, "ä/ö"),
      where({ kind: "query", name: "q" }, "x y"),
      where({ kind: "path", name: "b", segment: 1 }, "b c"),
      where({ kind: "path", name: "a", segment: 0 }, "ä/ö"),
    ];
    const cohorts: Cohort[] = [{ name: "all", conditions }];
    const target = "/%C3%A4%2F%C3%B6/b%20c?q=x+y";
    expect(answerTo({ target }, { route: routeOf("canary", { cohorts }) }).rule).toBe("all");
  });
});

describe("a cohort", () => {
  const asked = (condition: Condition, list: "deny" | "cohorts" = "cohorts") => {
    const route = routeOf("canary", { [list]: [{ name: "c", conditions: [condition] }] });
    return (value: string, ...more: readonly string[]) =>
      answerTo({ headers: [value, ...more].map((text) => ["x-tenant", text] as const) }, { route }).rule ===
      "c";
  };
  const values = (...texts: readonly string[]): Condition => ({
    kind: "values",
    from: header("x-tenant"),
    values: texts,
  });
  const pattern = (text: string): Condition => ({ kind: "pattern", from: header("x-tenant"), pattern: text });

  test("holds for each value of its list, byte by byte", () => {
    const isIn = asked(values("acme", "Müller", "a, b"));
    expect(["acme", "Müller", "a, b"].map((value) => isIn(value))).toEqual([true, true, true]);
    expect(["Acme", "acm", "acmee", "Mu\u0308ller", "a,b", ""].map((value) => isIn(value))).toEqual(
      new Array(6).fill(false),
    );
  });

  test("finds each of 100,000 values, and nothing between", () => {
    const all = Array.from({ length: 100_000 }, (_, index) => `tenant-${index * 2}`);
    const isIn = asked(values(...all));
    for (const index of [0, 2, 99_998, 100_000, 199_998]) expect(isIn(`tenant-${index}`)).toBe(true);
    for (const index of [1, 99_999, 200_000]) expect(isIn(`tenant-${index}`)).toBe(false);
  });

  test("with a pattern holds for the whole value alone", () => {
    const isIn = asked(pattern("(acme|globex)-[0-9]+"));
    expect(["acme-1", "globex-42"].map((value) => isIn(value))).toEqual([true, true]);
    expect(["acme-", "xacme-1", "acme-1x", ""].map((value) => isIn(value))).toEqual(new Array(4).fill(false));
    expect(asked(pattern("M.ller"))("Müller")).toBe(true);
  });

  test("with a pattern holds up to 1,024 bytes of value; a deny list beyond that, too", () => {
    for (const [bytes, isIn, isDenied] of [
      [PATTERN_VALUE_BYTES_MAX - 1, true, true],
      [PATTERN_VALUE_BYTES_MAX, true, true],
      [PATTERN_VALUE_BYTES_MAX + 1, false, true],
    ] as const) {
      expect(asked(pattern("x*"))("x".repeat(bytes))).toBe(isIn);
      expect(asked(pattern("x*"), "deny")("x".repeat(bytes))).toBe(isDenied);
    }
  });

  test("does not hold for a value that is there twice, but denies", () => {
    expect(asked(values("acme"))("acme", "acme")).toBe(false);
    expect(asked(values("acme"), "deny")("globex", "initech")).toBe(true);
    expect(asked(values("acme"), "deny")("globex")).toBe(false);
    expect(asked(pattern("a.*"), "deny")("globex", "initech")).toBe(true);
  });

  test("holds where all of its conditions do", () => {
    const conditions = [
      values("acme"),
      { kind: "values", from: header("x-plan"), values: ["gold"] } as const,
    ];
    const route = routeOf("canary", { cohorts: [{ name: "c", conditions }] });
    const ask = (...headers: Headers) => answerTo({ headers }, { route }).by;
    expect(ask(["x-tenant", "acme"], ["x-plan", "gold"])).toBe("candidate");
    expect(ask(["x-tenant", "acme"])).toBe("legacy");
    expect(ask(["x-plan", "gold"])).toBe("legacy");
  });
});

// Which rules are offered for what was seen of a signature.
import { describe, expect, test } from "vitest";
import { ruleOffers } from "../../src/ui/rules/rule-offers.ts";

type Signature = Parameters<typeof ruleOffers>[0];
type Pair = readonly [string | undefined, string | undefined];

function signature(part: Partial<Signature>, pairs: readonly Pair[] = []): Signature {
  const values = pairs.map(([legacy, candidate]) => ({
    ...(legacy === undefined ? {} : { legacy }),
    ...(candidate === undefined ? {} : { candidate }),
    count: 1,
  }));
  return { part: "body", path: "/a", kind: "changed", values, ...part };
}

const rules = (...given: Parameters<typeof signature>) =>
  ruleOffers(signature(...given)).map(({ rule }) => rule);

describe("a changed value", () => {
  test("that is a uuid on both sides gets that shape, and ignore last", () => {
    const uuid = (digit: string) => `"${digit.repeat(8)}-1111-4111-8111-111111111111"`;
    expect(rules({ path: "/items/*/id" }, [[uuid("a"), uuid("b")]])).toEqual([
      { kind: "shape", class: "uuid", path: "/items/*/id" },
      { kind: "array", path: "/items", mode: "keyed", by: ["/id"] },
      { kind: "ignore", path: "/items/*/id" },
    ]);
  });

  test("gets no shape that one of the values lacks", () => {
    expect(
      rules({}, [
        ['"12345678"', '"12345679"'],
        ['"12345678"', "null"],
      ]),
    ).toEqual([{ kind: "ignore", path: "/a" }]);
  });

  test("that is a time gets a margin with room to spare", () => {
    expect(rules({}, [['"2026-01-01T00:00:00Z"', '"2026-01-01T00:00:04Z"']])[0]).toEqual({
      kind: "timestamp",
      withinMs: 10_000,
      path: "/a",
    });
  });

  test("that is another day gets none", () => {
    expect(rules({}, [['"2026-01-01T00:00:00Z"', '"2026-03-01T00:00:00Z"']])[0]).toMatchObject({
      kind: "shape",
    });
  });

  test("that is a number nearby gets a tolerance", () => {
    expect(rules({}, [["10.5", "10.51"]])[0]).toEqual({ kind: "tolerance", rel: "0.01", path: "/a" });
    expect(rules({}, [["10.5", "99.5"]]).map(({ kind }) => kind)).not.toContain("tolerance");
    // Texts are no numbers for a tolerance, and of zero nothing is a share.
    expect(rules({}, [['"10.5"', '"10.51"']]).map(({ kind }) => kind)).not.toContain("tolerance");
    expect(rules({}, [["0", "0.1"]]).map(({ kind }) => kind)).not.toContain("tolerance");
  });

  test("that differs in letter case or in outer white space gets a rule for that", () => {
    expect(rules({}, [['"Active"', '"ACTIVE"']])[0]).toEqual({ kind: "case", path: "/a" });
    expect(rules({}, [['"x"', '" x\\n"']])[0]).toEqual({ kind: "trim", path: "/a" });
  });

  test("of a header gets rules about the header, by its name alone", () => {
    expect(rules({ part: "header", path: "set-cookie/session" }, [["a", "b"]])).toEqual([
      { kind: "ignore", header: "set-cookie" },
    ]);
  });

  test("whose values are redacted or cut says nothing of them", () => {
    expect(
      rules({}, [
        ['"[redacted]"', '"[redacted]"'],
        ["123…", "124…"],
      ]),
    ).toEqual([{ kind: "ignore", path: "/a" }]);
  });
});

test("a value of another type is coerced only where it is the same by value", () => {
  expect(
    rules({ kind: "type" }, [
      ['"1"', "1.0"],
      ["true", '"true"'],
    ])[0],
  ).toEqual({ kind: "coerce", path: "/a" });
  expect(rules({ kind: "type" }, [['"null"', "null"]])).toEqual([{ kind: "ignore", path: "/a" }]);
});

describe("a member that one side lacks", () => {
  test("may be null, have a default, or be an addition to its object", () => {
    expect(rules({ kind: "added", path: "/a/b" }, [[undefined, "null"]])).toEqual([
      { kind: "nullIsAbsent", path: "/a/b" },
      { kind: "additive", path: "/a" },
      { kind: "ignore", path: "/a/b" },
    ]);
    expect(rules({ kind: "removed", path: "/role" }, [['"user"', undefined]])).toEqual([
      { kind: "default", path: "/role", value: "user" },
      { kind: "ignore", path: "/role" },
    ]);
  });

  test("is no addition where it is an element, or where only the legacy has it", () => {
    expect(rules({ kind: "added", path: "/items/*" }, [[undefined, '{"a":1}']])).toEqual([
      { kind: "array", path: "/items", mode: "unordered" },
      { kind: "array", path: "/items", mode: "keyed", by: ["/id"] },
      { kind: "ignore", path: "/items/*" },
    ]);
    expect(rules({ kind: "removed" }, [['{"x":1}', undefined]])).toEqual([{ kind: "ignore", path: "/a" }]);
  });
});

test("a reordered array is unordered, or keyed by what tells its elements apart", () => {
  expect(
    rules({ kind: "moved", path: "/a" }, [
      ['[{"n":1,"sku/x":"p"},{"n":1,"sku/x":"q"}]', '[{"n":1,"sku/x":"q"},{"n":1,"sku/x":"p"}]'],
    ]),
  ).toEqual([
    { kind: "array", path: "/a", mode: "unordered" },
    { kind: "array", path: "/a", mode: "keyed", by: ["/sku~1x"] },
    { kind: "ignore", path: "/a" },
  ]);
});

test("a pair of status codes is called equal", () => {
  expect(
    rules({ part: "status", path: "" }, [
      ["200", "201"],
      ["404", "410"],
    ]),
  ).toEqual([
    { kind: "status", legacy: 200, candidate: 201 },
    { kind: "status", legacy: 404, candidate: 410 },
  ]);
});

test("nothing is offered for the whole body, for what is past the limit, and for a path that was cut", () => {
  expect(rules({ path: "", kind: "unparseable" }, [["x", "y"]])).toEqual([]);
  expect(rules({ path: "*other*" })).toEqual([]);
  expect(rules({ path: "/aaaa…" })).toEqual([]);
});

test("where no pair of values is told apart, the example counts", () => {
  const [first] = ruleOffers({
    ...signature({}),
    example: { exchangeId: "e", path: "/a", legacy: '"Up"', candidate: '"UP"' },
  });
  expect(first?.rule).toEqual({ kind: "case", path: "/a" });
});

test("every offer has a title of its own, and says why", () => {
  const offers = ruleOffers(signature({ path: "/items/*/n" }, [["1", "1.01"]]));
  expect(new Set(offers.map(({ title }) => title)).size).toBe(offers.length);
  for (const { why } of offers) expect(why).toMatch(/\.$/);
});

import { describe, expect, test } from "vitest";
import { CHECK_BODY_BYTES_MAX, compileContract } from "../../src/contract/check-answer.ts";
import { fieldLinesFrom } from "../../src/core/exchange.ts";
import { answering, documentOf } from "./documents.ts";

const JSON_TYPE = [["content-type", "application/json"]] as const;

interface Given {
  readonly status?: number;
  readonly headers?: readonly (readonly [string, string])[];
  readonly method?: string;
  readonly target?: string;
}

function checkOf(text: string) {
  const contract = compileContract(documentOf(text));
  return (body: string | Uint8Array | undefined, given: Given = {}) => {
    const { status = 200, headers = JSON_TYPE, method = "GET", target = "/things" } = given;
    return contract.check(
      { method, target },
      { status, headers: fieldLinesFrom(headers), body: typeof body === "string" ? Buffer.from(body) : body },
    );
  };
}

/** `part path: asked, found` of each fault. */
function faultsOf(text: string, body: string | Uint8Array, given: Given = {}): string[] {
  const { faults, unchecked } = checkOf(text)(body, given);
  expect(unchecked).toBeUndefined();
  return faults.map(({ part, path, asked, found }) => `${part} ${path}: ${asked}, ${found}`);
}

test.each([
  [8191, undefined],
  [8192, undefined],
  [8193, "no-operation"],
])("a path of %i characters: %s", (length, unchecked) => {
  const check = checkOf(answering("{ type: object }").replace("/things:", '"/things/{id}":'));
  const target = `/things/${"x".repeat(length - "/things/".length)}`;
  expect(check("{}", { target }).unchecked).toBe(unchecked);
});

describe("a body", () => {
  test.each<readonly [name: string, schema: string, body: string, faults: string[]]>([
    ["fits", "{ type: object }", "{}", []],
    [
      "of another type",
      "{ properties: { a: { type: string, format: uuid } } }",
      '{"a":1}',
      ["body /a: string (format uuid), 1"],
    ],
    [
      "without a required member",
      "{ required: [a], properties: { a: { type: string } } }",
      "{}",
      ["body /a: a required member: string, undefined"],
    ],
    [
      "without a required member of Object's own name",
      "{ required: [constructor] }",
      "{}",
      ["body /constructor: a required member, undefined"],
    ],
    [
      "with a member that is not allowed",
      "{ properties: { 'a/b': false } }",
      '{"a/b":1}',
      ["body /a~1b: false schema: boolean schema is false, 1"],
    ],
    [
      "with a further member",
      "{ additionalProperties: false }",
      '{"a~":[1]}',
      ["body /a~0: no further members, [1]"],
    ],
    ["with another enum value", "{ enum: [a, b] }", '"c"', ['body : one of "a", "b", "c"']],
    [
      "with a number past a double's digits",
      "{ properties: { n: { maximum: 5 } } }",
      '{"n":12345678901234567890.50}',
      ["body /n: a value (maximum 5), 12345678901234567890.50"],
    ],
    [
      "with every element wrong",
      "{ items: { type: string } }",
      "[1,2]",
      ["body /0: string, 1", "body /1: string, 2"],
    ],
    ["with null where 3.1 allows it", "{ type: [string, 'null'] }", "null", []],
    ["with null where it is not", "{ type: string }", "null", ["body : string, null"]],
    [
      "with a fault in the one alternative beside null",
      "{ anyOf: [{ required: [a] }, { type: 'null' }] }",
      "{}",
      ["body /a: a required member, undefined"],
    ],
    [
      "with a fault in every alternative",
      "{ oneOf: [{ type: string }, { type: integer }] }",
      "true",
      ["body : oneOf: must match exactly one schema in oneOf, true"],
    ],
    [
      "with the same item twice, in another order of members",
      "{ uniqueItems: true }",
      '[{"a":1,"b":2},{"b":2,"a":1}]',
      ['body : a value (uniqueItems true), [{"a":1,"b":2},{"b":2,"a":1}]'],
    ],
    ["on 30 February", "{ format: date }", '"2026-02-30"', ['body : a value (format date), "2026-02-30"']],
    ["of an unknown format", "{ format: iban }", '"x"', []],
    ["that is not JSON", "{}", "{", ["body : JSON: any value, 1 bytes"]],
    ["that is empty", "{}", "", ["body : JSON: any value, undefined"]],
  ])("%s", (_, schema, body, faults) => {
    expect(faultsOf(answering(schema), body)).toEqual(faults);
  });

  test("that is not UTF-8 is not JSON", () => {
    expect(faultsOf(answering("{}"), Uint8Array.of(0x22, 0xff, 0x22))).toEqual([
      "body : JSON: any value, 3 bytes",
    ]);
  });

  test("names the place with indices erased", () => {
    const { faults } = checkOf(answering("{ items: { items: { properties: { '0': { type: string } } } } }"))(
      '[[{"0":1}]]',
    );
    expect(faults).toMatchObject([{ path: "/0/0/0", erasedPath: "/*/*/0", keyword: "type" }]);
  });

  test("what is only written is not asked of an answer", () => {
    const schema = "{ required: [a, b], properties: { a: { writeOnly: true }, b: {} } }";
    expect(faultsOf(answering(schema), "{}")).toEqual(["body /b: a required member: a value, undefined"]);
  });

  test("100 violations are listed of 101", () => {
    const items = (count: number) => JSON.stringify(Array.from({ length: count }, () => 1));
    for (const [count, listed] of [
      [99, 99],
      [100, 100],
      [101, 100],
    ] as const)
      expect(checkOf(answering("{ items: { type: string } }"))(items(count)).faults).toHaveLength(listed);
  });
});

describe("what is too much is not checked, and said so", () => {
  test("a body past a megabyte", () => {
    const check = checkOf(answering("{ type: integer }"));
    const text = (bytes: number) => `"${"a".repeat(bytes - 2)}"`;
    expect(check(text(CHECK_BODY_BYTES_MAX - 1)).faults).toHaveLength(1);
    expect(check(text(CHECK_BODY_BYTES_MAX)).faults).toHaveLength(1);
    expect(check(text(CHECK_BODY_BYTES_MAX + 1))).toEqual({ faults: [], unchecked: "body-too-large" });
  });

  test("a body that was not kept", () => {
    expect(checkOf(answering("{ type: integer }"))(undefined)).toEqual({
      faults: [],
      unchecked: "body-not-kept",
    });
  });

  const NODE =
    'Node: { anyOf: [{ properties: { n: { $ref: "#/components/schemas/Node" } }, required: [x] }, { properties: { n: { $ref: "#/components/schemas/Node" } }, required: [y] }] }';

  test("alternatives that multiply with each level", () => {
    const check = checkOf(answering('{ $ref: "#/components/schemas/Node" }', { components: NODE }));
    const nested = `${'{"n":'.repeat(60)}{}${"}".repeat(60)}`;
    expect(check(nested)).toEqual({ faults: [], unchecked: "too-many-steps" });
    expect(check("{}").unchecked).toBeUndefined();
  });

  test("a nesting beyond the stack", () => {
    const check = checkOf(
      answering('{ $ref: "#/components/schemas/List" }', {
        components: 'List: { items: { $ref: "#/components/schemas/List" } }',
      }),
    );
    expect(check(`${"[".repeat(100_000)}${"]".repeat(100_000)}`).unchecked).toBe("too-many-steps");
  });

  test("a pattern that runs away elsewhere, and texts that keep a format busy", () => {
    const long = "a".repeat(200_000);
    expect(faultsOf(answering('{ pattern: "^(a|a)*$", maxLength: 5 }'), `"${long}!"`)).toHaveLength(2);
    expect(faultsOf(answering("{ format: email }"), `"a@${long}"`)).toEqual([]);
  });
});

const OPERATIONS = `
openapi: 3.1.0
paths:
  /things:
    get:
      responses:
        "200":
          headers:
            X-Rate: { required: true, schema: { type: integer, maximum: 9 } }
            X-Tags: { schema: { type: array, items: { enum: [a, b] } } }
          content: { application/json: { schema: { type: object } }, text/*: {} }
        4XX: { content: { application/problem+json: { schema: { required: [title] } } } }
        default: {}
  /things/{id}: { get: { responses: { "200": {} } } }
  /things/mine: { get: { responses: { "201": {} } } }
  "/things/{id}.csv": { get: { responses: { "202": {} } } }
`;

describe("status, content type and headers", () => {
  const RATE = ["x-rate", "5"] as const;
  test.each<readonly [name: string, given: Given, body: string, faults: string[]]>([
    ["what is documented", { headers: [...JSON_TYPE, RATE] }, "{}", []],
    [
      "parameters of the content type",
      { headers: [["content-type", "Application/JSON; charset=utf-8"], RATE] },
      "{}",
      [],
    ],
    ["a range of content types", { headers: [["content-type", "text/csv"], RATE] }, "a,b", []],
    [
      "another content type",
      { headers: [["content-type", "image/png"], RATE] },
      "x",
      ["header content-type: one of application/json, text/*, image/png"],
    ],
    [
      "no content type",
      { headers: [RATE] },
      "{}",
      ["header content-type: one of application/json, text/*, undefined"],
    ],
    ["a required header missing", {}, "{}", ["header x-rate: a required header, undefined"]],
    [
      "a header of another value",
      { headers: [...JSON_TYPE, ["x-rate", "10"]] },
      "{}",
      ["header x-rate: a value of its schema, 10"],
    ],
    ["a header that is a list", { headers: [...JSON_TYPE, RATE, ["x-tags", "a, b"]] }, "{}", []],
    [
      "a header that is another list",
      { headers: [...JSON_TYPE, RATE, ["x-tags", "a, c"]] },
      "{}",
      ["header x-tags: a value of its schema, a, c"],
    ],
    [
      "a status by its class",
      { status: 404, headers: [["content-type", "application/problem+json"]] },
      "{}",
      ["body /title: a required member, undefined"],
    ],
    ["a status by default", { status: 500, headers: [] }, "x", []],
    [
      "a status that is not documented",
      { status: 204, target: "/things/1?x=1" },
      "",
      ["status : one of 200, 204"],
    ],
    [
      "the literal path before the parameter",
      { status: 200, target: "/things/mine" },
      "",
      ["status : one of 201, 200"],
    ],
    [
      "a segment that is in part a parameter",
      { status: 200, target: "/things/7.csv" },
      "",
      ["status : one of 202, 200"],
    ],
    ["HEAD as GET without a body", { method: "HEAD", headers: [RATE] }, "", []],
    ["304 without a body", { status: 304, target: "/things" }, "", []],
  ])("%s", (_, given, body, faults) => {
    expect(faultsOf(OPERATIONS, body, given)).toEqual(faults);
  });

  test.each([{ target: "/elsewhere" }, { method: "PUT" }, { target: `/${"a".repeat(9000)}` }])(
    "nothing is said of what the contract does not have: %j",
    (given) => {
      expect(checkOf(OPERATIONS)("{}", given)).toEqual({ faults: [], unchecked: "no-operation" });
    },
  );
});

test("a JSON Schema is asked of JSON bodies with status 2xx", () => {
  const schema = "{ type: array }";
  expect(faultsOf(schema, "{}")).toEqual(["body : array, {}"]);
  expect(faultsOf(schema, "{}", { status: 404 })).toEqual([]);
  expect(faultsOf(schema, "{}", { headers: [["content-type", "text/plain"]] })).toEqual([]);
  expect(faultsOf(schema, "", { method: "HEAD" })).toEqual([]);
});

import { describe, expect, test } from "vitest";
import { CHANGE_RULES } from "../../src/contract/changes.ts";
import { compareContracts } from "../../src/contract/compare-contracts.ts";
import { DIRECTIONS, type Direction } from "../../src/contract/contract-document.ts";
import { readContract } from "../../src/contract/read-contract.ts";
import { read, tableRows } from "../house/source-tree.ts";
import { documentOf } from "./documents.ts";

/** `class rule place path` of each change. */
function changesOf(before: string, after: string, direction: Direction = "response"): string[] {
  const { changes } = compareContracts(documentOf(before), documentOf(after), direction);
  return changes.map((change) =>
    [change.class, change.rule, change.place, change.path].filter(Boolean).join(" "),
  );
}

/** Two schemas in flow YAML, and what is found in a response and in a request: `class rule path`. */
const SCHEMAS: readonly (readonly [
  name: string,
  before: string,
  after: string,
  response: string[],
  request: string[],
])[] = [
  ["nothing", "{ type: string }", "{ type: string }", [], []],
  ["words alone", "{ type: string, title: a, description: b }", "{ type: string, example: c }", [], []],
  [
    "another order",
    "{ type: [string, 'null'], enum: [a, b, null] }",
    "{ enum: [b, null, a], type: ['null', string] }",
    [],
    [],
  ],
  [
    "a field removed",
    "{ properties: { a: {}, b: {} } }",
    "{ properties: { a: {} } }",
    ["breaking property-removed /b"],
    ["breaking property-removed /b"],
  ],
  [
    "a required field removed",
    "{ properties: { a: {} }, required: [a] }",
    "{ properties: {} }",
    ["breaking property-removed /a"],
    ["breaking property-removed /a"],
  ],
  [
    "an optional field added",
    "{ properties: {} }",
    "{ properties: { a: { type: string } } }",
    ["additive optional-property-added /a"],
    ["additive optional-property-added /a"],
  ],
  [
    "a required field added",
    "{ properties: {} }",
    "{ properties: { a: {} }, required: [a] }",
    ["additive required-property-added /a"],
    ["breaking required-property-added /a"],
  ],
  [
    "a field added to a closed object",
    "{ additionalProperties: false }",
    "{ properties: { a: {} }, additionalProperties: false }",
    ["breaking property-added-to-closed /a"],
    ["additive property-added-to-closed /a"],
  ],
  [
    "a field made required",
    "{ properties: { a: {} } }",
    "{ properties: { a: {} }, required: [a] }",
    ["additive property-required /a"],
    ["breaking property-required /a"],
  ],
  [
    "a required field made optional",
    "{ properties: { a: {} }, required: [a] }",
    "{ properties: { a: {} } }",
    ["breaking property-optional /a"],
    ["additive property-optional /a"],
  ],
  [
    "a name alone made required",
    "{}",
    "{ required: [a] }",
    ["additive property-required /a"],
    ["breaking property-required /a"],
  ],
  [
    "another type",
    "{ type: string }",
    "{ type: integer }",
    ["breaking values-other"],
    ["breaking values-other"],
  ],
  [
    "an integer made a number",
    "{ type: integer }",
    "{ type: number }",
    ["breaking values-wider"],
    ["additive values-wider"],
  ],
  [
    "a number made an integer",
    "{ type: number }",
    "{ type: integer }",
    ["additive values-narrower"],
    ["breaking values-narrower"],
  ],
  [
    "null allowed",
    "{ type: string }",
    "{ type: [string, 'null'] }",
    ["breaking values-wider"],
    ["additive values-wider"],
  ],
  [
    "null no longer allowed",
    "{ type: [string, 'null'] }",
    "{ type: string }",
    ["additive values-narrower"],
    ["breaking values-narrower"],
  ],
  [
    "null said in another way",
    "{ type: [string, 'null'] }",
    "{ anyOf: [{ type: string }, { type: 'null' }] }",
    [],
    [],
  ],
  ["a type asked for", "{}", "{ type: object }", ["additive values-narrower"], ["breaking values-narrower"]],
  [
    "a type no longer asked for",
    "{ type: object }",
    "{}",
    ["breaking values-wider"],
    ["additive values-wider"],
  ],
  [
    "an enum value added",
    "{ enum: [a] }",
    "{ enum: [a, b] }",
    ["breaking values-wider"],
    ["additive values-wider"],
  ],
  [
    "an enum value removed",
    "{ enum: [a, b] }",
    "{ enum: [a] }",
    ["additive values-narrower"],
    ["breaking values-narrower"],
  ],
  [
    "an enum value renamed",
    "{ enum: [a] }",
    "{ enum: [b] }",
    ["breaking values-wider", "additive values-narrower"],
    ["additive values-wider", "breaking values-narrower"],
  ],
  [
    "an enum added",
    "{ type: string }",
    "{ type: string, enum: [a] }",
    ["additive values-narrower"],
    ["breaking values-narrower"],
  ],
  [
    "an enum dropped",
    "{ type: string, enum: [a] }",
    "{ type: string }",
    ["breaking values-wider"],
    ["additive values-wider"],
  ],
  ["a constant instead of an enum of one", "{ enum: [a] }", "{ const: a }", [], []],
  [
    "another constant",
    "{ const: a }",
    "{ const: b }",
    ["breaking values-wider", "additive values-narrower"],
    ["additive values-wider", "breaking values-narrower"],
  ],
  [
    "a format asked for",
    "{ type: string }",
    "{ type: string, format: uuid }",
    ["additive values-narrower"],
    ["breaking values-narrower"],
  ],
  [
    "a format dropped",
    "{ type: string, format: uuid }",
    "{ type: string }",
    ["breaking values-wider"],
    ["additive values-wider"],
  ],
  [
    "another format",
    "{ format: uuid }",
    "{ format: email }",
    ["breaking values-other"],
    ["breaking values-other"],
  ],
  [
    "a format that has nothing to do with the other's bits",
    "{ format: email }",
    "{ format: int32 }",
    ["breaking values-other"],
    ["breaking values-other"],
  ],
  [
    "more bits",
    "{ type: integer, format: int32 }",
    "{ type: integer, format: int64 }",
    ["breaking values-wider"],
    ["additive values-wider"],
  ],
  [
    "fewer bits",
    "{ type: integer, format: int64 }",
    "{ type: integer, format: int32 }",
    ["additive values-narrower"],
    ["breaking values-narrower"],
  ],
  [
    "a minimum raised",
    "{ minimum: 1 }",
    "{ minimum: 2 }",
    ["additive values-narrower"],
    ["breaking values-narrower"],
  ],
  [
    "a minimum lowered",
    "{ minimum: 2 }",
    "{ minimum: 1 }",
    ["breaking values-wider"],
    ["additive values-wider"],
  ],
  [
    "a minimum made exclusive",
    "{ minimum: 2 }",
    "{ exclusiveMinimum: 2 }",
    ["additive values-narrower"],
    ["breaking values-narrower"],
  ],
  [
    "a maximum raised",
    "{ maximum: 1 }",
    "{ maximum: 2 }",
    ["breaking values-wider"],
    ["additive values-wider"],
  ],
  ["a maximum added", "{}", "{ maximum: 2 }", ["additive values-narrower"], ["breaking values-narrower"]],
  [
    "a length shortened",
    "{ maxLength: 5 }",
    "{ maxLength: 4 }",
    ["additive values-narrower"],
    ["breaking values-narrower"],
  ],
  ["a least length dropped", "{ minLength: 1 }", "{}", ["breaking values-wider"], ["additive values-wider"]],
  ["a least length of nothing", "{}", "{ minLength: 0 }", [], []],
  ["more items", "{ maxItems: 1 }", "{ maxItems: 2 }", ["breaking values-wider"], ["additive values-wider"]],
  [
    "fewer members",
    "{ maxProperties: 2 }",
    "{ maxProperties: 1 }",
    ["additive values-narrower"],
    ["breaking values-narrower"],
  ],
  [
    "items made unique",
    "{ type: array }",
    "{ type: array, uniqueItems: true }",
    ["additive values-narrower"],
    ["breaking values-narrower"],
  ],
  [
    "a coarser step",
    "{ multipleOf: 2 }",
    "{ multipleOf: 4 }",
    ["additive values-narrower"],
    ["breaking values-narrower"],
  ],
  [
    "a finer step",
    "{ multipleOf: 4 }",
    "{ multipleOf: 2 }",
    ["breaking values-wider"],
    ["additive values-wider"],
  ],
  [
    "another step",
    "{ multipleOf: 2 }",
    "{ multipleOf: 3 }",
    ["breaking values-other"],
    ["breaking values-other"],
  ],
  [
    "another pattern",
    "{ pattern: '^a' }",
    "{ pattern: '^b' }",
    ["breaking values-other"],
    ["breaking values-other"],
  ],
  [
    "the type of items",
    "{ items: { type: string } }",
    "{ items: { type: integer } }",
    ["breaking values-other /*"],
    ["breaking values-other /*"],
  ],
  [
    "a field of items",
    "{ items: { properties: { a: {}, b: {} } } }",
    "{ items: { properties: { a: {} } } }",
    ["breaking property-removed /*/b"],
    ["breaking property-removed /*/b"],
  ],
  [
    "a tuple's place",
    "{ prefixItems: [{ type: string }] }",
    "{ prefixItems: [{ type: integer }] }",
    ["breaking values-other /0"],
    ["breaking values-other /0"],
  ],
  [
    "an object closed",
    "{ type: object }",
    "{ type: object, additionalProperties: false }",
    ["additive values-narrower /*"],
    ["breaking values-narrower /*"],
  ],
  [
    "an object opened",
    "{ additionalProperties: false }",
    "{ additionalProperties: true }",
    ["breaking values-wider /*"],
    ["additive values-wider /*"],
  ],
  [
    "the type of further members",
    "{ additionalProperties: { type: string } }",
    "{ additionalProperties: { type: integer } }",
    ["breaking values-other /*"],
    ["breaking values-other /*"],
  ],
  [
    "an alternative more",
    "{ oneOf: [{ type: string }] }",
    "{ oneOf: [{ type: string }, { type: integer }] }",
    ["breaking values-wider"],
    ["additive values-wider"],
  ],
  [
    "an alternative fewer",
    "{ anyOf: [{ type: string }, { type: integer }] }",
    "{ anyOf: [{ type: integer }] }",
    ["additive values-narrower"],
    ["breaking values-narrower"],
  ],
  [
    "alternatives in another order",
    "{ oneOf: [{ type: string }, { type: integer }] }",
    "{ oneOf: [{ type: integer }, { type: string }] }",
    [],
    [],
  ],
  [
    "one alternative changed",
    "{ anyOf: [{ type: boolean }, { type: string, maxLength: 2 }] }",
    "{ anyOf: [{ type: boolean }, { type: string, maxLength: 1 }] }",
    ["additive values-narrower"],
    ["breaking values-narrower"],
  ],
  [
    "other alternatives",
    "{ anyOf: [{ type: boolean }, { type: string }] }",
    "{ anyOf: [{ type: integer }, { type: object }] }",
    ["breaking cannot-tell"],
    ["breaking cannot-tell"],
  ],
  [
    "parts instead of one",
    "{ type: object, properties: { a: {}, b: {} }, required: [a] }",
    "{ allOf: [{ type: object, properties: { a: {} }, required: [a] }, { properties: { b: {} } }] }",
    [],
    [],
  ],
  [
    "a field in a part",
    "{ allOf: [{ properties: { a: {} } }, { properties: { b: {} } }] }",
    "{ allOf: [{ properties: { a: {} } }, { properties: {} }] }",
    ["breaking property-removed /b"],
    ["breaking property-removed /b"],
  ],
  [
    "what is not allowed",
    "{ not: { type: string } }",
    "{ not: { type: integer } }",
    ["breaking cannot-tell"],
    ["breaking cannot-tell"],
  ],
  [
    "a condition",
    "{ if: { type: string }, then: { minLength: 1 } }",
    "{ if: { type: string }, then: { minLength: 2 } }",
    ["breaking cannot-tell"],
    ["breaking cannot-tell"],
  ],
  [
    "nothing allowed any more",
    "{ properties: { a: true } }",
    "{ properties: { a: false } }",
    ["additive values-narrower /a"],
    ["breaking values-narrower /a"],
  ],
  [
    "a name with a slash",
    "{ properties: { 'a/b': {} } }",
    "{ properties: {} }",
    ["breaking property-removed /a~1b"],
    ["breaking property-removed /a~1b"],
  ],
  [
    "a name of Object's own",
    "{ properties: { constructor: {} } }",
    "{ properties: {} }",
    ["breaking property-removed /constructor"],
    ["breaking property-removed /constructor"],
  ],
];

describe("a schema", () => {
  test("a reference in a keyword is what it refers to, on either side", () => {
    const not = (schema: string) => `{ not: { $ref: "#/$defs/A" }, $defs: { B: {}, A: ${schema} } }`;
    const other = `{ not: { $ref: "#/$defs/Z" }, $defs: { Z: { type: string } } }`;
    expect(changesOf(not("{ type: string }"), other)).toEqual([]);
    expect(changesOf(not("{ type: string }"), "{ not: { type: string } }")).toEqual([]);
    expect(changesOf("{ not: { type: string } }", not("{ type: string }"))).toEqual([]);
    expect(changesOf(not("{ type: integer }"), other)).toHaveLength(1);
  });

  test.each(SCHEMAS)("%s", (_, before, after, response, request) => {
    expect(changesOf(before, after, "response")).toEqual(response);
    expect(changesOf(before, after, "request")).toEqual(request);
  });

  test.each([
    [9_999, false],
    [10_000, false],
    [10_001, true],
  ])("%i changes are listed, up to the bound; more than that: %s", (count, isCut) => {
    const schemaOf = (tree: object) => {
      const result = readContract("a", () => ({ ok: true, tree }), { isLive: false });
      if (!result.ok) throw new Error(JSON.stringify(result.problems));
      return result.document;
    };
    const names = Array.from({ length: count }, (_, index) => [`p${index}`, true]);
    const before = schemaOf({ properties: Object.fromEntries(names) });
    const found = compareContracts(before, schemaOf({ properties: {} }), "response");
    expect(found.isCut).toBe(isCut);
    expect(found.changes).toHaveLength(Math.min(count, 10_000));
  });

  test("a circle ends, and what changed in it is told once", () => {
    const tree = (id: string) => `
$ref: "#/$defs/Node"
$defs: { Node: { type: object, properties: { id: { type: ${id} }, children: { type: array, items: { $ref: "#/$defs/Node" } } } } }`;
    expect(changesOf(tree("string"), tree("string"))).toEqual([]);
    expect(changesOf(tree("string"), tree("integer"))).toEqual(["breaking values-other /id"]);
  });

  test("a circle of parts that is nothing but itself ends", () => {
    const text = (type: string) => `
$ref: "#/$defs/A"
$defs: { A: { type: ${type}, allOf: [{ $ref: "#/$defs/B" }] }, B: { allOf: [{ $ref: "#/$defs/A" }] } }`;
    expect(changesOf(text("string"), text("object")).length).toBeGreaterThan(0);
  });
});

/** An OpenAPI document out of the operations of one path. */
function api(operations: string, path = "/things/{id}"): string {
  return `{ openapi: 3.1.0, info: { title: t, version: "1" }, paths: { "${path}": ${operations} } }`;
}
const OK = "responses: { '200': { description: ok } }";
const get = (rest: string) => api(`{ get: { ${OK}, ${rest} } }`);
const answers = (responses: string) => api(`{ get: { responses: ${responses} } }`);
const body = (rest: string) => api(`{ post: { ${OK}, requestBody: { ${rest} } } }`);
const STRING = "content: { application/json: { schema: { type: string } } }";
const INTEGER = "content: { application/json: { schema: { type: integer } } }";
const query = (rest: string) => get(`parameters: [{ name: q, in: query, ${rest} }]`);

const OPERATIONS: readonly (readonly [name: string, before: string, after: string, found: string[]])[] = [
  [
    "an operation removed",
    api(`{ get: { ${OK} }, put: { ${OK} } }`),
    api(`{ get: { ${OK} } }`),
    ["breaking operation-removed"],
  ],
  [
    "an operation added",
    api(`{ get: { ${OK} } }`),
    api(`{ get: { ${OK} }, put: { ${OK} } }`),
    ["additive operation-added"],
  ],
  [
    "a path renamed",
    api(`{ get: { ${OK} } }`),
    api(`{ get: { ${OK} } }`, "/items/{id}"),
    ["breaking operation-removed", "additive operation-added"],
  ],
  [
    "a path parameter renamed",
    api(`{ get: { ${OK}, parameters: [{ name: id, in: path, required: true }] } }`),
    api(`{ get: { ${OK}, parameters: [{ name: key, in: path, required: true }] } }`, "/things/{key}"),
    [],
  ],
  [
    "a required parameter added",
    get(""),
    query("required: true"),
    ["breaking required-parameter-added query parameter q"],
  ],
  [
    "an optional parameter added",
    get(""),
    query("required: false"),
    ["additive optional-parameter-added query parameter q"],
  ],
  [
    "a parameter removed",
    query("required: false"),
    get(""),
    ["breaking parameter-removed query parameter q"],
  ],
  [
    "a parameter made required",
    query("required: false"),
    query("required: true"),
    ["breaking parameter-required query parameter q"],
  ],
  [
    "a parameter made optional",
    query("required: true"),
    query("required: false"),
    ["additive parameter-optional query parameter q"],
  ],
  [
    "a parameter's values fewer",
    query("schema: { enum: [a, b] }"),
    query("schema: { enum: [a] }"),
    ["breaking values-narrower query parameter q"],
  ],
  [
    "a parameter's values more",
    query("schema: { enum: [a] }"),
    query("schema: { enum: [a, b] }"),
    ["additive values-wider query parameter q"],
  ],
  [
    "a header parameter in other case",
    get("parameters: [{ name: X-Id, in: header }]"),
    get("parameters: [{ name: x-id, in: header }]"),
    [],
  ],
  ["a body added", api(`{ post: { ${OK} } }`), body(STRING), ["additive optional-body-added request body"]],
  [
    "a required body added",
    api(`{ post: { ${OK} } }`),
    body(`required: true, ${STRING}`),
    ["breaking required-body-added request body"],
  ],
  ["a body removed", body(STRING), api(`{ post: { ${OK} } }`), ["breaking body-removed request body"]],
  [
    "a body made required",
    body(STRING),
    body(`required: true, ${STRING}`),
    ["breaking body-required request body"],
  ],
  [
    "a body made optional",
    body(`required: true, ${STRING}`),
    body(STRING),
    ["additive body-optional request body"],
  ],
  [
    "a body of another type",
    body(STRING),
    body(INTEGER),
    ["breaking values-other request body application/json"],
  ],
  [
    "a body's content type added",
    body(STRING),
    body(STRING.replace("{ application", "{ text/plain: {}, application")),
    ["additive content-type-added request body text/plain"],
  ],
  [
    "a body's content type removed",
    body(STRING.replace("{ application", "{ text/plain: {}, application")),
    body(STRING),
    ["breaking content-type-removed request body text/plain"],
  ],
  [
    "what is only read is not asked of a request",
    body("content: { application/json: { schema: { properties: { a: {} } } } }"),
    body(
      "content: { application/json: { schema: { properties: { a: { readOnly: true } }, required: [a] } } }",
    ),
    [],
  ],
  [
    "a status added",
    answers("{ '200': {} }"),
    answers("{ '200': {}, '409': {} }"),
    ["breaking status-added response 409"],
  ],
  [
    "a status that default had",
    answers("{ '200': {}, default: {} }"),
    answers("{ '200': {}, '409': {}, default: {} }"),
    [],
  ],
  ["a status that its class had", answers("{ 2XX: {} }"), answers("{ 2XX: {}, '201': {} }"), []],
  [
    "an error status removed",
    answers("{ '200': {}, '409': {} }"),
    answers("{ '200': {} }"),
    ["additive status-removed response 409"],
  ],
  [
    "a success status removed",
    answers("{ '200': {}, '201': {} }"),
    answers("{ '200': {} }"),
    ["breaking success-status-removed response 201"],
  ],
  [
    "an answer's content type removed",
    answers(`{ '200': { ${STRING} } }`),
    answers("{ '200': { content: {} } }"),
    ["breaking content-type-removed response 200 application/json"],
  ],
  [
    "an answer's content type added",
    answers("{ '200': { content: {} } }"),
    answers(`{ '200': { ${STRING} } }`),
    ["additive content-type-added response 200 application/json"],
  ],
  [
    "an answer of another type",
    answers(`{ '200': { ${STRING} } }`),
    answers(`{ '200': { ${INTEGER} } }`),
    ["breaking values-other response 200 application/json"],
  ],
  [
    "an answer's header removed",
    answers("{ '200': { headers: { x-rate: {} } } }"),
    answers("{ '200': {} }"),
    ["breaking header-removed response 200 header x-rate"],
  ],
  [
    "an answer's header added",
    answers("{ '200': {} }"),
    answers("{ '200': { headers: { x-rate: {} } } }"),
    ["additive header-added response 200 header x-rate"],
  ],
  [
    "an answer's header always there",
    answers("{ '200': { headers: { x-rate: {} } } }"),
    answers("{ '200': { headers: { X-Rate: { required: true } } } }"),
    ["additive header-required response 200 header x-rate"],
  ],
  [
    "an answer's header no longer always there",
    answers("{ '200': { headers: { x-rate: { required: true } } } }"),
    answers("{ '200': { headers: { x-rate: {} } } }"),
    ["breaking header-optional response 200 header x-rate"],
  ],
  [
    "an answer's header of another type",
    answers("{ '200': { headers: { x-rate: { schema: { type: integer } } } } }"),
    answers("{ '200': { headers: { x-rate: { schema: { type: string } } } } }"),
    ["breaking values-other response 200 header x-rate"],
  ],
];

describe("an operation", () => {
  test.each(OPERATIONS)("%s", (_, before, after, found) => {
    expect(changesOf(before, after)).toEqual(found);
  });

  test("3.0 and 3.1 say the same in their own ways", () => {
    const document = (version: string, schema: string) =>
      answers(`{ '200': { content: { application/json: { schema: ${schema} } } } }`).replace(
        "3.1.0",
        version,
      );
    expect(
      changesOf(
        document("3.0.3", "{ type: number, nullable: true, minimum: 1, exclusiveMinimum: true }"),
        document("3.1.0", "{ type: [number, 'null'], exclusiveMinimum: 1 }"),
      ),
    ).toEqual([]);
  });

  test("a large document whose schemas all refer to each other is compared in bounded work", () => {
    const names = Array.from({ length: 150 }, (_, index) => `S${index}`);
    const schema = (last: string) => (name: string, index: number) =>
      `${name}: { properties: { v: { type: ${index === 149 ? last : "string"} }, ${names
        .slice(0, 5)
        .map((other) => `${other}: { $ref: "#/components/schemas/${other}" }`)
        .join(", ")}, next: { $ref: "#/components/schemas/${names[(index + 1) % 150]}" } } }`;
    const document = (last: string) =>
      `${answers(`{ '200': { content: { application/json: { schema: { $ref: "#/components/schemas/S0" } } } } }`).slice(0, -1)}, components: { schemas: { ${names.map(schema(last)).join(", ")} } } }`;
    const { changes, isCut } = compareContracts(
      documentOf(document("string")),
      documentOf(document("integer")),
    );
    expect(isCut).toBe(false);
    expect(changes.map(({ path }) => path.endsWith("/v"))).toContain(true);
  });
});

test("every rule occurs in the tables, but for what they cannot reach", () => {
  const all = [
    ...SCHEMAS.flatMap(([, , , response, request]) => [...response, ...request]),
    ...OPERATIONS.flatMap(([, , , found]) => found),
  ];
  const met = new Set(all.map((line) => line.split(" ")[1]));
  expect(Object.keys(CHANGE_RULES).filter((rule) => !met.has(rule))).toEqual([]);
});

test("docs/contract.md has the table of classes that the code has", () => {
  const rows = tableRows(read("docs/contract.md")).filter(
    ([rule]) => rule?.startsWith("`") && rule.includes("-"),
  );
  const expected = Object.entries(CHANGE_RULES).map(([rule, classes]) => [
    `\`${rule}\``,
    ...DIRECTIONS.map((direction) => (classes as Partial<Record<Direction, string>>)[direction] ?? ""),
  ]);
  expect(rows.map(([rule, , request, response]) => [rule, request, response])).toEqual(expected);
});

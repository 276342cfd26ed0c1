import { describe, expect, test } from "vitest";
import { endpointTemplatesOf, readContract } from "../../src/contract/read-contract.ts";
import { answering, documentOf, problemsOf, readFiles } from "./documents.ts";

describe("a bad document is one clear line with its place", () => {
  const operation = (text: string) => ({ a: `{ openapi: 3.1.0, paths: { /x: ${text} } }` });
  const responses = (text: string) => operation(`{ get: { responses: ${text} } }`);
  const schema = (text: string) =>
    responses(`{ "200": { content: { application/json: { schema: ${text} } } } }`);
  const at = "#/paths/~1x/get/responses/200/content/application~1json/schema";
  test.each<readonly [string, Readonly<Record<string, string>>, string]>([
    ["text", { a: "just text" }, "a: an OpenAPI document or a JSON Schema is a mapping"],
    [
      "Swagger 2.0",
      { a: '{ swagger: "2.0", paths: {} }' },
      'a#/swagger: version "2.0" is not read; convert the document to OpenAPI 3.0 or 3.1',
    ],
    [
      "OpenAPI 4",
      { a: "{ openapi: 4.0.0, paths: {} }" },
      'a#/openapi: version "4.0.0" is not read; convert the document to OpenAPI 3.0 or 3.1',
    ],
    ["no version", { a: "{ paths: {} }" }, "a: openapi is missing; say openapi: 3.1.0, or 3.0.3"],
    [
      "no paths",
      { a: "{ openapi: 3.1.0 }" },
      "a: paths is missing; name at least one path with its operations",
    ],
    [
      "a path without slash",
      { a: "{ openapi: 3.1.0, paths: { x: {} } }" },
      "a#/paths/x: a path that begins with /",
    ],
    ["a path that is a list", operation("[]"), "a#/paths/~1x: a path is a mapping of methods to operations"],
    [
      "an operation that is text",
      operation("{ get: hello }"),
      "a#/paths/~1x/get: an operation is a mapping; name its responses",
    ],
    [
      "no responses",
      operation("{ get: {} }"),
      "a#/paths/~1x/get: responses is missing; name each status and what it answers",
    ],
    [
      "a status that is none",
      responses('{ "20": {} }'),
      "a#/paths/~1x/get/responses/20: a status is 200, 2XX or default; correct it",
    ],
    [
      "a server without URL",
      { a: "{ openapi: 3.1.0, servers: [{}], paths: {} }" },
      "a#/servers/0: a server has a url; add it or remove the server",
    ],
    [
      "a parameter without place",
      operation("{ get: { responses: {}, parameters: [{ name: q }] } }"),
      "a#/paths/~1x/get/parameters/0: a parameter has a name, and in: one of path, query, header, cookie",
    ],
    ["a schema that is text", schema("hello"), `a${at}: a schema is a mapping of keywords, or true or false`],
    [
      "a type that is none",
      schema("{ type: strin }"),
      `a${at}/type: not a valid schema: it must be equal to one of the allowed values: array, boolean, integer, null, number, object, string`,
    ],
    [
      "a limit that is text",
      schema("{ minimum: few }"),
      `a${at}/minimum: not a valid schema: it must be number`,
    ],
    ["no alternatives", schema("{ anyOf: [] }"), `a${at}/anyOf: a list of at least one schema`],
    [
      "a reference to nothing",
      schema('{ $ref: "#/components/schemas/No" }'),
      `a${at}: $ref "#/components/schemas/No" leads to nothing; correct it`,
    ],
    [
      "a reference to itself",
      {
        a: "{ openapi: 3.1.0, paths: {}, components: { schemas: {} } }".replace(
          "paths: {}",
          'paths: { /x: { get: { responses: { "200": { $ref: "#/paths/~1x/get/responses/200" } } } } }',
        ),
      },
      "a#/paths/~1x/get/responses/200: a reference that leads to itself; point it at a value",
    ],
    [
      "a reference over the network",
      schema('{ $ref: "https://x.test/user.json" }'),
      `a${at}: $ref "https://x.test/user.json" is not read over the network; put the file beside the document and name it`,
    ],
    [
      "the same without scheme",
      schema('{ $ref: "//x.test/user.json" }'),
      `a${at}: $ref "//x.test/user.json" is not read over the network; put the file beside the document and name it`,
    ],
    [
      "a file of another scheme",
      schema('{ $ref: "file:///etc/passwd" }'),
      `a${at}: $ref "file:///etc/passwd" is not read over the network; put the file beside the document and name it`,
    ],
    [
      "a file outside",
      schema('{ $ref: "../user.yaml" }'),
      `a${at}: $ref "../user.yaml" leads out of the document's folder; move the file into it`,
    ],
    [
      "a file outside in disguise",
      schema('{ $ref: "x/%2e%2e/%2e%2e/user.yaml" }'),
      `a${at}: $ref "x/%2e%2e/%2e%2e/user.yaml" leads out of the document's folder; move the file into it`,
    ],
    [
      "an absolute file",
      schema('{ $ref: "/etc/passwd" }'),
      `a${at}: $ref "/etc/passwd" leads out of the document's folder; move the file into it`,
    ],
    [
      "a file that is not there",
      schema('{ $ref: "user.yaml" }'),
      `a${at}: user.yaml must be a file that exists`,
    ],
    [
      "a dynamic reference",
      schema('{ $dynamicRef: "#node" }'),
      `a${at}: $dynamicRef is not supported; use $ref`,
    ],
    [
      "a pattern that can run away",
      schema('{ pattern: "^(?=a)b" }'),
      `a${at}: pattern "^(?=a)b" is not one of linear time (error parsing regexp: invalid or unsupported Perl syntax: \`(?=\`); write it without lookaround and back references`,
    ],
  ])("%s", (_, files, line) => {
    expect(problemsOf(files)).toEqual([line]);
  });

  test("every problem at once, and no more than can be read", () => {
    const properties = Array.from({ length: 30 }, (_, index) => `p${index}: { $ref: "#/no/${index}" }`);
    expect(problemsOf({ a: `{ properties: { ${properties.join(", ")} } }` })).toHaveLength(20);
    expect(problemsOf({ a: `{ properties: { ${properties.slice(0, 2).join(", ")} } }` })).toHaveLength(2);
  });

  test.each([
    [9_999, true],
    [10_000, true],
    [10_001, false],
  ])("%i schemas are read: %s", (count, isRead) => {
    const indices = Array.from({ length: count - 1 }, (_, index) => index);
    const properties = Object.fromEntries(
      indices.map((index) => [`p${index}`, { $ref: `#/$defs/${index}` }]),
    );
    const tree = { properties, $defs: Object.fromEntries(indices.map((index) => [index, true])) };
    const result = readContract("a", () => ({ ok: true, tree }), { isLive: true });
    expect(result.ok).toBe(isRead);
    if (!result.ok) expect(result.problems[0]?.what).toContain("more than 10000 schemas");
  });

  test.each([
    [4_999, true],
    [5_000, true],
    [5_001, false],
  ])("%i operations are read: %s", (count, isRead) => {
    const paths = Object.fromEntries(
      Array.from({ length: count }, (_, index) => [`/p${index}`, { get: { responses: {} } }]),
    );
    const result = readContract("a", () => ({ ok: true, tree: { openapi: "3.1.0", paths } }), {
      isLive: true,
    });
    expect(result.ok).toBe(isRead);
    if (!result.ok) expect(result.problems[0]?.what).toContain("more than 5000 operations");
  });

  test("63 further files are read, 64 are not", () => {
    const files = (count: number) => {
      const names = Array.from({ length: count }, (_, index) => `f${index}.yaml`);
      const properties = names.map((name) => `"${name}": { $ref: "${name}" }`);
      return {
        a: `{ properties: { ${properties.join(", ")} } }`,
        ...Object.fromEntries(names.map((name) => [name, "{ type: string }"])),
      };
    };
    expect(problemsOf(files(63))).toEqual([]);
    expect(problemsOf(files(64)).join()).toContain("more than 64 files; bundle them into one");
  });
});

test("references lead within the document, by anchor, and to files of the folder, each read once", () => {
  const document = documentOf(
    answering(
      '{ properties: { a: { $ref: "#/components/schemas/A" }, b: { $ref: "more/b.yaml#/defs/B" } } }',
      {
        components: "A: { $anchor: a, type: string }",
      },
    ),
    {
      "more/b.yaml": '{ defs: { B: { type: integer, properties: { up: { $ref: "../c.yaml" } } } } }',
      "c.yaml": "{ type: boolean }",
    },
  );
  expect(document.schemas).toEqual([
    { properties: { a: { $ref: "#/$defs/1" }, b: { $ref: "#/$defs/2" } } },
    { type: "string" },
    { type: "integer", properties: { up: { $ref: "#/$defs/3" } } },
    { type: "boolean" },
  ]);
  expect(
    documentOf('{ $defs: { a: { $anchor: one, type: string } }, items: { $ref: "#one" } }').schemas,
  ).toEqual([{ items: { $ref: "#/$defs/1" } }, { type: "string" }]);
});

test("a circle stays a reference, and the document plain JSON", () => {
  const document = documentOf(
    answering('{ $ref: "#/components/schemas/Node" }', {
      components: 'Node: { properties: { next: { $ref: "#/components/schemas/Node" } } }',
    }),
  );
  expect(document.schemas).toEqual([{ properties: { next: { $ref: "#/$defs/0" } } }]);
  expect(structuredClone(document)).toEqual(document);
});

test("3.0 is brought to the dialect of 3.1", () => {
  const read = (schema: string) => documentOf(answering(schema, { openapi: "3.0.3" })).schemas[0];
  expect(read("{ type: string, nullable: true }")).toEqual({ type: ["string", "null"] });
  expect(read("{ type: string, nullable: true, enum: [a] }")).toEqual({
    type: ["string", "null"],
    enum: ["a", null],
  });
  expect(read("{ nullable: true, allOf: [{ type: object }] }")).toEqual({
    anyOf: [{ allOf: [{ type: "object" }] }, { type: "null" }],
  });
  expect(read("{ minimum: 1, exclusiveMinimum: true, maximum: 9, exclusiveMaximum: false }")).toEqual({
    exclusiveMinimum: 1,
    maximum: 9,
  });
});

test("operations have their server's base path, and name endpoints", () => {
  const document = documentOf(`
openapi: 3.1.0
info: { version: 1.2 }
servers:
  - { url: "https://{env}.users.test/{base}/", variables: { env: { default: www }, base: { default: v1 } } }
  - { url: /v2 }
paths:
  "/users/{id}.json": { get: { responses: {} } }
  /health: { servers: [{ url: "https://users.test" }], get: { responses: {} } }
`);
  expect(endpointTemplatesOf(document)).toEqual(["GET /v1/users/{id}", "GET /v2/users/{id}", "GET /health"]);
  expect(document.version).toBe("1.2");
});

test("the version that is given beats the document's", () => {
  const result = readContract(
    "a",
    () => ({ ok: true, tree: { openapi: "3.1.0", info: { version: "1" }, paths: {} } }),
    {
      version: "9",
      isLive: true,
    },
  );
  expect(result).toMatchObject({ ok: true, document: { version: "9" } });
});

test("anchors of YAML that make a circle are a problem, not a crash", () => {
  const circle: Record<string, unknown> = { type: "object" };
  circle["properties"] = { self: circle };
  const result = readContract("a", () => ({ ok: true, tree: circle }), { isLive: true });
  expect(result).toEqual({
    ok: false,
    problems: [{ where: "a", what: "nested without end; remove circular anchors" }],
  });
});

test("patterns are compared, whatever engine they need", () => {
  expect(readFiles({ a: '{ pattern: "(?=a)" }' }, false)).toMatchObject({ ok: true });
});

import { expect, test } from "vitest";
import { type ContractCheckOptions, runContractCheck } from "../../src/commands/contract-check.ts";
import { testFile } from "../config/config-file.ts";

function check(before: string, after: string, options: Partial<ContractCheckOptions> = {}) {
  const written: string[] = [];
  const errors: string[] = [];
  const output = {
    isColored: false,
    write: (text: string) => void written.push(text),
    writeError: (text: string) => void errors.push(text),
  };
  const files = { old: testFile("old.yaml", before), new: testFile("new.yaml", after) };
  const code = runContractCheck({ ...files, format: "text", direction: "response", ...options }, output);
  return { code, out: written.join(""), err: errors.join("") };
}

const OPEN = "{ type: object, properties: { id: { type: string } } }";
const MORE = "{ type: object, properties: { id: { type: string }, name: {} } }";

test("exit 0 where nothing breaks, 1 where something does, and it stands first", () => {
  expect(check(OPEN, OPEN)).toEqual({ code: 0, out: "0 breaking, 0 additive\n", err: "" });
  expect(check(OPEN, MORE)).toEqual({
    code: 0,
    out: "additive  response  /name: is new and optional\n0 breaking, 1 additive\n",
    err: "",
  });
  expect(check(MORE, OPEN).code).toBe(1);
  const both = check(
    MORE,
    "{ type: object, required: [name], properties: { name: {}, id: { type: number } } }",
  );
  expect(both.out.split("\n").map((line) => line.split(" ")[0])).toEqual(["breaking", "additive", "1", ""]);
});

test("of a schema that is sent, less is breaking", () => {
  const closed = "{ type: string, enum: [a] }";
  expect(check("{ type: string }", closed, { direction: "response" }).code).toBe(0);
  expect(check("{ type: string }", closed, { direction: "request" }).code).toBe(1);
});

test("JSON and Markdown say the same", () => {
  const json = JSON.parse(check(MORE, OPEN, { format: "json" }).out);
  expect(json).toEqual({
    breaking: 1,
    additive: 0,
    isCut: false,
    changes: [
      {
        direction: "response",
        class: "breaking",
        rule: "property-removed",
        operation: "",
        place: "",
        path: "/name",
        text: "is gone",
      },
    ],
  });
  expect(check(MORE, OPEN, { format: "markdown" }).out).toBe(
    "1 breaking, 0 additive\n\n| class | direction | where | what |\n|---|---|---|---|\n| breaking | response | /name | is gone |\n",
  );
});

test("exit 2 and a line for a document that is none, and for two of different kinds", () => {
  const { code, out, err } = check(OPEN, "{ type: strin }");
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toMatch(/^parallax contract check: \S+new\.yaml: new\.yaml#\/type: not a valid schema: .*\n$/);
  expect(check(OPEN, "{ openapi: 3.1.0, paths: {} }")).toMatchObject({
    code: 2,
    err: "parallax contract check: an OpenAPI document and a JSON Schema; give two of a kind\n",
  });
  expect(check("a: [", OPEN).code).toBe(2);
});

test("a pattern that only a backtracking engine has can be compared", () => {
  expect(check('{ pattern: "^(?=a)b" }', '{ pattern: "^(?=a)b" }').code).toBe(0);
});

test("a file that is not there is named once, as it was given", () => {
  expect(check(OPEN, OPEN, { new: "nowhere/gone.yaml" })).toMatchObject({
    code: 2,
    err: "parallax contract check: nowhere/gone.yaml must be a file that exists\n",
  });
});

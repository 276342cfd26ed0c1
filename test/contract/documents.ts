// Contracts for tests, from text; asserts nothing.
import { parse } from "yaml";
import type { ContractDocument } from "../../src/contract/contract-document.ts";
import { type ContractResult, readContract } from "../../src/contract/read-contract.ts";

/** A contract out of files by name; the first is the document. */
export function readFiles(files: Readonly<Record<string, string>>, isLive = true): ContractResult {
  const [first = ""] = Object.keys(files);
  return readContract(
    first,
    (name) => {
      const text = files[name];
      return text === undefined
        ? { ok: false, what: `${name} must be a file that exists` }
        : { ok: true, tree: parse(text) };
    },
    { isLive },
  );
}

export function documentOf(text: string, files: Readonly<Record<string, string>> = {}): ContractDocument {
  const result = readFiles({ "api.yaml": text, ...files });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.document;
}

/** The problems as lines; none for a document that is fine. */
export function problemsOf(files: Readonly<Record<string, string>>): string[] {
  const result = readFiles(files);
  return result.ok ? [] : result.problems.map(({ where, what }) => `${where}: ${what}`);
}

/** A document with one operation, `GET /things`, whose JSON answer is `schema` (flow YAML). */
export function answering(schema: string, { openapi = "3.1.0", components = "" } = {}): string {
  return `
openapi: ${openapi}
info: { title: things, version: "1" }
paths:
  /things:
    get:
      responses:
        "200": { description: ok, content: { application/json: { schema: ${schema} } } }
components: { schemas: { ${components} } }
`;
}

// The one way into a contract: an OpenAPI 3.0 / 3.1 document or a JSON Schema, as files → a ContractDocument, or
// every problem of it with its place. Reads nothing itself: files come from the caller.
import type { ErrorObject } from "ajv";
import { SchemaCollection } from "./collect-schemas.ts";
import { type ContractDocument, type ContractProblem, isRecord } from "./contract-document.ts";
import { OpenApiReader } from "./read-openapi.ts";
import { metaFault } from "./schema-validators.ts";
import { childOf, type LoadTree, SourceDocuments } from "./source-documents.ts";

/** Bytes of one file of a contract. */
export const CONTRACT_BYTES_MAX = 4 * 1024 * 1024;

export type ContractResult =
  | { readonly ok: true; readonly document: ContractDocument }
  | { readonly ok: false; readonly problems: readonly ContractProblem[] };

export interface ReadOptions {
  /** Overrides what the document says of itself. */
  readonly version?: string | undefined;
  /** Answers will be checked by it: patterns must be such that a body cannot make one run away. */
  readonly isLive: boolean;
}

/** `file` and what it refers to, through `load`. Never throws for what is in the files. */
export function readContract(file: string, load: LoadTree, options: ReadOptions): ContractResult {
  const sources = new SourceDocuments(file, load);
  if (sources.problems.length > 0) return { ok: false, problems: sources.problems };
  try {
    const document = readRoot(sources, options);
    return sources.problems.length > 0 || document === undefined
      ? { ok: false, problems: sources.problems }
      : { ok: true, document };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { ok: false, problems: [{ where: file, what: "nested without end; remove circular anchors" }] };
  }
}

function readRoot(sources: SourceDocuments, { version, isLive }: ReadOptions): ContractDocument | undefined {
  const { root } = sources;
  const isSchema = typeof root.value === "boolean";
  if (!isSchema && !isRecord(root.value)) {
    sources.fault(root, "an OpenAPI document or a JSON Schema is a mapping");
    return undefined;
  }
  const { openapi, swagger, info } = isRecord(root.value) ? root.value : {};
  const isOpenApi = openapi !== undefined || swagger !== undefined;
  if (isOpenApi && !/^3\.[01]\.\d+/.test(String(openapi))) {
    const found = JSON.stringify(openapi ?? swagger);
    const place = childOf(root, openapi === undefined ? "swagger" : "openapi");
    sources.fault(place, `version ${found} is not read; convert the document to OpenAPI 3.0 or 3.1`);
    return undefined;
  }
  if (isRecord(root.value) && !isOpenApi && root.value["paths"] !== undefined) {
    sources.fault(root, "openapi is missing; say openapi: 3.1.0, or 3.0.3");
    return undefined;
  }
  const isOpenApi30 = String(openapi).startsWith("3.0");
  const schemas = new SchemaCollection(sources, { isOpenApi30, needsLinearPatterns: isLive });
  const operations = isOpenApi ? new OpenApiReader(sources, schemas).operations() : [];
  if (!isOpenApi) schemas.idOf(root, "response");
  if (sources.problems.length === 0) checkSchemas(sources, schemas);
  const said = isRecord(info) ? info["version"] : undefined;
  return {
    kind: isOpenApi ? "openapi" : "json-schema",
    version: version ?? (said === undefined ? "" : String(said)),
    operations,
    schemas: schemas.schemas,
  };
}

/** Each schema against the dialect's own: a type that is none, a limit that is text. */
function checkSchemas(sources: SourceDocuments, { schemas, places }: SchemaCollection): void {
  for (const [id, schema] of schemas.entries()) {
    const place = places[id];
    const fault = metaFault(schema);
    if (fault !== undefined && place !== undefined)
      sources.fault({ ...place, pointer: place.pointer + fault.instancePath }, metaText(fault));
  }
}

function metaText({ message = "is not valid", params }: ErrorObject): string {
  const { allowedValues } = params as { allowedValues?: readonly unknown[] };
  const allowed = allowedValues === undefined ? "" : `: ${allowedValues.map(String).join(", ")}`;
  return `not a valid schema: it ${message}${allowed}`;
}

/** `METHOD /path` of each operation, for naming endpoints; a segment that is only in part a parameter is one. */
export function endpointTemplatesOf(document: ContractDocument | undefined): readonly string[] {
  const named = (segment: string) => {
    const parameter = /\{([^{}/]+)\}/.exec(segment);
    return parameter === null ? segment : `{${parameter[1] ?? ""}}`;
  };
  return (document?.operations ?? []).map(
    ({ method, path }) => `${method} ${path.split("/").map(named).join("/")}`,
  );
}

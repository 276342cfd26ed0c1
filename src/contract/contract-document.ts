// A contract as it is used: operations and their schemas, every reference inside, one dialect (JSON Schema
// 2020-12). Plain JSON, since it crosses to the shadow threads; files, dialects and templates are read before.

export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

/** Which way a value goes; a schema can ask different things of either (readOnly, writeOnly). */
export const DIRECTIONS = ["request", "response"] as const;
export type Direction = (typeof DIRECTIONS)[number];

export const PARAMETER_PLACES = ["path", "query", "header", "cookie"] as const;
export type ParameterPlace = (typeof PARAMETER_PLACES)[number];

/** An index in the document's `schemas`; undefined where the document says nothing of the value. */
export type SchemaId = number | undefined;

export interface ContractParameter {
  readonly name: string;
  readonly in: ParameterPlace;
  readonly isRequired: boolean;
  readonly schema: SchemaId;
}

/** Media type or range, in lower case and without parameters → its schema; null where it has none. */
export type ContractContent = Readonly<Record<string, number | null>>;

export interface ContractHeader {
  readonly isRequired: boolean;
  readonly schema: SchemaId;
}

export interface ContractResponse {
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, ContractHeader>>;
  /** Empty where the document says nothing of the body. */
  readonly content: ContractContent;
}

export interface ContractOperation {
  /** Upper case. */
  readonly method: string;
  /** With the server's base path: `/v1/users/{id}`. */
  readonly path: string;
  readonly parameters: readonly ContractParameter[];
  readonly requestBody: { readonly isRequired: boolean; readonly content: ContractContent } | undefined;
  /** By `200`, `2XX` or `default`. */
  readonly responses: Readonly<Record<string, ContractResponse>>;
}

export interface ContractDocument {
  /** `json-schema`: no operations; `schemas[0]` is what a JSON body must be. */
  readonly kind: "openapi" | "json-schema";
  readonly version: string;
  readonly operations: readonly ContractOperation[];
  /** A reference in one is `#/$defs/N`: another one's index. */
  readonly schemas: readonly JsonSchema[];
}

/** One thing that is wrong with a document. */
export interface ContractProblem {
  /** `openapi.yaml#/paths/~1users/get`. */
  readonly where: string;
  /** What is wrong, and what to do. */
  readonly what: string;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function escapeToken(token: string): string {
  return token.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** What `#/$defs/N` stands for; undefined for a schema that is no reference. */
export function referenceOf(schema: JsonSchema): number | undefined {
  if (typeof schema === "boolean") return undefined;
  const { $ref } = schema;
  return typeof $ref === "string" ? Number($ref.slice("#/$defs/".length)) : undefined;
}

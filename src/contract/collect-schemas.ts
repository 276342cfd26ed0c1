// Schemas out of the files into one list in one dialect, JSON Schema 2020-12: OpenAPI 3.0 and older drafts are
// converted, annotations dropped, references made numbers. What recurs stays a reference, so a circle is one.
import { type Direction, isRecord, type JsonSchema } from "./contract-document.ts";
import { schemaPattern } from "./schema-pattern.ts";
import { childOf, entriesOf, membersOf, type Place, type SourceDocuments } from "./source-documents.ts";

/** Schemas that are referred to, in both directions together. */
export const CONTRACT_SCHEMAS_MAX = 10_000;

const PLAIN_KEYWORDS = [
  "type",
  "enum",
  "const",
  "format",
  "pattern",
  "required",
  "multipleOf",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "uniqueItems",
  "minContains",
  "maxContains",
  "minProperties",
  "maxProperties",
  "dependentRequired",
] as const;
const SINGLE_KEYWORDS = [
  "items",
  "additionalProperties",
  "not",
  "if",
  "then",
  "else",
  "contains",
  "propertyNames",
  "unevaluatedItems",
  "unevaluatedProperties",
] as const;
const LIST_KEYWORDS = ["allOf", "anyOf", "oneOf", "prefixItems"] as const;
const MAP_KEYWORDS = ["properties", "patternProperties", "dependentSchemas"] as const;

export interface Dialect {
  /** OpenAPI 3.0: nullable, boolean limits, nothing beside $ref. */
  readonly isOpenApi30: boolean;
  /** Refuse patterns that the linear engine does not have. */
  readonly needsLinearPatterns: boolean;
}

export class SchemaCollection {
  readonly schemas: JsonSchema[] = [];
  /** Where each of `schemas` stands. */
  readonly places: Place[] = [];
  readonly #ids: Readonly<Record<Direction, Map<unknown, number>>> = {
    request: new Map(),
    response: new Map(),
  };
  readonly #sources: SourceDocuments;
  readonly #dialect: Dialect;

  constructor(sources: SourceDocuments, dialect: Dialect) {
    this.#sources = sources;
    this.#dialect = dialect;
  }

  /** The number of the schema at `place`; undefined, and a problem, where there is none. */
  idOf(place: Place, direction: Direction): number | undefined {
    const target = this.#sources.resolve(place);
    if (target === undefined) return undefined;
    // 2020-12 allows keywords beside a reference: then the place is a schema of its own.
    const isBare =
      this.#dialect.isOpenApi30 || (isRecord(place.value) && Object.keys(place.value).length === 1);
    const at = isBare ? target : place;
    const known = this.#ids[direction].get(keyOf(at));
    if (known !== undefined) return known;
    if (this.schemas.length >= CONTRACT_SCHEMAS_MAX) {
      this.#sources.fault(place, `more than ${CONTRACT_SCHEMAS_MAX} schemas; split the document`);
      return undefined;
    }
    const id = this.schemas.length;
    this.#ids[direction].set(keyOf(at), id);
    this.schemas.push(true);
    this.places.push(at);
    this.schemas[id] = this.#convert(at, direction);
    return id;
  }

  #convert(place: Place, direction: Direction): JsonSchema {
    const source = place.value;
    if (typeof source === "boolean") return source;
    if (!isRecord(source)) {
      this.#sources.fault(place, "a schema is a mapping of keywords, or true or false");
      return true;
    }
    const converted: Record<string, unknown> = {};
    if (typeof source["$ref"] === "string") {
      const target = this.#sources.target(place, source["$ref"]);
      const id = target === undefined ? undefined : this.idOf(target, direction);
      if (id !== undefined) converted["$ref"] = `#/$defs/${id}`;
      if (this.#dialect.isOpenApi30) return converted;
    }
    for (const dynamic of ["$dynamicRef", "$recursiveRef"])
      if (source[dynamic] !== undefined) this.#sources.fault(place, `${dynamic} is not supported; use $ref`);
    for (const keyword of PLAIN_KEYWORDS)
      if (source[keyword] !== undefined) converted[keyword] = source[keyword];
    for (const keyword of SINGLE_KEYWORDS) {
      const child = childOf(place, keyword);
      if (child.value !== undefined && !(keyword === "items" && Array.isArray(child.value)))
        converted[keyword] = this.#convert(child, direction);
    }
    for (const keyword of LIST_KEYWORDS) {
      const children = entriesOf(childOf(place, keyword));
      if (children.length > 0) converted[keyword] = children.map((child) => this.#convert(child, direction));
      else if (source[keyword] !== undefined)
        this.#sources.fault(childOf(place, keyword), "a list of at least one schema");
    }
    for (const keyword of MAP_KEYWORDS) {
      if (source[keyword] === undefined) continue;
      const map = childOf(place, keyword);
      if (!isRecord(map.value)) this.#sources.fault(map, "a mapping of names to schemas");
      converted[keyword] = Object.fromEntries(
        membersOf(map).map(([name, child]) => [name, this.#convert(child, direction)]),
      );
    }
    this.#convertOlderDrafts(place, converted, direction);
    this.#checkPatterns(place, source);
    dropOtherDirection(source, converted, direction);
    return this.#dialect.isOpenApi30 ? fromOpenApi30(source, converted) : converted;
  }

  /** Lists of `items`, and `dependencies`, as before 2019-09. */
  #convertOlderDrafts(place: Place, converted: Record<string, unknown>, direction: Direction): void {
    const items = entriesOf(childOf(place, "items"));
    if (items.length > 0) {
      converted["prefixItems"] = items.map((item) => this.#convert(item, direction));
      const rest = childOf(place, "additionalItems");
      if (rest.value !== undefined) converted["items"] = this.#convert(rest, direction);
    }
    for (const [name, member] of membersOf(childOf(place, "dependencies"))) {
      const keyword = Array.isArray(member.value) ? "dependentRequired" : "dependentSchemas";
      const known = isRecord(converted[keyword]) ? converted[keyword] : {};
      const value = Array.isArray(member.value) ? member.value : this.#convert(member, direction);
      converted[keyword] = { ...known, [name]: value };
    }
  }

  #checkPatterns(place: Place, source: Readonly<Record<string, unknown>>): void {
    if (!this.#dialect.needsLinearPatterns) return;
    const { pattern, patternProperties } = source;
    const patterns = isRecord(patternProperties) ? Object.keys(patternProperties) : [];
    if (typeof pattern === "string") patterns.push(pattern);
    for (const text of patterns) {
      const compiled = schemaPattern(text);
      if (!compiled.ok)
        this.#sources.fault(
          place,
          `pattern ${JSON.stringify(text.slice(0, 100))} is not one of linear time (${compiled.why}); write it without lookaround and back references`,
        );
    }
  }
}

/** An object is the same schema wherever it is reached from; true and false have no identity. */
function keyOf({ file, pointer, value }: Place): unknown {
  return typeof value === "object" && value !== null ? value : `${file}#${pointer}`;
}

/** What is only read is not asked of a request, what is only written not of an answer. */
function dropOtherDirection(
  source: Readonly<Record<string, unknown>>,
  converted: Record<string, unknown>,
  direction: Direction,
): void {
  const { properties, required } = source;
  if (!isRecord(properties) || !Array.isArray(required)) return;
  const mark = direction === "request" ? "readOnly" : "writeOnly";
  converted["required"] = required.filter((name) => {
    const property =
      typeof name === "string" && Object.hasOwn(properties, name) ? properties[name] : undefined;
    return !(isRecord(property) && property[mark] === true);
  });
}

/** `nullable` and boolean limits. `nullable` beside allOf or enum means what people mean by it: null is fine. */
function fromOpenApi30(
  source: Readonly<Record<string, unknown>>,
  converted: Record<string, unknown>,
): JsonSchema {
  for (const [limit, exclusive] of [
    ["minimum", "exclusiveMinimum"],
    ["maximum", "exclusiveMaximum"],
  ] as const) {
    if (typeof converted[exclusive] !== "boolean") continue;
    if (converted[exclusive] === true && converted[limit] !== undefined) {
      converted[exclusive] = converted[limit];
      delete converted[limit];
    } else delete converted[exclusive];
  }
  if (source["nullable"] !== true) return converted;
  if (Array.isArray(converted["enum"]) && !converted["enum"].includes(null))
    converted["enum"] = [...converted["enum"], null];
  if (["allOf", "anyOf", "oneOf", "not"].some((keyword) => converted[keyword] !== undefined))
    return { anyOf: [converted, { type: "null" }] };
  if (typeof converted["type"] === "string") converted["type"] = [converted["type"], "null"];
  return converted;
}

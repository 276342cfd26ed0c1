// Two versions of a schema → every change of the values that fit. Circles end, since a pair of references is looked
// at once per place; what it cannot tell is said to be so, and counts as breaking.
import type { ChangeList, ChangePlace, ChangeRule } from "./changes.ts";
import { typesOf, valueChanges } from "./compare-values.ts";
import { escapeToken, isRecord, type JsonSchema, referenceOf } from "./contract-document.ts";
import { isSameValue, type SchemaPair, type SchemaView, viewOf } from "./schema-view.ts";

/** Pairs of schemas compared at one place; past it the rest cannot be told. */
export const COMPARE_STEPS_MAX = 20_000;

/** Keywords whose every change is too subtle to say which way it goes. */
const OPAQUE_KEYWORDS = [
  "not",
  "if",
  "then",
  "else",
  "contains",
  "minContains",
  "maxContains",
  "propertyNames",
  "patternProperties",
  "dependentRequired",
  "dependentSchemas",
  "unevaluatedProperties",
  "unevaluatedItems",
  "allOf",
] as const;

type View = Readonly<Record<string, unknown>>;

export class SchemaComparison {
  readonly #documents: SchemaPair;
  readonly #list: ChangeList;
  readonly #at: ChangePlace;
  readonly #seen = new Set<string>();
  readonly #waiting: { readonly before: JsonSchema; readonly after: JsonSchema; readonly path: string }[] =
    [];

  constructor(documents: SchemaPair, list: ChangeList, at: ChangePlace) {
    this.#documents = documents;
    this.#list = list;
    this.#at = at;
  }

  /** Breadth first, so that what recurs is told at its shortest path. */
  run(before: JsonSchema, after: JsonSchema): void {
    this.#compare(before, after, "");
    for (let step = 0; ; step++) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      if (step >= COMPARE_STEPS_MAX) {
        this.#add("cannot-tell", next.path, "is too large to compare further");
        return;
      }
      const { old, new: fresh } = this.#documents;
      this.#compareViews(viewOf(old, next.before), viewOf(fresh, next.after), next.path);
    }
  }

  #compare(before: JsonSchema, after: JsonSchema, path: string): void {
    const [refBefore, refAfter] = [referenceOf(before), referenceOf(after)];
    if (refBefore !== undefined && refAfter !== undefined) {
      const key = `${refBefore} ${refAfter}`;
      if (this.#seen.has(key)) return;
      this.#seen.add(key);
    }
    if (!isSameValue(before, after, this.#documents)) this.#waiting.push({ before, after, path });
  }

  #add(rule: ChangeRule, path: string, text: string): void {
    this.#list.add(this.#at, rule, { path, text });
  }

  #compareViews(before: SchemaView, after: SchemaView, path: string): void {
    if (before === false || after === false) {
      if (before !== after)
        this.#add(
          before === false ? "values-wider" : "values-narrower",
          path,
          before === false ? "is allowed now" : "is not allowed any more",
        );
      return;
    }
    for (const { effect, text } of valueChanges(before, after)) this.#add(`values-${effect}`, path, text);
    // Of values that can be nothing alike, their inner parts say nothing.
    if (typesOf(before).isDisjointFrom(typesOf(after))) return;
    this.#compareProperties(before, after, path);
    this.#compareItems(before, after, path);
    for (const keyword of ["anyOf", "oneOf"] as const)
      this.#compareAlternatives(keyword, [before, after], path);
    for (const keyword of OPAQUE_KEYWORDS)
      if (!isSameValue(before[keyword], after[keyword], this.#documents))
        this.#add("cannot-tell", path, `${keyword} changed: cannot tell which way, so breaking`);
  }

  #compareProperties(before: View, after: View, path: string): void {
    const [was, is] = [mapOf(before["properties"]), mapOf(after["properties"])];
    const [neededBefore, neededAfter] = [namesIn(before["required"]), namesIn(after["required"])];
    for (const name of new Set([...Object.keys(was), ...Object.keys(is), ...neededBefore, ...neededAfter])) {
      const at = `${path}/${escapeToken(name)}`;
      const [schemaBefore, schemaAfter] = [ownOf(was, name), ownOf(is, name)];
      if (schemaBefore === undefined && schemaAfter !== undefined) {
        this.#addProperty(at, neededAfter.has(name), before["additionalProperties"] === false);
        continue;
      }
      if (schemaAfter === undefined && schemaBefore !== undefined) {
        this.#add("property-removed", at, "is gone");
        continue;
      }
      if (schemaBefore !== undefined && schemaAfter !== undefined)
        this.#compare(schemaBefore, schemaAfter, at);
      if (neededBefore.has(name) === neededAfter.has(name)) continue;
      if (neededAfter.has(name)) this.#add("property-required", at, "is required now");
      else this.#add("property-optional", at, "is no longer required");
    }
    this.#compare(
      schemaOr(before["additionalProperties"]),
      schemaOr(after["additionalProperties"]),
      `${path}/*`,
    );
  }

  #addProperty(at: string, isRequired: boolean, isClosed: boolean): void {
    // Of a request, being asked for something weighs more than that it was refused before.
    if (isRequired && this.#at.direction === "request")
      this.#add("required-property-added", at, "is new and required");
    else if (isClosed)
      this.#add("property-added-to-closed", at, "is new where no further members were allowed");
    else if (isRequired) this.#add("required-property-added", at, "is new and required");
    else this.#add("optional-property-added", at, "is new and optional");
  }

  #compareItems(before: View, after: View, path: string): void {
    const [was, is] = [listOf(before["prefixItems"]), listOf(after["prefixItems"])];
    const length = Math.max(was.length, is.length);
    // Beyond a side's own list, its `items` speaks.
    for (let index = 0; index < length; index++)
      this.#compare(
        was[index] ?? schemaOr(before["items"]),
        is[index] ?? schemaOr(after["items"]),
        `${path}/${index}`,
      );
    this.#compare(schemaOr(before["items"]), schemaOr(after["items"]), `${path}/*`);
  }

  /** Alternatives as sets: equal ones are left out, one left on each side is compared with the other. */
  #compareAlternatives(keyword: string, [before, after]: readonly [View, View], path: string): void {
    const [was, is] = [listOf(before[keyword]), listOf(after[keyword])];
    const isSame = (a: JsonSchema, b: JsonSchema) => isSameValue(a, b, this.#documents);
    const gone = was.filter((branch) => !is.some((other) => isSame(branch, other)));
    const come = is.filter((branch) => !was.some((other) => isSame(other, branch)));
    if (gone.length === 0 && come.length === 0) return;
    if (was.length === 0 || is.length === 0)
      this.#add(
        "cannot-tell",
        path,
        `${keyword} ${was.length === 0 ? "is new" : "is gone"}: cannot tell, so breaking`,
      );
    else if (gone.length === 0) this.#add("values-wider", path, `${come.length} more under ${keyword}`);
    else if (come.length === 0) this.#add("values-narrower", path, `${gone.length} fewer under ${keyword}`);
    else if (gone.length === 1 && come.length === 1) this.#compare(gone[0] ?? true, come[0] ?? true, path);
    else this.#add("cannot-tell", path, `${keyword} has other alternatives: cannot tell, so breaking`);
  }
}

function schemaOr(value: unknown): JsonSchema {
  return typeof value === "boolean" || isRecord(value) ? value : true;
}

function mapOf(value: unknown): Readonly<Record<string, JsonSchema>> {
  return isRecord(value) ? (value as Readonly<Record<string, JsonSchema>>) : {};
}

function ownOf(map: Readonly<Record<string, JsonSchema>>, name: string): JsonSchema | undefined {
  return Object.hasOwn(map, name) ? map[name] : undefined;
}

function listOf(value: unknown): readonly JsonSchema[] {
  return Array.isArray(value) ? (value as JsonSchema[]) : [];
}

function namesIn(value: unknown): ReadonlySet<string> {
  return new Set(Array.isArray(value) ? value.map(String) : []);
}

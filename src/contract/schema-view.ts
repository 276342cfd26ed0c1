// A schema as it is compared: references followed, allOf merged where its parts agree, `X or null` as X that may be
// null. What cannot be merged stays under allOf.
import { isRecord, type JsonSchema, referenceOf } from "./contract-document.ts";

/** Parts of parts: deeper than anybody writes, and a circle of allOf ends here. */
const PARTS_DEPTH_MAX = 16;
/** Pairs looked at to tell whether two schemas are the same; past it they are not. */
const SAME_STEPS_MAX = 100_000;

export type Schemas = readonly JsonSchema[];
export type SchemaView = Readonly<Record<string, unknown>> | false;

export function follow(schemas: Schemas, schema: JsonSchema): JsonSchema {
  let at = schema;
  for (let step = 0; step < PARTS_DEPTH_MAX; step++) {
    const id = referenceOf(at);
    if (id === undefined || typeof at === "boolean" || Object.keys(at).length > 1) return at;
    at = schemas[id] ?? true;
  }
  return at;
}

export function viewOf(schemas: Schemas, schema: JsonSchema, depth = 0): SchemaView {
  const own = follow(schemas, schema);
  if (own === false) return false;
  if (own === true) return {};
  const { allOf, $ref, ...rest } = own;
  const parts: JsonSchema[] = Array.isArray(allOf) ? [...(allOf as JsonSchema[])] : [];
  if (typeof $ref === "string") parts.push({ $ref });
  if (depth >= PARTS_DEPTH_MAX) return own;
  const view: Record<string, unknown> = { ...rest };
  const left: JsonSchema[] = [];
  for (const part of parts) {
    const inner = viewOf(schemas, part, depth + 1);
    if (inner === false) return false;
    if (!mergeInto(view, inner, schemas)) left.push(inner);
  }
  if (left.length > 0) view["allOf"] = left;
  return orNull(schemas, view, depth);
}

/** Takes `part` into `view`; false, and nothing taken, where both say something else of one keyword. */
function mergeInto(
  view: Record<string, unknown>,
  part: Readonly<Record<string, unknown>>,
  schemas: Schemas,
): boolean {
  const isFree = Object.entries(part).every(([keyword, value]) => {
    const mine = view[keyword];
    if (mine === undefined || keyword === "required") return true;
    if (keyword !== "properties") return isSameValue(mine, value, { old: schemas, new: schemas });
    return !Object.keys(value as object).some((name) => Object.hasOwn(mine as object, name));
  });
  if (!isFree) return false;
  for (const [keyword, value] of Object.entries(part)) {
    const mine = view[keyword];
    if (keyword === "required")
      view[keyword] = [...new Set([...((mine as string[]) ?? []), ...(value as string[])])];
    else if (keyword === "properties") view[keyword] = { ...(mine as object), ...(value as object) };
    else view[keyword] = value;
  }
  return true;
}

/** `anyOf: [X, null]` and the same with oneOf: X with one type more. */
function orNull(schemas: Schemas, view: Record<string, unknown>, depth: number): SchemaView {
  for (const keyword of ["anyOf", "oneOf"]) {
    const branches = view[keyword];
    if (!Array.isArray(branches) || branches.length !== 2) continue;
    const isNull = (branch: unknown) => isRecord(branch) && branch["type"] === "null";
    const other = (branches as JsonSchema[]).find((branch) => !isNull(branch));
    if (other === undefined || !branches.some(isNull)) continue;
    const { [keyword]: _, ...rest } = view;
    const inner = viewOf(schemas, other, depth + 1);
    if (inner === false || inner["type"] === undefined || inner["const"] !== undefined) continue;
    const merged = { ...rest };
    const types = [...new Set([inner["type"], "null"].flat())];
    const values = Array.isArray(inner["enum"]) ? { enum: [...new Set([...inner["enum"], null])] } : {};
    if (mergeInto(merged, { ...inner, ...values, type: types }, schemas)) return merged;
  }
  return view;
}

export interface SchemaPair {
  readonly old: Schemas;
  readonly new: Schemas;
  /** What is known of pairs of references, so that a large document is not walked again at each of its places. */
  readonly known?: Map<string, boolean>;
}

/** Whether two values of keywords are the same, references followed on each side by its own document. */
export function isSameValue(a: unknown, b: unknown, documents: SchemaPair): boolean {
  const [refA, refB] = [referenceIn(a), referenceIn(b)];
  const key = refA === undefined || refB === undefined ? undefined : `${refA} ${refB}`;
  const known = key === undefined ? undefined : documents.known?.get(key);
  if (known !== undefined) return known;
  const seen = new Set<string>();
  const isSame = walkPair([a, b], seen, documents);
  // Of a pair that is the same, all that was met on the way is so too; of another, only the pair itself is known.
  if (isSame) for (const met of seen) documents.known?.set(met, true);
  else if (key !== undefined) documents.known?.set(key, false);
  return isSame;
}

function walkPair(root: [unknown, unknown], seen: Set<string>, documents: SchemaPair): boolean {
  const waiting = [root];
  for (let step = 0; step < SAME_STEPS_MAX; step++) {
    const pair = waiting.pop();
    if (pair === undefined) return true;
    let [x, y] = pair;
    const [refX, refY] = [referenceIn(x), referenceIn(y)];
    if (refX !== undefined || refY !== undefined) {
      const key = `${refX ?? JSON.stringify(x)} ${refY ?? JSON.stringify(y)}`;
      if (seen.has(key)) continue;
      const known = documents.known?.get(key);
      if (known === false) return false;
      if (known === true) continue;
      seen.add(key);
      x = refX === undefined ? x : documents.old[refX];
      y = refY === undefined ? y : documents.new[refY];
    }
    if (typeof x !== "object" || typeof y !== "object" || x === null || y === null) {
      if (x !== y) return false;
      continue;
    }
    const [keysX, keysY] = [Object.keys(x), Object.keys(y)];
    if (Array.isArray(x) !== Array.isArray(y) || keysX.length !== keysY.length) return false;
    for (const key of keysX) {
      if (!Object.hasOwn(y, key)) return false;
      waiting.push([(x as Record<string, unknown>)[key], (y as Record<string, unknown>)[key]]);
    }
  }
  return false;
}

/** Of a bare reference alone: keywords beside it are compared as they are. */
function referenceIn(value: unknown): number | undefined {
  return isRecord(value) && Object.keys(value).length === 1 ? referenceOf(value) : undefined;
}

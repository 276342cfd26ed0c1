// What the schema says of a tree, as problems for people: the path, what was found there, what is allowed.
// Unknown keys get the known ones they may have meant.
import type * as z from "zod";
import { RULE_KINDS } from "../core/rule.ts";
import { closestName } from "./closest-name.ts";
import { type KeyPath, renderFound } from "./problem.ts";
import { configJsonSchema, settingsSchema } from "./schema.ts";

export interface SchemaFault {
  readonly path: KeyPath;
  readonly found: string;
  readonly allowed: string;
}

/** The part of a JSON Schema that tells which keys a mapping may have. */
interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  /** Mappings of several kinds: `properties.kind.const` tells them apart. */
  readonly oneOf?: readonly SchemaNode[];
  readonly const?: unknown;
}

/** The keys that `root` knows at `path`, for a mapping of the kind that stands there. */
function knownKeys(root: SchemaNode, path: KeyPath, tree: unknown): readonly string[] {
  let node: SchemaNode | undefined = root;
  for (const key of path) node = typeof key === "number" ? node?.items : node?.properties?.[key];
  if (node?.oneOf !== undefined) {
    const kind = valueAt(tree, [...path, "kind"]);
    node = node.oneOf.find(({ properties }) => properties?.["kind"]?.const === kind);
  }
  return Object.keys(node?.properties ?? {});
}

function meantName(name: string, known: readonly string[]): string {
  const closest = closestName(name, known);
  return closest === undefined ? "" : `; did you mean ${closest}?`;
}

function unknownKeyFault(path: KeyPath, key: string, known: readonly string[]): SchemaFault {
  const allowed = `${known.join(", ")}${meantName(key, known)}`;
  return { path: [...path, key], found: "an unknown key", allowed };
}

function valueAt(tree: unknown, path: KeyPath): unknown {
  let value = tree;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value;
}

function faultsOf(issue: z.core.$ZodIssue, tree: unknown, root: SchemaNode): SchemaFault[] {
  const path = issue.path.map((key) => (typeof key === "number" ? key : String(key)));
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(root, path, tree);
    return issue.keys.map((key) => unknownKeyFault(path, key, known));
  }
  if (issue.code === "invalid_key") {
    const allowed = issue.issues[0]?.message ?? issue.message;
    return [{ path, found: "this key", allowed }];
  }
  const found = valueAt(tree, path);
  const isKind = issue.code === "invalid_union" && issue.discriminator !== undefined;
  const meant = isKind && typeof found === "string" ? meantName(found, RULE_KINDS) : "";
  return [{ path, found: renderFound(path, found), allowed: issue.message + meant }];
}

/** Everything that `schema` refuses in `tree`; `jsonSchema` is the same as JSON Schema. */
export function faultsIn(tree: unknown, schema: z.ZodType, jsonSchema: () => SchemaNode): SchemaFault[] {
  const outcome = schema.safeParse(tree);
  if (outcome.success) return [];
  const root = jsonSchema();
  return outcome.error.issues.flatMap((issue) => faultsOf(issue, tree, root));
}

/** Everything that the schema of the config file refuses in `tree`. */
export function schemaFaults(tree: unknown): SchemaFault[] {
  return faultsIn(tree, settingsSchema, configJsonSchema);
}

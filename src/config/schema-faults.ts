// What the schema says of a tree, as problems for people: the path, what was found there, what is allowed.
// Unknown keys get the known ones they may have meant.
import type * as z from "zod";
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
}

/** The keys that `root` knows at `path`. */
function knownKeys(root: SchemaNode, path: KeyPath): readonly string[] {
  let node: SchemaNode | undefined = root;
  for (const key of path) node = typeof key === "number" ? node?.items : node?.properties?.[key];
  return Object.keys(node?.properties ?? {});
}

function unknownKeyFault(path: KeyPath, key: string, known: readonly string[]): SchemaFault {
  const closest = closestName(key, known);
  const meant = closest === undefined ? "" : `; did you mean ${closest}?`;
  return { path: [...path, key], found: "an unknown key", allowed: `${known.join(", ")}${meant}` };
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
    const known = knownKeys(root, path);
    return issue.keys.map((key) => unknownKeyFault(path, key, known));
  }
  if (issue.code === "invalid_key") {
    const allowed = issue.issues[0]?.message ?? issue.message;
    return [{ path, found: "this key", allowed }];
  }
  return [{ path, found: renderFound(path, valueAt(tree, path)), allowed: issue.message }];
}

/** Everything that the schema refuses in `tree`. */
export function schemaFaults(tree: unknown): SchemaFault[] {
  const outcome = settingsSchema.safeParse(tree);
  if (outcome.success) return [];
  const root: SchemaNode = configJsonSchema();
  return outcome.error.issues.flatMap((issue) => faultsOf(issue, tree, root));
}

// The keys of the config file as its JSON Schema tells them: what docs and examples are held against.
import { configJsonSchema } from "../../src/config/schema.ts";

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  /** Mappings of several kinds. */
  readonly oneOf?: readonly SchemaNode[];
  readonly default?: unknown;
  readonly description?: string;
}

export interface ConfigKey {
  /** `routes[].match.path` */
  readonly path: string;
  /** Undefined where there is none. */
  readonly default: unknown;
  readonly description: string;
}

/** The keys of a mapping, those of all its kinds together. */
function propertiesOf(node: SchemaNode | undefined): SchemaNode["properties"] {
  if (node?.oneOf === undefined) return node?.properties;
  const merged: Record<string, SchemaNode> = {};
  for (const { properties = {} } of node.oneOf)
    for (const [key, child] of Object.entries(properties)) merged[key] ??= child;
  return merged;
}

/** Every key that holds a value (a list of plain values is one), in the order of the schema. */
export function configKeys(): ConfigKey[] {
  const keys: ConfigKey[] = [];
  const walk = (node: SchemaNode, path: string): void => {
    const list = propertiesOf(node.items);
    if (list !== undefined) walk({ properties: list }, `${path}[]`);
    else if (node.properties === undefined)
      keys.push({ path, default: node.default, description: node.description ?? "" });
    else
      for (const [key, child] of Object.entries(node.properties))
        walk(child, path === "" ? key : `${path}.${key}`);
  };
  walk(configJsonSchema(), "");
  return keys;
}

/** Without the places where the same keys are there again. */
export function documentedKeys(): ConfigKey[] {
  const again =
    /^(upstreams\.(candidate|baseline)\.|routes\[\]\.(mirror|compare|rules\[\]|rollout\.(gate|rescue|(units|allow|cohorts)\[\])|adapters\.(response|when)\[\])\.)/;
  return configKeys().filter(({ path }) => !again.test(path));
}

export function defaultText(value: unknown): string {
  if (value === undefined) return "";
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}

// What a schema asks, in a few words for people: `string (format uuid)`.
import { shortened } from "../core/shortened.ts";
import { isRecord } from "./contract-document.ts";

const TEXT_CHARS_MAX = 200;

export function cutText(text: string): string {
  return shortened(text, TEXT_CHARS_MAX);
}

const NAMED_LIMITS = [
  "format",
  "pattern",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "uniqueItems",
  "minProperties",
  "maxProperties",
] as const;

export function describeSchema(schema: unknown): string {
  if (schema === false) return "nothing";
  if (!isRecord(schema)) return "any value";
  const { type, enum: values } = schema;
  if (Object.hasOwn(schema, "const")) return cutText(JSON.stringify(schema["const"]));
  if (Array.isArray(values))
    return cutText(`one of ${values.map((value) => JSON.stringify(value)).join(", ")}`);
  const limits = NAMED_LIMITS.filter((name) => schema[name] !== undefined).map(
    (name) => `${name} ${String(schema[name])}`,
  );
  const types = Array.isArray(type) ? type.join(" or ") : typeof type === "string" ? type : "a value";
  return cutText(limits.length === 0 ? types : `${types} (${limits.join(", ")})`);
}

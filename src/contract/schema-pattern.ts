// Patterns of schemas in an engine whose time is linear in the text (RE2): a body cannot make one run away.
// What that engine does not have, lookaround and back references, is refused when the contract is read.
import { RE2JS } from "re2js";

export type SchemaPattern =
  | { readonly ok: true; readonly isMatch: (text: string) => boolean }
  | { readonly ok: false; readonly why: string };

/** `text` as JSON Schema means it: found anywhere unless it is anchored. */
export function schemaPattern(text: string): SchemaPattern {
  try {
    const pattern = RE2JS.compile(RE2JS.translateRegExp(text));
    return { ok: true, isMatch: (value) => pattern.matcher(value).find() };
  } catch (error) {
    return { ok: false, why: error instanceof Error ? error.message.slice(0, 100) : String(error) };
  }
}

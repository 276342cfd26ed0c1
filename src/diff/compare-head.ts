// Status and chosen headers of two answers. Values of one header are compared in order and as they are, joined
// the way RFC 9110 §5.3 allows; Content-Type is compared by meaning.
import type { Answer } from "../core/exchange.ts";
import type { Difference, DifferenceKind } from "../core/verdict.ts";
import { isSameMediaType } from "./media-type.ts";
import type { CompiledRules, RuleHits } from "./rules.ts";
import { RAW_TEXT_BYTES_MAX } from "./text.ts";

/** Set-Cookie must not be joined: its values hold commas (RFC 6265 §3). Line feeds cannot be in any. */
function joinValues(name: string, values: readonly string[]): string | undefined {
  if (values.length < 2) return values[0];
  return values.join(name === "set-cookie" ? "\n" : ", ");
}

function isSameValue(name: string, legacy: string | undefined, candidate: string | undefined): boolean {
  if (legacy === candidate) return true;
  if (legacy === undefined || candidate === undefined) return false;
  return name === "content-type" && isSameMediaType(legacy, candidate);
}

function kindOf(legacy: string | undefined, candidate: string | undefined): DifferenceKind {
  if (legacy === undefined) return "added";
  return candidate === undefined ? "removed" : "changed";
}

function cut(value: string | undefined): string | undefined {
  return value === undefined || value.length <= RAW_TEXT_BYTES_MAX
    ? value
    : `${value.slice(0, RAW_TEXT_BYTES_MAX)}…`;
}

/** Appends the differences of status and of the headers `names` to `found`. */
export function compareHeads(
  pair: { readonly legacy: Answer; readonly candidate: Answer },
  how: { readonly headers: readonly string[]; readonly rules: CompiledRules; readonly hits: RuleHits },
  found: Difference[],
): void {
  const { legacy, candidate } = pair;
  if (legacy.status !== candidate.status) {
    found.push({
      part: "status",
      path: "",
      kind: "changed",
      legacy: String(legacy.status),
      candidate: String(candidate.status),
    });
  }
  for (const name of how.headers) {
    const valueL = joinValues(name, legacy.headers.getAll(name));
    const valueC = joinValues(name, candidate.headers.getAll(name));
    if (isSameValue(name, valueL, valueC)) continue;
    const rule = how.rules.headers.get(name)?.[0]?.index;
    if (rule !== undefined) how.hits.add(rule);
    else
      found.push({
        part: "header",
        path: name,
        kind: kindOf(valueL, valueC),
        legacy: cut(valueL),
        candidate: cut(valueC),
      });
  }
}

// Pointers of secrets under the names that `rename` rules give them: a difference at one name shows the value that
// stands at the other. When in doubt it hides: a pattern that may lead to a renamed place hides both.
import type { Rule } from "../core/rule.ts";
import { formatPointer } from "./pointer.ts";
import { type PathPattern, parsePathPattern } from "./rules/path-pattern.ts";

const ANY_ONE = "*";
const ANY_MANY = "**";

/**
 * What is left of `pattern` below a place that `place` names, in every way that both can be read; an empty rest
 * means that the place itself, or what is around it, is matched.
 */
function restsBelow(pattern: PathPattern, place: PathPattern): readonly PathPattern[] {
  const rests: PathPattern[] = [];
  const seen = new Set<number>();
  const open: { readonly at: number; readonly in: number }[] = [{ at: 0, in: 0 }];
  const width = place.length + 1;
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const { at, in: within } = pair;
    if (seen.has(at * width + within)) continue;
    seen.add(at * width + within);
    if (at === pattern.length || within === place.length) {
      rests.push(pattern.slice(at));
      continue;
    }
    const asked = pattern[at] as string;
    const named = place[within] as string;
    const isAsked = asked === ANY_MANY;
    const isNamed = named === ANY_MANY;
    if (isAsked) open.push({ at: at + 1, in: within });
    if (isNamed) open.push({ at, in: within + 1 });
    const isFitting = isAsked || isNamed || asked === ANY_ONE || named === ANY_ONE || asked === named;
    if (isFitting) open.push({ at: isAsked ? at : at + 1, in: isNamed ? within : within + 1 });
  }
  return rests;
}

/** `pointers`, and what they name under the other name of each renamed place. Those that are none stay as they are. */
export function withRenamed(pointers: readonly string[], rules: readonly Rule[]): readonly string[] {
  const all = new Set(pointers);
  for (const rule of rules) {
    if (rule.kind !== "rename") continue;
    const from = parsePathPattern(rule.from);
    const to = parsePathPattern(rule.to);
    if (from === undefined || to === undefined) continue;
    for (const pointer of pointers) {
      const pattern = parsePathPattern(pointer);
      if (pattern === undefined) continue;
      for (const [here, there] of [
        [from, to],
        [to, from],
      ] as const)
        for (const rest of restsBelow(pattern, here)) {
          // A pattern that leads anywhere leads there as well.
          if (rest.length === pattern.length && rest[0] === ANY_MANY) continue;
          all.add(formatPointer([...there, ...rest]));
        }
    }
  }
  return [...all];
}

// Operations on the query of a target in origin-form. A parameter that none of them names stays as it was written.
import type { NamedOperation } from "../core/adapters.ts";
import { assertNever } from "../core/assert.ts";

/** What a name stands for, as forms encode it; what is no valid encoding stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

const nameOf = (pair: string) => decoded(pair.split("=", 1)[0] ?? "");
const pairOf = (name: string, value: string) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`;

function applied(pairs: readonly string[], operation: NamedOperation): readonly string[] {
  const { name } = operation;
  const isNamed = (pair: string) => pair !== "" && nameOf(pair) === name;
  const others = pairs.filter((pair) => !isNamed(pair));
  switch (operation.kind) {
    case "remove":
      return others;
    case "rename": {
      if (others.length === pairs.length) return pairs;
      const to = encodeURIComponent(operation.to);
      // Those that had the name already go.
      return pairs
        .filter((pair) => pair === "" || nameOf(pair) !== operation.to)
        .map((pair) => (isNamed(pair) ? to + pair.slice(pair.split("=", 1)[0]?.length) : pair));
    }
    case "default":
      return others.length < pairs.length ? pairs : [...pairs, pairOf(name, operation.value)];
    case "constant":
      return [...others, pairOf(name, operation.value)];
    default:
      return assertNever(operation);
  }
}

/** The target of a request line under the operations. */
export function adaptTarget(target: string, operations: readonly NamedOperation[]): string {
  // `*`, of OPTIONS.
  if (operations.length === 0 || !target.startsWith("/")) return target;
  const mark = target.indexOf("?");
  const path = mark < 0 ? target : target.slice(0, mark);
  let pairs: readonly string[] =
    mark < 0 || mark === target.length - 1 ? [] : target.slice(mark + 1).split("&");
  for (const operation of operations) pairs = applied(pairs, operation);
  return pairs.length === 0 ? path : `${path}?${pairs.join("&")}`;
}

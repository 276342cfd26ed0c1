// Assertions: a broken one is a bug in Parallax, never a user's mistake.

/** Ends a `switch` over a discriminated union: a kind that is added and forgotten does not compile. */
export function assertNever(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}

/** Throws when `condition` does not hold. */
export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`broken invariant: ${what}`);
}

// Freezes plain data all the way down, so that what is shared cannot be changed by one of its readers.

/** Freezes `value` and all that it holds, in place, and gives it back. Own data only: no cycles, no buffers. */
export function deepFreeze<T>(value: T): T {
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const item = waiting.pop();
    if (typeof item !== "object" || item === null || Object.isFrozen(item)) continue;
    Object.freeze(item);
    waiting.push(...Object.values(item));
  }
  return value;
}

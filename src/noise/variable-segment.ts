// Words about one literal segment that hint at what it is: a name out of many, or a word of the API; and what the
// parameter that replaces many is called. Hints only: noise/collapse decides by numbers.

/** Digits, an extension, all capitals, several hyphens, an escape, a locale: not what people call a resource. */
const VALUE_LIKE =
  /\d|%|\.[A-Za-z0-9]{2,5}$|^[A-Z]{3,}(?:[-_.][A-Z]+)*$|^[^-]+-[^-]+-[^-]+|^[a-z]{2}(?:[-_][A-Za-z]{2,4})?$/;
/** `getUser`, `list_orders`: operations of an API in RPC style, however many there are. */
const OPERATION = /^(?:get|list|create|update|delete|set|add|remove|find|search|put|post|is|has)[A-Z_.-]/;

export function isValueLike(segment: string): boolean {
  return VALUE_LIKE.test(segment);
}

export function isOperation(segment: string): boolean {
  return OPERATION.test(segment);
}

function singular(word: string): string {
  if (/ies$/.test(word) && word.length > 4) return `${word.slice(0, -3)}y`;
  if (/(?:ches|shes|xes|sses|zes)$/.test(word)) return word.slice(0, -2);
  return /[^su]s$/.test(word) && word.length > 3 && !word.endsWith("is") ? word.slice(0, -1) : word;
}

/**
 * `{user}` below `users`, `{name}` where no plain word stands before; with a number where the template has that
 * parameter already.
 */
export function parameterName(before: string | undefined, taken: readonly string[]): string {
  const isWord = before !== undefined && /^[A-Za-z][A-Za-z_-]{1,30}$/.test(before);
  const name = isWord ? singular(before.toLowerCase()).replaceAll("-", "_") : "name";
  let unique = `{${name}}`;
  for (let next = 2; taken.includes(unique); next++) unique = `{${name}${next}}`;
  return unique;
}

// Which endpoints a name means: itself, or, where it has a `*`, all that it matches. Pure.
import { OTHER } from "../core/other.ts";

/** Is it more than one name? `*other*` is the name of an endpoint. */
export function isEndpointPattern(text: string): boolean {
  return text.includes("*") && text !== OTHER;
}

/** A `*` stands for any characters, also none and slashes. Takes time in proportion to name × pattern at most. */
export function matchesEndpoint(pattern: string, endpoint: string): boolean {
  if (!isEndpointPattern(pattern)) return pattern === endpoint;
  const pieces = pattern.split("*");
  const first = pieces[0] ?? "";
  const last = pieces.at(-1) ?? "";
  if (endpoint.length < first.length + last.length) return false;
  if (!endpoint.startsWith(first) || !endpoint.endsWith(last)) return false;
  const end = endpoint.length - last.length;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    // The earliest place leaves most room for the pieces that follow.
    const found = endpoint.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}

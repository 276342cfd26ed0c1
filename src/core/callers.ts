// Who still calls the legacy: words that the serving threads, the store and the API share.

/** Requests of one caller of one route, as a serving thread has counted them since it last said so. */
export interface CallerDelta {
  readonly route: string;
  /** Both empty where the request has none of the route's units. */
  readonly unitKind: string;
  readonly unit: string;
  /** Product tokens alone (productsOf); empty where none was sent. */
  readonly userAgent: string;
  readonly requests: number;
}

/** How often a serving thread says who called; a killed one loses what it had counted since. */
export const CALLERS_EVERY_MS = 2000;

/** What stands for a unit that is a secret by where it stands: a cookie, a header or parameter that is redacted. */
export const HIDDEN_UNIT = "[redacted]";

/** Of a User-Agent, as it came. */
export const USER_AGENT_BYTES_MAX = 120;
/** Of a unit's id. */
export const UNIT_CHARACTERS_MAX = 200;

/**
 * The products of a User-Agent (RFC 9110 §10.1.5) without its comments: these tell devices apart, not programs, and may
 * hold anything. A comment that the limit has cut ends with the text.
 */
export function productsOf(userAgent: string): string {
  let products = "";
  let depth = 0;
  for (const character of userAgent) {
    if (character === "(") depth++;
    else if (character === ")") depth = Math.max(0, depth - 1);
    else if (depth === 0) products += character;
  }
  return products.replaceAll(/[\s\p{Cc}]+/gu, " ").trim();
}

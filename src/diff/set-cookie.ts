// Set-Cookie lines of two answers, by cookie name: each with its value and its attributes (RFC 6265 §5.2).
// The order of lines and of attributes has no meaning; of several cookies with one name, the nth meets the nth.
import { escapeToken } from "./pointer.ts";

interface Cookie {
  readonly name: string;
  readonly value: string;
  /** Lower-case name → value, empty for a flag; of two with one name the last counts (RFC 6265 §5.3). */
  readonly attributes: ReadonlyMap<string, string>;
  readonly line: string;
}

/** A place where the cookies of two answers differ. */
export interface CookieDifference {
  /** `set-cookie/sid` for the cookie or its value, `set-cookie/sid/path` for an attribute. */
  readonly path: string;
  readonly legacy: string | undefined;
  readonly candidate: string | undefined;
  /** The whole cookie is on one side only. */
  readonly isWhole: boolean;
}

/** Domains and SameSite have no case, and a dot before a domain no meaning (RFC 6265 §5.2.3); all else is as written. */
function attributeValue(name: string, value: string): string {
  if (name === "domain") return value.replace(/^\./, "").toLowerCase();
  return name === "samesite" ? value.toLowerCase() : value;
}

/** A line without `=` is a value without a name, as browsers read it. */
function parseSetCookie(line: string): Cookie {
  const [pair = "", ...rest] = line.split(";");
  const equals = pair.indexOf("=");
  const attributes = new Map<string, string>();
  for (const text of rest) {
    const at = text.indexOf("=");
    const name = (at < 0 ? text : text.slice(0, at)).trim().toLowerCase();
    if (name !== "") attributes.set(name, attributeValue(name, at < 0 ? "" : text.slice(at + 1).trim()));
  }
  return {
    name: equals < 0 ? "" : pair.slice(0, equals).trim(),
    value: pair.slice(equals + 1).trim(),
    attributes,
    line,
  };
}

function byName(lines: readonly string[]): Map<string, Cookie[]> {
  const cookies = new Map<string, Cookie[]>();
  for (const cookie of lines.map(parseSetCookie)) {
    const known = cookies.get(cookie.name);
    if (known === undefined) cookies.set(cookie.name, [cookie]);
    else known.push(cookie);
  }
  return cookies;
}

function compareTwo(path: string, legacy: Cookie, candidate: Cookie): CookieDifference[] {
  const found: CookieDifference[] = [];
  if (legacy.value !== candidate.value)
    found.push({ path, legacy: legacy.value, candidate: candidate.value, isWhole: false });
  for (const name of new Set([...legacy.attributes.keys(), ...candidate.attributes.keys()])) {
    const valueL = legacy.attributes.get(name);
    const valueC = candidate.attributes.get(name);
    if (valueL !== valueC)
      found.push({ path: `${path}/${escapeToken(name)}`, legacy: valueL, candidate: valueC, isWhole: false });
  }
  return found;
}

/** What differs between two answers' Set-Cookie values. As many cookies as a head has lines, at most. */
export function compareCookies(
  legacy: readonly string[],
  candidate: readonly string[],
): readonly CookieDifference[] {
  const found: CookieDifference[] = [];
  const cookiesL = byName(legacy);
  const cookiesC = byName(candidate);
  for (const name of new Set([...cookiesL.keys(), ...cookiesC.keys()])) {
    const path = `set-cookie/${escapeToken(name)}`;
    const ofL = cookiesL.get(name) ?? [];
    const ofC = cookiesC.get(name) ?? [];
    for (let nth = 0; nth < Math.max(ofL.length, ofC.length); nth++) {
      const cookieL = ofL[nth];
      const cookieC = ofC[nth];
      if (cookieL !== undefined && cookieC !== undefined) found.push(...compareTwo(path, cookieL, cookieC));
      else found.push({ path, legacy: cookieL?.line, candidate: cookieC?.line, isWhole: true });
    }
  }
  return found;
}

// What one path segment looks like: a literal of the API, or a value in it. Only the shape is looked at, so that
// the same segment has the same name on every thread and after every restart.
//
//  {id}    integers: 42, -1                        {uuid}  8-4-4-4-12 hex
//  {hex}   8 or more hex digits with a digit       {ulid}  26 characters of Crockford base 32
//  {date}  2024-05-17, 2024-05, 2024-05-17T10:00Z  {email} has an @ with a dot behind it
//  {number} 1.5                                    {token} long, or as no word is: cus_NffrFeUf9, ORD-10023
//  {locale} en-US, pt_BR
// A literal keeps its extension's meaning: `42.json` is `{id}.json`.

/** A longer segment is no name that a person chose. */
const LITERAL_CHARS_MAX = 48;
/** A segment with this many changes between letters and digits reads as made by a machine. */
const CHANGES_MIN = 3;
const TOKEN_CHARS_MIN = 12;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const INTEGER = /^-?\d+$/;
const DECIMAL = /^-?\d+\.\d+$/;
const HEX = /^(?=.*\d)(?:[0-9a-f]{8,}|[0-9A-F]{8,})$/;
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/i;
const DATE = /^\d{4}-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?(?:[T ]\d{2}:?\d{2}.*)?$/;
const EMAIL = /^[^@]+@[^@]+\.[^@.]+$/;
const LOCALE = /^[a-z]{2}[-_][A-Z]{2}$/;
/** A kind before an id: `cus_NffrFeUfNV2Hib`, `ORD-10023`. */
const PREFIXED_ID = /^[A-Za-z]{1,8}(?:_(?=[A-Za-z]*\d)[A-Za-z0-9]{8,}|[-_]\d{4,})$/;
/** Digits in groups: phone numbers, lists of ids. Short ones may be versions. */
const DIGIT_GROUPS = /^\d+(?:[-_.,:]\d+)+$/;
const DIGIT_GROUPS_CHARS_MIN = 8;
/** File extensions that name a representation, kept beside a value's shape. */
const EXTENSION = /^(.+)(\.(?:json|xml|html|csv|txt|pdf|png|jpe?g|gif|svg|webp))$/i;

/** Changes between a letter and a digit: 1 in `v2`, 6 in `a1b2c3d`. */
function countChanges(segment: string): number {
  let changes = 0;
  let before = 0;
  for (let at = 0; at < segment.length; at++) {
    const code = segment.charCodeAt(at);
    const kind = code >= 0x30 && code <= 0x39 ? 1 : (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a ? 2 : 0;
    if (kind === 0) continue;
    if (before !== 0 && kind !== before) changes++;
    before = kind;
  }
  return changes;
}

function looksLikeToken(segment: string): boolean {
  if (segment.length > LITERAL_CHARS_MAX || PREFIXED_ID.test(segment)) return true;
  if (segment.length >= DIGIT_GROUPS_CHARS_MIN && DIGIT_GROUPS.test(segment)) return true;
  return segment.length >= TOKEN_CHARS_MIN && countChanges(segment) >= CHANGES_MIN;
}

/** The shape of a value, or undefined for a literal. */
function valueShape(segment: string): string | undefined {
  if (INTEGER.test(segment)) return "{id}";
  if (segment.length === 36 && UUID.test(segment)) return "{uuid}";
  if (DATE.test(segment)) return "{date}";
  if (DECIMAL.test(segment)) return "{number}";
  if (HEX.test(segment)) return "{hex}";
  if (segment.length === 26 && ULID.test(segment) && /\d/.test(segment)) return "{ulid}";
  if (EMAIL.test(segment)) return "{email}";
  if (LOCALE.test(segment)) return "{locale}";
  return looksLikeToken(segment) ? "{token}" : undefined;
}

function decodeSegment(segment: string): string {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    // Not percent-encoding: the shape of the text as it is.
    return segment;
  }
}

/** `{id}`, `{uuid}`… for a value; the segment itself, as sent, for a literal. */
export function segmentShape(segment: string): string {
  if (segment === "") return segment;
  const first = segment.charCodeAt(0);
  // Most literals are short and lower-case, without a digit: they need no pattern.
  if (first >= 0x61 && first <= 0x7a && segment.length < 24 && /^[a-z_-]+$/.test(segment)) return segment;
  const decoded = decodeSegment(segment);
  const shape = valueShape(decoded);
  if (shape !== undefined && shape !== "{token}") return shape;
  const parts = EXTENSION.exec(decoded);
  const stem = parts === null ? undefined : valueShape(parts[1] as string);
  if (parts !== null && stem !== undefined) return `${stem}${parts[2]}`;
  return shape ?? segment;
}

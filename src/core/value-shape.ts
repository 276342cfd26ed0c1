// Which shapes a value has, for learning: the classes of a `shape` rule, the type in JSON, and a time to measure by.
// Rules are matched elsewhere (diff); what has a shape here must have it there, or a suggested rule would not hold.
import type { DifferencePart } from "./verdict.ts";

/** Longer values are not looked into: nobody's ids and times are that long. */
export const SHAPED_CHARS_MAX = 256;

/** Every shape that can be learnt; the narrowest first, which is how suggestions choose. */
export const LEARNT_SHAPES = [
  "uuid",
  "iso-time",
  "epoch",
  "integer",
  "number",
  "hex",
  "token",
  // Not classes of a rule, but enough to see that a value has become null.
  "string",
  "boolean",
  "null",
  "array",
  "object",
  /** The same elements in another order: of a difference, not of a value. */
  "reordered",
] as const;
export type LearntShape = (typeof LEARNT_SHAPES)[number];

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const INTEGER = /^-?(?:0|[1-9]\d*)$/;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const HEX = /^(?:[0-9a-f]{8,}|[0-9A-F]{8,})$/;
/** Opaque ids and signed tokens; a word or a number alone is none. */
const TOKEN = /^[A-Za-z0-9_.~+/-]{16,}={0,2}$/;
const TOKEN_KINDS = [/[a-z]/, /[A-Z]/, /\d/];
const TOKEN_KINDS_MIN = 2;
const ISO_TIME =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})([.,]\d{1,9})?)?([Zz]|[+-]\d{2}:?\d{2})?)?$/;
/** Seconds from 2001 to 2100, or milliseconds of the same years. */
const EPOCH_SECONDS_MIN = 978_307_200;
const EPOCH_SECONDS_MAX = 4_102_444_800;

export interface ShapedValue {
  readonly shapes: ReadonlySet<LearntShape>;
  /** Milliseconds since 1970, where the value reads as a time. */
  readonly timeMs: number | undefined;
  /** Where it is a number that is no time. */
  readonly number: number | undefined;
}

const NOTHING: ShapedValue = { shapes: new Set(), timeMs: undefined, number: undefined };

function only(shape: LearntShape): ShapedValue {
  return { shapes: new Set([shape]), timeMs: undefined, number: undefined };
}

/** Milliseconds since 1970; undefined where the text is no time. 30 February is none. Without a zone: UTC. */
function isoTimeMs(text: string): number | undefined {
  const match = ISO_TIME.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = ".0", zone = "Z"] = match;
  const dayMs = Date.UTC(Number(year), Number(month) - 1, Number(day));
  const isDay = new Date(dayMs).getUTCMonth() === Number(month) - 1 && Number(day) > 0;
  if (!isDay || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  const offset = /^[Zz]$/.test(zone) ? 0 : Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  const offsetMinutes = zone.startsWith("-") ? -offset : offset;
  const minutes = Number(hour) * 60 + Number(minute) - offsetMinutes;
  const fractionMs = Number(`0.${fraction.slice(1)}`) * 1000;
  return dayMs + minutes * 60_000 + Number(second) * 1000 + fractionMs;
}

function epochMs(text: string): number | undefined {
  if (
    !INTEGER.test(text) ||
    (text.length !== 9 && text.length !== 10 && text.length !== 12 && text.length !== 13)
  )
    return undefined;
  const seconds = text.length >= 12 ? Number(text) / 1000 : Number(text);
  return seconds >= EPOCH_SECONDS_MIN && seconds < EPOCH_SECONDS_MAX ? seconds * 1000 : undefined;
}

function isToken(text: string): boolean {
  return TOKEN.test(text) && TOKEN_KINDS.filter((kind) => kind.test(text)).length >= TOKEN_KINDS_MIN;
}

/** Shapes of characters that are between quotes, or in a header. */
function shapesOfText(text: string, shapes: Set<LearntShape>): ShapedValue {
  const isoMs = isoTimeMs(text);
  const timeMs = isoMs ?? epochMs(text);
  if (UUID.test(text)) shapes.add("uuid");
  if (isoMs !== undefined) shapes.add("iso-time");
  else if (timeMs !== undefined) shapes.add("epoch");
  if (INTEGER.test(text)) shapes.add("integer");
  const isNumber = NUMBER.test(text);
  if (isNumber) shapes.add("number");
  if (HEX.test(text)) shapes.add("hex");
  if (isToken(text)) shapes.add("token");
  return { shapes, timeMs, number: isNumber && timeMs === undefined ? Number(text) : undefined };
}

function unquote(text: string): string {
  const inner = text.slice(1, -1);
  if (!inner.includes("\\")) return inner;
  try {
    return JSON.parse(text) as string;
  } catch {
    // Cut in the middle of an escape, or no JSON at all: the text as it is.
    return inner;
  }
}

/** `text` is raw JSON of a body, or a header's value as it is. An absent value has no shape. */
export function shapeValue(part: DifferencePart, text: string | undefined): ShapedValue {
  if (text === undefined || part === "status") return NOTHING;
  const first = part === "body" ? text[0] : "";
  if (first === "{") return only("object");
  if (first === "[") return only("array");
  if (text === "null") return only("null");
  if (text === "true" || text === "false") return only("boolean");
  const isString = first === '"' || part === "header";
  if (text.length > SHAPED_CHARS_MAX) return only("string");
  if (isString) return shapesOfText(first === '"' ? unquote(text) : text, new Set<LearntShape>(["string"]));
  return NUMBER.test(text) ? shapesOfText(text, new Set()) : only("string");
}

// What a scalar looks like: a named class, or a user's regular expression over the whole of it, in linear time.
import { compileLinearPattern } from "../../core/linear-pattern.ts";
import type { SHAPE_CLASSES, ShapeClass } from "../../core/rule.ts";
import { isInteger, isNumberText, parseDecimal } from "./decimal.ts";
import { parseEpoch, parseIsoTime } from "./time-value.ts";

/** Longer values have no shape: a token, a signed one too, is shorter, and a pattern's time grows with its text. */
export const SHAPE_CHARS_MAX = 4096;

/**
 * How a value has the shape: values of one shape can stand for each other only with the same answer, so that
 * seconds are not milliseconds and a time with a zone is not one without. Undefined where it has not the shape.
 */
export type ShapeTest = (text: string) => string | undefined;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const HEX = /^[0-9a-f]{8,}$/i;
/** RFC 7515 compact tokens, base64 (RFC 4648) with or without padding, opaque ids. */
const TOKEN = /^[A-Za-z0-9_.~+/-]{16,}={0,2}$/;
/** A word or a number alone is no token. Marks do not count: `a-long-name-of-something`. */
const TOKEN_KINDS = [/[a-z]/, /[A-Z]/, /\d/];
const TOKEN_KINDS_MIN = 2;

const YES = "";
const when = (has: boolean): string | undefined => (has ? YES : undefined);

function isToken(text: string): boolean {
  return TOKEN.test(text) && TOKEN_KINDS.filter((kind) => kind.test(text)).length >= TOKEN_KINDS_MIN;
}

function isIntegerText(text: string): boolean {
  const decimal = parseDecimal(text);
  return decimal !== undefined && isInteger(decimal);
}

const NAMED: Readonly<Record<(typeof SHAPE_CLASSES)[number], ShapeTest>> = {
  uuid: (text) => when(UUID.test(text)),
  "iso-time": (text) => parseIsoTime(text)?.form,
  epoch: (text) => parseEpoch(text)?.form,
  integer: (text) => when(isIntegerText(text)),
  number: (text) => when(isNumberText(text)),
  hex: (text) => when(HEX.test(text)),
  token: (text) => when(isToken(text)),
};

function isNamed(text: string): text is keyof typeof NAMED {
  return Object.hasOwn(NAMED, text);
}

/** What stands between the slashes; undefined without them. */
function patternOf(text: string): string | undefined {
  return text.length >= 2 && text.startsWith("/") && text.endsWith("/") ? text.slice(1, -1) : undefined;
}

/** Throws for a class that has a problem: config refuses those. */
export function compileShape(shape: ShapeClass): ShapeTest {
  const bounded =
    (test: ShapeTest): ShapeTest =>
    (text) =>
      text.length > SHAPE_CHARS_MAX ? undefined : test(text);
  if (isNamed(shape)) return bounded(NAMED[shape]);
  const pattern = compileLinearPattern(patternOf(shape) ?? "");
  return bounded((text) => when(pattern.matches(text)));
}

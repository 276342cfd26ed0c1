// Exact decimal arithmetic on the digits of a text. No number is ever made of them: doubles round.
// Bounded: a text past the bounds is no decimal here, whatever asks for one must then say no.

/** Significant digits, and the largest power of ten: a few microseconds of arithmetic. */
const DIGITS_MAX = 4096;
const EXPONENT_MAX = 4096;

/** digits × 10^exponent; of zero the exponent is 0, else the last digit is not 0. */
export interface ExactDecimal {
  readonly digits: bigint;
  readonly exponent: number;
}

const ZERO: ExactDecimal = { digits: 0n, exponent: 0 };
const GRAMMAR = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** Whether a text is a number as JSON writes it. Linear: the parts of the grammar cannot be read in two ways. */
export function isNumberText(text: string): boolean {
  return GRAMMAR.test(text);
}

function countTrailingZeros(text: string): number {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0x30) end--;
  return text.length - end;
}

/** The value of a JSON number's text; undefined where it is none or past the bounds. */
export function parseDecimal(text: string): ExactDecimal | undefined {
  const parts = GRAMMAR.exec(text);
  if (parts === null) return undefined;
  const [, sign = "", whole = "", fraction = "", power = "0"] = parts;
  const written = whole + fraction;
  const zeros = countTrailingZeros(written);
  if (zeros === written.length) return ZERO;
  const significant = written.slice(0, written.length - zeros).replace(/^0+/, "");
  // A double is exact for every exponent that is within the bound, and infinite at worst.
  const exponent = Number(power) - fraction.length + zeros;
  if (significant.length > DIGITS_MAX || !(Math.abs(exponent) <= EXPONENT_MAX)) return undefined;
  return { digits: BigInt(sign + significant), exponent };
}

/** The digits of both at the lower of their exponents. */
function aligned(a: ExactDecimal, b: ExactDecimal): readonly [bigint, bigint] {
  const lowest = Math.min(a.exponent, b.exponent);
  return [a.digits * 10n ** BigInt(a.exponent - lowest), b.digits * 10n ** BigInt(b.exponent - lowest)];
}

/** Below 0 where a < b, 0 where they are equal, else above. */
export function compareDecimals(a: ExactDecimal, b: ExactDecimal): number {
  const [left, right] = aligned(a, b);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** |a − b| */
export function distance(a: ExactDecimal, b: ExactDecimal): ExactDecimal {
  const [left, right] = aligned(a, b);
  return { digits: left < right ? right - left : left - right, exponent: Math.min(a.exponent, b.exponent) };
}

/** |a| × |b| */
export function magnitudeProduct(a: ExactDecimal, b: ExactDecimal): ExactDecimal {
  const digits = a.digits * b.digits;
  return { digits: digits < 0n ? -digits : digits, exponent: a.exponent + b.exponent };
}

export function isInteger({ exponent }: ExactDecimal): boolean {
  return exponent >= 0;
}

/** The value × 10^places, what is finer dropped towards zero. */
export function scaledDown({ digits, exponent }: ExactDecimal, places: number): bigint {
  const shift = exponent + places;
  return shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift);
}

/** One text for all decimals of the same value. */
export function canonicalText({ digits, exponent }: ExactDecimal): string {
  return `${digits}e${exponent}`;
}

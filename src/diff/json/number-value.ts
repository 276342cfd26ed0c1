// JSON numbers by exact decimal value of their text: 1e2 = 100, -0 = 0, 9007199254740993 ≠ …992.
// No number is ever made from digits: after JSON.parse the difference would be lost.

/** An exponent with more digits than this is compared as text: 1e(5000 digits) equals just its like. */
export const EXPONENT_DIGITS_MAX = 4096;
/** Exponents of so many digits are exact as doubles, with room to add a position. */
const EXACT_EXPONENT_DIGITS = 15;

/** value = ± 0.DDD × 10^exponent, D the bytes from `first` to `last` without the point. Reused. */
class Decimal {
  bytes: Uint8Array = new Uint8Array(0);
  isNegative = false;
  isZero = false;
  first = 0;
  last = 0;
  /** How far the point is from the first significant digit, without the written exponent. */
  shift = 0;
  isExponentNegative = false;
  exponentStart = 0;
  exponentEnd = 0;
  /** The whole exponent where it is exact, else NaN. */
  exponent = 0;

  /** `start`…`end` is a valid JSON number. */
  read(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.isNegative = bytes[start] === 0x2d;
    let at = this.isNegative ? start + 1 : start;
    this.first = -1;
    let integerDigits = 0;
    let leadingZeros = 0;
    let isAfterPoint = false;
    for (; at < end; at++) {
      const byte = bytes[at] as number;
      if (byte === 0x2e) {
        isAfterPoint = true;
        continue;
      }
      if (byte > 0x39) break;
      if (!isAfterPoint) integerDigits++;
      if (byte !== 0x30) {
        if (this.first < 0) this.first = at;
        this.last = at + 1;
      } else if (this.first < 0) {
        leadingZeros++;
      }
    }
    this.isZero = this.first < 0;
    this.shift = integerDigits - leadingZeros;
    this.#readExponent(at + 1, end);
  }

  #readExponent(start: number, end: number): void {
    let at = start;
    this.isExponentNegative = this.bytes[at] === 0x2d && at < end;
    if (at < end && (this.bytes[at] === 0x2d || this.bytes[at] === 0x2b)) at++;
    while (at < end && this.bytes[at] === 0x30) at++;
    this.exponentStart = at;
    this.exponentEnd = Math.max(at, end);
    if (this.exponentDigits > EXACT_EXPONENT_DIGITS) {
      this.exponent = Number.NaN;
      return;
    }
    let value = 0;
    for (; at < end; at++) value = value * 10 + ((this.bytes[at] as number) - 0x30);
    this.exponent = (this.isExponentNegative ? -value : value) + this.shift;
  }

  get exponentDigits(): number {
    return this.exponentEnd - this.exponentStart;
  }

  /** The low 16 bits of the whole exponent, however long it is written. */
  exponentBits(): number {
    let value = 0;
    for (let at = this.exponentStart; at < this.exponentEnd; at++)
      value = (value * 10 + ((this.bytes[at] as number) - 0x30)) & 0xffff;
    return ((this.isExponentNegative ? -value : value) + this.shift) & 0xffff;
  }

  /** The whole exponent as a big integer; undefined past the bound on its digits. */
  bigExponent(): bigint | undefined {
    if (this.exponentDigits > EXPONENT_DIGITS_MAX) return undefined;
    let digits = "";
    for (let at = this.exponentStart; at < this.exponentEnd; at++)
      digits += String.fromCharCode(this.bytes[at] as number);
    const value = BigInt(digits === "" ? "0" : digits);
    return (this.isExponentNegative ? -value : value) + BigInt(this.shift);
  }
}

const left = new Decimal();
const right = new Decimal();

function hasSameDigits(a: Decimal, b: Decimal): boolean {
  let atA = a.first;
  let atB = b.first;
  for (;;) {
    if (atA < a.last && a.bytes[atA] === 0x2e) atA++;
    if (atB < b.last && b.bytes[atB] === 0x2e) atB++;
    const isEndA = atA >= a.last;
    if (isEndA || atB >= b.last) return isEndA && atB >= b.last;
    if (a.bytes[atA++] !== b.bytes[atB++]) return false;
  }
}

function hasSameExponentText(a: Decimal, b: Decimal): boolean {
  if (a.exponentDigits !== b.exponentDigits || a.isExponentNegative !== b.isExponentNegative) return false;
  for (let at = 0; at < a.exponentDigits; at++)
    if (a.bytes[a.exponentStart + at] !== b.bytes[b.exponentStart + at]) return false;
  return a.shift === b.shift;
}

function hasSameExponent(a: Decimal, b: Decimal): boolean {
  if (!Number.isNaN(a.exponent) && !Number.isNaN(b.exponent)) return a.exponent === b.exponent;
  const bigA = a.bigExponent();
  const bigB = b.bigExponent();
  if (bigA === undefined || bigB === undefined) return hasSameExponentText(a, b);
  return bigA === bigB;
}

/** A range of bytes that is a valid JSON number. */
interface NumberSpan {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** Whether two JSON numbers have the same value, exactly. Linear in their text. */
export function isSameNumber(a: NumberSpan, b: NumberSpan): boolean {
  left.read(a.bytes, a.start, a.end);
  right.read(b.bytes, b.start, b.end);
  if (left.isZero || right.isZero) return left.isZero && right.isZero;
  return left.isNegative === right.isNegative && hasSameDigits(left, right) && hasSameExponent(left, right);
}

/** Feeds bytes to `mix` that equal numbers share: sign, significant digits, the low bits of the exponent. */
export function mixNumber(span: NumberSpan, mix: (byte: number) => void): void {
  left.read(span.bytes, span.start, span.end);
  if (left.isZero) {
    mix(0x30);
    return;
  }
  if (left.isNegative) mix(0x2d);
  for (let at = left.first; at < left.last; at++) {
    const byte = left.bytes[at] as number;
    if (byte !== 0x2e) mix(byte);
  }
  const exponent = left.exponentBits();
  mix(exponent & 0xff);
  mix(exponent >> 8);
}

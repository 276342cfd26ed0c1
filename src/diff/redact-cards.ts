// Card numbers: 13 to 19 digits, bare or in groups with one space or hyphen between, whose check digit is right
// (ISO/IEC 7812-1) and whose first digits are a scheme's. One in ten numbers has a right check digit by chance.

export const CARD_DIGITS_MIN = 13;
export const CARD_DIGITS_MAX = 19;

/** First four digits from … to, and how many digits a card of the scheme has. */
const ISSUERS: readonly (readonly [from: number, to: number, digits: readonly number[]])[] = [
  [4000, 4999, [13, 16, 19]], // Visa
  [5100, 5599, [16]], // Mastercard
  [2221, 2720, [16]],
  [3400, 3499, [15]], // American Express
  [3700, 3799, [15]],
  [3000, 3059, [14, 16, 17, 18, 19]], // Diners Club
  [3095, 3095, [14, 16, 17, 18, 19]],
  [3600, 3699, [14, 16, 17, 18, 19]],
  [3800, 3999, [14, 16, 17, 18, 19]],
  [3528, 3589, [16, 17, 18, 19]], // JCB
  [2200, 2204, [16, 17, 18, 19]], // Mir
  [5000, 5099, [13, 14, 15, 16, 17, 18, 19]], // Maestro
  [5600, 5899, [13, 14, 15, 16, 17, 18, 19]],
  [6000, 6999, [13, 14, 15, 16, 17, 18, 19]], // Maestro, Discover, UnionPay, RuPay
  [8100, 8199, [16, 17, 18, 19]],
];

function hasIssuer(first: number, digits: number): boolean {
  return ISSUERS.some(([from, to, lengths]) => first >= from && first <= to && lengths.includes(digits));
}

function digitAt(text: string, at: number): number {
  const digit = text.charCodeAt(at) - 0x30;
  return digit >= 0 && digit <= 9 ? digit : -1;
}

/** What a digit adds when it is one of those that count twice. */
function twice(digit: number): number {
  return digit < 5 ? digit * 2 : digit * 2 - 9;
}

/** The end of the longest card number whose first digit is at `start`, where a group of digits begins; or -1. */
function cardEnd(text: string, start: number): number {
  // Which digits count twice depends on how many there are: both sums are kept.
  let sumEven = 0;
  let sumOdd = 0;
  let digits = 0;
  let first = 0;
  let end = -1;
  for (let at = start; digits < CARD_DIGITS_MAX; ) {
    const digit = digitAt(text, at);
    if (digit < 0) break;
    if (digits < 4) first = first * 10 + digit;
    const isEven = digits % 2 === 0;
    sumEven += isEven ? twice(digit) : digit;
    sumOdd += isEven ? digit : twice(digit);
    digits++;
    at++;
    if (digitAt(text, at) >= 0) continue;
    const sum = digits % 2 === 0 ? sumEven : sumOdd;
    if (digits >= CARD_DIGITS_MIN && sum % 10 === 0 && hasIssuer(first, digits)) end = at;
    if (text[at] === " " || text[at] === "-") at++;
  }
  return end;
}

/** The digits of a fraction are no number of their own: 0.4111111111111111. */
function isFraction(text: string, at: number): boolean {
  return text[at - 1] === "." && digitAt(text, at - 2) >= 0;
}

export function redactCards(text: string, placeholder: string): string {
  let out = "";
  let copied = 0;
  for (let at = 0; at < text.length; ) {
    if (digitAt(text, at) < 0) {
      at++;
      continue;
    }
    const end = isFraction(text, at) ? -1 : cardEnd(text, at);
    if (end >= 0) {
      out += text.slice(copied, at) + placeholder;
      copied = end;
      at = end;
    } else while (digitAt(text, at) >= 0) at++;
  }
  return copied === 0 ? text : out + text.slice(copied);
}

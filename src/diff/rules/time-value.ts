// Points in time as services write them: RFC 3339 and the ISO 8601 forms around it, RFC 9110 HTTP-dates, numbers
// since 1970. Exact to the last digit of the fraction that counts. A day that no calendar has is no time.
import { type ExactDecimal, parseDecimal, scaledDown } from "./decimal.ts";

export interface TimeValue {
  /** Nanoseconds since 1970-01-01T00:00:00, in UTC or, without a zone, in a zone unknown. Finer digits are dropped. */
  readonly nanoseconds: bigint;
  /** How it was written: just times of one form can be compared, or can stand for each other. */
  readonly form: "zoned" | "local" | "date" | "http" | "epoch-s" | "epoch-ms" | "epoch-us";
}

/** Longer texts are no times; fractions of hundreds of digits are none that people send. */
const TIME_CHARS_MAX = 64;
const NANOSECONDS = 1_000_000_000n;

const ISO_EXTENDED =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?([Zz]|[+-]\d\d(?::?\d\d)?)?)?$/;
const ISO_BASIC = /^(\d{4})(\d\d)(\d\d)[Tt](\d\d)(\d\d)(?:(\d\d)(?:[.,](\d+))?)?([Zz]|[+-]\d\d(?::?\d\d)?)?$/;

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

function daysOf(year: number, month: number): number {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month === 2 && isLeap ? 29 : (MONTH_DAYS[month - 1] ?? 0);
}

/** Days since 1970-01-01, by the Gregorian calendar also before it was made (RFC 3339 has years from 0000 on). */
function dayNumber(year: number, month: number, day: number): number {
  // Years begin in March here, so that the leap day is the last one.
  const marchYear = month > 2 ? year : year - 1;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

interface Fields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** Seconds since 1970, or undefined for what the calendar or the clock does not have. Second 60 is a leap second. */
function secondsOf({ year, month, day, hour, minute, second }: Fields): number | undefined {
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  return dayNumber(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
}

/** Seconds east of UTC; undefined where it is no offset. */
function offsetSeconds(zone: string): number | undefined {
  if (zone === "Z" || zone === "z") return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(":", "") || "0");
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 3600 + minutes * 60);
}

/** RFC 3339 date-times, ISO 8601 dates and date-times; without seconds, without a zone, in the basic form. */
export function parseIsoTime(text: string): TimeValue | undefined {
  if (text.length > TIME_CHARS_MAX) return undefined;
  const parts = ISO_EXTENDED.exec(text) ?? ISO_BASIC.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = "", zone] = parts;
  const seconds = secondsOf({
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour ?? 0),
    minute: Number(minute ?? 0),
    second: Number(second ?? 0),
  });
  const offset = zone === undefined ? 0 : offsetSeconds(zone);
  if (seconds === undefined || offset === undefined) return undefined;
  return {
    nanoseconds: BigInt(seconds - offset) * NANOSECONDS + BigInt(fraction.slice(0, 9).padEnd(9, "0")),
    form: hour === undefined ? "date" : zone === undefined ? "local" : "zoned",
  };
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
/** IMF-fixdate; with dashes as in cookies and RFC 850, whose days are written out and whose years have two digits. */
const HTTP_DATE =
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}, (\d\d)([ -])([A-Z][a-z]{2})\3(\d{4}|\d\d) (\d\d):(\d\d):(\d\d) GMT$/;
const ASCTIME = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/;

/** RFC 9110 §5.6.7 leaves two digits to the reader's clock; fixed here, so that a verdict does not change with time. */
function fullYear(text: string): number {
  const year = Number(text);
  return text.length === 4 ? year : year + (year >= 70 ? 1900 : 2000);
}

/** An HTTP-date (RFC 9110 §5.6.7) in any of its three forms; the day of the week must be right. */
export function parseHttpDate(text: string): TimeValue | undefined {
  if (text.length > TIME_CHARS_MAX) return undefined;
  let fields: readonly (string | undefined)[];
  const fixed = HTTP_DATE.exec(text);
  if (fixed !== null) fields = [fixed[1], fixed[5], fixed[4], fixed[2], fixed[6], fixed[7], fixed[8]];
  else {
    const asctime = ASCTIME.exec(text);
    if (asctime === null) return undefined;
    fields = [asctime[1], asctime[7], asctime[2], asctime[3], asctime[4], asctime[5], asctime[6]];
  }
  const [weekday, year = "", month = "", day, hour, minute, second] = fields;
  const seconds = secondsOf({
    year: fullYear(year),
    month: MONTHS.indexOf(month) + 1,
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
  });
  if (seconds === undefined) return undefined;
  // The leap second belongs to the day before.
  const dayIndex = Math.floor((seconds - (second === "60" ? 1 : 0)) / 86_400);
  if (DAYS[((dayIndex % 7) + 7) % 7] !== weekday) return undefined;
  return { nanoseconds: BigInt(seconds) * NANOSECONDS, form: "http" };
}

/** The first instant of 2001, and of the year after 2100: what is a time, and what is an id, a price, a size. */
const EPOCH_FROM_SECONDS = 978_307_200n;
const EPOCH_TO_SECONDS = 4_133_980_800n;
const EPOCH_UNITS = [
  { form: "epoch-s", perSecond: 1n, places: 9 },
  { form: "epoch-ms", perSecond: 1000n, places: 6 },
  { form: "epoch-us", perSecond: 1_000_000n, places: 3 },
] as const;

/** Seconds, milliseconds or microseconds since 1970, from 2001 to 2100, told apart by size. */
export function parseEpoch(text: string): TimeValue | undefined {
  const decimal: ExactDecimal | undefined = text.length > TIME_CHARS_MAX ? undefined : parseDecimal(text);
  if (decimal === undefined || decimal.digits <= 0n || decimal.exponent > 16) return undefined;
  const whole = scaledDown(decimal, 0);
  const unit = EPOCH_UNITS.find(
    ({ perSecond }) => whole >= EPOCH_FROM_SECONDS * perSecond && whole < EPOCH_TO_SECONDS * perSecond,
  );
  return unit === undefined ? undefined : { nanoseconds: scaledDown(decimal, unit.places), form: unit.form };
}

// The words of a gate's sentences: numbers as a tired person reads them.

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Made once: toLocaleString makes one for each number, and was nine tenths of what a gate costs. */
const COUNT = new Intl.NumberFormat("en-US");

export function inCount(count: number): string {
  return COUNT.format(Math.round(count));
}

/** 0.1 %, 0.0031 %: two significant digits below one percent. */
export function inPercent(rate: number): string {
  const percent = rate * 100;
  if (percent === 0) return "0 %";
  if (percent < 0.0001) return "below 0.0001 %";
  return `${percent < 1 ? Number(percent.toPrecision(2)) : Number(percent.toFixed(1))} %`;
}

/** A bound beside the limit that it is over: with as many digits as tell them apart. */
export function inPercentOver(rate: number, limit: number): string {
  const short = inPercent(rate);
  if (short !== inPercent(limit)) return short;
  const percent = rate * 100;
  for (let digits = 3; digits <= 6; digits++) {
    const text = Number(percent.toPrecision(digits));
    if (text > limit * 100) return `${text} %`;
  }
  return `more than ${short}`;
}

export function inNumber(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** Rounded to what matters: 40 s, 12 min, 3 h, 5 days. */
export function inTime(ms: number): string {
  if (ms < 2 * MINUTE_MS) return `${Math.ceil(ms / 1000)} s`;
  if (ms < 2 * HOUR_MS) return `${Math.ceil(ms / MINUTE_MS)} min`;
  if (ms < 2 * DAY_MS) return `${Math.ceil(ms / HOUR_MS)} h`;
  return `${Math.ceil(ms / DAY_MS)} days`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${inCount(count)} ${count === 1 ? one : many}`;
}

// Two ways to do one thing, measured in turns in one run: medians and their ratio.
// `run` does its work `times` times and returns something that depends on it, so that it is not optimised away.
import { median, ratio } from "../statistics.ts";

export interface Variant {
  readonly name: string;
  readonly run: (times: number) => unknown;
}

export interface Pair {
  /** The path below src/ and what is compared: `core/latency-buckets: bucket of a latency`. */
  readonly name: string;
  readonly base: Variant;
  readonly other: Variant;
  /** The goal: other / base is at most this. */
  readonly atMost?: number | undefined;
  /** A goal for `other` by itself, in place of one for the ratio. */
  readonly otherNanosecondsMax?: number | undefined;
}

export interface PairResult {
  readonly name: string;
  readonly baseNanoseconds: number;
  readonly otherNanoseconds: number;
  /** other / base: below 1, the other is faster. */
  readonly ratio: number | undefined;
  readonly atMost: number | undefined;
}

export const ROUNDS = 15;
/** One measurement takes about this long: well above the clock's resolution, well below a scheduler's slice × 10. */
const MEASUREMENT_MS = 40;

/** Of this thread alone: other programs on the machine, and the helpers of the garbage collector, do not count. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function elapsedMs(variant: Variant, times: number): number {
  const startedMs = cpuMs();
  const returned = variant.run(times);
  const ms = cpuMs() - startedMs;
  // Looked at, so that the work behind it cannot be optimised away.
  if (returned === undefined) throw new Error(`${variant.name} must return what it worked out`);
  return ms;
}

/** How many times fill one measurement; also warms the code up. */
function timesFor(variant: Variant): number {
  let times = 1;
  let ms = elapsedMs(variant, times);
  while (ms < MEASUREMENT_MS) {
    times *= ms < MEASUREMENT_MS / 10 ? 10 : 2;
    ms = elapsedMs(variant, times);
  }
  return times;
}

export function measurePair(pair: Pair, rounds: number): PairResult {
  const variants = [pair.base, pair.other] as const;
  const times = variants.map(timesFor);
  const nanoseconds: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++)
    for (const index of [0, 1] as const) {
      const count = times[index] ?? 1;
      nanoseconds[index].push((elapsedMs(variants[index], count) * 1e6) / count);
    }
  const [base, other] = nanoseconds.map((values) => median(values) ?? 0);
  return {
    name: pair.name,
    baseNanoseconds: base ?? 0,
    otherNanoseconds: other ?? 0,
    ratio: ratio(other, base),
    atMost: pair.atMost,
  };
}

/** A time as people read it. */
function formatTime(nanoseconds: number): string {
  if (nanoseconds < 1000) return `${nanoseconds.toFixed(1)} ns`;
  return nanoseconds < 1e6 ? `${(nanoseconds / 1e3).toFixed(1)} µs` : `${(nanoseconds / 1e6).toFixed(2)} ms`;
}

interface Goal {
  readonly text: string;
  /** Undefined where it was not measured. */
  readonly isMet: boolean | undefined;
}

function goalOf(
  { otherNanosecondsMax }: Pair,
  { atMost, ratio: measured, otherNanoseconds }: PairResult,
): Goal {
  if (otherNanosecondsMax !== undefined)
    return { text: `≤ ${formatTime(otherNanosecondsMax)}`, isMet: otherNanoseconds <= otherNanosecondsMax };
  if (atMost === undefined) return { text: "-", isMet: undefined };
  const isMet = measured === undefined ? undefined : measured <= atMost;
  return { text: `≤ ${Number(atMost.toFixed(2))}×`, isMet };
}

/** One row of the table: what, the goal, the measured ratio, whether it is met, and the two times. */
export function renderResult(pair: Pair, result: PairResult): string {
  const { name, base, other } = pair;
  const { text, isMet } = goalOf(pair, result);
  const met = isMet === undefined ? "-" : isMet ? "yes" : "no";
  const measured = result.ratio === undefined ? "-" : `${result.ratio.toPrecision(2)}×`;
  const times = `${formatTime(result.otherNanoseconds)} (${other.name}) against ${formatTime(result.baseNanoseconds)} (${base.name})`;
  return `| ${name} | ${text} | ${measured} | ${met} | ${times} |`;
}

export const TABLE_HEAD = "| what | goal | measured | met | of what |\n|---|---|---|---|---|";

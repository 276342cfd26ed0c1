// What stands behind a flag, read: durations and whole numbers.
// Invariant: what cannot be read is a usage error that says what could be.
import { InvalidArgumentError } from "commander";

/** In place of a file's name. */
export const STANDARD_INPUT = "-";
/** A second; more than a thread of this program can send. */
export const RATE_MAX = 1_000_000;
const DURATION_MS_MAX = 24 * 3_600_000;

/** `20s`, `500ms`, `2m`, `1h` → milliseconds. */
export function parseDuration(text: string): number {
  const match = /^([0-9]{1,9})(ms|s|m|h)$/.exec(text);
  const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match?.[2] ?? ""];
  const durationMs = Number(match?.[1]) * (unitMs ?? Number.NaN);
  if (!(durationMs >= 1 && durationMs <= DURATION_MS_MAX))
    throw new InvalidArgumentError("A duration is a number with ms, s, m or h, such as 20s; at most 24h.");
  return durationMs;
}

/** From 1 to `max`. */
export function wholeNumber(max: number) {
  return (text: string): number => {
    const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : 0;
    if (value < 1 || value > max) throw new InvalidArgumentError(`A whole number from 1 to ${max}.`);
    return value;
  };
}

/** Of a flag that may come several times: all of them, in their order. */
export const gathered = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  text,
];

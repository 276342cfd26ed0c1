// How wide a rule is made that shall fit what was seen: the narrowest shape, and round margins with room to spare.
// Pure; for rules that are suggested from pairs, and for those that somebody makes from one difference.
import type { SHAPE_CLASSES } from "./rule.ts";

/** The classes of a `shape` rule, the narrowest first. */
export const NARROWEST_SHAPES = [
  "uuid",
  "iso-time",
  "epoch",
  "integer",
  "hex",
  "number",
  "token",
] as const satisfies readonly (typeof SHAPE_CLASSES)[number][];

/** Times farther apart than this are different times, and not the same one read twice. */
export const TIME_APART_MS_MAX = 86_400_000;
/** Numbers farther apart are other numbers. */
export const NUMBER_APART_MAX = 0.05;
/** Two reads of the legacy follow each other closely, the candidate's clock is another one. */
const HEADROOM = 2;
const ROUND_MS = [
  1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000, 21_600_000, 86_400_000,
];
const ROUND_SHARES = ["0.000001", "0.00001", "0.0001", "0.001", "0.01", "0.02", "0.05", "0.1"];

function atLeast<T extends number | string>(rounds: readonly T[], wanted: number): T {
  return rounds.find((round) => Number(round) >= wanted) ?? (rounds.at(-1) as T);
}

/** `withinMs` of a `timestamp` rule for times that were up to `apartMs` apart. */
export function timestampMargin(apartMs: number): number {
  return atLeast(ROUND_MS, HEADROOM * apartMs);
}

/** `rel` of a `tolerance` rule for numbers that were up to this share of their magnitude apart. */
export function toleranceMargin(apartShare: number): string {
  return atLeast(ROUND_SHARES, HEADROOM * apartShare);
}

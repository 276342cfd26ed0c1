// Turns rows into goals: ratios of medians out of one run. Pure.
import type { Failure, Row } from "./rounds.ts";
import type { GoalResult } from "./scenarios/scenario.ts";
import { ratio } from "./statistics.ts";

/** A rate counts as held when at least this share of it was answered. */
const RATE_HELD_SHARE = 0.98;

export interface Comparison {
  readonly goal: string;
  readonly atMost: number;
  readonly of: string;
  readonly against: string;
  readonly value: "cpuMicrosPerRequest" | "p99Ms";
}

const UNITS = { cpuMicrosPerRequest: "µs", p99Ms: "ms" } as const;

/** Compares two rows; where one is missing, `detail` says which and why. */
export function compareRows(
  comparison: Comparison,
  rows: readonly Row[],
  failures: readonly Failure[],
): GoalResult {
  const { goal, atMost, value } = comparison;
  const [own, base] = [comparison.of, comparison.against].map((name) =>
    rows.find((row) => row.contestant === name),
  );
  const [ownValue, baseValue] = [own?.[value], base?.[value]];
  const measured = ratio(ownValue, baseValue);
  if (ownValue === undefined || baseValue === undefined || measured === undefined) {
    const missing = ownValue === undefined ? comparison.of : comparison.against;
    const reason = failures.find((failure) => failure.contestant === missing)?.reason;
    return { goal, atMost, ratio: undefined, detail: `${missing}: ${reason ?? `no ${value} here`}` };
  }
  const unit = UNITS[value];
  const detail = `${ownValue.toFixed(2)} ${unit} against ${baseValue.toFixed(2)} ${unit} (${comparison.against})`;
  return { goal, atMost, ratio: measured, detail };
}

/** One line for each contestant that could not hold a fixed rate, or whose answers were not all good. */
export function notesOn(rows: readonly Row[], ratePerSecond: number | undefined): readonly string[] {
  return rows.flatMap((row) => {
    const notes: string[] = [];
    if (
      ratePerSecond !== undefined &&
      row.requestsPerSecond !== undefined &&
      row.requestsPerSecond < ratePerSecond * RATE_HELD_SHARE
    )
      notes.push(
        `${row.contestant} did not hold ${ratePerSecond}/s: ${Math.round(row.requestsPerSecond)}/s; lower --rate`,
      );
    if (row.non2xx + row.errors + row.unanswered > 0)
      notes.push(
        `${row.contestant}: ${row.non2xx} answers other than 2xx, ${row.errors} errors, ${row.unanswered} unanswered`,
      );
    return notes;
  });
}

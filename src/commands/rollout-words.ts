// The words, numbers and tables that the texts of `parallax rollout` and `explain` share. Pure.
// Invariant: what came over the network cannot drive the terminal.
import type { RolloutRouteAnswer } from "../admin/rollout-schemas.ts";
import { printable } from "../report/printable.ts";
import { number, percent } from "../report/wording.ts";
import type { GateCheck } from "../rollout/gate/reading.ts";

const NAME_CHARACTERS_MAX = 64;
const TEXT_CHARACTERS_MAX = 300;
const SECOND_MS = 1000;

/** A route, a person, a step. */
export const name = (text: string) => printable(text, NAME_CHARACTERS_MAX);
/** A sentence of the API's, a reason of somebody's. */
export const sentence = (text: string) => printable(text, TEXT_CHARACTERS_MAX);

/** `2026-01-31 14:02:00Z` */
export const instant = (ms: number) => `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")}Z`;

/** `45 s`, `3 min`, `2 h 5 min`, `3 d 4 h`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / SECOND_MS));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return hours % 24 === 0 ? `${hours / 24} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Three digits of it, so that a bound is told from its threshold: `0.0995 %`. Never up to 100 %. */
export function rate(value: number | null): string {
  if (value === null) return "–";
  return value > 0.9 ? percent(value) : `${Number((value * 100).toPrecision(3))} %`;
}

/** Nobody tells larger ones apart. */
const ODDS_MAX = 1_000_000;

/** A value of a check as its unit has it. */
export function quantity(value: number | null, unit: GateCheck["unit"]): string {
  if (value === null) return "–";
  switch (unit) {
    case "count":
      return number(value);
    case "rate":
      return rate(value);
    case "ratio":
      return `${Number(value.toPrecision(3))}×`;
    case "ms":
      return duration(value);
    case "e-value":
      return value > ODDS_MAX ? `> ${number(ODDS_MAX)} : 1` : `${number(Math.round(value))} : 1`;
    default:
      return String(Number(value.toPrecision(4)));
  }
}

/** When the gate would pass, short enough for a column. */
export function etaText(eta: RolloutRouteAnswer["eta"]): string {
  if (eta === null) return "–";
  return eta.kind === "in" && eta.ms !== null ? `in ${duration(eta.ms)}` : eta.kind;
}

/** What people must know at a glance: killed, latched, paused, threads that lag, warnings. */
export function marksOf(route: RolloutRouteAnswer): readonly string[] {
  const { isKilled, latch, isPaused, stragglers, warnings } = route;
  return [
    ...(isKilled ? ["killed"] : []),
    ...(latch === null ? [] : ["latched"]),
    ...(isPaused ? ["paused"] : []),
    ...(stragglers.length === 0 ? [] : [`${stragglers.length} not there yet`]),
    ...(warnings.length === 0 ? [] : [`${warnings.length} to know`]),
  ];
}

/** Columns as wide as their widest cell; `right` are those with numbers. The last one is not filled up. */
export function table(
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): readonly string[] {
  const lengthOf = (cell: string) => [...cell].length;
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => lengthOf(row[column] ?? ""))),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const gap = " ".repeat((widths[column] ?? 0) - lengthOf(cell));
        return right.includes(column) ? gap + cell : cell + gap;
      })
      .join("  ")
      .trimEnd(),
  );
}

// The words that both kinds of replay share when they speak to people. Pure; nothing of it can drive a terminal.
import type { Signature } from "../core/batch.ts";
import type { Difference } from "../core/verdict.ts";
import { printable } from "../report/printable.ts";

const VALUE_CHARACTERS_MAX = 40;
const PLACE_CHARACTERS_MAX = 80;

export const number = (value: number): string => value.toLocaleString("en-US");
/** `1 exchange`, `2 exchanges`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${number(count)} ${count === 1 ? one : many}`;
export const safe = (text: string, charactersMax = PLACE_CHARACTERS_MAX): string =>
  printable(text, charactersMax);

// `body /items/0/price`, `header etag`, `status`.
export function placeOf({ part, path }: Pick<Signature, "part" | "path">): string {
  return safe(part === "status" ? "status" : `${part} ${path === "" ? "(root)" : path}`);
}

/** `12.5 → 12.50` */
export function valuesOf({ legacy, candidate }: Partial<Pick<Difference, "legacy" | "candidate">>): string {
  const value = (text: string | undefined) =>
    text === undefined ? "(none)" : safe(text.replaceAll(/\s+/g, " "), VALUE_CHARACTERS_MAX);
  return `${value(legacy)} → ${value(candidate)}`;
}

/** `45 s`, `3 min`, `2 h 5 min`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

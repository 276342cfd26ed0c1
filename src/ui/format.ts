// Numbers, shares and times as people read them. Rounds a match rate down: 99.99 % is never shown as 100 %.
import { flooredPercent } from "../core/percent.ts";

export const formatNumber = (value: number): string => value.toLocaleString("en-US");

/** `1.2 M`, for headlines. */
export function formatShort(value: number): string {
  const text = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 }).format(
    value,
  );
  return text.replace(/(?=[A-Z]$)/, "\u00a0");
}

/** `1 exchange`, `2 exchanges`. */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${formatNumber(count)} ${count === 1 ? one : many}`;
}

/** With a no-break space: the sign stays with its number. `share` is 0 to 1. */
export function formatPercent(share: number | null): string {
  return share === null ? "–" : `${flooredPercent(share)}\u00a0%`;
}

export function formatMs(value: number | null): string {
  if (value === null) return "–";
  return value < 1000 ? `${value.toFixed(1)}\u00a0ms` : `${(value / 1000).toFixed(2)}\u00a0s`;
}

const SPANS = [
  { unit: "day", ms: 86_400_000 },
  { unit: "hour", ms: 3_600_000 },
  { unit: "minute", ms: 60_000 },
  { unit: "second", ms: 1000 },
] as const;

/** `3 minutes ago`, `in 2 days`. */
export function formatAgo(atMs: number, nowMs: number): string {
  const apartMs = atMs - nowMs;
  const span = SPANS.find(({ ms }) => Math.abs(apartMs) >= ms);
  if (span === undefined) return "just now";
  return new Intl.RelativeTimeFormat("en", { numeric: "always" }).format(
    Math.trunc(apartMs / span.ms),
    span.unit,
  );
}

export function formatTime(atMs: number): string {
  return new Date(atMs)
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, " UTC");
}

/** The beginning of a date field's day in UTC, as `2026-11-22`. */
export function formatDate(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

/** `12 s`, `3 min`, `2 h 5 min`, `4 d 3 h`. */
export function formatDuration(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return `${Math.floor(ms / 1000)}\u00a0s`;
  if (minutes < 60) return `${minutes}\u00a0min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48
    ? `${hours}\u00a0h ${minutes % 60}\u00a0min`
    : `${Math.floor(hours / 24)}\u00a0d ${hours % 24}\u00a0h`;
}

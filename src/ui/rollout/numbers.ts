// What a check of a gate measured, as people read it. Pure.
import { formatDuration, formatNumber } from "../format.ts";
import { type Check, directionOf } from "./bullet.ts";

/** Made once: a board has thousands of numbers, and making one costs more than a hundred uses. */
const FORMATS = new Map(
  [3, 4].map((digits) => [digits, new Intl.NumberFormat("en-US", { maximumSignificantDigits: digits })]),
);
const COMPACT = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 0 });

const significant = (value: number, digits: 3 | 4) => FORMATS.get(digits)?.format(value) ?? `${value}`;

/** `1 h`, where formatDuration says `1 h 0 min`. */
export const formatSpan = (ms: number): string => formatDuration(ms).replace(/ 0\u00a0(min|h)$/, "");

/** With a no-break space, as everywhere. */
export function formatMeasure(value: number | null, unit: Check["unit"]): string {
  if (value === null) return "–";
  if (!Number.isFinite(value)) return value < 0 ? "−∞" : "∞";
  switch (unit) {
    case "count":
      return formatNumber(Math.round(value));
    case "rate":
      return `${significant(100 * value, 3)}\u00a0%`;
    case "ratio":
      return `${significant(value, 3)}×`;
    case "e-value":
      return value >= 10_000 ? COMPACT.format(value) : significant(value, 3);
    case "ms":
      return Math.abs(value) < 1000 ? `${significant(value, 3)}\u00a0ms` : formatSpan(value);
    case "number":
      return significant(value, 4);
    default:
      return unit satisfies never;
  }
}

/** A share of the units or requests: `0.01 %`, `4.9 %`, `100 %`, never rounded up to a whole. */
export function formatShare(share: number | null): string {
  if (share === null) return "–";
  const percent = 100 * share;
  const digits = percent < 1 ? 2 : 1;
  const floored = Math.floor(percent * 10 ** digits + 1e-9) / 10 ** digits;
  return `${floored}\u00a0%`;
}

/** `≤ 0.1 %`, `≥ 3,000`. */
export function thresholdWords(
  check: Pick<Check, "name" | "threshold" | "unit" | "direction">,
): string | undefined {
  if (check.threshold === null) return undefined;
  const limit = formatMeasure(check.threshold, check.unit);
  const direction = directionOf(check);
  if (direction === "at-least") return `≥ ${limit}`;
  return direction === "at-most" ? `≤ ${limit}` : `limit ${limit}`;
}

/** All that a bullet shows, for who cannot see it. */
export function measureWords(check: Check): string {
  const { value, bound, unit } = check;
  const threshold = thresholdWords(check);
  const parts = [
    `measured ${value === null ? "nothing" : formatMeasure(value, unit)}`,
    bound === null ? undefined : `bound ${formatMeasure(bound, unit)}`,
    threshold === undefined ? undefined : `threshold ${threshold}`,
  ];
  return parts.filter((part) => part !== undefined).join(", ");
}

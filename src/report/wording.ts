// The words and numbers that reports in all formats share. Pure.
// Invariant: a rate never rounds up to 100 %. What it answers with is not made safe for any format yet.

import type { RuleAnswer } from "../admin/rule-schemas.ts";
import type { SignatureAnswer } from "../admin/schemas.ts";
import { assertNever } from "../core/assert.ts";
import type { FailOn } from "./failures.ts";
import { type Report, type ReportedEndpoint, TIERS_SHOWN } from "./fetch-report.ts";

export const number = (value: number) => value.toLocaleString("en-US");
/** `1 exchange`, `2 exchanges`. */
export const counted = (count: number, one: string, many = `${one}s`) =>
  `${number(count)} ${count === 1 ? one : many}`;
export const milliseconds = (value: number | null) =>
  value === null ? "–" : value.toFixed(value < 10 ? 1 : 0);

/** Floors: 99.9999 % is shown as 99.99 %, because 100 % is a claim. */
export function percent(rate: number): string {
  return rate === 1 ? "100 %" : `${(Math.floor(rate * 10_000) / 100).toFixed(2)} %`;
}

/** Chosen among endpoints: the live totals are of all of them. */
function isPartial({ filters: { endpoint, route, since } }: Report): boolean {
  return endpoint !== undefined || route !== undefined || since !== undefined;
}

/** One line of truth: exchanges, match rate, mismatches, signatures. */
export function headline(report: Report): string {
  const { exchanges, match, mismatch } = isPartial(report) ? report.sums : report.summary.totals;
  const compared = match + mismatch;
  return [
    counted(exchanges, "exchange"),
    compared === 0 ? "nothing compared yet" : `${percent(match / compared)} match`,
    counted(mismatch, "mismatch", "mismatches"),
    counted(report.signaturesTotal, "signature"),
  ].join(" · ");
}

/** Where nothing was measured everything is suspect, which tells nobody anything. */
export function isNoiseMeasured({ summary: { noise } }: Report): boolean {
  return (noise.baseline["paired"] ?? 0) > 0 || Object.values(noise.rechecks).some((count) => count > 0);
}

/** Signatures by tier, and mismatches that are noise alone. */
export function tierLine(report: Report): string {
  const tiers = TIERS_SHOWN.map((tier) => `${number(report.tierTotals[tier])} ${tier}`).join(", ");
  const mismatches = isPartial(report) ? report.sums.noise : report.summary.noise.mismatches;
  return `Signatures: ${tiers} · noise alone: ${counted(mismatches, "mismatch", "mismatches")}`;
}

/** What was chosen, undefined for all there is. */
export function filterLine({ filters }: Report): string | undefined {
  const { endpoint, route, tier, since } = filters;
  const chosen = [
    ...(endpoint === undefined ? [] : [`endpoint ${endpoint}`]),
    ...(route === undefined ? [] : [`route ${route}`]),
    ...(tier === undefined ? [] : [`tier ${tier}`]),
    ...(since === undefined ? [] : [`seen since ${since} (counts are of all time)`]),
  ];
  return chosen.length === 0 ? undefined : `Only: ${chosen.join(" · ")}`;
}

/** What makes the counts less than they seem. */
export function warnings({ summary }: Report): readonly string[] {
  const { store } = summary;
  return [
    ...(summary.isKilled ? ["The kill switch is on: legacy only, nothing is mirrored."] : []),
    ...(store.kind === "failing" ? [`The store fails, so counts may lag: ${store.message ?? ""}`] : []),
    ...(store.lost.batches > 0
      ? [`The store could not keep all of ${counted(store.lost.batches, "batch", "batches")}.`]
      : []),
  ];
}

export const NOTHING_SEEN =
  "No endpoint seen. Send traffic to Parallax's listening address instead of to the legacy.";
export const COUNTED_SINCE =
  "Totals count since the start, endpoints, differences and hits since the data directory was begun.";

export function placeOf({ part, path }: SignatureAnswer): string {
  return part === "status" ? "status" : `${part} ${path || "(root)"}`;
}

/** `additive`, `breaking`, or how many of them are. */
export function classOf({ count, breaking }: SignatureAnswer): string {
  if (breaking === 0) return "additive";
  return breaking >= count ? "breaking" : `${number(breaking)} of ${number(count)} breaking`;
}

/** What the tier rests on. */
export function evidenceOf(signature: SignatureAnswer): string {
  const { paired, candidateRate, baselineRate, rechecked, transient } = signature;
  const pairs = `of ${counted(paired, "pair")} the candidate differed in ${number(candidateRate.count)}, the legacy from itself in ${number(baselineRate.count)}`;
  return rechecked === 0
    ? pairs
    : `${pairs}; ${number(transient)} of ${number(rechecked)} gone when read again`;
}

export function boundOf({ matchRate }: ReportedEndpoint): string {
  return `${percent(matchRate.low)} to ${percent(matchRate.high)}`;
}

export function sortedReasons(
  counts: Readonly<Record<string, number>>,
): readonly (readonly [string, number])[] {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .sort((a, b) => b[1] - a[1]);
}

export function flagText(flag: RuleAnswer["flags"][number]): string {
  switch (flag.kind) {
    case "never-hit":
      return `never hit in ${number(flag.compared)} compared exchanges`;
    case "too-broad":
      return `hides ${Math.floor(flag.share * 100)} % of what differs at ${flag.endpoint}`;
    case "expired":
      return `expired: ${flag.expires} is past`;
    case "failed":
      return `custom rules of its routes failed in ${number(flag.exchanges)} exchanges`;
    default:
      return assertNever(flag);
  }
}

export function failureName(failOn: FailOn, count: number): string {
  const names = { mismatch: "that differ", untriaged: "untriaged", breaking: "breaking" } as const;
  return `${counted(count, "signature")} ${names[failOn]}`;
}

// The words and numbers that reports in all formats share. Pure.
// Invariant: a rate never rounds up to 100 %. What it answers with is not made safe for any format yet.

import type { RuleAnswer } from "../admin/rule-schemas.ts";
import type { SignatureAnswer } from "../admin/schemas.ts";
import { assertNever } from "../core/assert.ts";
import { flooredPercent } from "../core/percent.ts";
import { TRIAGE_STATES, type TriageState, UNTRIAGED_STATES } from "../core/triage.ts";
import type { FailOn } from "./failures.ts";
import {
  type EndpointSums,
  type Report,
  type ReportedEndpoint,
  type SignatureTotals,
  TIERS_SHOWN,
} from "./fetch-report.ts";

export const number = (value: number) => value.toLocaleString("en-US");
/** `1 exchange`, `2 exchanges`. */
export const counted = (count: number, one: string, many = `${one}s`) =>
  `${number(count)} ${count === 1 ? one : many}`;
export const milliseconds = (value: number | null) =>
  value === null ? "–" : value.toFixed(value < 10 ? 1 : 0);

/** Floors: 99.9999 % is shown as 99.99 %, because 100 % is a claim. */
export function percent(rate: number): string {
  return rate === 1 ? "100 %" : `${flooredPercent(rate)} %`;
}

/** Chosen among endpoints: the live totals are of all of them. */
function isPartial({ filters: { endpoint, route } }: Report): boolean {
  return endpoint !== undefined || route !== undefined;
}

function countsLine({ exchanges, match, mismatch }: Omit<EndpointSums, "noise">): string {
  const compared = match + mismatch;
  return [
    counted(exchanges, "exchange"),
    compared === 0 ? "nothing compared yet" : `${percent(match / compared)} match`,
    counted(mismatch, "mismatch", "mismatches"),
  ].join(" · ");
}

/** One line of truth: exchanges, match rate, mismatches, signatures; since a time where one is given. */
export function headline(report: Report): string {
  const counts = report.window ?? (isPartial(report) ? report.sums : report.summary.totals);
  return `${countsLine(counts)} · ${counted(report.signaturesTotal, "signature")}`;
}

/** From when on it really counts, and what there is of all time; none where no time is given. */
export function windowLines({ window, sums }: Report): readonly string[] {
  if (window === null) return [];
  const { fromMs, resolution, unknownEndpoints } = window;
  const from = `${new Date(fromMs).toISOString().slice(0, 16)}Z`;
  const unknown =
    unknownEndpoints === 0 ? "" : `; of ${counted(unknownEndpoints, "endpoint")} it is not known how often`;
  return [`Counted since ${from}, to the ${resolution}${unknown}.`, `Of all time: ${countsLine(sums)}`];
}

/** `40 of 1,234` since the time that was asked for, `? of 1,234` where that was not kept; else the count alone. */
export function countOf(
  { filters }: Report,
  { all, since }: { readonly all: number; readonly since: number | undefined },
): string {
  if (filters.since === undefined) return number(all);
  return `${since === undefined ? "?" : number(since)} of ${number(all)}`;
}

/** Behind a rate: the one of all time, where it is of a shorter one, or that it is of all time; else empty. */
export function rateOfAllTime(
  { filters }: Report,
  { window, matchRate: { rate } }: ReportedEndpoint,
): string {
  if (filters.since !== undefined && window === null) return ", of all time";
  return window === null || rate === null ? "" : `, of all time ${percent(rate)}`;
}

/** Signatures by what people decided; undefined while nobody decided anything. */
export function stateLine({ stateTotals }: Report): string | undefined {
  const shown = TRIAGE_STATES.filter((state) => stateTotals[state] > 0);
  if (shown.every((state) => state === "new")) return undefined;
  return `Triage: ${shown.map((state) => `${number(stateTotals[state])} ${state}`).join(", ")}`;
}

export function decidedTotal({ signaturesTotal, stateTotals }: SignatureTotals): number {
  return UNTRIAGED_STATES.reduce((left, state) => left - stateTotals[state], signaturesTotal);
}

const dayOf = (atMs: number) => new Date(atMs).toISOString().slice(0, 10);

/** State, until when or where, who, owner; undefined for a new one that nobody owns. */
export function decisionOf({ state, triage, owner }: SignatureAnswer): string | undefined {
  const said = [
    ...(state === "new" && triage?.expiresMs === undefined ? [] : [stateText(state, triage)]),
    ...(triage === null || state === "new" ? [] : [`by ${triage.who}`]),
    ...(owner === null ? [] : [`owner ${owner}`]),
  ];
  return said.length === 0 ? undefined : said.join(", ");
}

function stateText(state: TriageState, triage: SignatureAnswer["triage"]): string {
  // The end is the first moment after the last day.
  const lastDay = dayOf((triage?.expiresMs ?? 1) - 1);
  switch (state) {
    case "new":
      return `new again: was accepted until ${lastDay}`;
    case "accepted":
      return `accepted until ${lastDay}`;
    case "bug":
      return `bug ${triage?.link ?? ""}`;
    case "fixed":
      return `fixed ${dayOf(triage?.atMs ?? 0)}`;
    case "reopened":
      return `reopened: was fixed ${dayOf(triage?.atMs ?? 0)}`;
    default:
      return assertNever(state);
  }
}

/** Where nothing was measured everything is suspect, which tells nobody anything. */
export function isNoiseMeasured({ summary: { noise } }: Report): boolean {
  return (noise.baseline["paired"] ?? 0) > 0 || Object.values(noise.rechecks).some((count) => count > 0);
}

/** Signatures by tier, and mismatches that are noise alone. */
export function tierLine(report: Report): string {
  const tiers = TIERS_SHOWN.map((tier) => `${number(report.tierTotals[tier])} ${tier}`).join(", ");
  const { noise } =
    report.window ?? (isPartial(report) ? report.sums : { noise: report.summary.noise.mismatches });
  return `Signatures: ${tiers} · noise alone: ${counted(noise, "mismatch", "mismatches")}`;
}

/** What was chosen, undefined for all there is. */
export function filterLine({ filters }: Report): string | undefined {
  const { endpoint, route, tier, state, owner, since } = filters;
  const chosen = [
    ...(endpoint === undefined ? [] : [`endpoint ${endpoint}`]),
    ...(route === undefined ? [] : [`route ${route}`]),
    ...(tier === undefined ? [] : [`tier ${tier}`]),
    ...(state === undefined ? [] : [`state ${state}`]),
    ...(owner === undefined ? [] : [`owner ${owner}`]),
    ...(since === undefined ? [] : [`seen since ${since}`]),
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

export function boundOf(endpoint: ReportedEndpoint): string {
  const { matchRate } = endpoint.window ?? endpoint;
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

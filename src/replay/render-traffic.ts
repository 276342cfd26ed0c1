// What came of recorded traffic, for people and as JSON; and the line that says how far it is. Pure.
// Invariant: a rate never rounds up to 100 %.
import { assertNever } from "../core/assert.ts";
import { wilsonBounds } from "../core/evidence.ts";
import { latencyQuantileMs } from "../core/latency-buckets.ts";
import { milliseconds, percent, sortedReasons } from "../report/wording.ts";
import { REPLAY_SCHEMA_VERSION } from "./render-signature.ts";
import type { TrafficEnd } from "./replay-traffic.ts";
import { comparedOf, type SignatureSums, type SumsState, sumOf } from "./sums.ts";
import { counted, duration, number, placeOf, safe, valuesOf } from "./wording.ts";

const SIGNATURES_SHOWN = 10;
const DETAILS_SHOWN = 10;
const WHY_CHARACTERS_MAX = 120;

export interface TrafficOutput {
  readonly sums: SumsState;
  readonly end: TrafficEnd;
  /** `http://legacy`, or what stands for it. */
  readonly legacy: string;
  readonly candidate: string;
  readonly isUnsafe: boolean;
}

const mostFirst = (signatures: readonly SignatureSums[]) =>
  [...signatures].sort((a, b) => b.exchanges - a.exchanges || b.differences - a.differences);

function latencyOf(counts: Readonly<Record<string, number>>) {
  const buckets = new Map(Object.entries(counts).map(([bucket, count]) => [Number(bucket), count]));
  const quantile = (q: number) => latencyQuantileMs(buckets, q) ?? null;
  return { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99) };
}

/** Exchanges that were to be sent: entries that could be read and were wanted. */
function exchangesOf({ entries, leftOut, unreadable }: SumsState): number {
  return entries - leftOut - unreadable;
}

export function endText(end: TrafficEnd): string | undefined {
  switch (end.kind) {
    case "all":
    case "limit":
      return undefined;
    case "stopped":
      return "stopped before the end; --checkpoint and --resume go on from where it was";
    case "unreadable":
      return `--strict: ${end.where}: ${end.what}`;
    case "no-answers":
      return `nothing answers (${end.reason}); nothing more was sent`;
    default:
      return assertNever(end);
  }
}

function headline(sums: SumsState): string {
  const compared = comparedOf(sums);
  const exchanges = exchangesOf(sums);
  const judged = `${number(compared)} of ${counted(exchanges, "exchange")} judged`;
  if (compared === 0) return judged;
  const { low, high } = wilsonBounds(sums.match, compared);
  return `${judged} · ${percent(sums.match / compared)} match (95 %: ${percent(low)} to ${percent(high)})`;
}

/** Lines ended by \n. */
export function renderTrafficText({ sums, end, legacy, candidate, isUnsafe }: TrafficOutput): string {
  const lines = [
    headline(sums),
    [
      counted(sums.match, "match", "matches"),
      counted(sums.mismatch, "mismatch", "mismatches"),
      `${number(sumOf(sums.incomparable))} incomparable`,
      `${number(sumOf(sums.skipped))} skipped`,
      `${number(sumOf(sums.failed))} failed`,
      ...(sums.leftOut > 0 ? [`${number(sums.leftOut)} of other endpoints`] : []),
      ...(sums.unreadable > 0 ? [`${number(sums.unreadable)} unreadable`] : []),
    ].join(" · "),
    "",
    `legacy    ${legacy}${latencyText(sums.legacyLatency)}`,
    `candidate ${candidate}${latencyText(sums.candidateLatency)}`,
  ];
  if (isUnsafe) lines.push("--unsafe: writes were sent as well");
  const signatures = mostFirst(sums.signatures);
  if (signatures.length > 0)
    lines.push("", `${counted(signatures.length, "signature")}, most exchanges first`);
  for (const signature of signatures.slice(0, SIGNATURES_SHOWN)) lines.push(...signatureLines(signature));
  const more = signatures.length - SIGNATURES_SHOWN;
  if (more > 0) lines.push(`          … and ${counted(more, "more signature")} (--format json has all)`);
  if (sums.furtherDifferences > 0)
    lines.push(
      `          … and ${counted(sums.furtherDifferences, "difference")} of signatures that are not told apart`,
    );
  const details = sortedReasons(sums.details);
  if (details.length > 0) lines.push("", "Not judged, and why");
  for (const [detail, count] of details.slice(0, DETAILS_SHOWN))
    lines.push(`${number(count).padStart(8)}× ${safe(detail, WHY_CHARACTERS_MAX)}`);
  if (details.length > DETAILS_SHOWN)
    lines.push(`          … and ${number(details.length - DETAILS_SHOWN)} more`);
  const ended = endText(end);
  if (ended !== undefined) lines.push("", `Not whole: ${safe(ended, 240)}`);
  return `${lines.join("\n")}\n`;
}

function latencyText(counts: Readonly<Record<string, number>>): string {
  const { p50, p95, p99 } = latencyOf(counts);
  if (p50 === null) return "";
  return `  p50 / p95 / p99 ms: ${milliseconds(p50)} / ${milliseconds(p95)} / ${milliseconds(p99)}`;
}

function signatureLines(signature: SignatureSums): readonly string[] {
  const count = `${number(signature.exchanges)}×`.padStart(9);
  return [
    `${count} ${signature.kind.padEnd(11)} ${safe(signature.endpoint)}  ${placeOf(signature)}`,
    `${" ".repeat(10)}${valuesOf(signature)}  ${signature.id}`,
  ];
}

export function renderTrafficJson({ sums, end, legacy, candidate }: TrafficOutput): string {
  const compared = comparedOf(sums);
  const output = {
    schemaVersion: REPLAY_SCHEMA_VERSION,
    end: end.kind,
    ...(endText(end) === undefined ? undefined : { why: endText(end) }),
    legacy,
    candidate,
    entries: sums.entries,
    leftOut: sums.leftOut,
    unreadable: sums.unreadable,
    exchanges: exchangesOf(sums),
    match: sums.match,
    mismatch: sums.mismatch,
    incomparable: sums.incomparable,
    skipped: sums.skipped,
    failed: sums.failed,
    details: sums.details,
    matchRate: {
      compared,
      rate: compared === 0 ? null : sums.match / compared,
      ...wilsonBounds(sums.match, compared),
    },
    latencyMs: { legacy: latencyOf(sums.legacyLatency), candidate: latencyOf(sums.candidateLatency) },
    signatures: mostFirst(sums.signatures),
    furtherDifferences: sums.furtherDifferences,
  };
  return `${JSON.stringify(output, undefined, 2)}\n`;
}

export interface Progress {
  readonly sums: SumsState;
  /** 0..1 of what is to be done; undefined where it is not known. */
  readonly share: number | undefined;
  /** The same when this run began: more than 0 after --resume. */
  readonly shareBefore: number;
  readonly exchangesBefore: number;
  readonly elapsedMs: number;
}

/** `1,204 sent · 99.25 % match · 48/s · 34 % · about 3 min left` */
export function progressText({ sums, share, shareBefore, exchangesBefore, elapsedMs }: Progress): string {
  const exchanges = exchangesOf(sums);
  const compared = comparedOf(sums);
  const perSecond = elapsedMs > 0 ? ((exchanges - exchangesBefore) * 1000) / elapsedMs : 0;
  const done = share === undefined ? undefined : share - shareBefore;
  const isEstimable = share !== undefined && done !== undefined && done > 0 && elapsedMs >= 1000;
  return [
    counted(exchanges, "exchange"),
    ...(compared === 0 ? [] : [`${percent(sums.match / compared)} match`]),
    ...(sumOf(sums.failed) > 0 ? [`${number(sumOf(sums.failed))} failed`] : []),
    `${perSecond >= 10 ? perSecond.toFixed(0) : perSecond.toFixed(1)}/s`,
    ...(share === undefined ? [] : [`${Math.floor(share * 100)} %`]),
    ...(isEstimable ? [`about ${duration((elapsedMs * (1 - share)) / done)} left`] : []),
  ].join(" · ");
}

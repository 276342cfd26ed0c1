// The report as text for a terminal of 80 to 100 columns. Pure.
// Invariant: what came over the network cannot drive the terminal; a rate never rounds up to 100 %.
import type { SignatureAnswer } from "../admin/schemas.ts";
import { isDecided, type Report, type ReportedEndpoint, TIERS_SHOWN } from "./fetch-report.ts";
import { printable } from "./printable.ts";
import { ruleLines } from "./rule-lines.ts";
import {
  boundOf,
  COUNTED_SINCE,
  counted,
  countOf,
  decisionOf,
  evidenceOf,
  filterLine,
  headline,
  isNoiseMeasured,
  milliseconds,
  NOTHING_SEEN,
  number,
  percent,
  placeOf,
  rateOfAllTime,
  sortedReasons,
  stateLine,
  tierLine,
  warnings,
  windowLines,
} from "./wording.ts";

const COLUMNS = 96;
const VALUE_CHARACTERS_MAX = 34;
const NAME_CHARACTERS_MAX = 60;

type Style = "bold" | "dim" | "red" | "green";
const CODES: Readonly<Record<Style, string>> = { bold: "1", dim: "2", red: "31", green: "32" };
type Paint = (style: Style, text: string) => string;

const plain: Paint = (_style, text) => text;
const colored: Paint = (style, text) => `\u001b[${CODES[style]}m${text}\u001b[0m`;

/** The report, lines ended by \n. */
export function renderReportText(report: Report, isColored = false): string {
  const paint = isColored ? colored : plain;
  const lines = [...headLines(report, paint)];
  for (const endpoint of report.endpoints) lines.push("", ...endpointLines(endpoint, { report, paint }));
  const more = report.endpointsTotal - report.endpoints.length;
  if (more > 0) lines.push("", paint("dim", `… and ${counted(more, "more endpoint")} (--limit shows more)`));
  lines.push("", ...reasonLines(report, paint));
  if (report.rulesTotal > 0) lines.push("", ...ruleLines(report, (text) => paint("bold", text)));
  lines.push("", paint("dim", COUNTED_SINCE));
  return `${lines.join("\n")}\n`;
}

function headLines(report: Report, paint: Paint): readonly string[] {
  const filters = filterLine(report);
  return [
    paint("bold", headline(report)),
    ...(filters === undefined ? [] : [printable(filters, COLUMNS)]),
    ...[
      ...windowLines(report),
      isNoiseMeasured(report) ? tierLine(report) : undefined,
      stateLine(report),
    ].filter((line) => line !== undefined),
    ...warnings(report).map((line) => paint("red", printable(line, 240))),
    ...(report.endpointsTotal === 0 && filters === undefined ? [NOTHING_SEEN] : []),
    ...(report.endpointsTotal === 0 && filters !== undefined ? ["No endpoint of that kind was seen."] : []),
  ];
}

interface Shown {
  readonly report: Report;
  readonly paint: Paint;
}

function endpointLines(endpoint: ReportedEndpoint, shown: Shown): readonly string[] {
  const { report, paint } = shown;
  const { legacy, candidate, window } = endpoint;
  const { matchRate, mismatch } = window ?? endpoint;
  const name = paint("bold", printable(endpoint.endpoint, NAME_CHARACTERS_MAX));
  const bound = `95 %: ${boundOf(endpoint)}`;
  const rate =
    matchRate.rate === null
      ? "nothing compared"
      : `${paint(mismatch > 0 ? "red" : "green", `${percent(matchRate.rate)} match`)} (${bound})${rateOfAllTime(report, endpoint)}`;
  const latency = (of: typeof legacy) =>
    `${milliseconds(of.latencyMs.p50)} / ${milliseconds(of.latencyMs.p99)}`;
  return [
    `${name}  ${countOf(report, { all: endpoint.exchanges, since: window?.exchanges })} ${endpoint.exchanges === 1 ? "exchange" : "exchanges"}`,
    `  ${rate}`,
    `  p50 / p99 ms: legacy ${latency(legacy)}, candidate ${latency(candidate)}`,
    ...noiseLines(endpoint),
    ...tierLines(endpoint, shown),
    ...decidedLines(endpoint, shown),
    ...moreSignatures(endpoint, paint),
  ];
}

function noiseLines({ paired, window, matchRateWithoutNoise, ...of }: ReportedEndpoint): readonly string[] {
  if (paired === 0) return [];
  const { noise } = window ?? of;
  const { rate } = matchRateWithoutNoise;
  const without =
    rate === null || noise === 0 || window !== null ? "" : ` (${percent(rate)} match but for it)`;
  const pairs = counted(paired, "pair");
  return [
    `  ${pairs} with a second answer of the legacy; ${counted(noise, "mismatch", "mismatches")} noise${without}`,
  ];
}

/** Under the names of the tiers, where they are known from more than one answer. */
function tierLines({ paired, signatures }: ReportedEndpoint, shown: Shown): readonly string[] {
  const isMeasured = paired > 0 || signatures.some(({ rechecked }) => rechecked > 0);
  const waiting = signatures.filter((signature) => !isDecided(signature));
  if (!isMeasured) return waiting.flatMap((signature) => signatureLines(signature, shown));
  const { paint } = shown;
  return TIERS_SHOWN.flatMap((tier) => {
    const found = waiting.filter((signature) => signature.tier === tier);
    if (found.length === 0) return [];
    const style = tier === "confirmed" ? "red" : "dim";
    return [
      `    ${paint(style, tier)}`,
      ...found.flatMap((signature) => [
        ...signatureLines(signature, shown),
        paint("dim", `${" ".repeat(9)}${evidenceOf(signature)}`),
      ]),
    ];
  });
}

function decidedLines({ signatures }: ReportedEndpoint, shown: Shown): readonly string[] {
  const decided = signatures.filter(isDecided);
  if (decided.length === 0) return [];
  return [
    `    ${shown.paint("dim", "decided")}`,
    ...decided.flatMap((signature) => signatureLines(signature, shown)),
  ];
}

function moreSignatures({ signaturesTotal, signatures }: ReportedEndpoint, paint: Paint): readonly string[] {
  const more = signaturesTotal - signatures.length;
  return more > 0 ? [paint("dim", `    … and ${counted(more, "more signature")}`)] : [];
}

function signatureLines(signature: SignatureAnswer, { report, paint }: Shown): readonly string[] {
  const decision = decisionOf(signature);
  const { exchanges, window } = signature;
  const said = [
    ...(decision === undefined ? [] : [printable(decision, COLUMNS - 10)]),
    ...(report.filters.since === undefined
      ? []
      : [`in ${countOf(report, { all: exchanges, since: window?.exchanges })} exchanges`]),
  ];
  const under = (text: string) => paint("dim", `${" ".repeat(9)}${text}`);
  const count = `${number(signature.count)}×`.padStart(8);
  const line = `${count} ${signature.kind.padEnd(11)} ${printable(placeOf(signature), COLUMNS - 22)}`;
  const { example } = signature;
  if (example === undefined) return [line, under("no example kept"), ...said.map(under)];
  const value = (text: string | undefined) =>
    text === undefined ? "(none)" : printable(text, VALUE_CHARACTERS_MAX);
  return [line, under(`${value(example.legacy)} → ${value(example.candidate)}`), ...said.map(under)];
}

function reasonLines({ summary: { totals } }: Report, paint: Paint): readonly string[] {
  const skipped = sortedReasons(totals.skipped);
  const incomparable = sortedReasons(totals.incomparableByReason);
  const sum = skipped.reduce((total, [, count]) => total + count, 0);
  const lines = [
    paint(
      "bold",
      `Skipped: ${number(sum)} · incomparable: ${number(totals.incomparable)} · in flight: ${number(totals.inFlight)}`,
    ),
  ];
  for (const [reason, count] of skipped) lines.push(`${number(count).padStart(9)} skipped, ${reason}`);
  for (const [reason, count] of incomparable)
    lines.push(`${number(count).padStart(9)} incomparable, ${reason}`);
  return lines;
}

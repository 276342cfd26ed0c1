// The report as text for a terminal of 80 to 100 columns. Pure.
// Invariant: what came over the network cannot drive the terminal; a rate never rounds up to 100 %.
import type { SignatureAnswer } from "../admin/schemas.ts";
import { type Report, type ReportedEndpoint, TIERS_SHOWN } from "./fetch-report.ts";
import { printable } from "./printable.ts";
import { ruleLines } from "./rule-lines.ts";
import {
  boundOf,
  COUNTED_SINCE,
  counted,
  evidenceOf,
  filterLine,
  headline,
  isNoiseMeasured,
  milliseconds,
  NOTHING_SEEN,
  number,
  percent,
  placeOf,
  sortedReasons,
  tierLine,
  warnings,
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
  for (const endpoint of report.endpoints) lines.push("", ...endpointLines(endpoint, paint));
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
    ...(isNoiseMeasured(report) ? [tierLine(report)] : []),
    ...warnings(report).map((line) => paint("red", printable(line, 240))),
    ...(report.endpointsTotal === 0 && filters === undefined ? [NOTHING_SEEN] : []),
    ...(report.endpointsTotal === 0 && filters !== undefined ? ["No endpoint of that kind was seen."] : []),
  ];
}

function endpointLines(endpoint: ReportedEndpoint, paint: Paint): readonly string[] {
  const { matchRate, legacy, candidate } = endpoint;
  const name = paint("bold", printable(endpoint.endpoint, NAME_CHARACTERS_MAX));
  const bound = `95 %: ${boundOf(endpoint)}`;
  const rate =
    matchRate.rate === null
      ? "nothing compared"
      : `${paint(endpoint.mismatch > 0 ? "red" : "green", `${percent(matchRate.rate)} match`)} (${bound})`;
  const latency = (of: typeof legacy) =>
    `${milliseconds(of.latencyMs.p50)} / ${milliseconds(of.latencyMs.p99)}`;
  return [
    `${name}  ${counted(endpoint.exchanges, "exchange")}`,
    `  ${rate}`,
    `  p50 / p99 ms: legacy ${latency(legacy)}, candidate ${latency(candidate)}`,
    ...noiseLines(endpoint),
    ...tierLines(endpoint, paint),
    ...moreSignatures(endpoint, paint),
  ];
}

function noiseLines({ paired, noise, matchRateWithoutNoise }: ReportedEndpoint): readonly string[] {
  if (paired === 0) return [];
  const { rate } = matchRateWithoutNoise;
  const without = rate === null || noise === 0 ? "" : ` (${percent(rate)} match but for it)`;
  const pairs = counted(paired, "pair");
  return [
    `  ${pairs} with a second answer of the legacy; ${counted(noise, "mismatch", "mismatches")} noise${without}`,
  ];
}

/** Under the names of the tiers, where they are known from more than one answer. */
function tierLines({ paired, signatures }: ReportedEndpoint, paint: Paint): readonly string[] {
  const isMeasured = paired > 0 || signatures.some(({ rechecked }) => rechecked > 0);
  if (!isMeasured) return signatures.flatMap((signature) => signatureLines(signature, paint));
  return TIERS_SHOWN.flatMap((tier) => {
    const found = signatures.filter((signature) => signature.tier === tier);
    if (found.length === 0) return [];
    const style = tier === "confirmed" ? "red" : "dim";
    return [
      `    ${paint(style, tier)}`,
      ...found.flatMap((signature) => [
        ...signatureLines(signature, paint),
        paint("dim", `${" ".repeat(9)}${evidenceOf(signature)}`),
      ]),
    ];
  });
}

function moreSignatures({ signaturesTotal, signatures }: ReportedEndpoint, paint: Paint): readonly string[] {
  const more = signaturesTotal - signatures.length;
  return more > 0 ? [paint("dim", `    … and ${counted(more, "more signature")}`)] : [];
}

function signatureLines(signature: SignatureAnswer, paint: Paint): readonly string[] {
  const count = `${number(signature.count)}×`.padStart(8);
  const line = `${count} ${signature.kind.padEnd(11)} ${printable(placeOf(signature), COLUMNS - 22)}`;
  const { example } = signature;
  if (example === undefined) return [line, paint("dim", `${" ".repeat(9)}no example kept`)];
  const value = (text: string | undefined) =>
    text === undefined ? "(none)" : printable(text, VALUE_CHARACTERS_MAX);
  return [line, paint("dim", `${" ".repeat(9)}${value(example.legacy)} → ${value(example.candidate)}`)];
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

// The report as text for a terminal of 80 to 100 columns. Pure.
// Invariant: what came over the network cannot drive the terminal; a rate never rounds up to 100 %.
import type { SignatureAnswer } from "../admin/schemas.ts";
import type { Tier } from "../core/evidence.ts";
import type { Report, ReportedEndpoint } from "./fetch-report.ts";
import { printable } from "./printable.ts";
import { ruleLines } from "./rule-lines.ts";

const COLUMNS = 96;
const VALUE_CHARACTERS_MAX = 34;
const NAME_CHARACTERS_MAX = 60;

type Style = "bold" | "dim" | "red" | "green";
const CODES: Readonly<Record<Style, string>> = { bold: "1", dim: "2", red: "31", green: "32" };
type Paint = (style: Style, text: string) => string;

const plain: Paint = (_style, text) => text;
const colored: Paint = (style, text) => `\u001b[${CODES[style]}m${text}\u001b[0m`;

const number = (value: number) => value.toLocaleString("en-US");
/** `1 exchange`, `2 exchanges`. */
const counted = (count: number, one: string, many = `${one}s`) =>
  `${number(count)} ${count === 1 ? one : many}`;
const milliseconds = (value: number | null) => (value === null ? "–" : value.toFixed(value < 10 ? 1 : 0));

/** Floors: 99.9999 % is shown as 99.99 %, because 100 % is a claim. */
function percent(rate: number): string {
  return rate === 1 ? "100 %" : `${(Math.floor(rate * 10_000) / 100).toFixed(2)} %`;
}

/** The report, lines ended by \n. */
export function renderReportText(report: Report, isColored = false): string {
  const paint = isColored ? colored : plain;
  const lines = [...headLines(report, paint)];
  for (const endpoint of report.endpoints) lines.push("", ...endpointLines(endpoint, paint));
  const more = report.endpointsTotal - report.endpoints.length;
  if (more > 0) lines.push("", paint("dim", `… and ${counted(more, "more endpoint")} (--limit shows more)`));
  lines.push("", ...reasonLines(report, paint));
  if (report.rulesTotal > 0) lines.push("", ...ruleLines(report, (text) => paint("bold", text)));
  lines.push(
    "",
    paint(
      "dim",
      "Totals count since the start, endpoints, differences and hits since the data directory was begun.",
    ),
  );
  return `${lines.join("\n")}\n`;
}

/** The order in which they are worth a look. */
const TIERS_SHOWN = ["confirmed", "suspect", "transient", "noise"] as const satisfies readonly Tier[];

/** Where nothing was measured everything is suspect, which tells nobody anything. */
function isNoiseMeasured({ summary: { noise } }: Report): boolean {
  return (noise.baseline["paired"] ?? 0) > 0 || Object.values(noise.rechecks).some((count) => count > 0);
}

function headLines(report: Report, paint: Paint): readonly string[] {
  const { summary, signaturesTotal, endpointsTotal, tierTotals } = report;
  const { totals } = summary;
  const compared = totals.match + totals.mismatch;
  const rate = compared === 0 ? "nothing compared yet" : `${percent(totals.match / compared)} match`;
  const facts = [
    counted(totals.exchanges, "exchange"),
    rate,
    counted(totals.mismatch, "mismatch", "mismatches"),
    counted(signaturesTotal, "signature"),
  ];
  const lines = [paint("bold", facts.join(" · "))];
  if (isNoiseMeasured(report)) {
    const tiers = TIERS_SHOWN.map((tier) => `${number(tierTotals[tier])} ${tier}`).join(", ");
    const noise = counted(summary.noise.mismatches, "mismatch", "mismatches");
    lines.push(`Signatures: ${tiers} · noise alone: ${noise}`);
  }
  if (summary.isKilled) lines.push(paint("red", "The kill switch is on: legacy only, nothing is mirrored."));
  if (summary.store.kind === "failing")
    lines.push(
      paint("red", `The store fails, so counts may lag: ${printable(summary.store.message ?? "", 200)}`),
    );
  if (summary.store.lost.batches > 0)
    lines.push(
      paint(
        "red",
        `The store could not keep all of ${counted(summary.store.lost.batches, "batch", "batches")}.`,
      ),
    );
  if (endpointsTotal === 0)
    lines.push("No endpoint seen. Send traffic to Parallax's listening address instead of to the legacy.");
  return lines;
}

function endpointLines(endpoint: ReportedEndpoint, paint: Paint): readonly string[] {
  const { matchRate, legacy, candidate } = endpoint;
  const name = paint("bold", printable(endpoint.endpoint, NAME_CHARACTERS_MAX));
  const bound = `95 %: ${percent(matchRate.low)} to ${percent(matchRate.high)}`;
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
  const without = rate === null ? "" : ` (${percent(rate)} match without)`;
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
      ...found.flatMap((signature) => [...signatureLines(signature, paint), evidenceLine(signature, paint)]),
    ];
  });
}

/** What the tier rests on. */
function evidenceLine(signature: SignatureAnswer, paint: Paint): string {
  const { paired, candidateRate, baselineRate, rechecked, transient } = signature;
  const facts = [
    `of ${counted(paired, "pair")} the candidate differed in ${number(candidateRate.count)}, the legacy from itself in ${number(baselineRate.count)}`,
  ];
  if (rechecked > 0) facts.push(`${number(transient)} of ${number(rechecked)} gone when read again`);
  return paint("dim", `${" ".repeat(9)}${facts.join("; ")}`);
}

function moreSignatures({ signaturesTotal, signatures }: ReportedEndpoint, paint: Paint): readonly string[] {
  const more = signaturesTotal - signatures.length;
  return more > 0 ? [paint("dim", `    … and ${counted(more, "more signature")}`)] : [];
}

function signatureLines(signature: SignatureAnswer, paint: Paint): readonly string[] {
  const place = signature.part === "status" ? "status" : `${signature.part} ${signature.path || "(root)"}`;
  const count = `${number(signature.count)}×`.padStart(8);
  const line = `${count} ${signature.kind.padEnd(11)} ${printable(place, COLUMNS - 22)}`;
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

function sortedReasons(counts: Readonly<Record<string, number>>): readonly (readonly [string, number])[] {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .sort((a, b) => b[1] - a[1]);
}

// `parallax report`: what differs, read from the admin API, for people and for CI.
// Invariant: an exit code of 0 is never given for evidence that could not be read, or not be written down.
import { randomUUID } from "node:crypto";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { assertNever } from "../core/assert.ts";
import { CommandError } from "../core/errors.ts";
import type { FailOn } from "../report/failures.ts";
import { fetchReport, type Report, type ReportQuery } from "../report/fetch-report.ts";
import { renderReportHtml } from "../report/report-html.ts";
import { renderReportJunit } from "../report/report-junit.ts";
import { renderReportMarkdown } from "../report/report-markdown.ts";
import { renderReportText } from "../report/report-text.ts";
import { askedSince } from "../report/since.ts";
import { failureName } from "../report/wording.ts";

export type ReportFormat = "text" | "json" | "markdown" | "junit" | "html";

/** How many endpoints each lists where no limit is given, and signatures of each. */
const LISTED: Readonly<Record<ReportFormat, { readonly limit: number; readonly signaturesMax: number }>> = {
  text: { limit: 20, signaturesMax: 5 },
  json: { limit: 20, signaturesMax: 100 },
  markdown: { limit: 50, signaturesMax: 10 },
  junit: { limit: 10_000, signaturesMax: 20 }, // a case that is left out would look like one that passed
  html: { limit: 200, signaturesMax: 50 },
};

export interface ReportOptions extends ReportQuery {
  readonly format: ReportFormat;
  readonly failOn?: FailOn | undefined;
  /** A time ago, or ISO 8601: sinceOf (report/since). */
  readonly since?: string | undefined;
  /** A file instead of the output. */
  readonly out?: string | undefined;
}

/** Where the report goes; the process's own streams unless a test gives others. */
export interface ReportOutput {
  readonly isColored: boolean;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
}

export const STANDARD_OUTPUT: ReportOutput = {
  // hasColors() heeds NO_COLOR and FORCE_COLOR itself.
  isColored: process.stdout.isTTY === true && process.stdout.hasColors(),
  write: (text) => process.stdout.write(text),
  writeError: (text) => process.stderr.write(text),
};

/** The exit code: 0 fine, 1 `failOn` found something, 2 usage, 3 the report could not be had, or not written. */
export async function runReport(
  options: ReportOptions,
  output = STANDARD_OUTPUT,
  nowMs = Date.now(),
): Promise<number> {
  try {
    const since = askedSince("--since", options.since, nowMs);
    const listed = LISTED[options.format];
    const limit = options.limit ?? listed.limit;
    const report = await fetchReport({ ...options, since, limit, signaturesMax: listed.signaturesMax });
    const isColored = output.isColored && options.out === undefined;
    const text = render(report, options, { isColored, nowMs });
    if (options.out === undefined) output.write(text);
    else writeWhole(options.out, text);
    return exitCodeOf(report, options.failOn, output);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    output.writeError(`parallax report: ${error.message}\n`);
    return error.exitCode;
  }
}

function render(
  report: Report,
  { format, failOn }: ReportOptions,
  { isColored, nowMs }: { readonly isColored: boolean; readonly nowMs: number },
): string {
  switch (format) {
    case "text":
      return renderReportText(report, isColored);
    case "json":
      return `${JSON.stringify(report, undefined, 2)}\n`;
    case "markdown":
      return renderReportMarkdown(report);
    case "junit":
      return renderReportJunit(report, failOn);
    case "html":
      return renderReportHtml(report, new Date(nowMs).toISOString());
    default:
      return assertNever(format);
  }
}

/** Whoever looks sees the file before or the whole new one. */
export function writeWhole(file: string, text: string): void {
  const beside = `${file}.${randomUUID()}.part`;
  try {
    writeFileSync(beside, text, { flag: "wx" });
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    const reason = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new CommandError(3, `--out ${file} cannot be written (${reason}); is its directory there?`);
  }
}

function exitCodeOf(report: Report, failOn: FailOn | undefined, output: ReportOutput): number {
  if (failOn === undefined) return 0;
  const { endpoint, route, since } = report.filters;
  const chosen = endpoint ?? (route === undefined ? undefined : `route ${route}`);
  if (report.endpointsTotal === 0 && (chosen ?? since) !== undefined) {
    const when = since === undefined ? "never seen" : `not seen since ${since}`;
    output.writeError(
      `parallax report: ${chosen ?? "anything"} was ${when}, so nothing is known of it; check its name, or send traffic\n`,
    );
    return 3;
  }
  if (!hasFailure(report, failOn)) return 0;
  output.writeError(`parallax report: --fail-on ${failOn}: ${failureText(report, failOn)}\n`);
  return 1;
}

function hasFailure(report: Report, failOn: FailOn): boolean {
  if (report.failing[failOn] > 0) return true;
  const { endpoint, route, tier, state, owner, since } = report.filters;
  // Which of the mismatches a tier, a decision or a time means is known by their signatures alone.
  if (failOn !== "mismatch" || (tier ?? state ?? owner ?? since) !== undefined) return false;
  // The live totals know of a mismatch before the store does.
  const isLive = endpoint === undefined && route === undefined && report.summary.totals.mismatch > 0;
  return isLive || report.sums.mismatch > 0;
}

/** Noise fails `mismatch` as well, and is then what a reader has to know. */
function failureText({ failing, tierTotals }: Report, failOn: FailOn): string {
  const found = failureName(failOn, failing[failOn]);
  const quiet = tierTotals.noise + tierTotals.transient;
  if (failOn !== "mismatch" || quiet === 0) return found;
  return `${found}, ${tierTotals.noise} of them noise and ${tierTotals.transient} transient; --fail-on untriaged leaves these out`;
}

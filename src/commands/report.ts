// `parallax report`: what differs, read from the admin API, for people and for CI.
// Invariant: an exit code of 0 is never given for evidence that could not be read.
import { CommandError } from "../core/errors.ts";
import { fetchReport, type Report, type ReportQuery } from "../report/fetch-report.ts";
import { renderReportText } from "../report/report-text.ts";

export interface ReportOptions extends ReportQuery {
  readonly format: "text" | "json";
  readonly failOn?: "mismatch" | "untriaged" | undefined;
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

/** The exit code: 0 fine, 1 `failOn` found something, 2 the URL is none, 3 the report could not be had. */
export async function runReport(options: ReportOptions, output = STANDARD_OUTPUT): Promise<number> {
  try {
    const report = await fetchReport(options);
    output.write(
      options.format === "json"
        ? `${JSON.stringify(report, undefined, 2)}\n`
        : renderReportText(report, output.isColored),
    );
    return exitCodeOf(report, options, output);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    output.writeError(`parallax report: ${error.message}\n`);
    return error.exitCode;
  }
}

function exitCodeOf(report: Report, { failOn, endpoint }: ReportOptions, output: ReportOutput): number {
  if (failOn === undefined) return 0;
  if (endpoint !== undefined && report.endpointsTotal === 0) {
    output.writeError(
      `parallax report: ${endpoint} was never seen, so nothing is known of it; check its name, or send traffic\n`,
    );
    return 3;
  }
  return hasFailure(report, failOn, endpoint) ? 1 : 0;
}

function hasFailure(report: Report, failOn: "mismatch" | "untriaged", endpoint: string | undefined): boolean {
  if (failOn === "untriaged") return report.untriagedTotal > 0;
  // The live totals know of a mismatch before the store does.
  const isLiveMismatch = endpoint === undefined && report.summary.totals.mismatch > 0;
  return isLiveMismatch || report.signaturesTotal > 0 || report.endpoints.some((e) => e.mismatch > 0);
}

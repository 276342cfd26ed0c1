// `parallax report`: what differs, read from the admin API, for people and for CI.
// Invariant: an exit code of 0 is never given for evidence that could not be read.
import { request } from "undici";
import type { EndpointAnswer, SignatureAnswer, Summary } from "../admin/schemas.ts";
import { CommandError } from "../core/errors.ts";
import { type Report, type ReportedEndpoint, renderReportText } from "./report-text.ts";

export { type Report, renderReportText } from "./report-text.ts";

/** Endpoints in a report where no limit is given. */
const ENDPOINTS_DEFAULT = 20;
const SIGNATURES_PER_ENDPOINT = 5;
/** The API's own limit on a page. */
const PAGE_ROWS_MAX = 1000;
const TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

export interface ReportOptions {
  /** URL of the admin listener. */
  readonly admin: string;
  readonly token?: string | undefined;
  readonly format: "text" | "json";
  readonly failOn?: "mismatch" | "untriaged" | undefined;
  /** Only this one, as in `GET /users/{id}`. */
  readonly endpoint?: string | undefined;
  /** Endpoints that are listed. */
  readonly limit?: number | undefined;
}

/** Where the report goes; the process's own streams unless a test gives others. */
export interface ReportOutput {
  readonly isColored: boolean;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
}

const STANDARD_OUTPUT: ReportOutput = {
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

/** Throws a CommandError whose message is what, where and what to do. */
export async function fetchReport(options: ReportOptions): Promise<Report> {
  if (!/^https?:\/\//.test(options.admin) || !URL.canParse(options.admin))
    throw new CommandError(2, `--admin ${options.admin} is not a URL; for instance http://127.0.0.1:9090`);
  const { endpoint } = options;
  const summary = await getJson<Summary>(options, "/api/summary", {});
  const listed = await getJson<{ total: number; endpoints: readonly EndpointAnswer[] }>(
    options,
    "/api/endpoints",
    {
      endpoint,
      sort: "mismatch",
      limit: Math.min(options.limit ?? ENDPOINTS_DEFAULT, PAGE_ROWS_MAX),
    },
  );
  const all = await getDifferences(options, { endpoint, limit: 1 });
  const untriaged = await getDifferences(options, { endpoint, state: "new", limit: 1 });
  const endpoints: ReportedEndpoint[] = [];
  for (const entry of listed.endpoints) {
    const query = { endpoint: entry.endpoint, sort: "count", limit: SIGNATURES_PER_ENDPOINT };
    const found = entry.mismatch === 0 ? { total: 0, differences: [] } : await getDifferences(options, query);
    endpoints.push({ ...entry, signatures: found.differences, signaturesTotal: found.total });
  }
  return {
    summary,
    endpoints,
    endpointsTotal: listed.total,
    signaturesTotal: all.total,
    untriagedTotal: untriaged.total,
  };
}

type Query = Readonly<Record<string, string | number | undefined>>;

function getDifferences(options: ReportOptions, query: Query) {
  return getJson<{ total: number; differences: readonly SignatureAnswer[] }>(
    options,
    "/api/differences",
    query,
  );
}

/** The admin API is ours and of the same version: its answers are taken as their types say. */
async function getJson<T>(options: ReportOptions, path: string, query: Query): Promise<T> {
  const url = new URL(options.admin.replace(/\/+$/, "") + path);
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) url.searchParams.set(name, String(value));
  const { status, text } = await get(url, options.token);
  if (status === 401)
    throw new CommandError(3, `${url.origin} wants a token; set PARALLAX_ADMIN_TOKEN to the admin token`);
  if (status !== 200)
    throw new CommandError(
      3,
      `${url.origin}${path} answered ${status} ${errorOf(text)}; see the log of that Parallax`,
    );
  const parsed = parseObject(text);
  if (parsed === undefined)
    throw new CommandError(3, `${url.origin} is not the admin listener of a Parallax; check --admin`);
  return parsed as T;
}

async function get(url: URL, token: string | undefined): Promise<{ status: number; text: string }> {
  try {
    const { statusCode, body } = await request(url, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > ANSWER_BYTES_MAX)
        throw new CommandError(3, `${url.origin} answers without end; check --admin`);
      chunks.push(chunk);
    }
    return { status: statusCode, text: Buffer.concat(chunks).toString("utf8") };
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(
      3,
      `no answer from ${url.origin} (${reasonOf(error)}); is Parallax running, and is --admin its admin address?`,
    );
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}

function parseObject(text: string): object | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? parsed : undefined;
  } catch {
    return undefined; // not JSON: the caller says whom it asked
  }
}

function errorOf(text: string): string {
  const parsed = parseObject(text);
  return parsed !== undefined && "error" in parsed ? String(parsed.error) : "";
}

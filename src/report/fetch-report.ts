// What a report tells, read from the admin API of a running Parallax.
// Invariant: a report is whole or it is an error; what could not be read is never left out.
import { request } from "undici";
import type { EndpointAnswer, RuleAnswer, SignatureAnswer, Summary } from "../admin/schemas.ts";
import { CommandError } from "../core/errors.ts";
import { TIERS, type Tier } from "../core/evidence.ts";

/** Endpoints in a report where no limit is given. */
const ENDPOINTS_DEFAULT = 20;
const SIGNATURES_PER_ENDPOINT = 5;
/** The API's own limit on a page. */
const PAGE_ROWS_MAX = 1000;
const TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

export interface AdminAddress {
  /** URL of the admin listener. */
  readonly admin: string;
  readonly token?: string | undefined;
}

export interface ReportQuery extends AdminAddress {
  /** Only this one, as in `GET /users/{id}`. */
  readonly endpoint?: string | undefined;
  /** Endpoints that are listed. */
  readonly limit?: number | undefined;
}

export interface ReportedEndpoint extends EndpointAnswer {
  /** What is confirmed before what is noise, then the most frequent ones. */
  readonly signatures: readonly SignatureAnswer[];
  /** All of the endpoint's. */
  readonly signaturesTotal: number;
}

export interface Report {
  readonly summary: Summary;
  /** Most mismatches first. */
  readonly endpoints: readonly ReportedEndpoint[];
  readonly endpointsTotal: number;
  readonly signaturesTotal: number;
  readonly untriagedTotal: number;
  /** Signatures by what the evidence says of them; all suspect where no noise was measured. */
  readonly tierTotals: Readonly<Record<Tier, number>>;
  /** In the order of the config. */
  readonly rules: readonly RuleAnswer[];
  readonly rulesTotal: number;
  /** Of these, the ones that are worth a look. */
  readonly flaggedRules: readonly RuleAnswer[];
  readonly flaggedRulesTotal: number;
}

/** Throws a CommandError whose message is what, where and what to do. */
export async function fetchReport(options: ReportQuery): Promise<Report> {
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
  const tierTotals: Record<Tier, number> = { confirmed: 0, suspect: 0, transient: 0, noise: 0 };
  for (const tier of TIERS)
    tierTotals[tier] = (await getDifferences(options, { endpoint, tier, limit: 1 })).total;
  const endpoints: ReportedEndpoint[] = [];
  for (const entry of listed.endpoints) {
    const query = { endpoint: entry.endpoint, sort: "tier", limit: SIGNATURES_PER_ENDPOINT };
    const found = entry.mismatch === 0 ? { total: 0, differences: [] } : await getDifferences(options, query);
    endpoints.push({ ...entry, signatures: found.differences, signaturesTotal: found.total });
  }
  const rules = await getRules(options, {});
  const flagged = await getRules(options, { flagged: "true" });
  return {
    summary,
    endpoints,
    endpointsTotal: listed.total,
    signaturesTotal: all.total,
    untriagedTotal: untriaged.total,
    tierTotals,
    rules: rules.rules,
    rulesTotal: rules.total,
    flaggedRules: flagged.rules,
    flaggedRulesTotal: flagged.total,
  };
}

/** Names and values; what is undefined is left out. */
export type AdminQuery = Readonly<Record<string, string | number | undefined>>;

function getRules(options: AdminAddress, query: AdminQuery) {
  return getJson<{ total: number; rules: readonly RuleAnswer[] }>(options, "/api/rules", {
    ...query,
    limit: PAGE_ROWS_MAX,
  });
}

function getDifferences(options: AdminAddress, query: AdminQuery) {
  return getJson<{ total: number; differences: readonly SignatureAnswer[] }>(
    options,
    "/api/differences",
    query,
  );
}

/**
 * The admin API is ours and of the same version: its answers are taken as their types say. Throws a CommandError
 * whose message is what, where and what to do.
 */
export async function getJson<T>(options: AdminAddress, path: string, query: AdminQuery): Promise<T> {
  if (!/^https?:\/\//.test(options.admin) || !URL.canParse(options.admin))
    throw new CommandError(2, `--admin ${options.admin} is not a URL; for instance http://127.0.0.1:9090`);
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

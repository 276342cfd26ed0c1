// What a report tells, read from the admin API of a running Parallax.
// Invariant: a report is whole or it is an error; what could not be read is never left out.

import type { STATE_NAMES } from "../admin/query-schemas.ts";
import type { RuleAnswer } from "../admin/rule-schemas.ts";
import type { EndpointAnswer, ExportLine, SignatureAnswer, Summary } from "../admin/schemas.ts";
import { TIERS, type Tier } from "../core/evidence.ts";
import { TRIAGE_STATES, type TriageState, UNTRIAGED_STATES } from "../core/triage.ts";
import { type AdminAddress, eachLine, getJson } from "./admin-client.ts";
import { FAIL_ON, type FailureCounts, isFailure } from "./failures.ts";
import { Ranking } from "./ranking.ts";

/** Raised when a reader of older reports could misread newer ones; new fields do not raise it. */
export const REPORT_SCHEMA_VERSION = 1;
/** Endpoints in a report where no limit is given. */
const ENDPOINTS_DEFAULT = 20;
const SIGNATURES_PER_ENDPOINT = 5;
/** The API's own limit on a page. */
const PAGE_ROWS_MAX = 1000;

export type StateFilter = (typeof STATE_NAMES)[number];

export interface ReportFilters {
  /** One endpoint, as in `GET /users/{id}`, or with `*` for any characters. */
  readonly endpoint?: string | undefined;
  readonly route?: string | undefined;
  /** Signatures of this tier alone. */
  readonly tier?: Tier | undefined;
  /** Signatures in this state alone; `open` and `untriaged` as in the API. */
  readonly state?: StateFilter | undefined;
  /** Signatures that are theirs alone. */
  readonly owner?: string | undefined;
  /** Endpoints and signatures that were seen then or later, as ISO 8601; `window` of each counts since then. */
  readonly since?: string | undefined;
}

export interface ReportQuery extends AdminAddress, ReportFilters {
  /** Endpoints that are listed. */
  readonly limit?: number | undefined;
  /** Signatures that are listed of each. */
  readonly signaturesMax?: number | undefined;
}

/** Of the signatures that the filters let through. */
export interface SignatureTotals {
  readonly signaturesTotal: number;
  /** By what the evidence says of them; all suspect where no noise was measured. */
  readonly tierTotals: Readonly<Record<Tier, number>>;
  /** By what people decided about them. */
  readonly stateTotals: Readonly<Record<TriageState, number>>;
  /** Signatures that each kind of `--fail-on` finds. */
  readonly failing: FailureCounts;
}

export interface ReportedEndpoint extends EndpointAnswer, SignatureTotals {
  /** What waits for a decision before what has one, what is confirmed before what is noise, the most frequent first. */
  readonly signatures: readonly SignatureAnswer[];
}

export interface EndpointSums {
  readonly exchanges: number;
  readonly match: number;
  readonly mismatch: number;
  /** Among `mismatch`. */
  readonly noise: number;
}

/** Since the time that was asked for. */
export interface WindowSums extends EndpointSums {
  readonly fromMs: number;
  readonly resolution: EndpointWindow["resolution"];
  readonly incomparable: number;
  readonly skipped: number;
  /** Endpoints that were seen since, and of which it is not known how often. */
  readonly unknownEndpoints: number;
}
type EndpointWindow = NonNullable<EndpointAnswer["window"]>;

export interface Report extends SignatureTotals {
  readonly schemaVersion: typeof REPORT_SCHEMA_VERSION;
  readonly filters: ReportFilters;
  /** Live, of everything: no filter touches it. */
  readonly summary: Summary;
  /** Over all endpoints that the filters let through, also those that are not listed. */
  readonly sums: EndpointSums;
  /** The same of what was seen since `filters.since`; null without it. */
  readonly window: WindowSums | null;
  /** Most mismatches first; with `filters.since`, most since then. */
  readonly endpoints: readonly ReportedEndpoint[];
  readonly endpointsTotal: number;
  /** The same as `failing.untriaged`. */
  readonly untriagedTotal: number;
  /** In the order of the config. */
  readonly rules: readonly RuleAnswer[];
  readonly rulesTotal: number;
  /** Of these, the ones that are worth a look. */
  readonly flaggedRules: readonly RuleAnswer[];
  readonly flaggedRulesTotal: number;
}

/** The order in which they are worth a look. */
export const TIERS_SHOWN = ["confirmed", "suspect", "transient", "noise"] as const satisfies readonly Tier[];

export function isDecided({ state }: Pick<SignatureAnswer, "state">): boolean {
  return !UNTRIAGED_STATES.includes(state);
}

export function bySignificance(a: SignatureAnswer, b: SignatureAnswer): number {
  const decided = Number(isDecided(a)) - Number(isDecided(b));
  const tiers = TIERS_SHOWN.indexOf(a.tier) - TIERS_SHOWN.indexOf(b.tier);
  const since = (b.window?.exchanges ?? 0) - (a.window?.exchanges ?? 0);
  return decided || tiers || since || b.count - a.count || (a.id < b.id ? -1 : 1);
}

function byMismatches(a: EndpointAnswer, b: EndpointAnswer): number {
  const [some, others] = [a.window ?? a, b.window ?? b];
  return (
    others.mismatch - some.mismatch || others.exchanges - some.exchanges || (a.endpoint < b.endpoint ? -1 : 1)
  );
}

const SUMMED = ["exchanges", "match", "mismatch", "noise"] as const;

class EndpointWindows {
  readonly #sums = { exchanges: 0, match: 0, mismatch: 0, noise: 0, incomparable: 0, skipped: 0 };
  #beginning: Pick<EndpointWindow, "fromMs" | "resolution"> | undefined;
  #unknownEndpoints = 0;

  add(window: EndpointAnswer["window"]): void {
    if (window === null) {
      this.#unknownEndpoints++;
      return;
    }
    for (const name of [...SUMMED, "incomparable", "skipped"] as const) this.#sums[name] += window[name];
    // Minutes may become hours while it is read.
    const { fromMs, resolution } = window;
    if (this.#beginning === undefined || fromMs < this.#beginning.fromMs)
      this.#beginning = { fromMs, resolution };
  }

  /** `sinceMs`: what was asked for. */
  total(sinceMs: number): WindowSums {
    const beginning = this.#beginning ?? { fromMs: sinceMs, resolution: "minute" };
    return { ...beginning, ...this.#sums, unknownEndpoints: this.#unknownEndpoints };
  }
}

class SignatureSums {
  readonly #tiers: Record<Tier, number> = { confirmed: 0, suspect: 0, transient: 0, noise: 0 };
  readonly #states: Record<TriageState, number> = { new: 0, reopened: 0, bug: 0, accepted: 0, fixed: 0 };
  readonly #failing = { mismatch: 0, untriaged: 0, breaking: 0 };
  readonly #shown: Ranking<SignatureAnswer>;

  constructor(shownMax: number) {
    this.#shown = new Ranking(shownMax, bySignificance);
  }

  add(signature: SignatureAnswer): void {
    this.#tiers[signature.tier]++;
    this.#states[signature.state]++;
    for (const failOn of FAIL_ON) if (isFailure(failOn, signature)) this.#failing[failOn]++;
    this.#shown.add(signature);
  }

  get totals(): SignatureTotals {
    const tierTotals = Object.fromEntries(TIERS.map((tier) => [tier, this.#tiers[tier]])) as Record<
      Tier,
      number
    >;
    const stateTotals = Object.fromEntries(TRIAGE_STATES.map((state) => [state, this.#states[state]]));
    return {
      signaturesTotal: this.#shown.total,
      tierTotals,
      stateTotals: stateTotals as Record<TriageState, number>,
      failing: { ...this.#failing },
    };
  }

  get shown(): readonly SignatureAnswer[] {
    return this.#shown.rows();
  }
}

/** Throws a CommandError whose message is what, where and what to do. */
export async function fetchReport(options: ReportQuery): Promise<Report> {
  const { endpoint, route, tier, state, owner, since } = options;
  const summary = await getJson<Summary>(options, "/api/summary", {});
  const { endpoints, endpointsTotal, sums, window } = await fetchEndpoints(options);
  const all = new SignatureSums(1);
  const byEndpoint = new Map(
    endpoints.map((row) => [
      row.endpoint,
      new SignatureSums(options.signaturesMax ?? SIGNATURES_PER_ENDPOINT),
    ]),
  );
  const asked = {
    path: "/api/export",
    query: { kind: "signature", endpoint, route, tier, state, owner, since },
  };
  await eachLine<ExportLine>(options, asked, (line) => {
    if (line.kind !== "signature") return;
    all.add(line.signature);
    byEndpoint.get(line.signature.endpoint)?.add(line.signature);
  });
  const none = new SignatureSums(1);
  const rules = await getRules(options, { route });
  const flagged = await getRules(options, { route, flagged: "true" });
  return {
    schemaVersion: REPORT_SCHEMA_VERSION,
    filters: { endpoint, route, tier, state, owner, since },
    summary,
    sums,
    window,
    endpoints: endpoints.map((row) => {
      const found = byEndpoint.get(row.endpoint) ?? none;
      return { ...row, ...found.totals, signatures: found.shown };
    }),
    endpointsTotal,
    ...all.totals,
    untriagedTotal: all.totals.failing.untriaged,
    rules: rules.rules,
    rulesTotal: rules.total,
    flaggedRules: flagged.rules,
    flaggedRulesTotal: flagged.total,
  };
}

async function fetchEndpoints(options: ReportQuery) {
  const { endpoint, route, since, limit = ENDPOINTS_DEFAULT } = options;
  const ranking = new Ranking<EndpointAnswer>(limit, byMismatches);
  const sums = { exchanges: 0, match: 0, mismatch: 0, noise: 0 };
  const windows = new EndpointWindows();
  const asked = { path: "/api/export", query: { kind: "endpoint", endpoint, route, since } };
  await eachLine<ExportLine>(options, asked, (line) => {
    if (line.kind !== "endpoint") return;
    for (const name of SUMMED) sums[name] += line.endpoint[name];
    windows.add(line.endpoint.window);
    ranking.add(line.endpoint);
  });
  const window = since === undefined ? null : windows.total(Date.parse(since));
  return { endpoints: ranking.rows(), endpointsTotal: ranking.total, sums, window };
}

function getRules(
  options: AdminAddress,
  query: Readonly<Record<string, string | undefined>>,
): Promise<{ total: number; rules: readonly RuleAnswer[] }> {
  return getJson(options, "/api/rules", { ...query, limit: PAGE_ROWS_MAX });
}

// What a running Parallax knows of one signature: itself, its stored exchanges, the rules in force where it was seen.
import type { RuleAnswer } from "../admin/rule-schemas.ts";
import type { SignatureAnswer, Summary } from "../admin/schemas.ts";
import type { Sample } from "../core/batch.ts";
import { CommandError } from "../core/errors.ts";
import type { Rule } from "../core/rule.ts";
import { type AdminAddress, findJson, getJson } from "../report/admin-client.ts";

/** The API's own limit on a page, and on the rules of one list. */
const PAGE_ROWS_MAX = 1000;
const SIGNATURE_ID = /^[0-9a-f]{16}$/;

export interface StoredSignature {
  readonly signature: SignatureAnswer;
  /** Newest first. */
  readonly samples: readonly Sample[];
}

/** Throws a CommandError: 2 for what is no id, 3 where it cannot be had. */
export async function fetchSignature(address: AdminAddress, id: string): Promise<StoredSignature> {
  if (!SIGNATURE_ID.test(id))
    throw new CommandError(
      2,
      `--signature ${id} is no id: 16 hex digits, as the report's JSON and the page have them`,
    );
  const signature = await findJson<SignatureAnswer>(address, `/api/differences/${id}`, {});
  if (signature === undefined)
    throw new CommandError(
      3,
      `${address.admin} has no signature ${id}; it may have been deleted with its data`,
    );
  const samples: Sample[] = [];
  for (const exchangeId of signature.exchangeIds) {
    // The oldest may have gone in between.
    const sample = await findJson<Sample>(address, `/api/exchanges/${encodeURIComponent(exchangeId)}`, {});
    if (sample !== undefined) samples.push(sample);
  }
  return { signature, samples };
}

export interface InstanceUpstreams {
  readonly legacy: string | undefined;
  readonly candidate: string | undefined;
}

export async function fetchUpstreams(address: AdminAddress): Promise<InstanceUpstreams> {
  const { upstreams } = await getJson<Summary>(address, "/api/summary", {});
  const urlOf = (name: "legacy" | "candidate") => upstreams.find((upstream) => upstream.name === name)?.url;
  return { legacy: urlOf("legacy"), candidate: urlOf("candidate") };
}

export interface RulesInForce {
  readonly rules: readonly Rule[];
  /** Custom rules: their modules are where that Parallax runs. */
  readonly leftOut: number;
}

/** The rules of one route, global ones among them. */
export async function fetchRules(address: AdminAddress, route: string): Promise<RulesInForce> {
  const rows: RuleAnswer[] = [];
  for (let offset = 0; ; offset += PAGE_ROWS_MAX) {
    const page = await getJson<{ readonly total: number; readonly rules: readonly RuleAnswer[] }>(
      address,
      "/api/rules",
      { limit: PAGE_ROWS_MAX, offset },
    );
    rows.push(...page.rules);
    if (rows.length >= page.total || page.rules.length === 0) break;
  }
  const here = rows
    .filter(({ routes, routesTotal }) => routes.includes(route) || routesTotal > routes.length)
    .map(({ rule }) => rule as unknown as Rule);
  const rules = here.filter(({ kind }) => kind !== "custom");
  return { rules, leftOut: here.length - rules.length };
}

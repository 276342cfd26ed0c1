// What may be asked of the admin API, as zod schemas: unknown parameters are refused.
import { z } from "zod";
import { TIERS, type Tier } from "../core/evidence.ts";
import { OPEN_STATES, TRIAGE_STATES, type TriageState, UNTRIAGED_STATES } from "../core/triage.ts";
import { AUDIT_ACTIONS, TREND_RESOLUTIONS } from "../store/review-store.ts";
import { kind, part } from "./fields.ts";
import { EXPORT_KINDS, type ExportKind } from "./schemas.ts";

export function wholeNumber(min: number, max: number) {
  const error = `a whole number from ${min} to ${max}`;
  return z.coerce.number({ error }).int({ error }).min(min, { error }).max(max, { error });
}

export const limit = wholeNumber(1, 1000).default(100);
const offset = wholeNumber(0, 1_000_000).default(0);

/** A name of that many is none: what is more is there to keep somebody busy. */
const ASTERISKS_MAX = 8;
const endpoint = z
  .string()
  .max(4096)
  .refine((text) => text.split("*").length - 1 <= ASTERISKS_MAX, `at most ${ASTERISKS_MAX} asterisks`)
  .optional()
  .describe("Its name, or with * for any characters: GET /users/*");
const since = z.iso
  .datetime({ offset: true })
  .optional()
  .describe("Seen at this time or later; `window` of each row counts from then on");
const tier = z.enum(TIERS).optional();
const owner = z.string().max(200).optional();
const search = z.string().max(200).optional().describe("Part of its name, of a signature also of its path");

export const STATE_NAMES = [...TRIAGE_STATES, "open", "untriaged"] as const;
const stateName = z.enum(STATE_NAMES);
function statesNamed(name: (typeof STATE_NAMES)[number]): readonly TriageState[] {
  if (name === "open") return OPEN_STATES;
  return name === "untriaged" ? UNTRIAGED_STATES : [name];
}
const states = z
  .union([stateName, z.array(stateName)], { error: `${STATE_NAMES.join(", ")}, or several of them` })
  .transform((given) => [...new Set([given].flat().flatMap(statesNamed))])
  .optional()
  .describe("May come several times; open: new, reopened or bug; untriaged: new or reopened");

const tierName = z.enum(TIERS);
const tiers = z
  .union([tierName, z.array(tierName)], { error: `${TIERS.join(", ")}, or several of them` })
  .transform((given) => [...new Set([given].flat())])
  .optional()
  .describe("May come several times");

export const NO_QUERY = z.strictObject({});

export const endpointsQuerySchema = z.strictObject({
  endpoint,
  route: z.string().optional(),
  search,
  since,
  sort: z.enum(["exchanges", "mismatch", "endpoint"]).default("mismatch"),
  limit,
  offset,
});

export const differencesQuerySchema = z.strictObject({
  endpoint,
  route: z.string().optional(),
  part: part.optional(),
  kind: kind.optional(),
  state: states,
  owner,
  search,
  tier: tiers,
  since,
  sort: z
    .enum(["count", "exchanges", "breaking", "lastSeen", "firstSeen", "tier"])
    .default("count")
    .describe("Most or newest first; tier: confirmed, suspect, transient, noise, and most first in each"),
  limit,
  offset,
});

const time = z.iso.datetime({ offset: true }).optional();

export const trendsQuerySchema = z.strictObject({
  scope: z.enum(["all", "route", "endpoint", "signature"]).default("all"),
  id: z.string().max(4096).optional().describe("Name of the route or endpoint, or id of the signature"),
  resolution: z.enum(["auto", ...TREND_RESOLUTIONS]).default("auto"),
  from: time.describe("Six hours before `to` unless given"),
  to: time.describe("Now unless given"),
});

export const latencyQuerySchema = z.strictObject({
  endpoint: z.string().max(4096).optional(),
  route: z.string().optional(),
});

export const auditQuerySchema = z.strictObject({
  subject: z.string().max(4096).optional().describe("Id of a signature or rule; endpoint or route"),
  action: z.enum(AUDIT_ACTIONS).optional(),
  before: wholeNumber(1, Number.MAX_SAFE_INTEGER).optional().describe("Entries with a smaller id"),
  limit,
});

export const suggestionsQuerySchema = z.strictObject({ endpoint: z.string().optional(), limit, offset });

export const rulesQuerySchema = z.strictObject({
  route: z.string().optional(),
  flagged: z.enum(["true", "false"]).optional().describe("Those with a flag alone, or those without"),
  limit,
  offset,
});

export const exportQuerySchema = z.strictObject({
  kind: z.enum(EXPORT_KINDS).optional().describe("One kind of line alone"),
  endpoint,
  route: z.string().optional(),
  tier: tier.describe("Signatures of it, and exchanges with any of these"),
  state: states,
  owner: owner.describe("As tier"),
  since,
});
export interface ExportQuery {
  readonly kind?: ExportKind | undefined;
  readonly endpoint?: string | undefined;
  readonly route?: string | undefined;
  readonly tier?: Tier | undefined;
  readonly states?: readonly TriageState[] | undefined;
  readonly owner?: string | undefined;
  readonly sinceMs?: number | undefined;
}

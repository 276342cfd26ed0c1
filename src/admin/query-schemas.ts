// What may be asked of the admin API, as zod schemas: unknown parameters are refused.
import { z } from "zod";
import { TIERS, type Tier } from "../core/evidence.ts";
import { kind, part, state } from "./fields.ts";
import { EXPORT_KINDS, type ExportKind } from "./schemas.ts";

function wholeNumber(min: number, max: number) {
  const error = `a whole number from ${min} to ${max}`;
  return z.coerce.number({ error }).int({ error }).min(min, { error }).max(max, { error });
}

const limit = wholeNumber(1, 1000).default(100);
const offset = wholeNumber(0, 1_000_000).default(0);

/** A name of that many is none: what is more is there to keep somebody busy. */
const ASTERISKS_MAX = 8;
const endpoint = z
  .string()
  .max(4096)
  .refine((text) => text.split("*").length - 1 <= ASTERISKS_MAX, `at most ${ASTERISKS_MAX} asterisks`)
  .optional()
  .describe("Its name, or with * for any characters: GET /users/*");
const since = z.iso.datetime({ offset: true }).optional().describe("Seen at this time or later");
const tier = z.enum(TIERS).optional();

export const endpointsQuerySchema = z.strictObject({
  endpoint,
  route: z.string().optional(),
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
  state: state.optional(),
  tier,
  since,
  sort: z
    .enum(["count", "exchanges", "lastSeen", "firstSeen", "tier"])
    .default("count")
    .describe("Most or newest first; tier: confirmed, suspect, transient, noise, and most first in each"),
  limit,
  offset,
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
  since,
});
export interface ExportQuery {
  readonly kind?: ExportKind | undefined;
  readonly endpoint?: string | undefined;
  readonly route?: string | undefined;
  readonly tier?: Tier | undefined;
  readonly sinceMs?: number | undefined;
}

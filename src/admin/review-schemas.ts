// The schemas of reviewing: who asks, trends and latency, triage, the audit log, rules added while running, deletion.
import { z } from "zod";
import { ROLES } from "../core/role.ts";
import { atMs, count } from "./fields.ts";

export const meSchema = z.object({
  who: z.string(),
  role: z.enum(ROLES),
});
export type Me = z.infer<typeof meSchema>;

const latencyQuantiles = z.object({
  p50: z.number().nullable(),
  p95: z.number().nullable(),
  p99: z.number().nullable(),
});
const trendPointSchema = z.object({
  atMs: atMs.describe("The beginning of its bucket, UTC"),
  exchanges: count,
  match: count,
  mismatch: count,
  noise: count,
  incomparable: count,
  skipped: count,
  legacyMs: latencyQuantiles.nullable().describe("Kept for all and for routes; else null"),
  candidateMs: latencyQuantiles.nullable(),
});
/** Buckets in which nothing came are left out. */
export const trendSchema = z.object({
  resolution: z.enum(["minute", "hour", "day"]),
  points: z.array(trendPointSchema),
});
export type TrendAnswer = z.infer<typeof trendSchema>;

const latencySideSchema = latencyQuantiles.extend({
  buckets: z
    .array(z.object({ upToMs: z.number().nullable().describe("null: more than the one before"), count }))
    .describe("From the fastest; empty ones are left out"),
});
export const latencySchema = z.object({ legacy: latencySideSchema, candidate: latencySideSchema });
export type LatencyAnswer = z.infer<typeof latencySchema>;

/** A name stands in lists and in the log: nothing of it may break a line, or turn the direction of what follows. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
/** Everybody who may look sees the link. */
const hasUserInformation = (link: string): boolean => {
  const url = URL.parse(link);
  return url !== null && (url.username !== "" || url.password !== "");
};
const text = (charactersMax: number) => z.string().trim().min(1).max(charactersMax);
export const triageBodySchema = z.strictObject({
  ids: z.array(z.string().max(64)).min(1).max(500).describe("Signatures"),
  state: z.enum(["new", "accepted", "bug", "fixed"]).optional().describe("Without it the state stays"),
  expires: z.iso.date().optional().describe("accepted: the last day it is in force, UTC; needed there"),
  link: z
    .url({ protocol: /^https?$/ })
    .max(2000)
    .refine((link) => !hasUserInformation(link), "an address without user information")
    .optional()
    .describe("bug: needed there"),
  owner: z
    .string()
    .trim()
    .max(200)
    .refine((owner) => !INVISIBLE.test(owner), "one line of visible characters")
    .optional()
    .describe("Empty for nobody; without it the owner stays"),
  comment: text(4000).optional(),
});
export type TriageBody = z.infer<typeof triageBodySchema>;
export const triageSchema = z.object({ changed: count.describe("Signatures that there are") });

/** Why mirroring was stopped, for who reads the audit log later; it stops without one as well. */
export const killBodySchema = z.strictObject({ reason: text(1000).optional() });

export const auditSchema = z.object({
  entries: z.array(
    z.object({
      id: count,
      atMs,
      who: z.string(),
      role: z.enum(ROLES),
      action: z.string(),
      subject: z.string(),
      detail: z.record(z.string(), z.unknown()),
    }),
  ),
});
export type AuditAnswer = z.infer<typeof auditSchema>;

export const addRuleBodySchema = z.strictObject({
  rule: z.unknown().describe("As in the config file; owner, reason and expires are needed: docs/rules.md"),
  route: z.string().optional().describe("Without it the rule is for all routes"),
});
export type AddRuleBody = z.infer<typeof addRuleBodySchema>;
export const ruleChangeSchema = z.object({ id: z.string(), epoch: count });

export const purgeBodySchema = z.strictObject({
  endpoint: z.string().max(4096).optional().describe("Its name, or with * for any characters"),
  route: z.string().optional(),
  before: z.iso
    .datetime({ offset: true })
    .optional()
    .describe("Exchanges older than this alone; counts stay"),
  dryRun: z.boolean().default(false).describe("Only count what would go"),
});
export const purgeSchema = z.object({
  endpoints: count,
  callers: count.describe("Who called the legacy: of a route, or not seen since"),
  signatures: count,
  samples: count,
  sampleBytes: count,
});
export type PurgeAnswer = z.infer<typeof purgeSchema>;
export const vacuumSchema = z.object({ bytesBefore: count, bytesAfter: count });
export type VacuumAnswer = z.infer<typeof vacuumSchema>;

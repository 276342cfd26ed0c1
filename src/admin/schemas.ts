// The answers of the admin API, as zod schemas: the types, the OpenAPI document and the tests come from here.
import { z } from "zod";
import type { Sample } from "../core/batch.ts";
import { TIERS } from "../core/evidence.ts";
import { JUDGEMENT_NOTES } from "../core/verdict.ts";
import { TREND_RESOLUTIONS } from "../store/review-store.ts";
import { atMs, count, countByName, kind, part, state } from "./fields.ts";
import { type RuleAnswer, ruleSchema } from "./rule-schemas.ts";

export const errorSchema = z.object({
  error: z.string().describe("A stable code"),
  message: z.string(),
  problems: z.array(z.string()).optional(),
  route: z.unknown().optional().describe("Of rollout-conflict: the route as it stands now"),
});

export const threadSchema = z.object({
  name: z.string(),
  kind: z.enum(["serving", "shadow"]),
  state: z.enum(["starting", "running", "stopping", "lost"]),
  epoch: count.describe("The newest routing decision that it acknowledged"),
  restarts: count,
  lastError: z.string().optional().describe("Why it was last lost"),
  heartbeatAgeMs: z.number(),
});

const storeSchema = z.object({
  kind: z.enum(["ok", "failing"]),
  code: z.string().optional(),
  message: z.string().optional(),
  sinceMs: atMs.optional(),
  failedFlushes: count,
  lost: z.object({ batches: count, signatures: count, samples: count }),
  corruptFiles: count,
  setAside: z.string().optional(),
});

export const summarySchema = z.object({
  uptime: z.number().describe("Seconds since the start"),
  epoch: count,
  isKilled: z.boolean(),
  totals: z.object({
    exchanges: count,
    match: count,
    mismatch: count,
    incomparable: count,
    skipped: countByName.describe("reason → count"),
    inFlight: count,
    incomparableByReason: countByName,
  }),
  noise: z
    .object({
      mismatches: count.describe("Mismatches whose every difference was noise when it was seen"),
      baseline: countByName.describe("Second readings of the legacy: outcome → count"),
      rechecks: countByName.describe("Mismatches that were read again: outcome → count"),
    })
    .describe("Since the start; none of it is an outcome of an exchange"),
  threads: z.array(threadSchema),
  upstreams: z.array(
    z.object({
      name: z.enum(["legacy", "candidate", "baseline"]),
      url: z.string().describe("Without credentials"),
      breaker: z
        .enum(["closed", "open"])
        .nullable()
        .describe("Open: it failed, and nothing is mirrored to it; null for the legacy, which has none"),
    }),
  ),
  signatures: z
    .object({
      open: count.describe("new, reopened or bug, noise and transient ones left out"),
      untriaged: count.describe("new or reopened, noise and transient ones left out"),
      confirmed: count.describe("Of the untriaged ones"),
    })
    .nullable()
    .describe("null while the store cannot be read"),
  store: storeSchema,
});
/** `GET /api/summary`; exchanges = match + mismatch + incomparable + Σ skipped + inFlight. */
export type Summary = z.infer<typeof summarySchema>;

const upstreamSchema = z.object({
  status: countByName.describe("status code → count"),
  latencyMs: z.object({
    p50: z.number().nullable(),
    p95: z.number().nullable(),
    p99: z.number().nullable(),
  }),
});

const rate = z.object({
  count,
  rate: z.number().nullable().describe("null where there is nothing it could be a rate of"),
  low: z.number().describe("Wilson, 95 %"),
  high: z.number(),
});
export type RateAnswer = z.infer<typeof rate>;

const matchRate = z.object({
  compared: count,
  rate: z.number().nullable(),
  low: z.number().describe("Wilson, 95 %"),
  high: z.number(),
});

const windowSchema = z.object({
  fromMs: atMs.describe(
    "The beginning of the minute, hour or day that `since` lies in, as far as it is kept",
  ),
  resolution: z.enum(TREND_RESOLUTIONS),
  exchanges: count,
});
const endpointWindowSchema = windowSchema.extend({
  match: count,
  mismatch: count,
  noise: count.describe("Among mismatch"),
  incomparable: count,
  skipped: count,
  matchRate,
});

export const endpointSchema = z.object({
  endpoint: z.string(),
  route: z.string(),
  exchanges: count,
  match: count,
  mismatch: count,
  incomparable: countByName,
  skipped: countByName,
  noise: count.describe("Mismatches whose every difference was noise when it was seen; among mismatch"),
  paired: count.describe("Exchanges judged against a second answer of the legacy as well"),
  matchRate,
  matchRateWithoutNoise: matchRate.describe(
    "The same, with mismatches that are noise alone counted as matches",
  ),
  legacy: upstreamSchema,
  candidate: upstreamSchema,
  openSignatures: count.describe("new, reopened or bug, noise and transient ones left out"),
  stage: z.string().nullable().describe("Of its route; null where the config has no such route any more"),
  lastSeenMs: atMs,
  window: endpointWindowSchema
    .nullable()
    .describe(
      "Counts since `since`; null without it, for a name of several routes, and where they were not kept",
    ),
});
export type EndpointAnswer = z.infer<typeof endpointSchema>;

export const endpointsSchema = z.object({ total: count, endpoints: z.array(endpointSchema) });

export const signatureSchema = z.object({
  id: z.string(),
  endpoint: z.string(),
  part,
  path: z
    .string()
    .describe(
      "Array indices erased: /items/*/price. *other* stands for all signatures of the endpoint past limits.signaturesPerEndpointMax, whatever their part and kind",
    ),
  kind,
  count: count.describe("Differences"),
  breaking: count.describe("Of these, how many can break a client of the legacy: docs/differences.md"),
  exchanges: count.describe("Exchanges with at least one of them"),
  firstSeenMs: atMs,
  lastSeenMs: atMs,
  state,
  triage: z
    .object({
      who: z.string(),
      atMs,
      expiresMs: atMs.optional().describe("When an acceptance ends"),
      link: z.string().optional().describe("Where a bug is followed up"),
    })
    .nullable()
    .describe("The last decision, whether or not it is in force still"),
  owner: z.string().nullable(),
  comments: count,
  values: z
    .array(z.object({ legacy: z.string().optional(), candidate: z.string().optional(), count }))
    .describe("Pairs of values seen in its stored samples, most first; redacted"),
  tier: z
    .enum(TIERS)
    .describe("What the paired counts and second looks say; suspect where nothing was paired"),
  paired: count.describe("Exchanges of the endpoint that were judged against a second answer of the legacy"),
  pairs: z
    .object({ candidateOnly: count, baselineOnly: count, both: count })
    .describe(
      "Of those, in how many this place differed: in the candidate's answer, the legacy's second, both",
    ),
  eValue: z
    .number()
    .describe(
      "Evidence that the candidate differs where the legacy does not: 100 is confirmed, 1 says nothing",
    ),
  candidateRate: rate.describe("Share of the pairs in which the candidate differed here"),
  baselineRate: rate.describe("Share of the pairs in which the legacy's second answer differed here"),
  noiseShare: z
    .number()
    .nullable()
    .describe("Of the pairs in which the candidate differed here, the share in which the legacy did too"),
  shapeBroken: count.describe(
    "Values of the candidate that lack the shape that the legacy's always have here",
  ),
  rechecked: count.describe("Exchanges with it that were read again shortly after"),
  transient: count.describe("Of these, in how many it was gone"),
  window: windowSchema
    .nullable()
    .describe("Exchanges with it since `since`; null without it, and where they were not kept"),
  exchangeIds: z.array(z.string()).describe("Stored samples, newest first"),
  example: z
    .object({
      exchangeId: z.string(),
      path: z.string(),
      legacy: z.string().optional(),
      candidate: z.string().optional(),
    })
    .optional(),
});
export type SignatureAnswer = z.infer<typeof signatureSchema>;

export const differencesSchema = z.object({ total: count, differences: z.array(signatureSchema) });

const messageSchema = z.object({
  headers: z.array(z.tuple([z.string(), z.string()])),
  body: z.string(),
  bodyEncoding: z.enum(["utf8", "base64"]),
  bodyBytes: count,
  isBodyCut: z.boolean(),
});
const answerSchema = messageSchema.extend({ status: z.number().int(), latencyMs: z.number() });

export const exchangeSchema = z.object({
  id: z.string(),
  atMs,
  route: z.string(),
  endpoint: z.string(),
  servedBy: z
    .enum(["legacy", "candidate"])
    .optional()
    .describe("Whose answer the client had; not known of exchanges stored by an older version: the legacy's"),
  request: messageSchema.extend({ method: z.string(), target: z.string() }),
  legacy: answerSchema,
  candidate: answerSchema,
  verdict: z.enum(["match", "mismatch", "incomparable"]),
  differences: z.array(
    z.object({
      part,
      path: z.string(),
      kind,
      legacy: z.string().optional(),
      candidate: z.string().optional(),
      erasedPath: z.string().optional().describe("path with array indices as *, where that differs"),
      class: z.literal("additive").optional().describe("All else is breaking: docs/differences.md"),
    }),
  ),
  hidden: z
    .array(
      z.object({
        ruleId: z.string(),
        places: count.describe("That the rule hid in this exchange"),
        part,
        path: z.string().describe("The first of them"),
        legacy: z.string().optional(),
        candidate: z.string().optional(),
      }),
    )
    .optional()
    .describe(
      "What rules hid, a line for each rule; of exchanges stored by an older version it is not known",
    ),
  notes: z.array(z.enum(JUDGEMENT_NOTES)).optional().describe("How it was judged: docs/differences.md"),
  incomparable: z.object({ reason: z.string(), detail: z.string() }).optional(),
  isCut: z.boolean(),
  patch: z.array(z.unknown()).optional().describe("RFC 6902, legacy → candidate"),
  signatureIds: z.array(z.string()),
  curl: z.string().describe("The request as a line for a POSIX shell; redacted values stay redacted"),
});

export const killSchema = z.object({
  isKilled: z.boolean(),
  epoch: count,
  isDurable: z.boolean().describe("Does it survive a restart? Not where the switch's file cannot be changed"),
  message: z.string().optional().describe("What to know where it is not durable"),
});
export type KillResult = z.infer<typeof killSchema>;
export const reloadSchema = z.object({ epoch: count });
export const healthSchema = z.object({ status: z.enum(["ok", "starting"]) });

/** Of the lines of an export, and of what is in them: raised when a reader of the old ones could be wrong. */
export const EXPORT_SCHEMA_VERSION = 1;
export const EXPORT_KINDS = ["endpoint", "signature", "exchange", "rule"] as const;
export type ExportKind = (typeof EXPORT_KINDS)[number];

const schemaVersion = z.literal(EXPORT_SCHEMA_VERSION);
export const exportLineSchema = z.discriminatedUnion("kind", [
  z.object({ schemaVersion, kind: z.literal("endpoint"), endpoint: endpointSchema }),
  z.object({ schemaVersion, kind: z.literal("signature"), signature: signatureSchema }),
  z.object({ schemaVersion, kind: z.literal("exchange"), exchange: exchangeSchema }),
  z.object({ schemaVersion, kind: z.literal("rule"), rule: ruleSchema }),
]);
/** As it is made; an exchange is the stored one with its curl line. */
export type ExportLine =
  | { readonly kind: "endpoint"; readonly endpoint: EndpointAnswer }
  | { readonly kind: "signature"; readonly signature: SignatureAnswer }
  | { readonly kind: "exchange"; readonly exchange: Sample & { readonly curl: string } }
  | { readonly kind: "rule"; readonly rule: RuleAnswer };

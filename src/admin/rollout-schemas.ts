// The answers and questions of the rollout API, as zod schemas.
import { z } from "zod";
import { DECISION_REASONS } from "../core/decision.ts";
import { GATE_POLICIES } from "../core/gate-settings.ts";
import { STAGES } from "../core/snapshot.ts";
import { GATE_CHECKS, GATE_VERDICTS } from "../rollout/gate/reading.ts";
import { atMs, count } from "./fields.ts";

/** What people and gates do to a route. `tripped` is the tripwire's alone. */
export const ROLLOUT_ACTIONS = ["promote", "pause", "resume", "rollback", "kill", "arm"] as const;
export type RolloutAction = (typeof ROLLOUT_ACTIONS)[number];

const checkName = {
  name: z.enum(GATE_CHECKS),
  subject: z.string().describe("Of a KPI its name; else empty"),
  verdict: z.enum(GATE_VERDICTS),
};

const gateReadingSchema = z.object({
  verdict: z.enum(GATE_VERDICTS),
  atMs,
  elapsedMs: z.number().describe("Since the step's clock began"),
  checks: z
    .array(
      z.object({
        ...checkName,
        value: z.number().nullable(),
        bound: z.number().nullable().describe("What was held against the threshold"),
        threshold: z.number().nullable(),
        samples: count,
        unit: z.enum(["count", "rate", "ratio", "e-value", "ms", "number"]),
        text: z.string().describe("For people"),
        direction: z
          .enum(["at-least", "at-most", "between"])
          .optional()
          .describe("Of a KPI: what its threshold is, as the config has it now; not in the journal"),
      }),
    )
    .readonly(),
});

const etaSchema = z.object({
  kind: z.enum(["now", "in", "never", "unknown"]),
  ms: z.number().nullable(),
  text: z.string().describe("For people"),
});

const share = z.number().min(0).max(1).nullable().describe("0 to 1; null before anything was measured");

const standing = {
  stage: z.enum(STAGES),
  percent: z.number().describe("Of the units"),
  step: z.string().describe("For people: shadow, canary, ramp 5 %, live"),
};

const latchSchema = z.object({
  atMs,
  who: z.string(),
  reason: z.string(),
  from: z.string().describe("The step it was rolled back from"),
});

const deprecationSchema = z.object({
  atMs,
  sunsetMs: atMs.nullable().describe("As it is in force, extended or not; null: not decided"),
  brownoutStatus: count,
  brownout: z
    .object({
      isOn: z.boolean(),
      untilMs: atMs.nullable().describe("When that changes; null: none is to come"),
    })
    .nullable()
    .describe("null: none is planned"),
});

export const rolloutRouteSchema = z.object({
  route: z.string(),
  ...standing,
  epoch: count.describe(
    "Of the decision that put it there: give it back as `epoch` to be sure that it still stands there",
  ),
  isPaused: z.boolean(),
  isKilled: z.boolean().describe("This route alone; the kill switch of all is in the summary"),
  latch: latchSchema.nullable().describe("Rolled back: nothing is promoted until it is armed again"),
  enteredAtMs: atMs.nullable().describe("When it came there; null: it began there"),
  clockAtMs: atMs.nullable().describe("When every thread had the decision: the step's clock; null: not yet"),
  stragglers: z.array(z.string()).describe("Threads that have not acknowledged the decision"),
  shares: z
    .object({ units: share, requests: share })
    .describe("What the candidate serves, since the step began"),
  policy: z.enum(GATE_POLICIES),
  advance: z.enum(["approval", "automatic"]),
  approvers: z.array(z.string()),
  gate: gateReadingSchema.nullable().describe("null where no step is next, or nothing was looked at yet"),
  eta: etaSchema.nullable(),
  next: z
    .object({ ...standing, needsApproval: z.boolean() })
    .nullable()
    .describe("Where promote would take it; null: nowhere"),
  back: z.object(standing).nullable().describe("Where rollback would take it; null: nowhere"),
  steps: z.array(z.number()).describe("The shares of its ramp in percent of the units, ascending"),
  actions: z
    .array(z.object({ action: z.enum(ROLLOUT_ACTIONS), isAllowed: z.boolean(), why: z.string() }))
    .describe(
      "What whoever asks can do now, and of the rest, why not; promote with a why: by force alone; roles are not looked at",
    ),
  deprecation: deprecationSchema.nullable().describe("That its legacy goes, and when; null: nobody says so"),
  warnings: z
    .array(z.string())
    .describe("What people should know: no unit is configured, a freeze, a dependency"),
});
export type RolloutRouteAnswer = z.infer<typeof rolloutRouteSchema>;

/** Of what fills a list of a thousand routes, what a line on a board says: the rest is told by the route itself. */
export const rolloutBriefSchema = rolloutRouteSchema
  .pick({
    route: true,
    stage: true,
    percent: true,
    step: true,
    isPaused: true,
    isKilled: true,
    latch: true,
    enteredAtMs: true,
    clockAtMs: true,
    stragglers: true,
    shares: true,
    eta: true,
    next: true,
    steps: true,
    actions: true,
    warnings: true,
  })
  .extend({
    gate: z
      .object({
        verdict: z.enum(GATE_VERDICTS),
        checks: z.array(z.object(checkName)).describe("Of those that do not pass, the worst three"),
        notPassed: count.describe("How many do not pass"),
      })
      .nullable(),
    actions: rolloutRouteSchema.shape.actions.describe("promote alone"),
  });
export type RolloutBriefAnswer = z.infer<typeof rolloutBriefSchema>;

export const rolloutTotalsSchema = z.object({
  routes: count,
  serving: count.describe("Of them, those whose stage lets the candidate serve"),
  percentMax: z.number().describe("Of the units, the most that the candidate serves of any of them"),
  held: count.describe("Rolled back or killed, and not armed again"),
});
export type RolloutTotals = z.infer<typeof rolloutTotalsSchema>;

export const rolloutListSchema = z.object({
  totals: rolloutTotalsSchema,
  routes: z
    .union([z.array(rolloutRouteSchema), z.array(rolloutBriefSchema)])
    .describe("As `detail` asks for them"),
});

export const rolloutActionBodySchema = z.strictObject({
  reason: z.string().trim().min(1, "say why").max(500).optional().describe("Needed but for resume"),
  epoch: count.optional().describe("Refused when the route's own is another by now"),
  to: z.string().max(64).optional().describe("Of promote and rollback: a stage, or a percentage of the ramp"),
  force: z.boolean().optional().describe("Of promote: although the gate has not passed"),
});
export type RolloutActionBody = z.infer<typeof rolloutActionBodySchema>;

export const extendBodySchema = z.strictObject({
  sunset: z.iso
    .datetime({ offset: true, error: "a time with its zone, such as 2027-06-30T00:00:00Z" })
    .describe("When the legacy may stop to answer: later than now said"),
  reason: z.string().trim().min(1, "say why").max(500),
  epoch: count.optional().describe("Refused when the route's own is another by now"),
});
export type ExtendBody = z.infer<typeof extendBodySchema>;

export const rolloutChangeSchema = z.object({ route: rolloutRouteSchema, epoch: count });

export const journalEntrySchema = z.object({
  sequence: count,
  atMs,
  route: z.string(),
  action: z.string().describe("promote, pause, resume, rollback, kill, arm, extend, acknowledged"),
  who: z.string().describe("A person, or parallax itself: gate, tripwire"),
  reason: z.string(),
  from: z.string(),
  to: z.string(),
  epoch: count,
  isForced: z.boolean(),
  gate: gateReadingSchema.nullable().describe("What the gate said then"),
  sealed: z
    .string()
    .optional()
    .describe(
      "Where asked for: its line in the journal, whose last key is the SHA-256 of the line without it",
    ),
});
export type JournalEntryAnswer = z.infer<typeof journalEntrySchema>;

export const journalSchema = z.object({
  entries: z.array(journalEntrySchema).describe("Newest first"),
  before: count.nullable().describe("Ask for what is older with it; null: that was all"),
  head: z
    .object({ sequence: count, hash: z.string() })
    .describe("Of the journal of all routes: its last entry, and the hash that the next one goes on from"),
});

export const planSchema = z.object({
  route: z.string(),
  steps: z.array(
    z.object({
      ...standing,
      isPast: z.boolean(),
      isCurrent: z.boolean(),
      needsApproval: z.boolean(),
      holdMs: z.number(),
      pairsMin: count,
      unitsMin: count,
      unitShare: share,
      requestShare: share.describe("Of the requests, as the units seen so far are distributed"),
      eta: etaSchema.nullable().describe("From the step's begin"),
      gate: z.array(z.string()).describe("What must hold to leave it, a line each"),
    }),
  ),
  blockers: z.array(z.string()).describe("What stands in the way now: latch, pause, freeze, dependency"),
});
export type PlanAnswer = z.infer<typeof planSchema>;

/** A request as explain is asked about: what of it a decision can rest on. */
export const explainBodySchema = z.strictObject({
  route: z
    .string()
    .max(64)
    .optional()
    .describe("Its name; without it, the route that method, host and path match"),
  method: z.string().max(32).optional(),
  target: z.string().max(8192).optional().describe("Path and query"),
  headers: z
    .array(z.tuple([z.string().max(256), z.string().max(8192)]))
    .max(200)
    .optional(),
  address: z.string().max(64).optional().describe("The client's"),
  atMs: atMs.optional().describe("As it was then, from the journal"),
});
export type ExplainBody = z.infer<typeof explainBodySchema>;

export const explainSchema = z.object({
  route: z.string(),
  ...standing,
  upstream: z.enum(["legacy", "candidate"]),
  reason: z.enum(DECISION_REASONS),
  rule: z.string().nullable().describe("The cohort or list entry that decided"),
  unit: z
    .object({
      kind: z.string(),
      id: z.string(),
      bucket: count.describe("0 to 2^32 − 1"),
      threshold: z.number().describe("The candidate serves buckets below it"),
      bucketPercent: z.number().describe("The percentage from which the candidate serves the unit"),
    })
    .nullable()
    .describe("null: the request has none"),
  salt: z.string(),
  bucketingVersion: count,
  epoch: count,
  isFromJournal: z.boolean(),
  text: z.string().describe("One sentence for people"),
  notes: z
    .array(z.string())
    .describe("What it cannot know: cohorts as they are configured now, for a time past"),
});
export type ExplainAnswer = z.infer<typeof explainSchema>;

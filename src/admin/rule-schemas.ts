// The schemas of rules: those in force with what they hid, a trial of others, and those worth having.
import { z } from "zod";
import { RULE_KINDS, type Rule } from "../core/rule.ts";
import { atMs, count, kind, part } from "./fields.ts";

const hiddenExampleSchema = z.object({
  exchangeId: z.string(),
  atMs,
  part,
  path: z.string(),
  legacy: z.string().optional(),
  candidate: z.string().optional(),
});

const ruleFlagSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("never-hit"), compared: count.describe("Exchanges since it came into force") }),
  z.object({ kind: z.literal("too-broad"), endpoint: z.string(), share: z.number() }),
  z.object({ kind: z.literal("expired"), expires: z.string() }),
  z.object({ kind: z.literal("failed"), exchanges: count }),
]);

export const ruleSchema = z.object({
  id: z.string().describe("Made of what it does: the same after a restart, and wherever it stands"),
  rule: z.object({
    kind: z.enum(RULE_KINDS),
    path: z.string().optional(),
    header: z.string().optional(),
    class: z.string().optional(),
    abs: z.string().optional(),
    rel: z.string().optional(),
    withinMs: z.number().optional(),
    mode: z.string().optional(),
    by: z.array(z.string()).readonly().optional(),
    from: z.string().optional(),
    to: z.string().optional(),
    value: z.unknown().optional(),
    legacy: z.union([z.number(), z.string()]).optional(),
    candidate: z.union([z.number(), z.string()]).optional(),
    module: z.string().optional(),
    owner: z.string().optional(),
    reason: z.string().optional(),
    expires: z.string().optional(),
  }),
  routes: z.array(z.string()).readonly().describe("Routes in whose list it stands; the first twenty"),
  routesTotal: count,
  hits: count.describe("Places it hid, since the data directory was begun"),
  lastHitMs: atMs.nullable(),
  endpoints: z
    .array(z.object({ endpoint: z.string(), hits: count, share: z.number() }))
    .readonly()
    .describe("Most hits first; share is of all that differed there, hidden or shown; the first twenty"),
  endpointsTotal: count,
  examples: z.array(hiddenExampleSchema).readonly().describe("Of what it hid, newest first, redacted"),
  added: z
    .object({ who: z.string(), atMs })
    .nullable()
    .describe("Who put it to work while running; null for a rule of the config"),
  flags: z.array(ruleFlagSchema).readonly().describe("Why it is worth a look: docs/rules.md"),
});
/** As `JSON.stringify` takes it: fields that are undefined are left out. */
export type RuleAnswer = z.infer<typeof ruleSchema>;

export const rulesSchema = z.object({ total: count, rules: z.array(ruleSchema).readonly() });

export const previewBodySchema = z.strictObject({
  rules: z.array(z.unknown()).describe("As in the config file: docs/rules.md"),
  route: z.string().optional(),
  endpoint: z.string().optional(),
});
export type PreviewBody = z.infer<typeof previewBodySchema>;

const previewedSignatureSchema = z.object({
  id: z.string(),
  endpoint: z.string(),
  part,
  path: z.string(),
  kind,
  differences: count.describe("In the samples"),
  hidden: count.describe("Of these, by the given rules"),
  stored: count.describe("Differences in the store"),
});

export const previewSchema = z.object({
  samples: count.describe("Stored samples looked at, newest first"),
  cannotTell: count.describe("Of these, those that are cut or incomparable"),
  matching: count.describe("Of these, those that differ and would match"),
  differences: count.describe("In the samples, under the rules in force"),
  hidden: count.describe("Of these, by the given rules"),
  appeared: count.describe("Differences that the given rules bring about"),
  wholly: z.array(previewedSignatureSchema).readonly(),
  partly: z.array(previewedSignatureSchema).readonly(),
  storedHidden: count.describe("Differences in the store, of the signatures that are wholly hidden"),
  examples: z
    .array(
      z.object({
        exchangeId: z.string(),
        endpoint: z.string(),
        part,
        path: z.string(),
        kind,
        legacy: z.string().optional(),
        candidate: z.string().optional(),
      }),
    )
    .readonly(),
  isComplete: z.boolean().describe("False where a bound was met before the last sample"),
  isWithoutCustom: z
    .boolean()
    .describe("Custom rules in force were left out: they run in shadow threads only"),
});
export type PreviewAnswer = z.infer<typeof previewSchema>;

export const suggestionSchema = z.object({
  rule: z.looseObject({ kind: z.enum(RULE_KINDS) }).describe("As it would stand in the config"),
  endpoint: z.string(),
  evidence: z.object({
    pairs: count,
    legacyDiffers: count.describe("Pairs in which the legacy differed from itself at the rule's places"),
    places: z.array(z.string()).describe("Paths, or names of headers"),
    text: z.string(),
    example: z
      .object({ legacy: z.string().optional(), candidate: z.string().optional() })
      .optional()
      .describe("Redacted, as stored"),
  }),
  explains: z.object({
    signatureIds: z.array(z.string()),
    differences: count,
  }),
});
/** What the API answers with; `rule` is any rule of the config. */
export type SuggestionAnswer = Readonly<
  Omit<z.infer<typeof suggestionSchema>, "rule" | "evidence" | "explains">
> & {
  readonly rule: Rule;
  readonly evidence: Readonly<Omit<z.infer<typeof suggestionSchema>["evidence"], "places" | "example">> & {
    readonly places: readonly string[];
    readonly example?:
      | { readonly legacy: string | undefined; readonly candidate: string | undefined }
      | undefined;
  };
  readonly explains: { readonly signatureIds: readonly string[]; readonly differences: number };
};
export const suggestionsSchema = z.object({ total: count, suggestions: z.array(suggestionSchema) });

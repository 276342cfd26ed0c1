// What may be asked of the journal and of explain, as zod schemas: unknown parameters are refused.
import { z } from "zod";
import { limit, wholeNumber } from "./query-schemas.ts";
import { explainBodySchema } from "./rollout-schemas.ts";

/** A route takes about 3 kB in full, a quarter of that in brief. */
export const rolloutListQuerySchema = z.strictObject({
  detail: z
    .enum(["full", "brief", "none"])
    .default("full")
    .describe("brief: a line for each route; none: the totals alone"),
});

export const journalQuerySchema = z.strictObject({
  route: z.string().max(64).optional().describe("Its name; also one that the config has no more"),
  before: wholeNumber(1, Number.MAX_SAFE_INTEGER).optional().describe("Entries with a smaller sequence"),
  sealed: z.enum(["true", "false"]).optional().describe("Each entry with its line in the journal"),
  limit,
});

const HEADER_ERROR = "name:value, such as x-tenant:acme";
const headerText = z
  .string({ error: HEADER_ERROR })
  .max(8448)
  .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}:/, HEADER_ERROR);

/** As explainBodySchema has it, in the words of an address. */
export const explainQuerySchema = z.strictObject({
  route: explainBodySchema.shape.route,
  method: explainBodySchema.shape.method,
  target: explainBodySchema.shape.target,
  header: z
    .union([headerText, z.array(headerText).max(200)], { error: HEADER_ERROR })
    .transform((given) => [given].flat().map(splitHeader))
    .optional()
    .describe("name:value, as the client sends it; may come several times"),
  address: explainBodySchema.shape.address,
  at: z.iso.datetime({ offset: true }).optional().describe("As it was then, from the journal"),
});

function splitHeader(text: string): [name: string, value: string] {
  const colon = text.indexOf(":");
  return [text.slice(0, colon), text.slice(colon + 1).trim()];
}

// What the config says of gates; each policy fills in what is left out (gate-policies.ts). A part of the one schema.
import * as z from "zod";
import { GATE_POLICIES } from "../core/gate-settings.ts";
import { checkedText, count, listOf, note, oneOf, percent, section, text } from "./values.ts";

const DAY_SECONDS = 86_400;
const KPIS_MAX = 20;

const seconds = (max: number) => count(0, max);
const ratio = z
  .number({ error: "a number from 1 to 100" })
  .min(1, { error: "a number from 1 to 100" })
  .max(100, { error: "a number from 1 to 100" });
const fraction = z
  .number({ error: "a number between 0 and 1" })
  .gt(0, { error: "a number between 0 and 1" })
  .lt(1, { error: "a number between 0 and 1" });
const number = z.number({ error: "a number" });

const httpUrl = checkedText("an http:// or https:// URL without credentials", (value) => {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const isHttp = url?.protocol === "http:" || url?.protocol === "https:";
  return isHttp && url.username === "" && url.password === ""
    ? undefined
    : "an http:// or https:// URL without credentials";
});

const kpiKeys = z.strictObject(
  {
    name: note.describe("For people."),
    prometheus: z
      .strictObject(
        {
          url: httpUrl.describe("Of the server, such as http://prometheus:9090."),
          query: text("a query of at most 4000 characters", (q) => q.length > 0 && q.length <= 4000).describe(
            "PromQL that answers one number.",
          ),
        },
        section,
      )
      .optional()
      .describe("Asked with an instant query."),
    webhook: z
      .strictObject({ url: httpUrl.describe("Answers JSON: { value: 1.5 }.") }, section)
      .optional()
      .describe("Asked with GET."),
    tokenEnvironment: text("the name of an environment variable", (n) => /^[A-Z_][A-Z0-9_]*$/i.test(n))
      .optional()
      .describe("Where the bearer token is."),
    min: number.optional().describe("Less is a failure."),
    max: number.optional().describe("More is a failure."),
    timeoutMs: count(10, 60_000).default(2000).describe("Past it the gate is unhealthy."),
  },
  section,
);

const kpi = kpiKeys
  .refine(({ prometheus, webhook }) => (prometheus === undefined) !== (webhook === undefined), {
    error: "exactly one of prometheus, webhook",
  })
  .refine(({ min, max }) => min === undefined || max === undefined || min <= max, {
    error: "min at most as large as max",
  });

/** Without defaults: what is left out is the policy's. */
export const gate = z
  .strictObject(
    {
      alpha: fraction.describe("How likely equal services are rolled back over a whole rollout, at most."),
      pairsMin: count(1, 1e9).describe("Exchanges that both services answered."),
      unitsMin: count(0, 1e6).describe("Different units among them."),
      warmUpSeconds: seconds(DAY_SECONDS).describe("What comes earlier is no evidence."),
      holdSeconds: seconds(90 * DAY_SECONDS).describe("A step lasts at least as long."),
      graceSeconds: seconds(90 * DAY_SECONDS).describe("Insufficient evidence for longer is told."),
      mismatchPercentMax: percent.describe("Upper bound of mismatches, noise left out."),
      errorPercentMargin: percent.describe("The candidate may fail as much more often."),
      latency: z
        .strictObject(
          {
            quantile: fraction.describe("0.99 is p99."),
            ratioMax: ratio.describe("The candidate's against the legacy's."),
          },
          section,
        )
        .partial()
        .describe("How much slower the candidate may be."),
      rescuePercentMax: percent.describe("Requests that the legacy had to answer instead."),
      confirmedMax: count(0, 1e6).describe("Confirmed differences that nobody has decided on."),
      requestSharePercentMax: percent.describe("Share of requests that the candidate may serve."),
      kpis: listOf(kpi, KPIS_MAX).describe("Business numbers."),
      slo: z
        .strictObject({ availabilityPercent: percent.describe("99.9 leaves 0.1 % for failures.") }, section)
        .partial()
        .describe("The watch after a step."),
    },
    section,
  )
  .partial();

export type GateConfig = z.output<typeof gate>;

export const policy = oneOf(GATE_POLICIES);

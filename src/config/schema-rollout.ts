// What the config says of rollouts: who is served by the candidate, when, and what takes it back. A part of the one
// schema. Each key that a route may override is written once; the global section gives it a default.
import * as z from "zod";
import { linearPatternProblem } from "../core/linear-pattern.ts";
import { gate, policy } from "./schema-gate.ts";
import {
  checkedText,
  count,
  filePath,
  flag,
  headerName,
  listOf,
  milliseconds,
  NAMES_MAX,
  network,
  note,
  oneOf,
  percent,
  queryParameterName,
  routeName,
  section,
  text,
} from "./values.ts";

const UNITS_MAX = 8;
const COHORTS_MAX = 100;
const CONDITIONS_MAX = 16;
const STEPS_MAX = 100;
const FREEZES_MAX = 100;
/** The most that a list of tenants may hold: they are looked up, not walked through. */
const VALUES_MAX = 100_000;

const plainName = text("1 to 64 letters, digits and . _ - that begin with a letter or digit", (value) =>
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(value),
);
const personName = text("a name of 1 to 200 characters", (value) => value.length >= 1 && value.length <= 200);

/** Exactly one of these says where a text is read from. */
const valueKeys = {
  header: headerName.optional().describe("The value of a header."),
  cookie: text("the name of a cookie", (value) => /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/.test(value))
    .optional()
    .describe("The value of a cookie."),
  query: queryParameterName.optional().describe("The value of a query parameter."),
  path: plainName.optional().describe("A parameter of the route's path template, without its braces."),
  claim: text("the name of a claim, 1 to 256 characters", (value) => value.length >= 1 && value.length <= 256)
    .optional()
    .describe("A claim of the bearer token; needs rollout.jwt."),
};
const VALUE_KEYS = ["header", "cookie", "query", "path", "claim"] as const;

function givenOf(value: Readonly<Record<string, unknown>>, keys: readonly string[]): number {
  return keys.filter((key) => value[key] !== undefined).length;
}

const unit = z
  .strictObject(
    { kind: plainName.describe("What it is: tenant, user, session. Part of the hash."), ...valueKeys },
    section,
  )
  .refine((value) => givenOf(value, VALUE_KEYS) === 1, {
    error: "exactly one of header, cookie, query, path, claim",
  });

const conditionValue = text(
  "a text of 1 to 1000 characters",
  (value) => value.length >= 1 && value.length <= 1000,
);

export const condition = z
  .strictObject(
    {
      ...valueKeys,
      is: conditionValue.optional().describe("The value is this one."),
      in: listOf(conditionValue, VALUES_MAX).optional().describe("The value is one of these."),
      matches: checkedText("a regular expression in RE2's language", linearPatternProblem)
        .optional()
        .describe("The whole value matches it (RE2)."),
      networks: listOf(network, NAMES_MAX).optional().describe("The client's address lies in one of these."),
    },
    section,
  )
  .refine(
    (value) =>
      value.networks === undefined
        ? givenOf(value, VALUE_KEYS) === 1 && givenOf(value, ["is", "in", "matches"]) === 1
        : givenOf(value, VALUE_KEYS) === 0 && givenOf(value, ["is", "in", "matches"]) === 0,
    {
      error:
        "networks alone; or exactly one of header, cookie, query, path, claim with exactly one of is, in, matches",
    },
  );

const cohort = z.strictObject(
  {
    name: plainName.describe("What explain and the page call it."),
    where: z
      .array(condition, { error: "a list of conditions" })
      .min(1, { error: "a list of at least one condition" })
      .max(CONDITIONS_MAX, { error: `a list of at most ${CONDITIONS_MAX} conditions` })
      .describe("All of them hold."),
  },
  section,
);

const stepError = "percentages from 0.01 to 100 with at most two decimals, each larger than the one before";
const steps = z
  .array(z.number({ error: stepError }), { error: stepError })
  .min(1, { error: stepError })
  .max(STEPS_MAX, { error: stepError })
  .refine(
    (values) =>
      values.every(
        (value, index) =>
          value > (values[index - 1] ?? 0) && value <= 100 && Number.isInteger(Math.round(value * 1e6) / 1e4),
      ),
    { error: stepError },
  );

const instant = z.iso.datetime({
  offset: true,
  error: "a time with its zone, such as 2026-12-24T18:00:00+01:00",
});

const freeze = z.strictObject(
  {
    name: note.describe("Why: for people."),
    from: instant.describe("First moment."),
    to: instant.describe("First moment after it."),
  },
  section,
);

const rescueKeys = z.strictObject(
  {
    isOn: flag.describe("The legacy answers where the candidate gave no first byte."),
    statuses: listOf(count(500, 599), 100).describe("Of the candidate, read as failures."),
    afterMs: milliseconds().describe(
      "How long the candidate may take to its first byte, where it can be rescued.",
    ),
    budgetPercent: percent.describe("Of ten seconds' requests to the candidate; past it the route trips."),
    budgetMin: count(0, 1e6).describe("As many may be rescued in ten seconds, however few the requests."),
  },
  section,
);

const keys = {
  units: listOf(unit, UNITS_MAX).describe(
    "What is bucketed; the first that a request has. Without any: legacy.",
  ),
  steps: steps.describe("Percentages of the ramp."),
  policy: policy.describe("The gate between steps: cautious, standard or fast."),
  gate: gate.describe("Where the gate differs from its policy."),
  advance: oneOf(["approval", "automatic"]).describe("After a gate passed: by a person, or by itself."),
  approvers: listOf(personName, NAMES_MAX).describe("Who may promote; empty: every operator."),
  rescue: rescueKeys.partial().describe("When the legacy answers in place of the candidate."),
  tripwireFailures: count(1, 10_000).describe("Failures of the candidate in a row that take the route back."),
};

export const rollout = z
  .strictObject(
    {
      salt: plainName.default("parallax").describe("The migration's id. Another one buckets all units anew."),
      units: keys.units.default([]),
      steps: keys.steps.default([1, 5, 25, 50, 100]),
      policy: keys.policy.default("standard"),
      gate: keys.gate.prefault({}),
      advance: keys.advance.default("approval"),
      approvers: keys.approvers.default([]),
      rescue: z
        .strictObject(
          {
            isOn: rescueKeys.shape.isOn.default(true),
            statuses: rescueKeys.shape.statuses.default([502, 503, 504]),
            afterMs: rescueKeys.shape.afterMs.default(3000),
            budgetPercent: rescueKeys.shape.budgetPercent.default(20),
            budgetMin: rescueKeys.shape.budgetMin.default(10),
          },
          section,
        )
        .prefault({})
        .describe("When the legacy answers in place of the candidate."),
      tripwireFailures: keys.tripwireFailures.default(5),
      override: z
        .strictObject(
          {
            header: headerName.default("x-parallax-upstream").describe("legacy or candidate."),
            networks: listOf(network, NAMES_MAX).default([]).describe("Who is believed. Empty: nobody."),
          },
          section,
        )
        .prefault({})
        .describe("A header by which trusted clients choose who serves them."),
      jwt: z
        .strictObject(
          {
            trust: oneOf(["verified", "unverified"]).describe(
              "unverified: whoever sends a token may claim anything.",
            ),
            keysFile: filePath.optional().describe("A JSON Web Key Set (RFC 7517); needed when verified."),
            issuer: note.optional().describe("iss must be this."),
            audience: note.optional().describe("aud must hold this."),
          },
          section,
        )
        .optional()
        .describe("How claims of bearer tokens are read."),
      freeze: listOf(freeze, FREEZES_MAX).default([]).describe("When nothing is promoted."),
      legacyQuietDays: count(0, 3650)
        .default(14)
        .describe("A route is complete only after the legacy served nobody for as long."),
    },
    section,
  )
  .prefault({})
  .describe("How routes go from the legacy to the candidate.");

/** Of a route. */
export const routeRollout = z
  .strictObject(
    {
      units: keys.units.optional(),
      steps: keys.steps.optional(),
      policy: keys.policy.optional(),
      gate: keys.gate.prefault({}),
      advance: keys.advance.optional(),
      approvers: keys.approvers.optional(),
      rescue: keys.rescue.prefault({}),
      tripwireFailures: keys.tripwireFailures.optional(),
      deny: listOf(cohort, COHORTS_MAX).default([]).describe("Always the legacy."),
      allow: listOf(cohort, COHORTS_MAX).default([]).describe("The candidate, from canary on."),
      cohorts: listOf(cohort, COHORTS_MAX)
        .default([])
        .describe("The candidate, from canary on: who the canary is for."),
      after: listOf(routeName, NAMES_MAX).default([]).describe("Routes that this one never goes beyond."),
    },
    section,
  )
  .prefault({})
  .describe("How this route goes from the legacy to the candidate.");

export type RolloutConfig = z.output<typeof rollout>;
export type RouteRolloutConfig = z.output<typeof routeRollout>;
export type CohortConfig = z.output<typeof cohort>;
export type ValueConfig = { readonly [K in (typeof VALUE_KEYS)[number]]?: string | undefined };

// The shapes of the journal's lines, as they are read back. A key that is not known is an error: what a newer version
// adds comes with a new version of the file.
import { z } from "zod";
import { ROLES } from "../core/role.ts";
import { STAGES } from "../core/snapshot.ts";
import { GATE_CHECKS, GATE_VERDICTS } from "./gate/reading.ts";
import { EVENT_KINDS } from "./terms.ts";

const whole = z.number().int().nonnegative();
const timeMs = z.number();
const hash = z.string().length(64);
const nullableNumber = z.number().nullable();

const step = z.strictObject({ stage: z.enum(STAGES), basisPoints: whole.max(10_000) });

const latch = z.strictObject({ atMs: timeMs, who: z.string(), reason: z.string(), from: step });

const state = z.strictObject({
  at: step,
  since: whole,
  enteredAtMs: timeMs.nullable(),
  clockAtMs: timeMs.nullable(),
  stable: z.array(step),
  isPaused: z.boolean(),
  isKilled: z.boolean(),
  latch: latch.nullable(),
  salt: z.string().nullable(),
  sunsetAtMs: timeMs.nullable(),
});

const gate = z.strictObject({
  verdict: z.enum(GATE_VERDICTS),
  atMs: timeMs,
  elapsedMs: z.number(),
  checks: z.array(
    z.strictObject({
      name: z.enum(GATE_CHECKS),
      subject: z.string(),
      verdict: z.enum(GATE_VERDICTS),
      value: nullableNumber,
      bound: nullableNumber,
      threshold: nullableNumber,
      samples: z.number(),
      unit: z.enum(["count", "rate", "ratio", "e-value", "ms", "number"]),
      text: z.string(),
    }),
  ),
});

export const headSchema = z.strictObject({
  parallax: z.literal("rollout-journal"),
  version: whole,
  sequence: whole,
  epoch: whole,
  states: z.record(z.string(), state),
  previous: hash,
  hash,
});

export const entrySchema = z.strictObject({
  sequence: whole.min(1),
  atMs: timeMs,
  route: z.string(),
  epoch: whole,
  event: z.enum(EVENT_KINDS),
  who: z.string(),
  role: z.enum([...ROLES, "parallax"]),
  reason: z.string(),
  from: step,
  to: step,
  isForced: z.boolean(),
  gate: gate.nullable(),
  state,
  previous: hash,
  hash,
});

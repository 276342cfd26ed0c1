// The shape of a step's evidence, as it is read back from disk: what somebody edited, cut or mixed up is no evidence.
import { z } from "zod";
import { UNIT_BANDS } from "../core/batch.ts";
import { LATENCY_BUCKETS } from "../core/latency-buckets.ts";
import { newContest } from "./gate/bounds.ts";
import { BUCKETS_MAX } from "./gate/burn-rate.ts";
import { UNITS_CAPPED_MAX } from "./gate/unit-caps.ts";
import { UNITS_KEPT_MAX } from "./gate/unit-sample.ts";

export const VERSION = 2;

const count = z.number().nonnegative();
const unit = z.number().int().nonnegative();
const histogram = z.array(count).length(LATENCY_BUCKETS);
const units = z.array(unit).max(UNITS_KEPT_MAX);

const arm = z.strictObject({
  pairs: count,
  match: count,
  mismatch: count,
  noise: count,
  incomparable: count,
  candidateFailed: count,
  legacyFailed: count,
  bothFailed: count,
});

export const stepEvidenceSchema = z.strictObject({
  version: z.literal(VERSION),
  since: unit,
  clockAtMs: z.number().nullable(),
  warmUpMs: count,
  firstAtMs: z.number().nullable(),
  servedByLegacy: arm,
  servedByCandidate: arm,
  excess: z.strictObject({ mismatch: count, candidateFailed: count, legacyFailed: count }),
  units: z.strictObject({ level: z.number().int().min(0).max(32), legacy: units, candidate: units }),
  isUnitsCut: z.boolean(),
  tallies: z.array(z.tuple([unit, count, count])).max(UNITS_CAPPED_MAX),
  latencies: z.strictObject({
    reference: histogram,
    legacy: histogram,
    candidate: histogram,
    servedLegacy: histogram,
    servedCandidate: histogram,
  }),
  bands: z.array(count).length(UNIT_BANDS + 1),
  served: z.strictObject({
    requestsLegacy: count,
    requestsCandidate: count,
    errorsLegacy: count,
    errorsCandidate: count,
    candidateFailed: count,
    rescued: count,
    unitMissing: count,
  }),
  contest: z.strictObject({
    hits: count,
    of: count,
    costs: z.array(z.number()).length(newContest().costs.length),
  }),
  burn: z.array(z.tuple([count, count, count, count, count])).max(BUCKETS_MAX),
});

// What a shadow thread hands to control, a few times a second: sums and redacted samples, never raw bytes.
import type { Difference, DifferenceKind, DifferencePart, JudgementNote, Verdict } from "./verdict.ts";

/** Sums since the last batch, for one endpoint. */
export interface EndpointDelta {
  /** `GET /users/{id}`, or `*other*` past the limit. */
  readonly endpoint: string;
  readonly route: string;
  /** Exchanges seen, skipped ones included. */
  readonly exchanges: number;
  readonly match: number;
  readonly mismatch: number;
  /** reason → count */
  readonly incomparable: Readonly<Record<string, number>>;
  /** reason → count, of skips that are known by endpoint */
  readonly skipped: Readonly<Record<string, number>>;
  /** `200` → count, per upstream */
  readonly legacyStatus: Readonly<Record<string, number>>;
  readonly candidateStatus: Readonly<Record<string, number>>;
  /** latency bucket → count, per upstream (core/latency-buckets) */
  readonly legacyLatency: Readonly<Record<number, number>>;
  readonly candidateLatency: Readonly<Record<number, number>>;
  /** Mismatches whose every difference was noise when it was seen. Among `mismatch`. */
  readonly noise: number;
  /** Exchanges that were judged against a second answer of the legacy as well. */
  readonly paired: number;
  readonly lastSeenMs: number;
}

/** The group a difference belongs to: endpoint + path with indices erased + kind. */
export interface Signature {
  /** Stable across restarts: 16 hex digits of a hash over the fields below. */
  readonly id: string;
  readonly endpoint: string;
  readonly part: DifferencePart;
  /** Array indices as `*`: `/items/*` and below. `*other*` (core/other) for all of an endpoint past the limit. */
  readonly path: string;
  readonly kind: DifferenceKind;
}

export interface SignatureDelta {
  readonly signature: Signature;
  /** Differences. */
  readonly count: number;
  /** Of these, how many can break a client of the legacy (`differenceClassOf`). */
  readonly breaking: number;
  /** Exchanges with at least one such difference. */
  readonly exchanges: number;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  /** Of such exchanges, how many were read again shortly after, and how many did not differ then (state skew). */
  readonly rechecked: number;
  readonly transient: number;
}

/** Paired counts at one place of an endpoint: the candidate against the legacy, the legacy against itself. */
export interface PairedCounts {
  /**
   * b: the candidate differs, the legacy's second answer does not. Where both do, and the legacy's values were
   * always alike in shape until then: only the candidate broke the shape. Never two of the three in one pair.
   */
  readonly candidateOnly: number;
  /** c: the reverse. */
  readonly baselineOnly: number;
  readonly both: number;
}

export interface PathDelta extends PairedCounts {
  readonly endpoint: string;
  readonly part: DifferencePart;
  /** Array indices as `*`; `*other*` (core/other) for all paths past the endpoint's limit. */
  readonly path: string;
  /** What the legacy's own two values were when they differed: shape (core/value-shape) → pairs in which both had it. */
  readonly shapes: Readonly<Record<string, number>>;
  /** Pairs in which the legacy's own two values differed: in each of them every shape was looked for. */
  readonly shapePairs: number;
  /** Exchanges, paired or not, in which the candidate's value lacked a shape that the legacy's always has. */
  readonly shapeBroken: number;
  /** The farthest that two times of the legacy's own were apart when they differed; undefined where it had none. */
  readonly timeApartMsMax?: number | undefined;
  /** The same for its numbers, as a share of the larger one. */
  readonly numberApartMax?: number | undefined;
  readonly lastSeenMs: number;
}

/** One message of a stored exchange, after redaction. */
export interface SampleMessage {
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Text when the bytes are UTF-8, else base64; cut at the sample's limit. */
  readonly body: string;
  readonly bodyEncoding: "utf8" | "base64";
  /** Bytes of the whole decoded body, before cutting. */
  readonly bodyBytes: number;
  readonly isBodyCut: boolean;
}

/** One stored exchange. Redacted before it leaves the shadow thread. */
export interface Sample {
  readonly id: string;
  readonly atMs: number;
  readonly route: string;
  readonly endpoint: string;
  /** Whose answer the client had. Not known of samples that an older version stored: the legacy's. */
  readonly servedBy?: "legacy" | "candidate";
  readonly request: SampleMessage & { readonly method: string; readonly target: string };
  readonly legacy: SampleMessage & { readonly status: number; readonly latencyMs: number };
  readonly candidate: SampleMessage & { readonly status: number; readonly latencyMs: number };
  readonly verdict: Verdict["kind"];
  readonly differences: readonly Difference[];
  readonly isCut: boolean;
  /** RFC 6902, legacy → candidate, over the redacted documents; undefined where a body is not JSON. */
  readonly patch: readonly unknown[] | undefined;
  /** Signature ids of the differences, each once. */
  readonly signatureIds: readonly string[];
  /** What rules hid, a line for each rule. Not known of samples that an older version stored. */
  readonly hidden?: readonly SampleHidden[];
  readonly notes?: readonly JudgementNote[];
  /** Why it, or where the heads differ its bodies, could not be compared. */
  readonly incomparable?: { readonly reason: string; readonly detail: string };
}

/** What one rule hid in a stored exchange. Redacted. */
export interface SampleHidden {
  readonly ruleId: string;
  readonly places: number;
  readonly part: DifferencePart;
  /** The first of them, with its values. */
  readonly path: string;
  readonly legacy?: string | undefined;
  readonly candidate?: string | undefined;
}

/** One place that a rule hid: what would have been a difference. Redacted. */
export interface HiddenExample {
  readonly exchangeId: string;
  readonly atMs: number;
  readonly part: DifferencePart;
  /** As it was met, with its indices. */
  readonly path: string;
  readonly legacy: string | undefined;
  readonly candidate: string | undefined;
}

/** What one rule hid at one endpoint, since the last batch. */
export interface RuleHit {
  readonly route: string;
  /** `*other*` past the limit. */
  readonly endpoint: string;
  /** ruleIdOf (core/rule): the same wherever the rule stands. */
  readonly ruleId: string;
  /** Places. */
  readonly hits: number;
  readonly lastHitMs: number;
  /** A few, newest first. */
  readonly examples: readonly HiddenExample[];
}

/** What failed for one unit. Known, it can be kept from deciding alone. */
export interface UnitFailures {
  /** Its hash. */
  readonly unit: number;
  /** Without those whose every difference was noise. */
  readonly mismatch: number;
  readonly candidateFailed: number;
  readonly legacyFailed: number;
}

/** How exchanges of one arm of a route ended, where both services were asked. An arm is who served the client. */
export interface ArmDelta {
  /** Exchanges with an answer or a failure of both: match + mismatch + incomparable. */
  readonly pairs: number;
  readonly match: number;
  readonly mismatch: number;
  /** Among `mismatch`: every difference was noise. */
  readonly noise: number;
  /** Where one side alone failed, too: an error page says nothing of what an answer would have said. */
  readonly incomparable: number;
  /** No whole answer, or a 5xx: of the candidate alone, of the legacy alone, of both. */
  readonly candidateFailed: number;
  readonly legacyFailed: number;
  readonly bothFailed: number;
  /**
   * latency bucket → count (core/latency-buckets), of pairs in which both answered in whole and neither failed. Who
   * served is timed with its client, who did not without one: see shadow/rollout-tally.
   */
  readonly legacyLatency: Readonly<Record<number, number>>;
  readonly candidateLatency: Readonly<Record<number, number>>;
  /**
   * Hashes of the units that were dealt out by the percentage or, before the candidate serves, would be; at `canary`
   * those that were chosen, too. Each once, in the arm that was decided, also of exchanges that are no pair.
   */
  readonly units: readonly number[];
  /** More were seen than are listed. */
  readonly isUnitsCut: boolean;
  /** Units with a mismatch or a failure of one service alone, UNITS_PER_BATCH_MAX at most; all else is of no known unit. */
  readonly unitFailures?: readonly UnitFailures[];
}

/** What exchanges say of a route's step, since the last batch. What a trusted client chose is in none. */
export interface RolloutDelta {
  readonly route: string;
  /** RouteRollout.since of the decision that they were made under: others are no evidence of the step. */
  readonly since: number;
  readonly servedByLegacy: ArmDelta;
  readonly servedByCandidate: ArmDelta;
  /**
   * Exchanges by where the unit's hash lies in its range: hundredth (0 to 99) → count, and under UNITLESS_BAND those
   * that have no unit. Of both arms together.
   */
  readonly unitBands?: Readonly<Record<number, number>>;
}

export const UNIT_BANDS = 100;
export const UNITLESS_BAND = UNIT_BANDS;

/** Units of one arm of a route that one batch lists. */
export const UNITS_PER_BATCH_MAX = 4_096;

export interface VerdictBatch {
  readonly threadId: number;
  readonly endpoints: readonly EndpointDelta[];
  readonly signatures: readonly SignatureDelta[];
  readonly samples: readonly Sample[];
  readonly ruleHits: readonly RuleHit[];
  readonly paths: readonly PathDelta[];
  readonly rollout: readonly RolloutDelta[];
}

// Who serves a request, and why. The order is the order in which it is asked; the index is what threads pass on.

export const DECISION_REASONS = [
  "killed", // the kill switch is on: legacy
  "stage", // the route's stage hands nobody to the candidate: legacy
  "deny", // legacy
  "allow", // candidate
  "override", // as a trusted client asked; in no statistics
  "cohort", // candidate
  "everybody", // live and complete: candidate
  "percentage", // by the unit's bucket
  "unit-missing", // the request has none of the units: legacy
  "tripped", // the serving thread has taken the route back, whatever was decided: legacy
] as const;
export type DecisionReason = (typeof DECISION_REASONS)[number];

/** The version of how units are put into buckets: published with test vectors in docs/bucketing.md. */
export const BUCKETING_VERSION = 1;

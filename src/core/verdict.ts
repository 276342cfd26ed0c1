// What the judge says of a pair of answers: match, mismatch with typed differences, or incomparable
// with a reason. An answer that was not wholly seen is never "equal".

export const INCOMPARABLE_REASONS = [
  "overflow", // a body over its capture limit
  "decoded-overflow", // a body whose decoded size is over the limit (a compression bomb)
  "bad-encoding", // Content-Encoding unknown, or the bytes are not what it says
  "not-compared", // a media type that is not compared (event streams, multipart)
  "depth", // deeper than the judge's bound
  "nodes", // more JSON values than the judge's bound
  "time", // the judge's time bound
  "candidate-timeout", // no complete answer within the mirror's deadline
  "candidate-unreachable", // refused, unresolved, TLS, connect timeout
  "candidate-broken", // reset, cut, or not valid HTTP
  "legacy-failed", // the legacy gave no complete answer while it was the shadow: the candidate served
  "adapter-failed", // the request could not be adapted for the candidate: it was not sent
  "rule-failed", // a custom rule threw or hung
  "internal", // a bug in the judge: counted, logged, never "equal"
] as const;

export type IncomparableReason = (typeof INCOMPARABLE_REASONS)[number];

export type DifferencePart = "status" | "header" | "body";

export const DIFFERENCE_KINDS = [
  "added", // only the candidate has it
  "removed", // only the legacy has it
  "changed", // both have it, same type, other value
  "type", // both have it, other type
  "moved", // the same array elements in another order
  "unparseable", // one side is not what its content type says (or the other is JSON and this is not)
  "duplicate-key", // an object has the same key twice on one side
  "violation", // the candidate's answer breaks the route's contract
] as const;

export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];

/** Whether a consumer of the legacy's answers may break: published in docs/differences.md. */
export const DIFFERENCE_CLASSES = ["additive", "breaking"] as const;
export type DifferenceClass = (typeof DIFFERENCE_CLASSES)[number];

/** One place where two answers differ; always read legacy → candidate. */
export interface Difference {
  readonly part: DifferencePart;
  /** RFC 6901 pointer in a body (`""` is the root); the lower-case name of a header; `""` for the status. */
  readonly path: string;
  readonly kind: DifferenceKind;
  /** Raw text of the legacy's value, digits kept, cut at the judge's limit; undefined where it has none. */
  readonly legacy: string | undefined;
  readonly candidate: string | undefined;
  /** `path` with array indices as `*`; given where that differs from `path`. */
  readonly erasedPath?: string;
  /** `additive`: a member or header that only the candidate has. All else is `breaking`, which is left out. */
  readonly class?: "additive";
}

export function differenceClassOf(difference: Difference): DifferenceClass {
  return difference.class ?? "breaking";
}

/** One place that a rule hid: what would have been a difference. */
export interface Hidden {
  readonly ruleIndex: number;
  readonly part: DifferencePart;
  readonly path: string;
  /** Raw texts, as in a difference. */
  readonly legacy: string | undefined;
  readonly candidate: string | undefined;
}

export type Verdict =
  | { readonly kind: "match"; readonly how: "bytes" | "values" }
  | {
      readonly kind: "mismatch";
      readonly differences: readonly Difference[];
      /** More differences may exist than are listed: past a bound, or in a body that could not be compared. */
      readonly isCut: boolean;
    }
  | { readonly kind: "incomparable"; readonly reason: IncomparableReason; readonly detail: string };

/** What is to be known beside the verdict, each once. */
export const JUDGEMENT_NOTES = [
  "array-by-index", // an array too unlike its other to be aligned, or too costly to match in any order
  "array-keys", // keys of an array's elements were missing or not unique: it was compared as a multiset
  "contract-legacy", // the legacy's answer breaks the route's contract; what both break alike is no difference
  "contract-unknown", // the contract does not have the path or the method
  "contract-unchecked", // a body that could not be held against the contract: too large, not kept, too many steps
] as const;

export type JudgementNote = (typeof JUDGEMENT_NOTES)[number];

/** A verdict, and what the rules did to reach it. */
export interface Judgement {
  readonly verdict: Verdict;
  /** Rule index (route rules first, then global) → places it hid in this pair. */
  readonly ruleHits: ReadonlyMap<number, number>;
  /** The first place that each of these rules hid; undefined where none hid any. */
  readonly hidden?: readonly Hidden[] | undefined;
  readonly notes?: readonly JudgementNote[];
  /** Why the bodies were not compared, where a difference in the heads is the verdict. */
  readonly bodies?: { readonly reason: IncomparableReason; readonly detail: string };
}

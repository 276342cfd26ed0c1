// A declared normalisation or tolerance. Plain data: config validates it, diff compiles it.
import { createHash } from "node:crypto";

export interface RuleMeta {
  readonly owner?: string | undefined;
  readonly reason?: string | undefined;
  /** ISO date; past it the rule is flagged, not dropped. */
  readonly expires?: string | undefined;
}

/**
 * Where a rule applies. Paths are RFC 6901 pointers in which `*` stands for one segment and `**` for any number of
 * them; header names are in lower case.
 */
export type RuleTarget =
  | { readonly path: string; readonly header?: undefined }
  | { readonly header: string; readonly path?: undefined };

/** Named shapes of a scalar; beside them a regular expression between slashes, matched against the whole value. */
export const SHAPE_CLASSES = ["uuid", "iso-time", "epoch", "integer", "number", "hex", "token"] as const;
export type ShapeClass = (typeof SHAPE_CLASSES)[number] | `/${string}/`;

export const ARRAY_MODES = ["index", "lcs", "unordered", "keyed"] as const;
export type ArrayMode = (typeof ARRAY_MODES)[number];

/** A status code, or a class of them. */
export type StatusPattern = number | "1xx" | "2xx" | "3xx" | "4xx" | "5xx";

/** Rules about one value, in a body or a header. */
export type ValueRule = RuleTarget &
  (
    | { readonly kind: "ignore" }
    | { readonly kind: "shape"; readonly class: ShapeClass }
    /** Decimal strings; within either is enough, boundary included. `rel` is of the legacy's magnitude. */
    | {
        readonly kind: "tolerance";
        readonly abs?: string | undefined;
        readonly rel?: string | undefined;
      }
    | { readonly kind: "timestamp"; readonly withinMs: number }
    | { readonly kind: "coerce" }
    | { readonly kind: "case" }
    | { readonly kind: "trim" }
  );

/** Rules about the structure of a body. */
export type StructureRule =
  | {
      readonly kind: "array";
      readonly path: string;
      readonly mode: ArrayMode;
      /** For `keyed`: a pointer below each element, `/id`; several make one key together. */
      readonly by?: readonly string[] | undefined;
    }
  | { readonly kind: "nullIsAbsent"; readonly path: string }
  /** Members that only the candidate has, at any depth below `path`, are allowed; array elements are not. */
  | { readonly kind: "additive"; readonly path: string }
  /** `value` is any JSON value. */
  | { readonly kind: "default"; readonly path: string; readonly value: unknown }
  /** As many `*` in `to` as in `from`: the nth stands for the same segment. No `**`. */
  | { readonly kind: "rename"; readonly from: string; readonly to: string };

export type StatusRule = {
  readonly kind: "status";
  readonly legacy: StatusPattern;
  readonly candidate: StatusPattern;
};

/** A function of the user's: see diff/rules/rules/custom.ts. `path` is the root unless given. */
export type CustomRule = {
  readonly kind: "custom";
  /** An absolute path; config resolves it against its file's folder. */
  readonly module: string;
  readonly path?: string | undefined;
};

export type Rule = (ValueRule | StructureRule | StatusRule | CustomRule) & RuleMeta;
export type RuleKind = Rule["kind"];

export const RULE_KINDS = [
  "ignore",
  "shape",
  "tolerance",
  "timestamp",
  "array",
  "nullIsAbsent",
  "additive",
  "coerce",
  "rename",
  "default",
  "case",
  "trim",
  "status",
  "custom",
] as const satisfies readonly RuleKind[];

/** Why a rule is worth a look: docs/rules.md tells what each means. */
export const RULE_FLAGS = ["never-hit", "too-broad", "expired", "failed"] as const;

/** Object keys sorted, so that the order in which a rule was written does not matter. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, member]) => [key, canonical(member)]),
  );
}

/**
 * What a rule's hits are counted under, 12 hex digits made of what the rule does: the same after a restart, wherever
 * it stands in the list, whoever owns it.
 */
export function ruleIdOf(rule: Rule): string {
  const { owner: _owner, reason: _reason, expires: _expires, ...does } = rule;
  return createHash("sha256")
    .update(JSON.stringify(canonical(does)))
    .digest("hex")
    .slice(0, 12);
}

/** Ids are hashes: made once for the rules of a route in a snapshot. */
const idsOfLists = new WeakMap<readonly Rule[], readonly string[]>();

/** The id of each rule of a list, by its place in it. */
export function ruleIdsOf(rules: readonly Rule[]): readonly string[] {
  const known = idsOfLists.get(rules);
  if (known !== undefined) return known;
  const ids = rules.map(ruleIdOf);
  idsOfLists.set(rules, ids);
  return ids;
}

// Rules worth having, from what is stored: which rule fits a place where the legacy differs from itself, on what
// evidence, and which differences it would explain. Pure. A place that is confirmed gets none, and none covers it.
import type { PathDelta } from "../core/batch.ts";
import { NOISE_PAIRS_MIN, tierOf, wilsonBounds } from "../core/evidence.ts";
import { OTHER } from "../core/other.ts";
import type { Rule, SHAPE_CLASSES } from "../core/rule.ts";
import {
  NARROWEST_SHAPES,
  NUMBER_APART_MAX,
  TIME_APART_MS_MAX,
  timestampMargin,
  toleranceMargin,
} from "../core/rule-margins.ts";
import type { DifferenceKind, DifferencePart } from "../core/verdict.ts";

/** What is stored of one place: the sums of its `PathDelta`s, and the pairs of its endpoint. */
export interface StoredPlace extends Omit<PathDelta, "lastSeenMs"> {
  /** Exchanges of the endpoint that were paired. */
  readonly pairs: number;
  /** Values as they were seen, redacted. */
  readonly example?:
    | { readonly legacy: string | undefined; readonly candidate: string | undefined }
    | undefined;
}

export interface StoredSignature {
  readonly id: string;
  readonly endpoint: string;
  readonly part: DifferencePart;
  readonly path: string;
  readonly kind: DifferenceKind;
  /** Differences. */
  readonly count: number;
}

export interface Suggestion {
  readonly rule: Rule;
  readonly endpoint: string;
  readonly evidence: {
    /** Of all places that the rule covers, the one with the fewest. */
    readonly pairs: number;
    readonly legacyDiffers: number;
    /** The places, by path or by header. */
    readonly places: readonly string[];
    /** One sentence for people. */
    readonly text: string;
    readonly example?: StoredPlace["example"];
  };
  readonly explains: { readonly signatureIds: readonly string[]; readonly differences: number };
}

/** What a rule does, without where. */
type Remedy =
  | { readonly kind: "shape"; readonly class: (typeof SHAPE_CLASSES)[number] }
  | { readonly kind: "timestamp"; readonly withinMs: number }
  | { readonly kind: "tolerance"; readonly rel: string }
  | { readonly kind: "unordered" }
  | { readonly kind: "ignore" };

/** Differences of these kinds are what a remedy is for; `ignore` hides all. */
const EXPLAINED: Readonly<Record<Exclude<Remedy["kind"], "ignore">, DifferenceKind>> = {
  shape: "changed",
  timestamp: "changed",
  tolerance: "changed",
  unordered: "moved",
};
/** A value differs always when it surely does in more than half of all pairs. */
const ALWAYS_SHARE = 0.5;
/** Different parents that share a last key and a remedy, before one rule is made for all of them. */
const PARENTS_MIN = 3;

function narrowestShape({ shapes, shapePairs }: StoredPlace): (typeof SHAPE_CLASSES)[number] | undefined {
  return NARROWEST_SHAPES.find((shape) => shapes[shape] === shapePairs);
}

/** The narrowest remedy that fits what the legacy itself does there. */
function remedyOf(place: StoredPlace): Remedy | undefined {
  const { part, shapePairs, timeApartMsMax, numberApartMax, pairs } = place;
  if (shapePairs < NOISE_PAIRS_MIN || part === "status") return undefined;
  if (place.shapes["reordered"] === shapePairs) return { kind: "unordered" };
  const shape = narrowestShape(place);
  const isTime = shape === "iso-time" || shape === "epoch";
  if (isTime && timeApartMsMax !== undefined && timeApartMsMax <= TIME_APART_MS_MAX)
    return { kind: "timestamp", withinMs: timestampMargin(timeApartMsMax) };
  if (shape === "number" && numberApartMax !== undefined && numberApartMax <= NUMBER_APART_MAX)
    return { kind: "tolerance", rel: toleranceMargin(numberApartMax) };
  // A wide rule for a rare difference would hide more than it explains: such noise is counted apart as it is.
  if (wilsonBounds(shapePairs, Math.max(pairs, shapePairs)).low <= ALWAYS_SHARE) return undefined;
  return shape === undefined ? { kind: "ignore" } : { kind: "shape", class: shape };
}

function ruleOf(remedy: Remedy, place: Pick<StoredPlace, "part" | "path">): Rule | undefined {
  if (remedy.kind === "unordered")
    return place.part === "body" ? { kind: "array", path: place.path, mode: "unordered" } : undefined;
  return place.part === "header" ? { ...remedy, header: place.path } : { ...remedy, path: place.path };
}

/** Whether a pattern of suggest's own making covers a path: `*` is one segment, `**` any number. */
function covers(pattern: string, path: string): boolean {
  const wanted = pattern.split("/");
  const segments = path.split("/");
  const rest = wanted.indexOf("**");
  if (rest < 0)
    return (
      wanted.length === segments.length && wanted.every((one, at) => one === "*" || one === segments[at])
    );
  return segments.length >= wanted.length - 1 && segments.at(-1) === wanted.at(-1);
}

/** One pattern for paths that differ in one segment; else their last key anywhere. */
function generalise(paths: readonly string[]): string {
  const [first = [], ...others] = paths.map((path) => path.split("/"));
  const isAlike = others.every((path) => path.length === first.length);
  const differing = first.flatMap((segment, at) =>
    others.every((path) => path[at] === segment) ? [] : [at],
  );
  if (isAlike && differing.length === 1)
    return first.map((segment, at) => (at === differing[0] ? "*" : segment)).join("/");
  return `/**/${first.at(-1)}`;
}

interface Fitting {
  readonly remedy: Remedy;
  readonly places: readonly StoredPlace[];
  readonly path: string;
}

/** Times and numbers of siblings are rarely equally far apart: the widest of them is one for all. */
function groupKey({ remedy, place }: { remedy: Remedy; place: StoredPlace }): string {
  const what = remedy.kind === "shape" ? `shape ${remedy.class}` : remedy.kind;
  return JSON.stringify([place.part, what, place.path.split("/").at(-1)]);
}

function widest(remedies: readonly Remedy[]): Remedy {
  return remedies.reduce((a, b) => {
    if (a.kind === "timestamp" && b.kind === "timestamp") return a.withinMs >= b.withinMs ? a : b;
    if (a.kind === "tolerance" && b.kind === "tolerance") return Number(a.rel) >= Number(b.rel) ? a : b;
    return a;
  });
}

/** Places with the same remedy under one rule, where that covers no place that is confirmed. */
function fit(places: readonly StoredPlace[]): Fitting[] {
  const confirmed = places.filter((place) => tierOf(place) === "confirmed");
  const groups = new Map<string, { remedy: Remedy; place: StoredPlace }[]>();
  for (const place of places) {
    const remedy = place.path === OTHER || confirmed.includes(place) ? undefined : remedyOf(place);
    if (remedy === undefined) continue;
    const key = groupKey({ remedy, place });
    groups.set(key, [...(groups.get(key) ?? []), { remedy, place }]);
  }
  return [...groups.values()].flatMap((group): Fitting[] => {
    const paths = group.map(({ place }) => place.path);
    const path = generalise(paths);
    const [first] = group;
    const isWorthIt =
      first?.place.part === "body" &&
      group.length >= PARENTS_MIN &&
      first.remedy.kind !== "ignore" &&
      !path.endsWith("/*") &&
      !confirmed.some((place) => place.part === "body" && covers(path, place.path));
    if (isWorthIt)
      return [
        { remedy: widest(group.map(({ remedy }) => remedy)), places: group.map(({ place }) => place), path },
      ];
    return group.map(({ remedy, place }) => ({ remedy, places: [place], path: place.path }));
  });
}

function sentence({ remedy, places }: Fitting, weakest: StoredPlace): string {
  const isOne = places.length === 1;
  const where = isOne ? "here" : `at each of ${places.length} places`;
  const orMore = isOne ? "" : " or more";
  const what = {
    shape: remedy.kind === "shape" ? `both values had the shape ${remedy.class} each time` : "",
    timestamp: `both values were times, at most ${Math.max(...places.map((place) => place.timeApartMsMax ?? 0))} ms apart`,
    tolerance: `both values were numbers, at most ${(100 * Math.max(...places.map((place) => place.numberApartMax ?? 0))).toPrecision(2)} % apart`,
    unordered: "both arrays had the same elements in another order",
    ignore: "the values have no shape in common",
  }[remedy.kind];
  return `the legacy differed from itself ${where} in ${weakest.shapePairs} of ${weakest.pairs} pairs${orMore}; ${what}`;
}

function suggestionOf(fitting: Fitting, signatures: readonly StoredSignature[]): Suggestion | undefined {
  const { remedy, places, path } = fitting;
  const [weakest] = [...places].sort((a, b) => a.shapePairs - b.shapePairs);
  const rule = weakest === undefined ? undefined : ruleOf(remedy, { part: weakest.part, path });
  if (weakest === undefined || rule === undefined) return undefined;
  const explained = signatures.filter(
    (signature) =>
      signature.endpoint === weakest.endpoint &&
      signature.part === weakest.part &&
      covers(path, signature.path) &&
      (remedy.kind === "ignore" || signature.kind === EXPLAINED[remedy.kind]),
  );
  return {
    rule,
    endpoint: weakest.endpoint,
    evidence: {
      pairs: weakest.pairs,
      legacyDiffers: weakest.shapePairs,
      places: places.map((place) => place.path).sort(),
      text: sentence(fitting, weakest),
      example: weakest.example,
    },
    explains: {
      signatureIds: explained.map(({ id }) => id).sort(),
      differences: explained.reduce((sum, { count }) => sum + count, 0),
    },
  };
}

function targetOf({ rule }: Suggestion): string {
  return JSON.stringify(rule);
}

/** Those that explain most come first; the same whatever the order of what is given. */
export function suggestRules(stored: {
  readonly places: readonly StoredPlace[];
  readonly signatures: readonly StoredSignature[];
}): readonly Suggestion[] {
  const endpoints = new Map<string, StoredPlace[]>();
  for (const place of [...stored.places].sort((a, b) => (a.path < b.path ? -1 : 1)))
    endpoints.set(place.endpoint, [...(endpoints.get(place.endpoint) ?? []), place]);
  return [...endpoints.values()]
    .flatMap(fit)
    .flatMap((fitting) => suggestionOf(fitting, stored.signatures) ?? [])
    .sort(
      (a, b) =>
        b.explains.differences - a.explains.differences ||
        (a.endpoint < b.endpoint ? -1 : a.endpoint > b.endpoint ? 1 : targetOf(a) < targetOf(b) ? -1 : 1),
    );
}

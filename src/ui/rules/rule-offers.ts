// Which rules fit a signature, made from what was seen of it: the narrowest first, `ignore` last. Pure.
// An offer is a beginning: it is edited, previewed on stored samples, and says why, who and until when.
import type { SignatureAnswer } from "../../admin/schemas.ts";
import { OTHER } from "../../core/other.ts";
import type { Rule, StatusPattern, ValueRule } from "../../core/rule.ts";
import {
  NARROWEST_SHAPES,
  NUMBER_APART_MAX,
  TIME_APART_MS_MAX,
  timestampMargin,
  toleranceMargin,
} from "../../core/rule-margins.ts";
import {
  bareText,
  keyMembers,
  parseValue,
  readablePairs,
  type SeenPair,
  type ShapedPair,
  seenPairs,
  shapedPairs,
} from "./seen-values.ts";

export interface RuleOffer {
  /** What the button says. */
  readonly title: string;
  /** What of the values seen speaks for it. */
  readonly why: string;
  /** Without owner, reason and expiry. */
  readonly rule: Rule;
}

type OfferedSignature = Pick<SignatureAnswer, "part" | "path" | "kind" | "values" | "example">;

/** Status pairs that get a button each. */
const STATUS_OFFERS_MAX = 3;

/** Where rules about one value apply; undefined where no rule can name the place. */
function targetOf({
  part,
  path,
}: OfferedSignature): { readonly path: string } | { readonly header: string } | undefined {
  if (part === "status" || path === OTHER || path.endsWith("…")) return undefined;
  // The places of a cookie are its header's: set-cookie/session/path.
  if (part === "header") return { header: path.split("/")[0] ?? path };
  return { path };
}

const valueRule = (target: { readonly path: string } | { readonly header: string }, does: object) =>
  ({ ...does, ...target }) as ValueRule;

function shapeOffer(pairs: readonly ShapedPair[], make: (does: object) => ValueRule): RuleOffer[] {
  const shape = NARROWEST_SHAPES.find(
    (name) => pairs.length > 0 && pairs.every(({ shaped }) => shaped.every(({ shapes }) => shapes.has(name))),
  );
  if (shape === undefined) return [];
  return [
    {
      title: `Accept this shape (${shape})`,
      why: `All values seen, of both sides, have the shape ${shape}; one that becomes null still shows.`,
      rule: make({ kind: "shape", class: shape }),
    },
  ];
}

function apart(values: readonly [number | undefined, number | undefined]): number | undefined {
  const [legacy, candidate] = values;
  return legacy === undefined || candidate === undefined ? undefined : Math.abs(legacy - candidate);
}

function timestampOffer(pairs: readonly ShapedPair[], make: (does: object) => ValueRule): RuleOffer[] {
  const apartMs = pairs.map(({ shaped: [a, b] }) => apart([a.timeMs, b.timeMs]));
  if (pairs.length === 0 || apartMs.includes(undefined)) return [];
  const most = Math.max(...(apartMs as number[]));
  if (most > TIME_APART_MS_MAX) return [];
  return [
    {
      title: "Times this close",
      why: `All values seen are times, at most ${most.toLocaleString("en-US")} ms apart.`,
      rule: make({ kind: "timestamp", withinMs: timestampMargin(most) }),
    },
  ];
}

function toleranceOffer(pairs: readonly ShapedPair[], make: (does: object) => ValueRule): RuleOffer[] {
  // Strings are no numbers for a tolerance.
  const shares = pairs.map(({ shaped: [a, b] }) => {
    const isText = a.shapes.has("string") || b.shapes.has("string");
    const between = isText ? undefined : apart([a.number, b.number]);
    return between === undefined || a.number === 0 || a.number === undefined
      ? undefined
      : between / Math.abs(a.number);
  });
  if (pairs.length === 0 || shares.includes(undefined)) return [];
  const most = Math.max(...(shares as number[]));
  if (most > NUMBER_APART_MAX) return [];
  return [
    {
      title: "Tolerance",
      why: `All values seen are numbers, at most ${(100 * most).toPrecision(2)} % apart.`,
      rule: make({ kind: "tolerance", rel: toleranceMargin(most) }),
    },
  ];
}

function textOffers(pairs: readonly ShapedPair[], make: (does: object) => ValueRule): RuleOffer[] {
  const isAlways = (isAlike: (legacy: string, candidate: string) => boolean) =>
    pairs.length > 0 &&
    pairs.every(({ legacy, candidate }) => isAlike(bareText(legacy), bareText(candidate)));
  const offers: RuleOffer[] = [];
  if (isAlways((a, b) => a.toLowerCase() === b.toLowerCase()))
    offers.push({
      title: "Letter case does not matter",
      why: "All values seen differ in letter case alone.",
      rule: make({ kind: "case" }),
    });
  if (isAlways((a, b) => a.trim() === b.trim()))
    offers.push({
      title: "Outer white space does not matter",
      why: "All values seen differ in white space around them alone.",
      rule: make({ kind: "trim" }),
    });
  return offers;
}

/** `"1"` and `1`, `"true"` and `true`: docs/rules.md. */
function coerceOffer(pairs: readonly ShapedPair[], make: (does: object) => ValueRule): RuleOffer[] {
  const isSame = ({ legacy, candidate }: ShapedPair) => {
    const [a, b] = [bareText(legacy), bareText(candidate)];
    if (parseValue(a) === null || a.trim() === "" || b.trim() === "") return false;
    return a === b || (a !== "" && Number(a) === Number(b));
  };
  if (pairs.length === 0 || !pairs.every(isSame)) return [];
  return [
    {
      title: "Text and number are the same",
      why: "All values seen are the same once they are read as numbers or booleans.",
      rule: make({ kind: "coerce" }),
    },
  ];
}

function statusOffers(pairs: readonly SeenPair[]): RuleOffer[] {
  return pairs.slice(0, STATUS_OFFERS_MAX).flatMap(({ legacy, candidate }) => {
    const [from, to] = [Number(legacy), Number(candidate)];
    if (!Number.isInteger(from) || !Number.isInteger(to)) return [];
    return [
      {
        title: `${from} and ${to} are equal`,
        why: `The legacy answers ${from} where the candidate answers ${to}.`,
        rule: { kind: "status", legacy: from as StatusPattern, candidate: to as StatusPattern },
      },
    ];
  });
}

/** The array that the last `*` of a path stands in; undefined where there is none. */
function arrayAround(path: string): string | undefined {
  const at = path.lastIndexOf("/*");
  return at < 0 ? undefined : path.slice(0, at);
}

function arrayOffers({ path, kind }: OfferedSignature, pairs: readonly SeenPair[]): RuleOffer[] {
  const array = kind === "moved" ? path : arrayAround(path);
  if (array === undefined) return [];
  const [key] = kind === "moved" ? keyMembers(pairs) : [];
  const where = array === "" ? "the whole answer, an array" : array;
  const keyed: RuleOffer = {
    title: "Match elements by a key",
    why:
      key === undefined
        ? `Elements of ${where} are compared with the one that has the same key, wherever it stands. Say where the key is.`
        : `Every element seen has ${key}, and no two have the same.`,
    rule: { kind: "array", path: array, mode: "keyed", by: [`/${escapeSegment(key ?? "id")}`] },
  };
  const unordered: RuleOffer = {
    title: "Order does not matter",
    why:
      kind === "moved"
        ? "Both have the same elements, in another order."
        : `Elements of ${where} are compared in any order.`,
    rule: { kind: "array", path: array, mode: "unordered" },
  };
  // A changed value in an array is one more often than a sign that elements were paired wrongly.
  return kind === "changed" || kind === "type" ? [keyed] : [unordered, keyed];
}

function escapeSegment(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** Rules about a member that one side lacks. */
function absenceOffers({ path, kind }: OfferedSignature, pairs: readonly SeenPair[]): RuleOffer[] {
  const values = pairs.map(({ legacy, candidate }) => (kind === "added" ? candidate : legacy));
  const isMember = path !== "" && !path.endsWith("/*");
  if (!isMember) return [];
  const offers: RuleOffer[] = [];
  const [first] = values;
  if (first !== undefined && values.every((value) => value === "null"))
    offers.push({
      title: "Null is the same as missing",
      why: `All values that ${kind === "added" ? "only the candidate" : "only the legacy"} has are null.`,
      rule: { kind: "nullIsAbsent", path },
    });
  const value = parseValue(first);
  const isScalar = ["string", "number", "boolean"].includes(typeof value);
  if (isScalar && values.every((other) => other === first))
    offers.push({
      title: "Missing is the same as this value",
      why: `All values seen are ${first}.`,
      rule: { kind: "default", path, value },
    });
  if (kind === "added")
    offers.push({
      title: "Additions are allowed",
      why: "Only the candidate has it. Whatever else it adds to this object, at any depth, is allowed as well.",
      rule: { kind: "additive", path: path.slice(0, path.lastIndexOf("/")) },
    });
  return offers;
}
function ignoreOffer(
  { part, path }: OfferedSignature,
  target: { readonly path: string } | { readonly header: string },
): RuleOffer[] {
  // The whole body, never: what is left would always match.
  if (part === "body" && path === "") return [];
  return [
    {
      title: part === "header" ? "Ignore this header" : "Ignore this field",
      why: "Whatever is there is not compared, and all that it holds: the widest rule of all.",
      rule: valueRule(target, { kind: "ignore" }),
    },
  ];
}

/** Nothing where no rule can say it: signatures past the limit, and paths that were cut. */
export function ruleOffers(signature: OfferedSignature): readonly RuleOffer[] {
  const { part, kind } = signature;
  const pairs = readablePairs(seenPairs(signature));
  if (part === "status") return signature.path === OTHER ? [] : statusOffers(pairs);
  const target = targetOf(signature);
  if (target === undefined) return [];
  const make = (does: object) => valueRule(target, does);
  const shaped = shapedPairs(part, pairs);
  const ofValues = () => {
    switch (kind) {
      case "changed":
        return [
          ...timestampOffer(shaped, make),
          ...toleranceOffer(shaped, make),
          ...textOffers(shaped, make),
          ...shapeOffer(shaped, make),
        ];
      case "type":
        return coerceOffer(shaped, make);
      case "added":
      case "removed":
        return part === "body" ? absenceOffers(signature, pairs) : [];
      default:
        return [];
    }
  };
  const isOfArrays = part === "body" && ["added", "removed", "changed", "type", "moved"].includes(kind);
  return [
    ...ofValues(),
    ...(isOfArrays ? arrayOffers(signature, pairs) : []),
    ...ignoreOffer(signature, target),
  ];
}

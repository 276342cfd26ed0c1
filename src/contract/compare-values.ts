// What a keyword of one value does to the set of values that fit, when it changes: types, enumerations, limits,
// formats. Each answers the effects with a phrase; nothing for keywords that stayed.
import { cutText } from "./describe-schema.ts";

export type Effect = "wider" | "narrower" | "other";

export interface ValueChange {
  readonly effect: Effect;
  readonly text: string;
}

type View = Readonly<Record<string, unknown>>;

const ALL_TYPES = ["null", "boolean", "integer", "fraction", "string", "array", "object"] as const;

/** Types as a set without overlaps: a number is an integer or a fraction. */
export function typesOf({ type }: View): ReadonlySet<string> {
  if (type === undefined) return new Set(ALL_TYPES);
  return new Set(
    [type].flat().flatMap((name) => (name === "number" ? ["integer", "fraction"] : [String(name)])),
  );
}

function namesOf(types: readonly string[]): string {
  return types.map((name) => (name === "fraction" ? "number" : name)).join(", ");
}

function typeChanges(before: View, after: View): ValueChange[] {
  const [was, is] = [typesOf(before), typesOf(after)];
  const gone = [...was].filter((name) => !is.has(name));
  const come = [...is].filter((name) => !was.has(name));
  if (gone.length > 0 && come.length > 0)
    return [
      { effect: "other", text: `the type was ${shown(before["type"])} and is ${shown(after["type"])}` },
    ];
  if (gone.length > 0) return [{ effect: "narrower", text: `cannot be ${namesOf(gone)} any more` }];
  return come.length > 0 ? [{ effect: "wider", text: `can be ${namesOf(come)} now` }] : [];
}

function shown(type: unknown): string {
  return type === undefined ? "any" : [type].flat().join(" or ");
}

/** Values by their JSON text; undefined where any will do. */
function valuesOf(view: View): ReadonlySet<string> | undefined {
  if (view["const"] !== undefined) return new Set([JSON.stringify(view["const"])]);
  const { enum: values } = view;
  return Array.isArray(values) ? new Set(values.map((value) => JSON.stringify(value))) : undefined;
}

function enumChanges(before: View, after: View): ValueChange[] {
  const [was, is] = [valuesOf(before), valuesOf(after)];
  const list = (values: Iterable<string>) => cutText([...values].join(", "));
  if (was === undefined && is === undefined) return [];
  if (is === undefined) return [{ effect: "wider", text: `is no longer one of ${list(was ?? [])}` }];
  if (was === undefined) return [{ effect: "narrower", text: `must be one of ${list(is)} now` }];
  const changes: ValueChange[] = [];
  const gone = [...was].filter((value) => !is.has(value));
  const come = [...is].filter((value) => !was.has(value));
  if (come.length > 0) changes.push({ effect: "wider", text: `can be ${list(come)} now` });
  if (gone.length > 0) changes.push({ effect: "narrower", text: `cannot be ${list(gone)} any more` });
  return changes;
}

/** A bound as number and strictness; undefined where there is none. */
interface Bound {
  readonly at: number;
  readonly isExclusive: boolean;
}

function boundOf(
  view: View,
  inclusive: string,
  exclusive: string | undefined,
  sign: 1 | -1,
): Bound | undefined {
  const bounds: Bound[] = [];
  const at = view[inclusive];
  if (typeof at === "number") bounds.push({ at, isExclusive: false });
  const strict = exclusive === undefined ? undefined : view[exclusive];
  if (typeof strict === "number") bounds.push({ at: strict, isExclusive: true });
  // The one that leaves less.
  return bounds.sort((a, b) => sign * (b.at - a.at) || Number(b.isExclusive) - Number(a.isExclusive))[0];
}

const BOUNDS = [
  ["minimum", "exclusiveMinimum", 1],
  ["maximum", "exclusiveMaximum", -1],
  ["minLength", undefined, 1],
  ["maxLength", undefined, -1],
  ["minItems", undefined, 1],
  ["maxItems", undefined, -1],
  ["minProperties", undefined, 1],
  ["maxProperties", undefined, -1],
] as const;

/** A lower bound of zero on a length bounds nothing. */
const NO_BOUND_AT_ZERO = ["minLength", "minItems", "minProperties"];

function boundChanges(before: View, after: View): ValueChange[] {
  const changes: ValueChange[] = [];
  for (const [inclusive, exclusive, sign] of BOUNDS) {
    const read = (view: View) => {
      const bound = boundOf(view, inclusive, exclusive, sign);
      return bound?.at === 0 && NO_BOUND_AT_ZERO.includes(inclusive) ? undefined : bound;
    };
    const [was, is] = [read(before), read(after)];
    if (was?.at === is?.at && was?.isExclusive === is?.isExclusive) continue;
    const text = `${inclusive} was ${boundText(was)} and is ${boundText(is)}`;
    changes.push({ effect: isTighter(was, is, sign) ? "narrower" : "wider", text });
  }
  return changes;
}

function isTighter(was: Bound | undefined, is: Bound | undefined, sign: 1 | -1): boolean {
  if (is === undefined) return false;
  if (was === undefined) return true;
  return was.at === is.at ? is.isExclusive : sign * (is.at - was.at) > 0;
}

function boundText(bound: Bound | undefined): string {
  return bound === undefined ? "none" : `${bound.at}${bound.isExclusive ? " (exclusive)" : ""}`;
}

/** Formats of which the second takes whatever the first does. */
const WIDER_FORMATS = [
  ["int32", "int64"],
  ["float", "double"],
] as const;

function keywordChange(
  keyword: string,
  [was, is]: readonly [unknown, unknown],
  effectOf: (was: unknown, is: unknown) => Effect,
): ValueChange[] {
  if (was === is) return [];
  if (was === undefined)
    return [{ effect: "narrower", text: `${keyword} ${cutText(String(is))} is asked for now` }];
  if (is === undefined)
    return [{ effect: "wider", text: `${keyword} ${cutText(String(was))} is no longer asked for` }];
  const text = `${keyword} was ${cutText(String(was))} and is ${cutText(String(is))}`;
  return [{ effect: effectOf(was, is), text }];
}

function formatEffect(was: unknown, is: unknown): Effect {
  if (WIDER_FORMATS.some(([narrow, wide]) => was === narrow && is === wide)) return "wider";
  return WIDER_FORMATS.some(([narrow, wide]) => was === wide && is === narrow) ? "narrower" : "other";
}

function multipleEffect(was: unknown, is: unknown): Effect {
  const [a, b] = [Number(was), Number(is)];
  if (Number.isInteger(b / a)) return "narrower";
  return Number.isInteger(a / b) ? "wider" : "other";
}

/** Every change of what one value may be, by its own keywords. */
export function valueChanges(before: View, after: View): readonly ValueChange[] {
  const pair = (keyword: string) => [before[keyword], after[keyword]] as const;
  const unique = ({ uniqueItems }: View) => (uniqueItems === true ? true : undefined);
  const changes = [
    ...typeChanges(before, after),
    ...enumChanges(before, after),
    ...boundChanges(before, after),
    ...keywordChange("multipleOf", pair("multipleOf"), multipleEffect),
    ...keywordChange("pattern", pair("pattern"), () => "other"),
    ...keywordChange("format", pair("format"), formatEffect),
    ...keywordChange("uniqueItems", [unique(before), unique(after)], () => "other"),
  ];
  // That null is one more is said by the types and by the enumeration.
  return changes.filter(({ text }, index) => changes.findIndex((other) => other.text === text) === index);
}

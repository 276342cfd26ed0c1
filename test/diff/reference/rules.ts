// The reference's rules, from their table: each as small as it can be said. Rules about values and `additive` hide
// differences; rules about structure put both documents into one form first. Shares no code with src/diff.
import type { Rule } from "../../../src/core/rule.ts";
import { canonical, compareReference, type Expected, pointerTo, type Resized } from "./compare.ts";
import { exactNumber, type Json, type Member, readJson } from "./json.ts";

/** Kinds after which the differences left over keep their paths and texts. */
export const HIDING_KINDS: readonly Rule["kind"][] = [
  "ignore",
  "shape",
  "tolerance",
  "timestamp",
  "coerce",
  "case",
  "trim",
  "additive",
];

function tokensOf(pointer: string): readonly string[] {
  return pointer.split("/").slice(1);
}

/** `*` is one token, `**` any number of them. */
function isMatch(pattern: readonly string[], path: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return path.length === 0;
  if (first === "**") return isMatch(rest, path) || (path.length > 0 && isMatch(pattern, path.slice(1)));
  return path.length > 0 && (first === "*" || first === path[0]) && isMatch(rest, path.slice(1));
}

export function isAt(pattern: string, pointer: string): boolean {
  return isMatch(tokensOf(pattern), tokensOf(pointer));
}

/** The pointer and those of all containers around it, the root first. */
function placesAround(pointer: string): readonly string[] {
  const tokens = tokensOf(pointer);
  return Array.from({ length: tokens.length + 1 }, (_, count) =>
    tokens.slice(0, count).reduce((path, token) => `${path}/${token}`, ""),
  );
}

function read(raw: string | undefined): Json | undefined {
  return raw === undefined ? undefined : readJson(Buffer.from(raw));
}

/** Text of a string without bytes that are not UTF-8. */
function textOf(value: Json): string | undefined {
  if (value.kind !== "string" || value.points.some((point) => point < 0 || point === 0xfffd))
    return undefined;
  return String.fromCodePoint(...value.points);
}

function withText(text: string): Json {
  return { kind: "string", points: [...text].map((char) => char.codePointAt(0) as number), raw: "" };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function hasShape(shape: string, value: Json): boolean {
  const text = textOf(value);
  if (text === undefined) return false;
  return shape === "uuid" ? UUID.test(text) : new RegExp(`^(?:${shape.slice(1, -1)})$`).test(text);
}

type Decimal = ReturnType<typeof exactNumber>;

/** Both as integers of one unit. */
function aligned(...decimals: readonly Decimal[]): readonly bigint[] {
  const lowest = decimals.reduce((low, { exponent }) => (exponent < low ? exponent : low), 0n);
  return decimals.map(({ digits, exponent }) => digits * 10n ** (exponent - lowest));
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function isWithin(rule: Rule & { kind: "tolerance" }, a: Json, b: Json): boolean {
  if (a.kind !== "number" || b.kind !== "number") return false;
  const relative = exactNumber(rule.rel ?? "0");
  const allowed = { digits: magnitude(a.digits) * relative.digits, exponent: a.exponent + relative.exponent };
  const [x, y, abs, rel] = aligned(a, b, exactNumber(rule.abs ?? "0"), allowed) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  return magnitude(x - y) <= abs || magnitude(x - y) <= rel;
}

const TIME = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}:\d{2}(\.\d{1,3})?(Z|[+-]\d{2}:\d{2})$/;

/** Milliseconds of a time whose day exists. */
function timeOf(value: Json): number | undefined {
  const text = textOf(value) ?? "";
  const day = TIME.exec(text)?.[1];
  if (day === undefined || Number.isNaN(Date.parse(text))) return undefined;
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day) ? Date.parse(text) : undefined;
}

/** A string under trim, case and coerce. */
function normalised(rules: readonly Rule[], value: Json): Json {
  const text = textOf(value);
  if (text === undefined) return value;
  const has = (kind: Rule["kind"]): boolean => rules.some((rule) => rule.kind === kind);
  const trimmed = has("trim") ? text.trim() : text;
  const lower = has("case") ? trimmed.toLowerCase() : trimmed;
  const meant = has("coerce") ? read(lower) : undefined;
  const isMeant = meant?.kind === "number" || meant?.kind === "true" || meant?.kind === "false";
  return meant !== undefined && isMeant && meant.raw === lower ? meant : withText(lower);
}

function isEqualUnder(rule: Rule, a: Json, b: Json): boolean {
  if (rule.kind === "shape") return hasShape(rule.class, a) && hasShape(rule.class, b);
  if (rule.kind === "tolerance") return isWithin(rule, a, b);
  if (rule.kind !== "timestamp") return false;
  const [timeA, timeB] = [timeOf(a), timeOf(b)];
  return timeA !== undefined && timeB !== undefined && Math.abs(timeA - timeB) <= rule.withinMs;
}

function isHidden(found: Expected, rules: readonly Rule[]): boolean {
  const places = placesAround(found.path);
  for (const rule of rules) {
    if (rule.kind === "ignore" && places.some((place) => isAt(rule.path ?? "", place))) return true;
    const isBelow = rule.kind === "additive" && places.slice(0, -1).some((place) => isAt(rule.path, place));
    if (isBelow && found.kind === "added") return true;
  }
  const here = rules.filter(
    (rule) => "path" in rule && rule.path !== undefined && isAt(rule.path, found.path),
  );
  const [a, b] = [read(found.legacy), read(found.candidate)];
  if (a === undefined || b === undefined || found.kind === "duplicate-key") return false;
  const [x, y] = [normalised(here, a), normalised(here, b)];
  return canonical(x) === canonical(y) || here.some((rule) => isEqualUnder(rule, x, y));
}

/** Every value of a document replaced, the innermost first. */
function rebuild(value: Json, change: (value: Json, path: string) => Json, path = ""): Json {
  if (value.kind === "array") {
    const items = value.items.map((item, index) => rebuild(item, change, pointerTo(path, index)));
    return change({ ...value, items }, path);
  }
  if (value.kind !== "object") return change(value, path);
  const members = value.members.map((member) => ({
    ...member,
    value: rebuild(member.value, change, pointerTo(path, member.name)),
  }));
  return change({ ...value, members }, path);
}

function memberNamed(name: string, value: Json): Member {
  return { key: [...name].map((char) => char.codePointAt(0) as number), name, value };
}

/** Elements in an order of their own; under `keyed`, by key where every element has one of its own. */
function sorted(items: readonly Json[], by: string | undefined): readonly Json[] {
  const keyOf = (item: Json): string | undefined =>
    item.kind === "object"
      ? item.members.filter(({ name }) => `/${name}` === by).map(({ value }) => canonical(value))[0]
      : undefined;
  const keys = items.map(keyOf);
  const isKeyed = !keys.includes(undefined) && new Set(keys).size === items.length;
  const orderOf = (item: Json): string => (isKeyed ? (keyOf(item) as string) : canonical(item));
  return items.toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
}

function inOneForm(rule: Rule, document: Json): Json {
  return rebuild(document, (value, path) => {
    if (rule.kind === "array" && value.kind === "array" && isAt(rule.path, path)) {
      if (rule.mode === "unordered") return { ...value, items: sorted(value.items, undefined) };
      return rule.mode === "keyed" ? { ...value, items: sorted(value.items, rule.by?.[0]) } : value;
    }
    if (value.kind !== "object") return value;
    if (rule.kind === "nullIsAbsent") {
      const isKept = (member: Member): boolean =>
        member.value.kind !== "null" || !isAt(rule.path, pointerTo(path, member.name));
      return { ...value, members: value.members.filter(isKept) };
    }
    if (rule.kind === "default") {
      const name = tokensOf(rule.path).at(-1) as string;
      const isMissing =
        isAt(rule.path, pointerTo(path, name)) && !value.members.some((member) => member.name === name);
      const filled = memberNamed(name, read(JSON.stringify(rule.value)) as Json);
      return isMissing ? { ...value, members: [...value.members, filled] } : value;
    }
    return value;
  });
}

/** A member of the root that moved: the legacy's under `from` alone, the candidate's under `to` alone. */
function renamed(rule: Rule & { kind: "rename" }, legacy: Json, candidate: Json): Json {
  if (legacy.kind !== "object" || candidate.kind !== "object") return legacy;
  const [from, to] = [rule.from.slice(1), rule.to.slice(1)];
  const has = (value: Json & { kind: "object" }, name: string): boolean =>
    value.members.some((member) => member.name === name);
  if (!has(legacy, from) || has(legacy, to) || has(candidate, from) || !has(candidate, to)) return legacy;
  const members = legacy.members.map((member) =>
    member.name === from ? memberNamed(to, member.value) : member,
  );
  return { ...legacy, members };
}

export interface UnderRules {
  readonly isMatch: boolean;
  /** Of HIDING_KINDS alone: what is left over outside of arrays of different lengths. */
  readonly differences: readonly Expected[];
  readonly resized: readonly Resized[];
}

/** What is left of the differences under all rules. */
export function compareUnder(legacy: Json, candidate: Json, rules: readonly Rule[]): UnderRules {
  let [a, b] = [legacy, candidate];
  for (const rule of rules) {
    if (rule.kind === "rename") a = renamed(rule, a, b);
    else [a, b] = [inOneForm(rule, a), inOneForm(rule, b)];
  }
  const { differences, resized } = compareReference(a, b);
  const left = differences.filter((found) => !isHidden(found, rules));
  const isIgnored = (path: string): boolean =>
    placesAround(path).some((place) =>
      rules.some((rule) => rule.kind === "ignore" && isAt(rule.path ?? "", place)),
    );
  return {
    isMatch: left.length === 0 && resized.every(({ path }) => isIgnored(path)),
    differences: left,
    resized,
  };
}

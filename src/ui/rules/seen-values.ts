// What the values of a signature have in common: the ground on which a rule for it is offered. Pure.
import type { SignatureAnswer } from "../../admin/schemas.ts";
import { type ShapedValue, shapeValue } from "../../core/value-shape.ts";

export interface SeenPair {
  readonly legacy?: string | undefined;
  readonly candidate?: string | undefined;
  readonly count: number;
}

/** Pairs of which both sides have a value, with what each looks like. */
export interface ShapedPair {
  readonly legacy: string;
  readonly candidate: string;
  readonly shaped: readonly [ShapedValue, ShapedValue];
}

const REDACTED = /\[redacted\]/;
/** A value that was cut for the store says nothing of its end. */
const CUT = /…$/;

/** The pairs seen in stored samples; where none are told apart, its example. Most first. */
export function seenPairs({
  values,
  example,
}: Pick<SignatureAnswer, "values" | "example">): readonly SeenPair[] {
  if (values.length > 0) return values;
  return example === undefined ? [] : [{ legacy: example.legacy, candidate: example.candidate, count: 1 }];
}

const isWhole = (text: string | undefined) => text === undefined || !(REDACTED.test(text) || CUT.test(text));

/** Those that were neither redacted nor cut. */
export function readablePairs(pairs: readonly SeenPair[]): readonly SeenPair[] {
  return pairs.filter(({ legacy, candidate }) => isWhole(legacy) && isWhole(candidate));
}

export function shapedPairs(
  part: SignatureAnswer["part"],
  pairs: readonly SeenPair[],
): readonly ShapedPair[] {
  return pairs.flatMap(({ legacy, candidate }) =>
    legacy === undefined || candidate === undefined
      ? []
      : [{ legacy, candidate, shaped: [shapeValue(part, legacy), shapeValue(part, candidate)] as const }],
  );
}

/** A JSON text as a value; undefined for what is none, which no JSON text stands for. */
export function parseValue(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // a line of text, or the beginning of a long value
  }
}

/** Without the quotes of a JSON string; a header and a line of text have none. */
export function bareText(text: string): string {
  const value = text.startsWith('"') ? parseValue(text) : undefined;
  return typeof value === "string" ? value : text;
}

/** Members that could tell the elements of an array apart, best first: there in every element, and never twice. */
export function keyMembers(pairs: readonly SeenPair[]): readonly string[] {
  const arrays = pairs
    .flatMap(({ legacy, candidate }) => [parseValue(legacy), parseValue(candidate)])
    .filter((value) => Array.isArray(value) && value.length > 0) as unknown[][];
  const [first] = arrays;
  const element = first?.[0];
  if (typeof element !== "object" || element === null || Array.isArray(element)) return [];
  const names = Object.keys(element).filter((name) => arrays.every((array) => isKey(array, name)));
  const looksLikeId = (name: string) => /(^|[a-z_-])(id|key|code|sku|uuid)$/i.test(name);
  return [...names.filter(looksLikeId), ...names.filter((name) => !looksLikeId(name))];
}

function isKey(array: readonly unknown[], name: string): boolean {
  const values = array.map((element) => (element as Record<string, unknown> | null)?.[name]);
  const isScalar = values.every((value) => typeof value === "string" || typeof value === "number");
  return isScalar && new Set(values).size === values.length;
}

// What happens to a document on its way from the legacy to the candidate. Each makes the candidate's text.
import { randomFrom } from "./corpora.ts";

type Json = Readonly<Record<string, unknown>> | readonly unknown[] | string | number | boolean | null;

function isContainer(value: Json): value is Readonly<Record<string, unknown>> | readonly unknown[] {
  return typeof value === "object" && value !== null;
}

function mapScalars(value: Json, change: (scalar: Json) => Json): Json {
  if (Array.isArray(value)) return value.map((item: Json) => mapScalars(item, change));
  if (!isContainer(value)) return change(value);
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, mapScalars(member as Json, change)]),
  );
}

function countScalars(value: Json): number {
  let count = 0;
  mapScalars(value, (scalar) => {
    count++;
    return scalar;
  });
  return count;
}

function changeScalar(scalar: Json): Json {
  switch (typeof scalar) {
    case "string":
      return `${scalar.slice(0, -1)}x`;
    case "number":
      return scalar + 1;
    case "boolean":
      return !scalar;
    default:
      return 1;
  }
}

/** Changes the scalars at these shares (0…1) of the document. */
export function changeAt(value: unknown, shares: readonly number[]): unknown {
  const count = countScalars(value as Json);
  const chosen = new Set(shares.map((share) => Math.min(count - 1, Math.floor(share * count))));
  let index = 0;
  return mapScalars(value as Json, (scalar) => (chosen.has(index++) ? changeScalar(scalar) : scalar));
}

export function changeMany(value: unknown, many: number): unknown {
  return changeAt(
    value,
    Array.from({ length: many }, (_, index) => index / many),
  );
}

/** The keys of each object with two or more that `chooses` says, in reverse. */
export function reorderKeys(value: unknown, chooses: (objectIndex: number) => boolean): unknown {
  let objects = 0;
  const walk = (node: Json): Json => {
    if (Array.isArray(node)) return node.map((item: Json) => walk(item));
    if (!isContainer(node)) return node;
    const members = Object.entries(node);
    const isChosen = members.length > 1 && chooses(objects++);
    const entries = members.map(([key, member]) => [key, walk(member as Json)] as const);
    return Object.fromEntries(isChosen ? entries.reverse() : entries);
  };
  return walk(value as Json);
}

/** Of two or more keys. */
export function countObjects(value: unknown): number {
  let count = 0;
  reorderKeys(value, () => {
    count++;
    return false;
  });
  return count;
}

/** One element more in the longest array, at this share of it: like the others, but with scalars of its own. */
export function insertElement(value: unknown, share: number): unknown {
  let longest: readonly unknown[] = [];
  const visit = (node: Json): void => {
    if (!isContainer(node)) return;
    if (Array.isArray(node) && node.length > longest.length) longest = node;
    for (const member of Object.values(node)) visit(member as Json);
  };
  visit(value as Json);
  const insert = (node: Json): Json => {
    if (node === longest) {
      const at = Math.floor(share * longest.length);
      return longest.toSpliced(at, 0, changeMany(longest[at], 4));
    }
    if (Array.isArray(node)) return node.map((item: Json) => insert(item));
    if (!isContainer(node)) return node;
    return Object.fromEntries(
      Object.entries(node).map(([key, member]) => [key, insert(member as Json)] as const),
    );
  };
  return insert(value as Json);
}

/** Shares of three places, always the same. */
export const THREE_PLACES: readonly number[] = (() => {
  const random = randomFrom(7);
  return [random(300) / 1000, 0.35 + random(300) / 1000, 0.7 + random(300) / 1000];
})();

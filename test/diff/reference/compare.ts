// The reference's comparison: two exact values → the differences that the judge must find, by recursion over keys
// and indices. Shares no code with src/diff. Of arrays of different lengths it says only where they are: which
// elements go together is the judge's choice, and is proved by the patch.
import type { Json, Member, Points } from "./json.ts";

export interface Expected {
  readonly path: string;
  readonly kind: "added" | "removed" | "changed" | "type" | "duplicate-key";
  readonly legacy: string | undefined;
  readonly candidate: string | undefined;
}

/** An array that is longer by `grown` elements on the candidate. */
export interface Resized {
  readonly path: string;
  readonly grown: number;
}

export interface Reference {
  readonly differences: readonly Expected[];
  readonly resized: readonly Resized[];
}

/** Text that equal values share and others do not: keys in an order of their own, numbers by their exact parts. */
export function canonical(value: Json): string {
  switch (value.kind) {
    case "number":
      return `${value.digits}e${value.exponent}`;
    case "string":
      return `"${value.points.join()}"`;
    case "array":
      return `[${value.items.map(canonical).join(";")}]`;
    case "object": {
      // Sorted by key alone: of a duplicate key, the order counts.
      const sorted = value.members.toSorted((a, b) =>
        keyText(a.key) < keyText(b.key) ? -1 : keyText(a.key) > keyText(b.key) ? 1 : 0,
      );
      return `{${sorted.map(({ key, value: inner }) => `${keyText(key)}:${canonical(inner)}`).join(";")}}`;
    }
    default:
      return value.kind;
  }
}

export function keyText(key: Points): string {
  return key.join();
}

/** Members by key, in the order of their first appearance. */
export function groupKeys(members: readonly Member[]): Map<string, readonly Member[]> {
  const groups = new Map<string, readonly Member[]>();
  for (const member of members)
    groups.set(keyText(member.key), [...(groups.get(keyText(member.key)) ?? []), member]);
  return groups;
}

export function pointerTo(path: string, name: string | number): string {
  return `${path}/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

function typeOf(value: Json): string {
  return value.kind === "true" || value.kind === "false" ? "boolean" : value.kind;
}

function rawOf(members: readonly Member[]): string | undefined {
  return members.length === 0 ? undefined : members.map(({ value }) => value.raw).join(", ");
}

/** All that differs between two documents. */
export function compareReference(legacy: Json, candidate: Json): Reference {
  const differences: Expected[] = [];
  const resized: Resized[] = [];

  const compareMembers = (path: string, a: readonly Member[], b: readonly Member[]): void => {
    const keys = new Set([...groupKeys(a).keys(), ...groupKeys(b).keys()]);
    for (const key of keys) {
      const ofA = groupKeys(a).get(key) ?? [];
      const ofB = groupKeys(b).get(key) ?? [];
      const at = pointerTo(path, (ofA[0] ?? (ofB[0] as Member)).name);
      const both = { path: at, legacy: rawOf(ofA), candidate: rawOf(ofB) };
      if (ofA.length === ofB.length)
        for (const [index, { value }] of ofA.entries()) compare(at, value, (ofB[index] as Member).value);
      else if (ofA.length > 1 || ofB.length > 1) differences.push({ ...both, kind: "duplicate-key" });
      else differences.push({ ...both, kind: ofA.length === 0 ? "added" : "removed" });
    }
  };

  const compare = (path: string, a: Json, b: Json): void => {
    const both = { path, legacy: a.raw, candidate: b.raw };
    if (typeOf(a) !== typeOf(b)) differences.push({ ...both, kind: "type" });
    else if (a.kind === "object" && b.kind === "object") compareMembers(path, a.members, b.members);
    else if (a.kind === "array" && b.kind === "array") {
      if (a.items.length !== b.items.length) resized.push({ path, grown: b.items.length - a.items.length });
      else
        for (const [index, item] of a.items.entries())
          compare(pointerTo(path, index), item, b.items[index] as Json);
    } else if (canonical(a) !== canonical(b)) differences.push({ ...both, kind: "changed" });
  };

  compare("", legacy, candidate);
  return { differences, resized };
}

/** Whether two documents are equal: the verdict without a difference. */
export function isSameReference(legacy: Json, candidate: Json): boolean {
  const { differences, resized } = compareReference(legacy, candidate);
  return differences.length === 0 && resized.length === 0;
}

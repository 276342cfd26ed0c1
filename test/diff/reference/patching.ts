// The reference's application of a patch (RFC 6902: add, remove, replace), on exact values. Shares no code with src/diff.
import type { Json, Member } from "./json.ts";

export interface Operation {
  readonly op: string;
  readonly path: string;
  readonly value: Json | undefined;
}

class BadPatch extends Error {}

function textMember(operation: Json, name: string): Json | undefined {
  if (operation.kind !== "object") throw new BadPatch("an operation is an object");
  return operation.members.find((member) => member.name === name)?.value;
}

/** The operations of a patch that the reference has read. */
export function operationsIn(patch: Json): readonly Operation[] {
  if (patch.kind !== "array") throw new BadPatch("a patch is an array");
  return patch.items.map((item) => ({
    op: JSON.parse(textMember(item, "op")?.raw ?? "null") as string,
    path: JSON.parse(textMember(item, "path")?.raw ?? "null") as string,
    value: textMember(item, "value"),
  }));
}

function indexIn(token: string, length: number): number {
  const index = Number(token);
  if (!/^(0|[1-9][0-9]*)$/.test(token) || index >= length) throw new BadPatch(`no element ${token}`);
  return index;
}

function nameIn(token: string): { readonly key: readonly number[]; readonly name: string } {
  return { key: [...token].map((char) => char.codePointAt(0) as number), name: token };
}

function applyTo(target: Json, tokens: readonly string[], { op, path, value }: Operation): Json {
  const [token, ...rest] = tokens;
  if (token === undefined) {
    if (op !== "replace" || value === undefined) throw new BadPatch(`${op} of the root`);
    return value;
  }
  const isLast = rest.length === 0;
  if (target.kind === "array") {
    if (isLast && op === "add" && value !== undefined)
      return { ...target, items: target.items.toSpliced(indexIn(token, target.items.length + 1), 0, value) };
    const at = indexIn(token, target.items.length);
    if (isLast && op === "remove") return { ...target, items: target.items.toSpliced(at, 1) };
    return {
      ...target,
      items: target.items.with(at, applyTo(target.items[at] as Json, rest, { op, path, value })),
    };
  }
  if (target.kind !== "object") throw new BadPatch(`${path} leads into a scalar`);
  const at = target.members.findIndex((member) => member.name === token);
  if (isLast && op === "add" && value !== undefined && at < 0)
    return { ...target, members: [...target.members, { ...nameIn(token), value }] };
  const member = target.members[at];
  if (member === undefined) throw new BadPatch(`no member at ${path}`);
  if (isLast && op === "remove") return { ...target, members: target.members.toSpliced(at, 1) };
  const changed: Member = { ...member, value: applyTo(member.value, rest, { op, path, value }) };
  return { ...target, members: target.members.with(at, changed) };
}

function tokensOf(path: string): readonly string[] {
  return path
    .split("/")
    .slice(1)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** `document` after all operations. Throws where one does not apply. */
export function applyReference(document: Json, operations: readonly Operation[]): Json {
  return operations.reduce(
    (value, operation) => applyTo(value, tokensOf(operation.path), operation),
    document,
  );
}

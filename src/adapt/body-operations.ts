// What each operation does to a document. They come one after the other, and each sees what those before it left.
// Where there is nothing for it, an operation does nothing; one that would write over a member, or lose a value, is
// at fault, and the whole body counts as not adapted.
import type { BodyOperation } from "../core/adapters.ts";
import { assert, assertNever } from "../core/assert.ts";
import { type PathPattern, parsePathPattern } from "../diff/rules/path-pattern.ts";
import {
  type CompiledPath,
  compilePath,
  findContainers,
  findPlaces,
  type Place,
  type Steps,
  type Trail,
} from "./find-places.ts";
import { tapeOf } from "./json-tape.ts";
import { type Child, JsonNode } from "./json-tree.ts";

const ANY_ONE = "*";
const ANY_MANY = "**";
const NO_OBJECT = tapeOf("{}");

export interface JsonDocument {
  readonly root: JsonNode;
  readonly steps: Steps;
}

/** Changes the document; answers what is wrong, or undefined. */
export type CompiledOperation = (document: JsonDocument) => string | undefined;

function tokensOf(path: string): PathPattern {
  const tokens = parsePathPattern(path);
  assert(tokens !== undefined && tokens.length > 0, `the path of a member, found ${JSON.stringify(path)}`);
  return tokens;
}

const isThere = (name: string) => `there is a member ${JSON.stringify(name)} already`;

/** The members of an object with that name, or the element of an array with that index. */
function childrenNamed(node: JsonNode, name: string, steps: Steps): readonly Child[] {
  if (node.isObject) {
    if (steps.spend(node.size)) return [];
    return node.children.filter((child) => !child.isRemoved && child.nameIn(node) === name);
  }
  if (!/^(?:0|[1-9][0-9]*)$/.test(name) || steps.spend(node.removed === 0 ? 1 : node.size)) return [];
  const index = Number(name);
  // Where none was taken away, an element is where it says.
  const present = node.removed === 0 ? node.children : node.children.filter((child) => !child.isRemoved);
  return present.slice(index, index + 1);
}

function rename(path: CompiledPath, to: string): CompiledOperation {
  return ({ root, steps }) => {
    const places = findPlaces(root, path, steps).filter(({ trail }) => trail.node.isObject);
    const containers = new Set(places.map(({ trail }) => trail.node));
    for (const node of containers) if (childrenNamed(node, to, steps).length > 0) return isThere(to);
    for (const { trail, child } of places) {
      child.rename(to);
      trail.node.touch();
    }
    return undefined;
  };
}

function remove(path: CompiledPath): CompiledOperation {
  return ({ root, steps }) => {
    for (const { trail, child } of findPlaces(root, path, steps)) trail.node.remove(child);
    return undefined;
  };
}

/** A value at each place that has a container for it. `isForced`: also in place of what is there. */
function put(tokens: PathPattern, value: string, isForced: boolean): CompiledOperation {
  const tape = tapeOf(value);
  const name = tokens.at(-1) ?? "";
  if (name === ANY_ONE || name === ANY_MANY) {
    const path = compilePath(tokens);
    return ({ root, steps }) => {
      for (const { trail, child } of findPlaces(root, path, steps))
        trail.node.replace(child, new JsonNode(tape, 0, undefined));
      return undefined;
    };
  }
  const above = compilePath(tokens.slice(0, -1));
  return ({ root, steps }) => {
    for (const node of findContainers(root, above, steps)) {
      const there = childrenNamed(node, name, steps);
      if (steps.isOver) return undefined;
      if (there.length === 0 && node.isObject) node.add(name, new JsonNode(tape, 0, undefined));
      if (isForced) for (const child of there) node.replace(child, new JsonNode(tape, 0, undefined));
    }
    return undefined;
  };
}

/** How many segments two paths begin with alike. */
function sharedSegments(from: PathPattern, to: PathPattern): number {
  const most = Math.min(from.length, to.length) - 1;
  let shared = 0;
  while (shared < most && from[shared] === to[shared]) shared++;
  return shared;
}

/** What the nth `*` stood for on the way to a place, and the container that both paths share. */
function standpointOf(place: Place, from: PathPattern, shared: number): { stars: string[]; base: JsonNode } {
  const stars: string[] = [];
  let base = place.trail;
  for (let trail: Trail | undefined = place.trail; trail !== undefined; trail = trail.up) {
    if (trail.depth > shared && from[trail.depth - 1] === ANY_ONE) stars.unshift(trail.segment);
    if (trail.depth === shared) base = trail;
  }
  return { stars, base: base.node };
}

/** The object that the value goes to, made where it is not there; or what is in the way. */
function objectAt(base: JsonNode, names: readonly string[], steps: Steps): JsonNode | string {
  let node = base;
  for (const name of names) {
    const there = childrenNamed(node, name, steps);
    if (there.length > 1) return `there is more than one member ${JSON.stringify(name)}`;
    const next = there[0]?.valueIn(node);
    if (next?.isContainer === true) node = next;
    else if (next !== undefined || !node.isObject)
      return `nothing can be put into ${JSON.stringify(name)}: it is no object`;
    else {
      const made = new JsonNode(NO_OBJECT, 0, undefined);
      node.add(name, made);
      node = made;
    }
  }
  return node.isObject ? node : "nothing can be put into an array";
}

function move(from: PathPattern, to: PathPattern): CompiledOperation {
  const path = compilePath(from, true);
  const shared = sharedSegments(from, to);
  const way = to.slice(shared, -1);
  const name = to.at(-1) ?? "";
  return ({ root, steps }) => {
    for (const place of findPlaces(root, path, steps)) {
      const { trail, child } = place;
      const { stars, base } = standpointOf(place, from, shared);
      const isWithin = from.length === to.length && shared === from.length - 1;
      if (!isWithin) trail.node.remove(child);
      const target = objectAt(
        base,
        way.map((token) => (token === ANY_ONE ? (stars.shift() ?? "") : token)),
        steps,
      );
      if (typeof target === "string") return target;
      if (childrenNamed(target, name, steps).length > 0) return isThere(name);
      // Within one object it keeps its place.
      if (isWithin) {
        child.rename(name);
        target.touch();
      } else target.add(name, child.valueIn(trail.node));
      if (steps.isOver) return undefined;
    }
    return undefined;
  };
}

export function compileOperation(operation: BodyOperation): CompiledOperation {
  const tokens = tokensOf(operation.path);
  switch (operation.kind) {
    case "rename":
      return rename(compilePath(tokens), operation.to);
    case "move":
      return move(tokens, tokensOf(operation.to));
    case "remove":
      return remove(compilePath(tokens));
    case "default":
      return put(tokens, operation.value, false);
    case "constant":
      return put(tokens, operation.value, true);
    default:
      return assertNever(operation);
  }
}

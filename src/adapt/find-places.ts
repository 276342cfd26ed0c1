// The places of a document that a path names, in its language (`*`, `**`), found without recursion. Every child that
// is looked at costs a step; there are as many as STEPS_MAX over all operations on one body.

import { STRIDE } from "../diff/json/tape.ts";
import { PathMatcher, type PathPattern, type PathState } from "../diff/rules/path-pattern.ts";
import { segmentText } from "../diff/text.ts";
import { type Child, isContainer, type JsonNode } from "./json-tree.ts";

/** Some tens of milliseconds of a serving thread, at worst: it does nothing else meanwhile. */
export const STEPS_MAX = 250_000;

export class Steps {
  #left = STEPS_MAX;

  /** True once there are none left. */
  spend(steps: number): boolean {
    this.#left -= steps;
    return this.isOver;
  }

  get isOver(): boolean {
    return this.#left < 0;
  }
}

/** A container on the way to a place. */
export interface Trail {
  readonly node: JsonNode;
  /** What led to it from `up`; undefined at the root. */
  readonly up: Trail | undefined;
  readonly segment: string;
  readonly depth: number;
}

export interface Place {
  /** The container that the child is in. */
  readonly trail: Trail;
  readonly child: Child;
}

export const rootTrail = (root: JsonNode): Trail => ({ node: root, up: undefined, segment: "", depth: 0 });

/** Of a container that is as its tape says: is there anything to visit in it? Nothing is made to find out. */
function isWorthOpening({ tape, at, isObject }: JsonNode, state: PathState, path: CompiledPath): boolean {
  const { matcher, namesIndex } = path;
  let child = at + STRIDE;
  for (let index = 0; index < tape.count(at); index++) {
    const segment = isObject ? segmentText(tape, child) : namesIndex ? String(index) : "";
    if (isObject) child += STRIDE;
    const next = matcher.step(state, segment);
    if (next.accept >= 0 || (!next.isDead && isContainer(tape, child))) return true;
    child = tape.next(child);
  }
  return false;
}

/** Calls `visit` with each child at or above a place, until there are no steps left. */
function walk(
  root: JsonNode,
  { path, steps }: { readonly path: CompiledPath; readonly steps: Steps },
  visit: (trail: Trail, child: Child, state: PathState) => void,
): void {
  const { matcher, namesIndex } = path;
  if (!root.isContainer || matcher.start.isDead) return;
  const open: { readonly trail: Trail; readonly state: PathState }[] = [
    { trail: rootTrail(root), state: matcher.start },
  ];
  for (let from = open.pop(); from !== undefined; from = open.pop()) {
    const { trail, state } = from;
    const { node } = trail;
    if (steps.spend(node.size)) return;
    if (!node.isOpen && !isWorthOpening(node, state, path)) continue;
    const { isObject } = node;
    // Also where a `*` of a move stands for it.
    const isIndexed = namesIndex || path.isBound;
    let index = 0;
    for (const child of node.children) {
      if (child.isRemoved) continue;
      const segment = isObject ? child.nameIn(node) : isIndexed ? String(index++) : "";
      const next = matcher.step(state, segment);
      visit(trail, child, next);
      if (!next.isDead && child.isContainerIn(node))
        open.push({
          trail: { node: child.valueIn(node), up: trail, segment, depth: trail.depth + 1 },
          state: next,
        });
    }
  }
}

export function findPlaces(root: JsonNode, path: CompiledPath, steps: Steps): Place[] {
  const places: Place[] = [];
  walk(root, { path, steps }, (trail, child, { accept }) => {
    if (accept >= 0) places.push({ trail, child });
  });
  return places;
}

/** The containers that a path names, the root where it is empty. */
export function findContainers(root: JsonNode, path: CompiledPath, steps: Steps): JsonNode[] {
  const containers: JsonNode[] = [];
  if (path.matcher.start.accept >= 0 && root.isContainer) containers.push(root);
  walk(root, { path, steps }, ({ node }, child, { accept }) => {
    if (accept >= 0 && child.isContainerIn(node)) containers.push(child.valueIn(node));
  });
  return containers;
}

export interface CompiledPath {
  readonly matcher: PathMatcher;
  readonly tokens: PathPattern;
  /** A segment of it may be an element's index: without one, no index is written out to be compared. */
  readonly namesIndex: boolean;
  /** It is asked what its `*` stand for. */
  readonly isBound: boolean;
}

export function compilePath(tokens: PathPattern, isBound = false): CompiledPath {
  return {
    matcher: new PathMatcher([tokens]),
    tokens,
    namesIndex: tokens.some((token) => /^[0-9]+$/.test(token)),
    isBound,
  };
}

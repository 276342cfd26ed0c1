// Endpoint names as a tree of segments, all methods in one: what stands at the same place stands together.
// Merging two nodes loses nothing: exchanges are added, names are kept until they are taken.

export interface NameEnd {
  exchanges: number;
  /** The names as they came, `GET /users/alice`, that end here now. */
  readonly names: Set<string>;
}

export interface NameNode {
  readonly children: Map<string, NameNode>;
  /** By method. */
  readonly ends: Map<string, NameEnd>;
  /** Which child is a learnt parameter. */
  parameter: string | undefined;
}

/** What may follow a segment: the next segment, or NOTHING_MORE. */
export type Continuation = string;
export const NOTHING_MORE: Continuation = "";

export function newNameNode(): NameNode {
  return { children: new Map(), ends: new Map(), parameter: undefined };
}

export function isParameterSegment(segment: string): boolean {
  return segment.startsWith("{");
}

/** An empty segment is never a parameter, so that NOTHING_MORE cannot be mistaken for it where it matters. */
export function continuationsOf(node: NameNode): Continuation[] {
  return node.ends.size > 0 ? [...node.children.keys(), NOTHING_MORE] : [...node.children.keys()];
}

function exchangesEndingAt(node: NameNode): number {
  let sum = 0;
  for (const { exchanges } of node.ends.values()) sum += exchanges;
  return sum;
}

/** Of the node and all below. The depth of the tree is the segments of a name: bounded. */
export function exchangesBelow(node: NameNode): number {
  let sum = exchangesEndingAt(node);
  for (const child of node.children.values()) sum += exchangesBelow(child);
  return sum;
}

export function exchangesAt(node: NameNode, continuation: Continuation): number {
  if (continuation === NOTHING_MORE) return exchangesEndingAt(node);
  const child = node.children.get(continuation);
  return child === undefined ? 0 : exchangesBelow(child);
}

function mergeEnds(from: NameNode, into: NameNode): void {
  for (const [method, end] of from.ends) {
    const known = into.ends.get(method);
    if (known === undefined) {
      into.ends.set(method, end);
      continue;
    }
    known.exchanges += end.exchanges;
    for (const name of end.names) known.names.add(name);
  }
  from.ends.clear();
}

/** Moves what `only` lets through; everything without it. */
export function mergeNodes(
  from: NameNode,
  into: NameNode,
  only?: (continuation: Continuation) => boolean,
): void {
  if (only?.(NOTHING_MORE) ?? true) mergeEnds(from, into);
  for (const [segment, child] of [...from.children]) {
    if (!(only?.(segment) ?? true)) continue;
    from.children.delete(segment);
    const known = into.children.get(segment);
    if (known === undefined) into.children.set(segment, child);
    else mergeNodes(child, known);
  }
  into.parameter ??= from.parameter;
  if (into.parameter !== undefined && !into.children.has(into.parameter)) into.parameter = undefined;
}

export interface NamedEnd {
  /** `GET /users/{user}`: where the end stands now. */
  readonly template: string;
  readonly end: NameEnd;
}

export function* endsBelow(node: NameNode, path = ""): Generator<NamedEnd> {
  for (const [method, end] of node.ends) yield { template: `${method} ${path}`, end };
  for (const [segment, child] of node.children) yield* endsBelow(child, `${path}/${segment}`);
}

export function countNodes(node: NameNode): number {
  let count = 1;
  for (const child of node.children.values()) count += countNodes(child);
  return count;
}

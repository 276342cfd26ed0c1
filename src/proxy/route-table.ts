// Path templates → route, over bytes: a trie by segment, literals before `{name}` before `**`. The cost
// depends on the depth of the path, not on the number of routes. No string is made per request.
import type { RouteSettings } from "../core/snapshot.ts";
import { equalsIgnoringCase, SLASH } from "../wire/bytes.ts";
import { M_OTHER, METHOD_NAMES, type RequestHead } from "../wire/request-head.ts";

/** Templates deeper than this are refused by the config. */
export const SEGMENTS_MAX = 32;

/** Offsets of the segments of the path under way; reused, never kept. */
const segmentStart = new Int32Array(SEGMENTS_MAX + 1);
const segmentEnd = new Int32Array(SEGMENTS_MAX + 1);
const segmentHash = new Int32Array(SEGMENTS_MAX + 1);

/** What the table looks at; what it answers may be anything that has it. */
type Routable = Pick<RouteSettings, "match">;

interface Literal<R> {
  readonly text: Buffer;
  readonly node: Node<R>;
}

class Node<R> {
  /** Hash of the segment's bytes → the literals with that hash. */
  readonly literals = new Map<number, Literal<R>[]>();
  parameter: Node<R> | undefined;
  /** Routes that end here, in the order of the config. */
  readonly exact: R[] = [];
  /** Routes that end here with `**`. */
  readonly rest: R[] = [];

  child(segment: string): Node<R> {
    if (segment === "*" || /^\{[^}]*\}$/.test(segment)) {
      this.parameter ??= new Node();
      return this.parameter;
    }
    const text = Buffer.from(segment, "latin1");
    const hash = hashOf(text, 0, text.length);
    const bucket = this.literals.get(hash) ?? [];
    this.literals.set(hash, bucket);
    let literal = bucket.find((other) => other.text.equals(text));
    if (literal === undefined) {
      literal = { text, node: new Node() };
      bucket.push(literal);
    }
    return literal.node;
  }
}

/** FNV-1a. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return hash;
}

export class RouteTable<R extends Routable = RouteSettings> {
  readonly #root = new Node<R>();
  readonly #other: R;

  /** `other` is what a request gets that no route matches. */
  constructor(routes: readonly R[], other: R) {
    this.#other = other;
    for (const route of routes) {
      const segments = route.match.path.split("/").filter((segment) => segment !== "");
      const isOpen = segments.at(-1) === "**";
      let node = this.#root;
      for (const segment of isOpen ? segments.slice(0, -1) : segments) node = node.child(segment);
      (isOpen ? node.rest : node.exact).push(route);
    }
  }

  /** The most specific route for the request: path first, then methods and hosts in the config's order. */
  match(head: RequestHead): R {
    // Where every route is `/**`, the path need not be looked at.
    const { literals, parameter, exact } = this.#root;
    const isPathFree = literals.size === 0 && parameter === undefined && exact.length === 0;
    const count = isPathFree ? 0 : splitPath(head);
    return this.#find(this.#root, 0, count, head) ?? this.#other;
  }

  /** Recursion is as deep as the templates, whatever the path. */
  #find(node: Node<R>, depth: number, count: number, head: RequestHead): R | undefined {
    if (depth < count) {
      const bucket = node.literals.get(segmentHash[depth] as number);
      if (bucket !== undefined) {
        for (const { text, node: child } of bucket) {
          if (!isSegment(text, depth, head.bytes)) continue;
          const found = this.#find(child, depth + 1, count, head);
          if (found !== undefined) return found;
        }
      }
      if (node.parameter !== undefined) {
        const found = this.#find(node.parameter, depth + 1, count, head);
        if (found !== undefined) return found;
      }
    } else {
      for (const route of node.exact) if (accepts(route, head)) return route;
    }
    for (const route of node.rest) if (accepts(route, head)) return route;
    return undefined;
  }
}

/** Fills the segment tables and answers how many there are. A trailing slash makes no segment. */
function splitPath(head: RequestHead): number {
  const { bytes, pathEnd } = head;
  let count = 0;
  let at = head.targetStart;
  while (at < pathEnd && count <= SEGMENTS_MAX) {
    if (bytes[at] === SLASH) at++;
    if (at >= pathEnd) break;
    const start = at;
    let hash = 0x811c9dc5 | 0;
    while (at < pathEnd && bytes[at] !== SLASH) hash = Math.imul(hash ^ (bytes[at++] as number), 0x01000193);
    segmentStart[count] = start;
    segmentEnd[count] = at;
    segmentHash[count] = hash;
    count++;
  }
  return count;
}

function isSegment(text: Buffer, depth: number, bytes: Uint8Array): boolean {
  const start = segmentStart[depth] as number;
  if ((segmentEnd[depth] as number) - start !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text[i]) return false;
  return true;
}

function accepts({ match }: Routable, head: RequestHead): boolean {
  if (match.methods.length > 0) {
    const name = head.method === M_OTHER ? head.methodText() : (METHOD_NAMES[head.method] as string);
    if (!match.methods.includes(name)) return false;
  }
  return match.hosts.length === 0 || match.hosts.some((host) => isHostName(head, host));
}

/** The Host without its port, compared without case. */
function isHostName(head: RequestHead, host: string): boolean {
  const end = head.hostStart + host.length;
  const hasPort = end < head.hostEnd && head.bytes[end] === 0x3a;
  if (end !== head.hostEnd && !hasPort) return false;
  return equalsIgnoringCase(head.bytes, head.hostStart, end, host);
}

// A JSON text as nodes that point into it: raw texts stay as they were sent, and no number is made of digits.
// Invariant: a node's subtree is the nodes from it up to `next`. A member is two nodes: its key, then its value.

export const NULL = 1;
export const BOOLEAN = 2;
export const NUMBER = 3;
export const STRING = 4;
/** A record that is no JSON, as it stands. */
export const TEXT = 5;
export const ARRAY = 6;
export const OBJECT = 7;
export type NodeKind = 1 | 2 | 3 | 4 | 5 | 6 | 7;

/** Cells of a node: kind and flag · first character · past the last · node after the subtree · children · two hashes. */
export const STRIDE = 7;
const START = 1;
const END = 2;
const NEXT = 3;
const COUNT = 4;
const HASH_A = 5;
const HASH_B = 6;
const KIND_MASK = 7;
const CUT_FLAG = 8;
const FIRST_CELLS = 1024 * STRIDE;

/** No node: the other side alone has it. */
export const NOBODY = -1;

export class JsonTape {
  readonly text: string;
  #cells = new Int32Array(FIRST_CELLS);
  #length = 0;

  constructor(text: string) {
    this.text = text;
  }

  get nodes(): number {
    return this.#length / STRIDE;
  }
  /** One past the last node: what the next one will be called. */
  get length(): number {
    return this.#length;
  }
  kind(node: number): NodeKind {
    return (this.#cell(node) & KIND_MASK) as NodeKind;
  }
  isContainer(node: number): boolean {
    return this.kind(node) >= ARRAY;
  }
  /** Is the end of its text not stored? */
  isCut(node: number): boolean {
    return (this.#cell(node) & CUT_FLAG) !== 0;
  }
  start(node: number): number {
    return this.#cell(node + START);
  }
  end(node: number): number {
    return this.#cell(node + END);
  }
  next(node: number): number {
    return this.#cell(node + NEXT);
  }
  /** Members or elements. */
  count(node: number): number {
    return this.#cell(node + COUNT);
  }

  /** The text as it was sent, at most `charactersMax` of it. */
  raw(node: number, charactersMax = Number.POSITIVE_INFINITY): string {
    return this.text.slice(this.start(node), Math.min(this.end(node), this.start(node) + charactersMax));
  }

  /** What a key says; where it is not well formed, what stands there. */
  name(key: number): string {
    const raw = this.raw(key);
    if (!raw.includes("\\")) return raw.slice(1, -1);
    try {
      return JSON.parse(raw) as string;
    } catch {
      return raw; // only the tape of another text could say so
    }
  }

  /** Is `other` at `node` written with the same values? White space and the order of members do not count. */
  isSame(node: number, other: JsonTape, otherNode: number): boolean {
    return (
      this.kind(node) === other.kind(otherNode) &&
      this.#cell(node + HASH_A) === other.#cell(otherNode + HASH_A) &&
      this.#cell(node + HASH_B) === other.#cell(otherNode + HASH_B)
    );
  }

  /** The same for all nodes that `isSame` cannot tell apart. */
  hashKey(node: number): string {
    return `${this.kind(node)}:${this.#cell(node + HASH_A)}:${this.#cell(node + HASH_B)}`;
  }

  /** A node that begins at `start`: a container stays open until `close`. */
  add(kind: NodeKind, start: number, end: number): number {
    if (this.#length + STRIDE > this.#cells.length) {
      const grown = new Int32Array(this.#cells.length * 2);
      grown.set(this.#cells);
      this.#cells = grown;
    }
    const node = this.#length;
    this.#length += STRIDE;
    const cells = this.#cells;
    cells[node] = kind;
    cells[node + START] = start;
    cells[node + END] = end;
    cells[node + NEXT] = this.#length;
    cells[node + COUNT] = 0;
    cells[node + HASH_A] = 0x811c9dc5 | 0;
    cells[node + HASH_B] = 0x9747b28c | 0;
    if (kind < ARRAY) this.#hashText(node);
    return node;
  }

  close(node: number, end: number): void {
    this.#cells[node + END] = end;
    this.#cells[node + NEXT] = this.#length;
  }

  /** Counts a child that is complete into what it stands in. */
  include(container: number, child: number): void {
    const cells = this.#cells;
    cells[container + COUNT] = this.count(container) + 1;
    for (const hash of [HASH_A, HASH_B]) {
      const value = Math.imul(this.#cell(child + hash) ^ this.kind(child), 0x01000193 + hash);
      const before = this.#cell(container + hash);
      if (this.kind(container) === ARRAY) cells[container + hash] = Math.imul(before, 31 + hash) + value;
      // The order of members has no meaning.
      else
        cells[container + hash] =
          before + mixed(Math.imul(this.#cell(child - STRIDE + hash), 0x85ebca6b) ^ value);
    }
  }

  markCut(node: number): void {
    this.#cells[node] = this.#cell(node) | CUT_FLAG;
  }

  /** Forgets the nodes from `length` on. */
  truncate(length: number): void {
    this.#length = length;
  }

  #hashText(node: number): void {
    let a = this.#cell(node + HASH_A);
    let b = this.#cell(node + HASH_B);
    const end = this.end(node);
    for (let at = this.start(node); at < end; at++) {
      const unit = this.text.charCodeAt(at);
      a = Math.imul(a ^ unit, 0x01000193);
      b = Math.imul(b + unit, 0x5bd1e995) ^ (b >>> 15);
    }
    this.#cells[node + HASH_A] = a;
    this.#cells[node + HASH_B] = b;
  }

  #cell(at: number): number {
    return this.#cells[at] as number;
  }
}

function mixed(hash: number): number {
  const half = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return half ^ (half >>> 13);
}

export interface Children {
  /** Value nodes, in the order of the text. */
  readonly values: readonly number[];
  /** Their keys; empty in an array. */
  readonly keys: readonly number[];
}

export function childrenOf(tape: JsonTape, container: number): Children {
  const values: number[] = [];
  const keys: number[] = [];
  const isObject = tape.kind(container) === OBJECT;
  const end = tape.next(container);
  for (let at = container + STRIDE; at < end; ) {
    if (isObject) {
      keys.push(at);
      at += STRIDE;
    }
    values.push(at);
    at = tape.next(at);
  }
  return { values, keys };
}

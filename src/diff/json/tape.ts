// A parsed JSON text as a flat tape of integers: one node per value or key, in document order.
// Invariant: a node's subtree is the nodes from it up to `next`. It owns no text: it points into `bytes`.
// It must not outlive the judgement that filled it; tapes are reused.

export const NULL = 1;
export const TRUE = 2;
export const FALSE = 3;
export const NUMBER = 4;
export const STRING = 5;
export const ARRAY = 6;
export const OBJECT = 7;

/** Cells per node: kind, flag and child count · first byte · past the last byte · the node after the subtree. */
export const STRIDE = 4;
const KIND_MASK = 7;
/** On a string with escapes, or a number that is not a plain integer. */
export const FLAG = 8;
const COUNT_SHIFT = 4;
/** Added to a container's first cell: one child more. */
export const ONE_CHILD = 1 << COUNT_SHIFT;

/** 8 M values, 128 MiB of tape: what a 16 MiB body of one-digit numbers comes to. */
export const NODES_MAX = 1 << 23;
const NODES_FIRST = 1 << 10;
/** A tape that grew past this is given back after use, so that one large body does not stay resident. */
const NODES_KEPT = 1 << 18;

const NO_BYTES = Buffer.alloc(0);

/** Nodes are named by their first cell's index: `root` is 0, the next one 4, and so on. */
export class Tape {
  #cells = new Int32Array(NODES_FIRST * STRIDE);
  #length = 0;
  #depth = 0;
  bytes: Buffer = NO_BYTES;

  /** Nodes in use. */
  get nodes(): number {
    return this.#length / STRIDE;
  }

  /** Cells in use: one past the last node. */
  get length(): number {
    return this.#length;
  }

  /** The deepest nesting of containers. */
  get depth(): number {
    return this.#depth;
  }

  /** Begins anew, for `bytes`. The cells are the caller's to fill, node by node, until it calls `finish`. */
  begin(bytes: Buffer): Int32Array<ArrayBuffer> {
    this.#length = 0;
    this.#depth = 0;
    this.bytes = bytes;
    return this.#cells;
  }

  /** Twice the cells, with what they hold so far; undefined when the tape is full. */
  grow(): Int32Array<ArrayBuffer> | undefined {
    const { length } = this.#cells;
    if (length >= NODES_MAX * STRIDE) return undefined;
    const grown = new Int32Array(length * 2);
    grown.set(this.#cells);
    this.#cells = grown;
    return grown;
  }

  /** All is filled: so many cells, containers nested so deep. */
  finish(length: number, depth: number): void {
    this.#length = length;
    this.#depth = depth;
  }

  /** Forgets the bytes, and the cells where they are many. */
  release(): void {
    this.bytes = NO_BYTES;
    this.#length = 0;
    if (this.#cells.length > NODES_KEPT * STRIDE) this.#cells = new Int32Array(NODES_FIRST * STRIDE);
  }

  kind(node: number): number {
    return (this.#cells[node] as number) & KIND_MASK;
  }

  hasFlag(node: number): boolean {
    return ((this.#cells[node] as number) & FLAG) !== 0;
  }

  /** Elements of an array, members of an object. */
  count(node: number): number {
    return (this.#cells[node] as number) >>> COUNT_SHIFT;
  }

  start(node: number): number {
    return this.#cells[node + 1] as number;
  }

  end(node: number): number {
    return this.#cells[node + 2] as number;
  }

  next(node: number): number {
    return this.#cells[node + 3] as number;
  }
}

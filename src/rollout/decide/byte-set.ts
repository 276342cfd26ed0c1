// A set of texts that is asked with bytes: a tenant is looked up among 100,000 without a string being made (HOT).
// Open addressing, never more than half full; the texts lie in UTF-8 one behind the other.
import { Buffer } from "node:buffer";

const FREE = -1;

/** FNV-1a, its bits mixed once more: the places of short texts that count up must not crowd. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

export class ByteSet {
  readonly #arena: Buffer;
  /** Text `i` is `arena[offsets[i]..offsets[i + 1]]`. */
  readonly #offsets: Int32Array;
  readonly #hashes: Int32Array;
  /** The index of a text, at the place of its hash or the next free one. */
  readonly #places: Int32Array;
  readonly #mask: number;

  constructor(texts: readonly string[]) {
    let size = 2;
    while (size < texts.length * 2) size *= 2;
    this.#mask = size - 1;
    this.#places = new Int32Array(size).fill(FREE);
    this.#hashes = new Int32Array(texts.length);
    this.#offsets = new Int32Array(texts.length + 1);
    this.#arena = Buffer.alloc(texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0));
    for (const [index, text] of texts.entries()) {
      const start = this.#offsets[index] as number;
      const end = start + this.#arena.write(text, start);
      this.#offsets[index + 1] = end;
      const hash = hashOf(this.#arena, start, end);
      this.#hashes[index] = hash;
      let place = hash & this.#mask;
      while (this.#places[place] !== FREE) place = (place + 1) & this.#mask;
      this.#places[place] = index;
    }
  }

  has(bytes: Uint8Array, start: number, end: number): boolean {
    const hash = hashOf(bytes, start, end);
    let place = hash & this.#mask;
    for (;;) {
      const index = this.#places[place] as number;
      if (index === FREE) return false;
      if (this.#hashes[index] === hash && this.#isText(index, bytes, start, end)) return true;
      place = (place + 1) & this.#mask;
    }
  }

  #isText(index: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#offsets[index] as number;
    if ((this.#offsets[index + 1] as number) - from !== end - start) return false;
    for (let i = start; i < end; i++) if (this.#arena[from + i - start] !== bytes[i]) return false;
    return true;
  }
}

// Builds outgoing heads from kept byte ranges, right where they will stay: in slabs that many heads share.
// One writer per thread; what `take` answers belongs to the caller and never changes again.
import { Buffer } from "node:buffer";
import type { FieldLineTable } from "./field-lines.ts";

const SLAB_BYTES = 64 * 1024;
/** A buffer with more room than this gets memory of its own: it would use up a slab. */
const SPARE_BYTES_MAX = 8 * 1024;
/** Shorter ranges are copied by a loop: it beats the call into the engine. */
const LOOP_BYTES_MAX = 32;

export class HeadWriter {
  #slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  #start = 0;
  #end = 0;

  /** Begins a head; what was begun and not taken is forgotten. */
  begin(): void {
    this.#end = this.#start;
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#slab.length) return;
    const length = this.#end - this.#start;
    const slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, (length + bytes) * 2));
    this.#slab.copy(slab, 0, this.#start, this.#end);
    this.#slab = slab;
    this.#start = 0;
    this.#end = length;
  }

  /** Copies `bytes[start..end]`. */
  copy(bytes: Buffer, start: number, end: number): void {
    const count = end - start;
    this.#reserve(count);
    if (count <= LOOP_BYTES_MAX) {
      const slab = this.#slab;
      let to = this.#end;
      for (let i = start; i < end; i++) slab[to++] = bytes[i] as number;
    } else bytes.copy(this.#slab, this.#end, start, end);
    this.#end += count;
  }

  /** Copies the lines of a head that `isKept` says, neighbours in one go. */
  copyLines(bytes: Buffer, lines: FieldLineTable, isKept: (line: number) => boolean): void {
    let from = -1;
    for (let line = 0; line < lines.count; line++) {
      if (isKept(line)) {
        if (from < 0) from = lines.nameStart(line);
      } else if (from >= 0) {
        this.copy(bytes, from, lines.nameStart(line));
        from = -1;
      }
    }
    if (from >= 0) this.copy(bytes, from, lines.end);
  }

  /** Writes ASCII text. */
  text(text: string): void {
    const count = text.length;
    this.#reserve(count);
    if (count <= LOOP_BYTES_MAX) {
      const slab = this.#slab;
      let to = this.#end;
      for (let i = 0; i < count; i++) slab[to++] = text.charCodeAt(i);
    } else this.#slab.write(text, this.#end, "latin1");
    this.#end += count;
  }

  /** Bytes written since `begin`. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** What was written since `begin`, with `spare` bytes of room behind it that are the caller's too. */
  take(spare: number): Buffer {
    if (spare > SPARE_BYTES_MAX) {
      const own = Buffer.allocUnsafeSlow(this.length + spare);
      this.#slab.copy(own, 0, this.#start, this.#end);
      this.#end = this.#start;
      return own;
    }
    this.#reserve(spare);
    const taken = this.#slab.subarray(this.#start, this.#end + spare);
    this.#start = this.#end + spare;
    this.#end = this.#start;
    return taken;
  }
}

// Builds outgoing heads from kept byte ranges in one reused buffer, and hands out a copy of the right size.
// One writer per thread; what `take` answers belongs to the caller and never changes again.

const START_BYTES = 16 * 1024;

export class HeadWriter {
  #buffer = Buffer.allocUnsafeSlow(START_BYTES);
  #length = 0;

  begin(): void {
    this.#length = 0;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.#length + bytes));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }

  /** Copies `bytes[start..end]`. */
  copy(bytes: Uint8Array, start: number, end: number): void {
    const count = end - start;
    this.#reserve(count);
    const buffer = this.#buffer;
    let to = this.#length;
    // A loop beats the call into the engine for what is short.
    if (count < 48) for (let i = start; i < end; i++) buffer[to++] = bytes[i] as number;
    else buffer.set(bytes.subarray(start, end), to);
    this.#length += count;
  }

  /** Writes ASCII text. */
  text(text: string): void {
    this.#reserve(text.length);
    const buffer = this.#buffer;
    let to = this.#length;
    if (text.length < 48) for (let i = 0; i < text.length; i++) buffer[to++] = text.charCodeAt(i);
    else buffer.write(text, to, "latin1");
    this.#length += text.length;
  }

  /** What was written since `begin`, in a buffer with `spare` bytes of room behind it. */
  take(spare: number): Buffer {
    const taken = Buffer.allocUnsafe(this.#length + spare);
    this.#buffer.copy(taken, 0, 0, this.#length);
    return taken;
  }

  get length(): number {
    return this.#length;
  }
}

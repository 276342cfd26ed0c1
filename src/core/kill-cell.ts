// The kill switch as every serving thread reads it at each request: one cell of shared memory, so that it counts
// before the decision that says so has arrived, and also when control is blocked.
// Who may change it: a thread that sees the switch's file sets it; nobody but control takes it off, with a decision.

/**
 * `file-overruled`: off, though the file is there: it could not be removed. Once it is gone, one that is made later
 * is a new wish.
 */
const STATES = ["off", "on", "file-overruled"] as const;
export type KillState = (typeof STATES)[number];

const OFF = STATES.indexOf("off");
const ON = STATES.indexOf("on");
const FILE_OVERRULED = STATES.indexOf("file-overruled");
const STATE_BITS = 2;
const STATE_MASK = (1 << STATE_BITS) - 1;

export function allocateKillCell(): SharedArrayBuffer {
  return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
}

export class KillCell {
  /** The state, and above it the number of control's word: what was looked at before that word is out of date. */
  readonly #cell: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#cell = new Int32Array(memory);
  }

  /** Legacy only, and nothing mirrored. A plain read: it is asked once per request. */
  get isSet(): boolean {
    return ((this.#cell[0] as number) & STATE_MASK) === ON;
  }

  /** Control's word. */
  decide(state: KillState): void {
    const word = (Atomics.load(this.#cell, 0) >>> STATE_BITS) + 1;
    Atomics.store(this.#cell, 0, (word << STATE_BITS) | STATES.indexOf(state));
  }

  /** What a serving thread hands to `note`, read before it looks for the file. */
  look(): number {
    return Atomics.load(this.#cell, 0);
  }

  /** A serving thread has looked for the file, since `before`. True when that has set the switch. */
  note(isFileThere: boolean, before: number): boolean {
    const state = before & STATE_MASK;
    if (isFileThere && state === OFF) return this.#replace(before, ON);
    if (!isFileThere && state === FILE_OVERRULED) this.#replace(before, OFF);
    return false;
  }

  #replace(before: number, state: number): boolean {
    const after = (before & ~STATE_MASK) | state;
    return Atomics.compareExchange(this.#cell, 0, before, after) === before;
  }
}

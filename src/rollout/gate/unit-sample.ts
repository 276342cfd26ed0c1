// Which units were seen on which arm, in bounded memory: past the limit an even part of all units is kept, chosen by
// a hash of its own, so that counts can be scaled up and the ratio of the arms stays true.

/** Units kept; when one more comes, half of the kept ones (by hash) are forgotten and twice as many stand for them. */
export const UNITS_KEPT_MAX = 4_096;

/** Plain data. A unit seen on both arms is the candidate's: rescued requests are served by the legacy. */
export interface UnitSampleState {
  /** One in 2^level units is kept. */
  level: number;
  legacy: number[];
  candidate: number[];
}

/** MurmurHash3's last mix: independent of the order in which buckets fill. */
function remix(unit: number): number {
  let hash = unit | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

export class UnitSample {
  #level: number;
  #legacy: Set<number>;
  #candidate: Set<number>;

  constructor(state: UnitSampleState = { level: 0, legacy: [], candidate: [] }) {
    this.#level = state.level;
    this.#legacy = new Set(state.legacy);
    this.#candidate = new Set(state.candidate);
  }

  #isKept(unit: number): boolean {
    return remix(unit) < 2 ** (32 - this.#level);
  }

  add(unit: number, arm: "legacy" | "candidate"): void {
    if (!this.#isKept(unit)) return;
    if (arm === "candidate") {
      this.#candidate.add(unit);
      this.#legacy.delete(unit);
    } else if (!this.#candidate.has(unit)) this.#legacy.add(unit);
    while (this.#legacy.size + this.#candidate.size > UNITS_KEPT_MAX && this.#level < 32) this.#halve();
  }

  #halve(): void {
    this.#level++;
    this.#legacy = new Set([...this.#legacy].filter((unit) => this.#isKept(unit)));
    this.#candidate = new Set([...this.#candidate].filter((unit) => this.#isKept(unit)));
  }

  /** Units of both arms: exact up to the limit, then scaled up from the kept ones. */
  get seen(): number {
    return (this.#legacy.size + this.#candidate.size) * 2 ** this.#level;
  }

  /** Of the kept ones: the counts that a test may rest on. */
  get kept(): { readonly legacy: number; readonly candidate: number } {
    return { legacy: this.#legacy.size, candidate: this.#candidate.size };
  }

  toJSON(): UnitSampleState {
    return { level: this.#level, legacy: [...this.#legacy], candidate: [...this.#candidate] };
  }
}

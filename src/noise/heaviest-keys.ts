// A bounded table that keeps the keys that come most often. A key is counted exactly from when it is admitted; one
// that is not in the table is the caller's `*other*`.

/** After so many arrivals all weights are halved, so that what was heavy yesterday can be overtaken. */
const ARRIVALS_PER_AGE = 65_536;
/** A challenger must be this much heavier than the lightest key, so that two alike do not take turns. */
const ADVANTAGE = 2;
/** Arrivals that a challenger needs at least. */
const CHALLENGE_MIN = 8;

interface Kept<Value> {
  readonly value: Value;
  weight: number;
}

interface HeaviestKeysOptions<Value> {
  readonly max: number;
  readonly create: (key: string) => Value;
  /** What was counted under an evicted key is handed over here, once. */
  readonly evict: (value: Value) => void;
}

export class HeaviestKeys<Value> {
  readonly #options: HeaviestKeysOptions<Value>;
  readonly #kept = new Map<string, Kept<Value>>();
  /** Keys outside, counted as Misra and Gries do: never more than `max`, and no heavy one can be missed for long. */
  readonly #challengers = new Map<string, number>();
  /** No key in the table is lighter; weights only grow between two ages. */
  #lightest = 0;
  #arrivals = 0;

  constructor(options: HeaviestKeysOptions<Value>) {
    this.#options = options;
  }

  /** Without counting an arrival. */
  peek(key: string): Value | undefined {
    return this.#kept.get(key)?.value;
  }

  /** One arrival of `key`: its value, or undefined while it is not among the heaviest. */
  arrive(key: string): Value | undefined {
    if (++this.#arrivals >= ARRIVALS_PER_AGE) this.#age();
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      kept.weight++;
      return kept.value;
    }
    if (this.#kept.size < this.#options.max) return this.#admit(key, 1);
    const weight = this.#challenge(key);
    if (weight < Math.max(CHALLENGE_MIN, ADVANTAGE * this.#lightest)) return undefined;
    const lightestKey = this.#findLightest();
    if (lightestKey === undefined || weight < ADVANTAGE * this.#lightest) return undefined;
    this.#evict(lightestKey);
    this.#challengers.delete(key);
    return this.#admit(key, weight);
  }

  values(): Value[] {
    return [...this.#kept.values()].map(({ value }) => value);
  }

  #admit(key: string, weight: number): Value {
    const value = this.#options.create(key);
    this.#kept.set(key, { value, weight });
    this.#lightest = Math.min(this.#lightest, weight);
    return value;
  }

  #evict(key: string): void {
    const { value } = this.#kept.get(key) as Kept<Value>;
    this.#kept.delete(key);
    this.#options.evict(value);
  }

  #challenge(key: string): number {
    const weight = (this.#challengers.get(key) ?? 0) + 1;
    if (weight > 1 || this.#challengers.size < this.#options.max) {
      this.#challengers.set(key, weight);
      return weight;
    }
    // Full: everyone pays one. Each payment was an arrival before, so that an arrival costs two steps on average.
    for (const [other, count] of this.#challengers) {
      if (count === 1) this.#challengers.delete(other);
      else this.#challengers.set(other, count - 1);
    }
    return 0;
  }

  #findLightest(): string | undefined {
    let lightestKey: string | undefined;
    this.#lightest = Number.POSITIVE_INFINITY;
    for (const [key, { weight }] of this.#kept) {
      if (weight >= this.#lightest) continue;
      this.#lightest = weight;
      lightestKey = key;
    }
    return lightestKey;
  }

  #age(): void {
    this.#arrivals = 0;
    this.#lightest = Math.floor(this.#lightest / 2);
    for (const kept of this.#kept.values()) kept.weight = Math.floor(kept.weight / 2);
    for (const [key, count] of this.#challengers) {
      if (count < 2) this.#challengers.delete(key);
      else this.#challengers.set(key, Math.floor(count / 2));
    }
  }
}

// The sets of texts of one route's cohorts. A list of 100,000 takes some 60 ms to compile, which a serving thread
// must not spend at each new snapshot: what the decider before had compiled of the same texts is taken over.
import { isDeepStrictEqual } from "node:util";
import { ByteSet } from "./byte-set.ts";

interface Compiled {
  readonly texts: readonly string[];
  readonly set: ByteSet;
}

/** Lists of another length or another beginning are not compared text by text. */
function keyOf(texts: readonly string[]): string {
  return `${texts.length} ${texts[0] ?? ""}`;
}

export class TextSets {
  readonly #compiled = new Map<string, Compiled[]>();
  #before: ReadonlyMap<string, readonly Compiled[]>;

  constructor(before: TextSets | undefined) {
    this.#before = before === undefined ? new Map() : before.#compiled;
  }

  setOf(texts: readonly string[]): ByteSet {
    const key = keyOf(texts);
    const own = this.#compiled.get(key) ?? [];
    const known = [...own, ...(this.#before.get(key) ?? [])].find((other) =>
      isDeepStrictEqual(other.texts, texts),
    );
    const set = known?.set ?? new ByteSet(texts);
    // The texts of this snapshot, so that those of the one before can go.
    if (known === undefined || !own.includes(known)) this.#compiled.set(key, [...own, { texts, set }]);
    return set;
  }

  /** Forgets what the decider before had and nobody asked for. */
  settle(): void {
    this.#before = new Map();
  }
}

// Which unit a request belongs to: the first of the configured kinds that it has. Its bucket is all that is kept of it.
import type { UnitKind } from "../../core/snapshot.ts";
import { Bucketing } from "./bucket.ts";
import type { RequestValues } from "./request-values.ts";
import { PRESENT, type Source } from "./source.ts";

export interface Unit {
  readonly kind: string;
  /** As UTF-8 has it; bytes that are none show as U+FFFD. */
  readonly id: string;
}

interface Kind {
  readonly kind: string;
  readonly source: Source;
  readonly bucketing: Bucketing;
}

export class UnitReader {
  readonly #values: RequestValues;
  readonly #kinds: readonly Kind[];
  /** Of the unit that was read. */
  signedBucket = 0;

  constructor(units: readonly UnitKind[], salt: string, values: RequestValues) {
    this.#values = values;
    this.#kinds = units.map(({ kind, from }) => ({
      kind,
      source: values.sourceOf(from),
      bucketing: new Bucketing(salt, kind),
    }));
  }

  get isEmpty(): boolean {
    return this.#kinds.length === 0;
  }

  /** Reads the unit of the request under way; false without one. */
  read(): boolean {
    for (const { source, bucketing } of this.#kinds)
      if (this.#values.read(source) === PRESENT) {
        this.signedBucket = bucketing.signedBucketOf(source.bytes, source.start, source.end);
        return true;
      }
    return false;
  }

  /** For people. */
  describe(): Unit | undefined {
    for (const { kind, source } of this.#kinds)
      if (this.#values.read(source) === PRESENT)
        return { kind, id: source.bytes.toString("utf8", source.start, source.end) };
    return undefined;
  }
}

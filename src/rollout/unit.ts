// Which unit a request belongs to: the first of the configured kinds that it has. Its bucket is all that is kept of it.
import type { UnitKind } from "../core/snapshot.ts";
import { Bucketing } from "./bucket.ts";
import type { RequestView } from "./request-view.ts";

interface Kind {
  readonly name: string;
  readonly bucketing: Bucketing;
}

export class UnitReader {
  readonly #kinds: readonly Kind[];

  constructor(units: readonly UnitKind[], salt: string) {
    this.#kinds = units.flatMap(({ kind, from }) =>
      from.kind === "header" ? [{ name: from.name, bucketing: new Bucketing(salt, kind) }] : [],
    );
  }

  get isEmpty(): boolean {
    return this.#kinds.length === 0;
  }

  /** The unit's bucket, 0 to 2^32 − 1; -1 without a unit. */
  read({ bytes, lines }: RequestView): number {
    for (const { name, bucketing } of this.#kinds)
      for (let line = 0; line < lines.count; line++) {
        const start = lines.nameStart(line);
        const end = lines.nameEnd(line);
        if (end - start !== name.length || bytes.toString("latin1", start, end).toLowerCase() !== name)
          continue;
        return bucketing.bucketOf(bytes, lines.valueStart(line), lines.valueEnd(line));
      }
    return -1;
  }
}

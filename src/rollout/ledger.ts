// What has happened to one route, on its way into the journal, in its order. Invariant: nobody waits for a disk that
// hangs for longer than APPEND_MS_MAX; what goes back is kept until it is written, what goes forwards is refused, and
// taken back in the journal where that has it after all.
import { within } from "../core/within.ts";
import type { JournalDraft } from "./journal.ts";

/** Far more than a sync takes on a disk that works. */
export const APPEND_MS_MAX = 5_000;

const LATE = `the journal has not answered for ${APPEND_MS_MAX / 1000} s: nothing was done; look at the disk`;

export interface LedgerParts {
  /** Durable when it resolves with undefined; else why it is not written. Never rejects. */
  readonly append: (draft: JournalDraft) => Promise<string | undefined>;
  /** Where the route stands although the journal says otherwise: `late` was refused, and written afterwards. */
  readonly restated: (late: JournalDraft) => JournalDraft;
}

export class Ledger {
  readonly #parts: LedgerParts;
  #missing: readonly JournalDraft[] = [];
  /** An append has not answered: another one would only wait behind it. */
  #isWaiting = false;

  constructor(parts: LedgerParts) {
    this.#parts = parts;
  }

  /** In force, and not in the journal yet. Oldest first. */
  get missing(): readonly JournalDraft[] {
    return this.#missing;
  }

  /** Undefined: it is written. Else why not, and nothing is to be done. */
  async write(draft: JournalDraft): Promise<string | undefined> {
    return (
      (await this.flush()) ??
      this.#append(draft, (failure) => {
        if (failure === undefined) this.#missing = [...this.#missing, this.#parts.restated(draft)];
      })
    );
  }

  /** It is done, written or not. Undefined: it is written; else why not yet. */
  keep(draft: JournalDraft): Promise<string | undefined> {
    this.#missing = [...this.#missing, draft];
    return this.flush();
  }

  /** Writes what is missing. Undefined: nothing is any more. */
  async flush(): Promise<string | undefined> {
    for (let first = this.#missing[0]; first !== undefined; first = this.#missing[0]) {
      const draft = first;
      const done = () => {
        this.#missing = this.#missing.filter((other) => other !== draft);
      };
      const failure = await this.#append(draft, (late) => late === undefined && done());
      if (failure !== undefined) return failure;
      done();
    }
    return undefined;
  }

  async #append(
    draft: JournalDraft,
    onLate: (failure: string | undefined) => void,
  ): Promise<string | undefined> {
    if (this.#isWaiting) return LATE;
    const appended = this.#parts.append(draft);
    const outcome = await within(
      APPEND_MS_MAX,
      appended.then((failure) => ({ failure })),
      () => undefined,
    );
    if (outcome !== undefined) return outcome.failure;
    this.#isWaiting = true;
    void appended.then((failure) => {
      this.#isWaiting = false;
      onLate(failure);
    });
    return LATE;
  }
}

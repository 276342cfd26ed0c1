// What metrics tell of endpoints and signatures: batches as they come, and the store's counts, read now and then.
// Invariant: a scrape never waits for the store: it tells what was read last, and asks for the next reading.
import type { VerdictBatch } from "../core/batch.ts";
import type { Clock } from "../core/clock.ts";
import { EndpointBooks } from "./endpoint-books.ts";
import type { MetricsSource } from "./metric-readings.ts";
import { NewSignatures, type SignatureNumbers, sumSignatures } from "./signature-books.ts";

/** How old the counts of a scrape may be: they take a look at every signature. */
const COUNTS_AGE_MS_MAX = 10_000;

export interface ReviewFeedParts {
  readonly clock: Clock;
  /** Undefined while the store cannot be read. */
  readonly countSignatures: () => Promise<readonly SignatureNumbers[] | undefined>;
}

export class ReviewFeed {
  readonly #parts: ReviewFeedParts;
  readonly #books = new EndpointBooks();
  readonly #new = new NewSignatures();
  #counts: readonly SignatureNumbers[] = [];
  #countedAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: ReviewFeedParts) {
    this.#parts = parts;
  }

  see(batch: Pick<VerdictBatch, "endpoints">): void {
    this.#books.see(batch.endpoints, this.#parts.clock.monotonicMs());
  }

  /** The part of a scrape's source that this knows. */
  source(): Pick<MetricsSource, "endpoints" | "routeLatencies" | "signatures"> {
    return {
      endpoints: () => this.#books.endpoints(this.#parts.clock.monotonicMs()),
      routeLatencies: () => this.#books.routes(),
      signatures: () => {
        void this.refresh();
        const labelled = new Set(
          this.#books.endpoints(this.#parts.clock.monotonicMs()).map(({ endpoint }) => endpoint),
        );
        return { ...sumSignatures(this.#counts, labelled), found: this.#new.found };
      },
    };
  }

  /** Reads the counts anew where they are old; resolves when they are there. Never rejects. */
  async refresh(): Promise<void> {
    const nowMs = this.#parts.clock.monotonicMs();
    if (nowMs - this.#countedAtMs < COUNTS_AGE_MS_MAX) return;
    this.#countedAtMs = nowMs;
    const counts = await this.#parts.countSignatures();
    if (counts === undefined) return;
    this.#counts = counts;
    this.#new.see(counts);
  }
}

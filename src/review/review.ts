// All that control asks of the stored evidence: the rules in force and what they hide, rules to be tried, rules worth
// having, endpoints that are one. It decides nothing about an exchange.
import type { VerdictBatch } from "../core/batch.ts";
import type { Clock } from "../core/clock.ts";
import type { Snapshot } from "../core/snapshot.ts";
import type { Suggestion } from "../noise/suggest.ts";
import type { Store, StoreRead } from "../store/store.ts";
import { type AskedPreview, Previewer, type PreviewerParts, type PreviewResult } from "./previewer.ts";
import { RuleBooks, type RuleBooksParts, type RuleNumbers } from "./rule-books.ts";
import type { RuleReview } from "./rule-review.ts";
import { readSuggestions } from "./rule-suggestions.ts";
import { TemplateLearning, type TemplateLearningOptions } from "./template-learning.ts";

export interface ReviewParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly compared: RuleBooksParts["compared"];
  readonly snapshot: PreviewerParts["snapshot"];
  readonly readRules: PreviewerParts["read"];
  readonly templates: Pick<TemplateLearningOptions, "configured" | "learned" | "publish" | "reportFailure">;
}

export class Review {
  readonly #store: Store;
  readonly #books: RuleBooks;
  readonly #previewer: Previewer;
  readonly #learning: TemplateLearning;

  constructor({ store, clock, compared, snapshot, readRules, templates }: ReviewParts) {
    this.#store = store;
    this.#books = new RuleBooks({ store, clock, compared });
    this.#previewer = new Previewer({ store, clock, snapshot, read: readRules });
    this.#learning = new TemplateLearning({ store, ...templates });
  }

  get learnedTemplates(): readonly string[] {
    return this.#learning.learned;
  }

  /** To be called with each snapshot that comes into force. */
  begin(snapshot: Snapshot): void {
    this.#books.begin(snapshot);
    this.#learning.configure(snapshot.endpointTemplates);
  }

  /** To be called with each batch that the store gets. */
  see(batch: VerdictBatch): void {
    this.#learning.see(batch);
  }

  rules(): Promise<StoreRead<readonly RuleReview[]>> {
    return this.#books.review();
  }

  ruleNumbers(): Promise<RuleNumbers> {
    return this.#books.numbers();
  }

  preview(asked: AskedPreview): Promise<PreviewResult> {
    return this.#previewer.preview(asked);
  }

  suggestions(endpoint: string | undefined): Promise<StoreRead<readonly Suggestion[]>> {
    return readSuggestions(this.#store, endpoint);
  }

  stop(): Promise<void> {
    return this.#learning.stop();
  }
}

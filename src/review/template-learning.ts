// Endpoint templates, learnt from the names that batches bring: put in force in a snapshot, then kept in the store,
// whose rows of the absorbed endpoints become the template's. Not more often than every few seconds.
import type { VerdictBatch } from "../core/batch.ts";
import { EndpointLearner, type LearntTemplate } from "../noise/collapse.ts";
import type { Store } from "../store/store.ts";

const LEARN_EVERY_MS = 3_000;
/** Absorptions that a store in trouble refused and that wait for the next turn; then the oldest is given up. */
const UNKEPT_MAX = 1024;

export interface TemplateLearningOptions {
  readonly store: Pick<Store, "absorb">;
  /** Templates of the config: their endpoints have the names that they should have. */
  readonly configured: readonly string[];
  /** What was learnt in an earlier life. */
  readonly learned: readonly string[];
  /** Puts the templates in force; resolves when the threads have them. */
  readonly publish: (templates: readonly string[]) => Promise<void>;
  /** A turn that could not be finished; the next one goes on. */
  readonly reportFailure: (error: unknown) => void;
  /** Calls `work` every `everyMs` until the returned function is called. */
  readonly startTimer?: (work: () => void, everyMs: number) => () => void;
}

function startInterval(work: () => void, everyMs: number): () => void {
  const timer = setInterval(work, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}

export class TemplateLearning {
  readonly #options: TemplateLearningOptions;
  #learner: EndpointLearner;
  #configured: readonly string[];
  #unkept: LearntTemplate[] = [];
  #turn: Promise<void> | undefined;
  #isStopped = false;
  readonly #stopTimer: () => void;

  constructor(options: TemplateLearningOptions) {
    this.#options = options;
    this.#configured = options.configured;
    this.#learner = new EndpointLearner(options);
    const turn = (): void => void this.learn().catch(options.reportFailure);
    this.#stopTimer = (options.startTimer ?? startInterval)(turn, LEARN_EVERY_MS);
  }

  get learned(): readonly string[] {
    return this.#learner.learned;
  }

  /** Another config: names that it has a template for are learnt no more. */
  configure(configured: readonly string[]): void {
    if (JSON.stringify(configured) === JSON.stringify(this.#configured)) return;
    this.#configured = configured;
    this.#learner = new EndpointLearner({ configured, learned: this.#learner.learned });
  }

  see({ endpoints }: VerdictBatch): void {
    for (const { endpoint, exchanges } of endpoints)
      if (exchanges > 0) this.#learner.see(endpoint, exchanges);
  }

  /** One turn; while one is under way, that one. */
  learn(): Promise<void> {
    if (this.#isStopped) return Promise.resolve();
    this.#turn ??= this.#learn().finally(() => {
      this.#turn = undefined;
    });
    return this.#turn;
  }

  async #learn(): Promise<void> {
    const found = this.#learner.take();
    // Kept in mind first: they are not found again, whatever fails from here on.
    this.#unkept = [...this.#unkept, ...found].slice(-UNKEPT_MAX);
    if (found.length > 0) await this.#options.publish(this.#learner.learned);
    const waiting = this.#unkept;
    this.#unkept = [];
    for (const learnt of waiting) {
      const { template, absorbs: endpoints } = learnt;
      const kept = await this.#options.store.absorb({ template, endpoints });
      if (kept.kind === "failed") this.#unkept.push(learnt);
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#stopTimer();
    // Its failure is told where it was begun.
    await this.#turn?.catch(() => undefined);
  }
}

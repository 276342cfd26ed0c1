// What a load is asked for and what it found: the messages between the bench and bench/load/worker.ts.

export interface LoadRequest {
  readonly url: string;
  readonly connections: number;
  /** Requests a second, sent whether or not the answers come; undefined: the next one after each answer. */
  readonly ratePerSecond: number | undefined;
  readonly seconds: number;
}

export interface LoadResult {
  /** Answered. */
  readonly requests: number;
  readonly seconds: number;
  /** Answers other than 2xx. */
  readonly non2xx: number;
  /** Broken connections and unreadable answers. */
  readonly errors: number;
  /** Due, and not answered when the time was over. */
  readonly unanswered: number;
  readonly latencyMs: {
    readonly p50: number | undefined;
    readonly p90: number | undefined;
    readonly p99: number | undefined;
    readonly p999: number | undefined;
    readonly max: number | undefined;
  };
}

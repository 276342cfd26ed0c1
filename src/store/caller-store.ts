// Who still calls the legacy, over restarts: one row per route, unit and user agent.
// Invariant: what comes here was redacted before.
import type { CallerDelta } from "../core/callers.ts";
import type { StoreRead } from "./store-fault.ts";

/** Counts to be added, and when they were made: to the second or two. */
export interface CallerSums extends CallerDelta {
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
}

export type StoredCaller = CallerSums;

export interface CallerQuery {
  readonly route?: string | undefined;
  /** Seen at this time or later, milliseconds since the epoch. */
  readonly sinceMs?: number | undefined;
  readonly limit: number;
}

export interface CallersSince {
  /** Callers that were seen at that time or later; those past the limit count as one. */
  readonly callers: number;
  /** When the legacy was called last, whenever that was; undefined: never, as far as is known. */
  readonly lastSeenMs: number | undefined;
}

export interface CallerStore {
  /** Adds the counts; all of them, or none. Answers how many there were. */
  recordCallers(callers: readonly CallerSums[]): Promise<StoreRead<number>>;
  /** Newest first; `total` without the limit. */
  callers(
    query: CallerQuery,
  ): Promise<StoreRead<{ readonly total: number; readonly rows: readonly StoredCaller[] }>>;
  callersSince(route: string, sinceMs: number): Promise<StoreRead<CallersSince>>;
}

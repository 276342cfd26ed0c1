// What a store is opened with, and what opening answers: the same in its thread and in front of it.
import type { Clock } from "../core/clock.ts";
import type { Store, StoreFault, StoreLimits, StoreLog } from "./store.ts";

/** A kill -9 loses at most what came in since the last flush. */
export const FLUSH_EVERY_MS = 500;

export interface SqliteStoreOptions {
  /** The data directory; made if missing. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: StoreLog;
  readonly limits?: Partial<StoreLimits>;
  /** Calls `work` every `everyMs` until the returned function is called. */
  readonly startTimer?: (work: () => void, everyMs: number) => () => void;
}

export type OpenedStore =
  | { readonly kind: "opened"; readonly store: Store }
  /** The command ends with exit code 3 and this line. */
  | ({ readonly kind: "failed" } & StoreFault);

export function startInterval(work: () => void, everyMs: number): () => void {
  const timer = setInterval(work, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}

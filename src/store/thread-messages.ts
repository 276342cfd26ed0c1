// What control and the store's thread say to each other. Control gives one piece of work at a time, and each is
// answered: so nothing piles up between them, and what waits, waits where it is bounded.
import type { HandOver } from "./pending.ts";
import type { Store, StoreFault, StoreHealth, StoreLimits, StoreLog, StoreRead } from "./store.ts";

/** Methods that ask the store and get an answer: all but those that control answers by itself. */
export type StoreRequest = {
  [Name in keyof Store]: Store[Name] extends (...given: never[]) => Promise<StoreRead<unknown>>
    ? Name
    : never;
}[keyof Store];

/** What the thread begins with. */
export interface StoreThreadData {
  readonly directory: string;
  readonly limits: Partial<StoreLimits> | undefined;
}

export type StoreWork =
  /** Writes what is handed over, and what could not be written before. */
  | { readonly kind: "flush"; readonly handOver: HandOver | undefined }
  | { readonly kind: "request"; readonly name: StoreRequest; readonly given: readonly unknown[] }
  /** Writes what is handed over and closes the file; the thread ends. */
  | { readonly kind: "close"; readonly handOver: HandOver | undefined };

export type FromStoreThread =
  | { readonly kind: "opened" }
  | { readonly kind: "open-failed"; readonly fault: StoreFault }
  /** The work is done; `read` answers a request. */
  | {
      readonly kind: "done";
      readonly read: StoreRead<unknown> | undefined;
      readonly health: StoreHealth;
    }
  | {
      readonly kind: "logged";
      readonly level: keyof StoreLog;
      readonly fields: object;
      readonly message: string;
    };

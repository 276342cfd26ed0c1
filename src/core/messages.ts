// What control and the threads say to each other. Bytes and counts do not go this way: see seam/ and counters.
import type { VerdictBatch } from "./batch.ts";
import type { CallerDelta } from "./callers.ts";
import type { Snapshot } from "./snapshot.ts";

export interface ListenSettings {
  readonly host: string;
  readonly port: number;
  /** PEM texts, for TLS. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
}

/** What a serving thread begins with. */
export interface ServingThreadData {
  readonly thread: number;
  readonly snapshot: Snapshot;
  readonly listen: ListenSettings;
  readonly counters: SharedArrayBuffer;
  readonly ring: SharedArrayBuffer;
  /** The wake cell of the shadow thread that drains the ring, and where it says that it admits nothing. */
  readonly wake: SharedArrayBuffer;
  readonly refusal: SharedArrayBuffer;
  /** The kill switch (core/kill-cell), and the file that sets it; undefined: nobody looks for one. */
  readonly kill: SharedArrayBuffer;
  readonly killFile: string | undefined;
}

/** What a shadow thread begins with. */
export interface ShadowThreadData {
  readonly thread: number;
  readonly snapshot: Snapshot;
  readonly counters: SharedArrayBuffer;
  /** The rings it drains, with the number of the serving thread that fills each. */
  readonly rings: readonly { readonly servingThread: number; readonly memory: SharedArrayBuffer }[];
  readonly wake: SharedArrayBuffer;
  readonly refusal: SharedArrayBuffer;
}

export type ToThread =
  | { readonly kind: "snapshot"; readonly snapshot: Snapshot }
  /** Finish what is under way within the deadline, then say `stopped`. */
  | { readonly kind: "stop"; readonly deadlineMs: number };

export type FromThread =
  | { readonly kind: "listening"; readonly host: string; readonly port: number }
  | { readonly kind: "listen-failed"; readonly code: string; readonly message: string }
  | { readonly kind: "ready" }
  | { readonly kind: "applied"; readonly epoch: number }
  | { readonly kind: "stopped" }
  | { readonly kind: "batch"; readonly batch: VerdictBatch }
  /** A serving thread serves the route by the legacy from now on: the candidate failed too often. */
  | {
      readonly kind: "tripped";
      readonly slot: number;
      /** RouteRollout.since of the step that tripped. */
      readonly since: number;
      readonly cause: "failures-in-a-row" | "rescue-budget";
      readonly detail: string;
    }
  /** A serving thread has seen the kill switch's file, and set the switch for all of them. */
  | { readonly kind: "kill-file" }
  /** Who called the legacy since the thread said so last: every CALLERS_EVERY_MS, where anybody did. */
  | { readonly kind: "callers"; readonly callers: readonly CallerDelta[] }
  /** Something went wrong that an operator should see; `count` times since it was last said. */
  | { readonly kind: "failure"; readonly code: string; readonly detail: string; readonly count: number };

// What crosses the seam: the facts of one exchange and its bytes, laid out flat.
// Written on the serving thread right after the client has its last byte; read on the shadow thread.
import type { CaptureState } from "../core/exchange.ts";

/** Indices are what the record holds. */
export const CAPTURE_STATES: readonly CaptureState[] = ["complete", "absent", "overflow", "aborted"];

export interface ExchangeFacts {
  /** The route's slot. */
  slot: number;
  /** Epoch of the snapshot that decided. */
  epoch: number;
  /** Counts the exchanges of a serving thread: with the thread and the time it makes the id. */
  sequence: number;
  /** Index into SKIP_REASONS when the exchange is only to be noted, or recorded; -1 to be mirrored. */
  skip: number;
  /** Of who served; 0 when it gave none. */
  status: number;
  /** Whose answer the client has: the other one is the shadow. */
  servedBy: "legacy" | "candidate";
  /** Index into DECISION_REASONS (core/decision). */
  decidedBy: number;
  /** The unit's 32-bit hash; -1 without one. */
  unit: number;
  /** The client is one that the route's adapter is for: the candidate gets the request, and it the answer, adapted. */
  isAdapted: boolean;
  answerCapture: CaptureState;
  /** What was kept of the request, when the exchange is to be recorded; undefined when it is not. */
  recordedRequest: CaptureState | undefined;
  startedAtMs: number;
  /** From the request's arrival to the answer's last byte. */
  latencyMs: number;
}

/** The bytes of an exchange, in the order in which they are laid out. Several parts make one message. */
export interface ExchangeBytes {
  /** The head as it went to the legacy: valid, hop-by-hop lines gone, framing decided. */
  readonly requestHead: Uint8Array;
  readonly requestBody: readonly Uint8Array[];
  readonly answerHead: Uint8Array;
  readonly answerBody: readonly Uint8Array[];
}

/** One exchange as the shadow thread gets it: its own copy, nothing shared. */
export interface ExchangeRecord extends ExchangeFacts {
  readonly bytesTotal: number;
  readonly requestHead: Buffer;
  readonly requestBody: Buffer;
  readonly answerHead: Buffer;
  readonly answerBody: Buffer;
}

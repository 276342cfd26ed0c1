// What a client's connection tells, and what all connections of a thread share.
import type { Buffer } from "node:buffer";
import type { ErrorCode } from "../core/errors.ts";
import type { ClientTimeouts } from "../core/snapshot.ts";
import type { Deadlines } from "./deadlines.ts";
import type { RequestHead } from "./request-head.ts";

export interface ClientHandler {
  /** `head` is shared: read what is needed before returning. */
  onRequest(head: RequestHead): void;
  /** Bytes of the body, valid during the call. */
  onRequestBody(bytes: Buffer, start: number, end: number): void;
  /** The body is complete (only for requests that have one). `trailer` is a section with its empty line. */
  onRequestEnd(trailer: Uint8Array | undefined): void;
  /** The request under way cannot be completed; `client-aborted` when the client is gone. */
  onRequestBroken(code: ErrorCode): void;
  /** A head was refused; the answer is already on its way. */
  onRefused(code: ErrorCode): void;
  /** The client takes bytes again. */
  onClientDrain(): void;
  /** Bytes that stay as they are after the call. */
  onClientTunnelBytes(bytes: Buffer): void;
  onClientTunnelEnd(): void;
}

export interface ClientContext {
  /** Shared by all connections of a thread: a head is read to its end before the next one is parsed. */
  readonly head: RequestHead;
  /** Shared too: bytes are used up before the next read. */
  readonly readBuffer: Buffer;
  readonly deadlines: Deadlines;
  timeouts(): ClientTimeouts;
  isDraining(): boolean;
  /** Clients are told who serves them. */
  isNamed(): boolean;
}

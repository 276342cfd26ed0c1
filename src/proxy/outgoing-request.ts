// The request under way, as it goes to an upstream: its body framed anew, kept for as long as it may have to be
// sent (again), and captured for the mirror. One per client connection, reused request by request.
import { Buffer } from "node:buffer";
import { Capture, type CaptureBudget } from "../core/capture.ts";
import { BODY_CHUNKED, M_HEAD, NO_BODY, type RequestHead } from "../wire/request-head.ts";
import { encodeChunk } from "../wire/trailers.ts";
import type { RequestShape, UpstreamConnection } from "../wire/upstream-connection.ts";

const CRLF_BYTES = 2;
/** Bytes of a body that are kept in case it must be sent again; a longer one is not. */
const REPLAY_BYTES_MAX = 64 * 1024;
const REPLAY_PARTS_MAX = 64;
const EMPTY = Buffer.alloc(0);

export class OutgoingRequest implements RequestShape {
  readonly capture: Capture;
  /** Its head as it goes to the legacy. */
  head: Buffer = EMPTY;
  /** Its head as it goes to the candidate, when that one serves. */
  candidateHead: Buffer = EMPTY;
  isHead = false;
  isUpgrade = false;
  isHttp10 = false;
  hasBody = false;
  isComplete = false;
  /** May be sent again on a new connection: idempotent, and all of its body so far is kept. */
  isReplayable = false;
  #isChunked = false;
  #isCaptured = false;
  /** Body bytes, framed: all so far of a replayable request, else those that wait for a connection. */
  readonly #kept: Buffer[] = [];
  #keptBytes = 0;

  constructor(budget: CaptureBudget) {
    this.capture = new Capture(budget);
  }

  begin(head: RequestHead): void {
    this.isHead = head.method === M_HEAD;
    this.isUpgrade = head.isUpgrade;
    this.isHttp10 = head.isHttp10;
    this.hasBody = head.bodyKind !== NO_BODY;
    this.isComplete = !this.hasBody;
    this.isReplayable = head.isIdempotent;
    this.#isChunked = head.bodyKind === BODY_CHUNKED;
    this.#isCaptured = false;
  }

  /** Keeps the body for the mirror, from now on. */
  beginCapture(bytesMax: number): void {
    this.#isCaptured = true;
    this.capture.begin(bytesMax);
  }

  /** A copy of the body's bytes in the request's framing; the range lies in the thread's read buffer. */
  frame(bytes: Buffer, start: number, end: number): Buffer {
    const part = this.#isChunked ? encodeChunk(bytes, start, end) : Buffer.from(bytes.subarray(start, end));
    if (this.#isCaptured) this.capture.add(chunkData(part, end - start));
    return part;
  }

  /** Writes what there is of it so far. */
  sendTo(connection: UpstreamConnection, head: Buffer): void {
    connection.write(head);
    for (const part of this.#kept) connection.write(part);
    if (!this.isReplayable) this.#forget();
  }

  /** Keeps a part that waits for a connection. */
  keep(part: Buffer): void {
    this.#kept.push(part);
    this.#keptBytes += part.length;
  }

  /** Keeps a part that is being sent, in case it must be sent again. */
  keepSent(part: Buffer): void {
    if (!this.isReplayable) return;
    if (this.#keptBytes + part.length <= REPLAY_BYTES_MAX && this.#kept.length < REPLAY_PARTS_MAX)
      this.keep(part);
    else {
      this.isReplayable = false;
      this.#forget();
    }
  }

  #forget(): void {
    if (this.#kept.length === 0) return;
    this.#kept.length = 0;
    this.#keptBytes = 0;
  }

  release(): void {
    this.capture.release();
    this.#forget();
    this.head = EMPTY;
    this.candidateHead = EMPTY;
  }
}

/** The data inside `part`, which is they alone or one chunk around them. */
function chunkData(part: Buffer, bytes: number): Buffer {
  return part.length === bytes ? part : part.subarray(-bytes - CRLF_BYTES, -CRLF_BYTES);
}

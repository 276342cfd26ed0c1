// The request under way, as it goes to an upstream: its body framed anew, kept for as long as it may have to be
// sent (again), and captured for the mirror. A body that is adapted for the candidate is collected whole first; the
// legacy still gets the client's own. One per client connection, reused request by request.
import { Buffer } from "node:buffer";
import { nextTick } from "node:process";
import type { Adapter } from "../adapt/adapter.ts";
import { Capture, type CaptureBudget } from "../core/capture.ts";
import { BODY_CHUNKED, M_HEAD, NO_BODY, type RequestHead } from "../wire/request-head.ts";
import { encodeChunk } from "../wire/trailers.ts";
import type { RequestShape, UpstreamConnection } from "../wire/upstream-connection.ts";
import { HeldBody } from "./held-body.ts";

const CRLF_BYTES = 2;
/** Bytes of a body that are kept in case it must be sent again; a longer one is not. */
const REPLAY_BYTES_MAX = 64 * 1024;
const REPLAY_PARTS_MAX = 64;
const EMPTY = Buffer.alloc(0);
const TOO_LARGE = { kind: "failed", why: "the body is larger than what may be held of it" } as const;

export class OutgoingRequest implements RequestShape {
  readonly capture: Capture;
  /** Its head as it goes to the legacy. */
  head: Buffer = EMPTY;
  /** Its head as it goes to the candidate, when that one serves. */
  candidateHead: Buffer = EMPTY;
  isHead = false;
  isSafe = false;
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
  /** The body is taken whole before anything is sent: it is to be adapted. */
  isCollecting = false;
  #adapter: Adapter | undefined;
  readonly #collected: HeldBody;
  /** What the candidate gets in place of the body that came. */
  #adaptedBody: Buffer | undefined;

  constructor(budget: CaptureBudget) {
    this.capture = new Capture(budget);
    this.#collected = new HeldBody(budget);
  }

  begin(head: RequestHead): void {
    this.isHead = head.method === M_HEAD;
    this.isSafe = head.isSafe;
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

  /** `candidateHead` is adapted; or the body is, once it is whole: see isCollecting. Answers why it cannot be. */
  beginAdapting(adapter: Adapter): string | undefined {
    const plan = this.hasBody ? adapter.request.planFor(this.candidateHead) : undefined;
    if (plan?.kind === "adapt") {
      this.#adapter = adapter;
      this.isCollecting = true;
      this.#collected.begin(adapter.request.body.bytesMax);
      return undefined;
    }
    this.candidateHead = adapter.request.adaptHead(this.candidateHead, undefined);
    return plan?.kind === "failed" ? plan.why : undefined;
  }

  /** Keeps a part of a body that is collected, and what was said of it. False where there is no room for it. */
  collect(bytes: Buffer, start: number, end: number): boolean {
    if (!this.#collected.add(bytes, start, end)) return false;
    if (this.#isCaptured) this.capture.add(Buffer.from(bytes.subarray(start, end)));
    return true;
  }

  /** What was collected waits for a connection from now on, as it came. */
  endCollecting(): void {
    this.isCollecting = false;
    const body = this.#collected.bytes();
    if (body.length === 0) return;
    const part = this.#isChunked ? encodeChunk(body, 0, body.length) : body;
    // The last chunk may wait already.
    this.#kept.unshift(part);
    this.#keptBytes += part.length;
  }

  /** After endCollecting. `isWhole` false: there was no room for more. Answers why it cannot be adapted. */
  adaptCollected(isWhole: boolean): string | undefined {
    const adapter = this.#adapter;
    if (adapter === undefined) return undefined;
    const { request } = adapter;
    const body = this.#collected.bytes();
    const outcome = isWhole ? request.body.adapt(body) : TOO_LARGE;
    if (outcome.kind === "failed") {
      this.candidateHead = request.adaptHead(this.candidateHead, undefined);
      return outcome.why;
    }
    this.#adaptedBody = outcome.kind === "adapted" ? outcome.body : body;
    this.candidateHead = request.adaptHead(this.candidateHead, this.#adaptedBody.length);
    return undefined;
  }

  /** Writes what there is of it so far. */
  sendTo(connection: UpstreamConnection, isToCandidate: boolean): void {
    if (this.hasBody) {
      // Head and body bytes that are at hand leave in one write.
      connection.cork();
      nextTick(uncork, connection);
    }
    connection.write(isToCandidate ? this.candidateHead : this.head);
    if (isToCandidate && this.#adaptedBody !== undefined) connection.write(this.#adaptedBody);
    else for (const part of this.#kept) connection.write(part);
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
    this.isCollecting = false;
    if (this.#adapter !== undefined) {
      this.#adapter = undefined;
      this.#adaptedBody = undefined;
      this.#collected.release();
    }
    this.head = EMPTY;
    this.candidateHead = EMPTY;
  }
}

/** The data inside `part`, which is they alone or one chunk around them. */
function chunkData(part: Buffer, bytes: number): Buffer {
  return part.length === bytes ? part : part.subarray(-bytes - CRLF_BYTES, -CRLF_BYTES);
}

function uncork(connection: UpstreamConnection): void {
  connection.uncork();
}

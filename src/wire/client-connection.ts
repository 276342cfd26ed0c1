// One client's connection: bytes → request heads and bodies, one request at a time, in order.
// It owns framing, pipelining and the client's time limits; what a request means is the handler's.
// It never gives a malformed request to the handler, and never keeps a connection it cannot frame.
import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import { ERRORS, type ErrorCode } from "../core/errors.ts";
import { BodyReader } from "./body-reader.ts";
import { CR, LF } from "./bytes.ts";
import { CHUNK_BAD, CHUNK_DATA, CHUNK_END } from "./chunked.ts";
import type { ClientContext, ClientHandler } from "./client-handler.ts";
import { readClientSocket, unsentBytes } from "./client-socket.ts";
import type { Deadlined } from "./deadlines.ts";
import { errorAnswer, type SpecialAnswer } from "./error-answer.ts";
import { INCOMPLETE, REFUSED } from "./field-lines.ts";
import type { ClientFacts } from "./forward-head.ts";
import { BODY_CHUNKED, NO_BODY, type RequestHead } from "./request-head.ts";

/** Bytes that may wait behind the request under way (pipelining) before reading stops. */
const PENDING_BYTES_MAX = 64 * 1024;
/** Empty lines before a request that are skipped (RFC 9112 §2.2 asks for at least one). */
const EMPTY_LINES_MAX = 4;
/** After a refusal, how long and how much is read and thrown away, so that the client can read the answer. */
const LINGER_MS = 2_000;
const LINGER_BYTES_MAX = 1024 * 1024;
/** While draining, an idle connection stays open this long. */
const DRAIN_IDLE_MS = 500;
/** A client that takes none of its answer for this long is let go. */
const WRITE_STALL_MS = 120_000;

const P_HEAD = 0;
const P_BODY = 1;
/** The request is read; its answer is under way. */
const P_ANSWER = 2;
const P_LINGER = 3;
const P_TUNNEL = 4;
const P_CLOSED = 5;

export class ClientConnection implements Deadlined {
  readonly socket: Socket;
  readonly facts: ClientFacts;
  deadlineAtMs: number;
  readonly #context: ClientContext;
  /** What is told about the requests. */
  #to!: ClientHandler;
  #phase = P_HEAD;
  /** Bytes read and not used yet: an unfinished head, or the next requests. */
  #pending: Buffer | undefined;
  #isProcessing = false;
  #isReadPaused = false;
  #hasHeadBegun = false;
  #emptyLines = 0;
  readonly #body = new BodyReader();
  #isClosingAfterAnswer = false;
  #isHalfClosed = false;
  #lingerBytes = 0;
  /** An answer is complete and the client has yet to take it. */
  #isAnswerUnread = false;
  /** What the client had not taken when its time began. */
  #unsentBytes = 0;

  /** `onClose` is called once, when the connection is gone. */
  constructor(
    accepted: Socket,
    parts: { readonly facts: ClientFacts; readonly context: ClientContext; readonly onClose: () => void },
  ) {
    const { facts, context } = parts;
    const socket = readClientSocket(accepted, facts.isTls ? undefined : context.readBuffer, (bytes, count) =>
      this.#onBytes(bytes, count),
    );
    this.socket = socket;
    this.facts = facts;
    this.#context = context;
    this.deadlineAtMs = context.deadlines.in(context.timeouts().headMs);
    context.deadlines.add(this);
    socket.on("end", () => this.#onEnd());
    socket.on("drain", () => this.#onDrain());
    // The close event follows and does what is to be done.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.#onClose();
      parts.onClose();
    });
  }

  /** Set once, right after construction. */
  attach(handler: ClientHandler): void {
    this.#to = handler;
  }

  get isIdle(): boolean {
    return this.#phase === P_HEAD && this.#pending === undefined;
  }

  /**
   * True when this answer must be the connection's last; it stays so, whatever happens before its end.
   * An answer that overtakes its request's body is one: what is left of the body has no reader.
   */
  decideLastAnswer(): boolean {
    this.#isClosingAfterAnswer ||=
      this.#phase === P_BODY ||
      this.#context.isDraining() ||
      // While bytes are being processed, the next request may lie in them.
      (this.#isHalfClosed && this.#pending === undefined && !this.#isProcessing);
    return this.#isClosingAfterAnswer;
  }

  /** The answer under way ends with the connection. */
  endAfterAnswer(): void {
    this.#isClosingAfterAnswer = true;
  }

  /** `read` is the thread's shared buffer: what is not used up in this call is copied. */
  #onBytes(read: Buffer, count: number): void {
    const bytes = read.subarray(0, count);
    const pending = this.#pending;
    if (this.#phase === P_TUNNEL) this.#to.onClientTunnelBytes(Buffer.from(bytes));
    else if (pending === undefined) this.#process(bytes);
    else {
      const joined = Buffer.concat([pending, bytes]);
      this.#pending = joined;
      if (this.#phase === P_ANSWER) this.#limitPending();
      // A head is tried again at each new line or when it is too long, not at each byte: no quadratic work.
      else if (
        this.#phase !== P_HEAD ||
        bytes.includes(LF) ||
        joined.length >= this.#context.head.limits.headBytesMax
      ) {
        this.#pending = undefined;
        this.#process(joined);
      }
    }
  }

  #limitPending(): void {
    if ((this.#pending?.length ?? 0) >= PENDING_BYTES_MAX) this.#pauseReading();
  }

  #pauseReading(): void {
    this.#isReadPaused = true;
    this.socket.pause();
  }

  #resumeReading(): void {
    if (!this.#isReadPaused) return;
    this.#isReadPaused = false;
    this.socket.resume();
  }

  /** Takes bytes as far as the phase allows; keeps the rest. */
  #process(bytes: Buffer): void {
    let at = 0;
    this.#isProcessing = true;
    while (at < bytes.length) {
      if (this.#phase === P_HEAD) at = this.#readHead(bytes, at);
      else if (this.#phase === P_BODY) at = this.#readBody(bytes, at);
      else if (this.#phase === P_LINGER) {
        this.#linger(bytes.length - at);
        break;
      } else if (this.#phase === P_TUNNEL) {
        this.#to.onClientTunnelBytes(Buffer.from(bytes.subarray(at)));
        break;
      } else if (this.#phase === P_CLOSED) break;
      else at = -1 - at;
      if (at < 0) {
        this.#pending = Buffer.from(bytes.subarray(-1 - at));
        if (this.#phase === P_ANSWER) this.#limitPending();
        break;
      }
    }
    this.#isProcessing = false;
  }

  /** Answers where to go on, or -1 - (where the kept rest begins) when more bytes or time are needed. */
  #readHead(bytes: Buffer, from: number): number {
    let at = from;
    while (bytes[at] === CR && bytes[at + 1] === LF) {
      if (++this.#emptyLines > EMPTY_LINES_MAX) return this.#refuse("bad-method", bytes.length);
      at += 2;
    }
    if (at >= bytes.length) return at;
    if (bytes[at] === CR && at + 1 === bytes.length) return -1 - at;
    const { head } = this.#context;
    const end = head.parse(bytes, at, bytes.length);
    if (end === INCOMPLETE) {
      // The limit on the head runs from its first byte, once.
      if (!this.#hasHeadBegun) this.#expect(this.#context.timeouts().headMs);
      this.#hasHeadBegun = true;
      return -1 - at;
    }
    if (end === REFUSED) return this.#refuse(head.error, bytes.length);
    this.#beginRequest(head);
    return end;
  }

  #beginRequest(head: RequestHead): void {
    this.#emptyLines = 0;
    this.#hasHeadBegun = false;
    this.deadlineAtMs = Number.POSITIVE_INFINITY;
    if (!head.isKeepAlive) this.#isClosingAfterAnswer = true;
    this.#phase = head.bodyKind === NO_BODY ? P_ANSWER : P_BODY;
    if (head.bodyKind === BODY_CHUNKED) this.#body.beginChunked();
    else this.#body.beginLength(head.contentLength);
    if (this.#phase === P_BODY) this.#expectBody();
    this.#to.onRequest(head);
  }

  #expectBody(): void {
    this.#expect(this.#context.timeouts().bodyIdleMs);
  }

  /** Something must happen within `ms`. */
  #expect(ms: number): void {
    this.deadlineAtMs = this.#context.deadlines.in(ms);
  }

  #readBody(bytes: Buffer, from: number): number {
    const body = this.#body;
    body.position = from;
    this.#expectBody();
    while (this.#phase === P_BODY) {
      const found = body.next(bytes, bytes.length);
      if (found === CHUNK_DATA) this.#to.onRequestBody(bytes, body.dataStart, body.dataEnd);
      else if (found === CHUNK_END) this.#endBody(body.trailer());
      else if (found === CHUNK_BAD) {
        this.#breakRequest("bad-chunk");
        return bytes.length;
      } else break;
    }
    return body.position;
  }

  #endBody(trailer: Uint8Array | undefined): void {
    if (this.#phase !== P_BODY) return;
    this.#phase = P_ANSWER;
    this.deadlineAtMs = Number.POSITIVE_INFINITY;
    this.#to.onRequestEnd(trailer);
  }

  /** The body can't be read to its end: the handler answers if it still can, and the connection closes. */
  #breakRequest(code: ErrorCode): void {
    this.#isClosingAfterAnswer = true;
    this.deadlineAtMs = Number.POSITIVE_INFINITY;
    this.#to.onRequestBroken(code);
  }

  #refuse(code: ErrorCode, end = 0): number {
    this.#to.onRefused(code);
    this.answerError(code);
    return end;
  }

  /** Writes the error's answer as the connection's last or not, and ends the exchange. */
  answerError(code: ErrorCode, isHeadRequest = false, special?: SpecialAnswer): void {
    const { status, fault } = ERRORS[code];
    if (status === 0 || this.#phase === P_CLOSED) {
      this.destroy();
      return;
    }
    if (fault === "client" || this.#phase === P_HEAD) this.#isClosingAfterAnswer = true;
    const isNamed = this.#context.isNamed();
    this.write(errorAnswer(code, { isLast: this.decideLastAnswer(), isHeadRequest, isNamed }, special));
    this.finishAnswer();
  }

  /** Writes bytes of the answer. False when the client is slow: wait for onClientDrain. */
  write(bytes: Buffer): boolean {
    const hasRoom = this.socket.write(bytes);
    if (!hasRoom) this.#expectTaking();
    return hasRoom;
  }

  /** The answer is complete: on to the next request, or close. */
  finishAnswer(): void {
    if (this.#phase === P_CLOSED || this.#phase === P_LINGER) return;
    if (this.decideLastAnswer()) this.#beginLinger();
    else if (this.socket.writableNeedDrain) {
      // A client that sends requests and reads no answers gets no further ones: they would pile up here.
      this.#isAnswerUnread = true;
      this.#expectTaking();
    } else this.#beginNext();
  }

  #beginNext(): void {
    this.#phase = P_HEAD;
    this.#expect(this.#context.timeouts().idleMs);
    this.#resumeReading();
    // Within #process its loop goes on by itself; a second one would recurse once per pipelined request.
    if (this.#isProcessing || this.#pending === undefined) return;
    const pending = this.#pending;
    this.#pending = undefined;
    this.#process(pending);
    if (this.#isHalfClosed && this.#phase === P_HEAD) this.destroySoon();
  }

  /** Sends what is written, then reads and drops for a while: a reset would take the answer away again. */
  #beginLinger(): void {
    this.#pending = undefined;
    this.#phase = P_LINGER;
    if (unsentBytes(this.socket) > 0) this.#expectTaking();
    else this.#expect(LINGER_MS);
    this.socket.end(() => {
      if (this.#phase === P_LINGER) this.#expect(LINGER_MS);
    });
    if (!this.#isHalfClosed) this.#resumeReading();
  }

  /** The client must take some of what is written for it, however slowly. */
  #expectTaking(): void {
    this.#unsentBytes = unsentBytes(this.socket);
    this.#expect(WRITE_STALL_MS);
  }

  #linger(bytes: number): void {
    this.#lingerBytes += bytes;
    if (this.#lingerBytes > LINGER_BYTES_MAX) this.destroy();
  }

  /** Stops and starts reading the request's body, for back-pressure. */
  pauseBody(): void {
    this.deadlineAtMs = Number.POSITIVE_INFINITY;
    this.#pauseReading();
  }

  resumeBody(): void {
    if (this.#isReadPaused && this.#phase === P_BODY) this.#expectBody();
    this.#resumeReading();
  }

  /** From now on bytes go to onTunnelBytes as they come; early ones first. */
  startTunnel(): void {
    this.#phase = P_TUNNEL;
    this.deadlineAtMs = Number.POSITIVE_INFINITY;
    const pending = this.#pending;
    this.#pending = undefined;
    this.resumeBody();
    if (pending !== undefined) this.#to.onClientTunnelBytes(pending);
    if (this.#isHalfClosed) this.#to.onClientTunnelEnd();
  }

  #onDrain(): void {
    this.deadlineAtMs = Number.POSITIVE_INFINITY;
    if (this.#isAnswerUnread) {
      this.#isAnswerUnread = false;
      this.#beginNext();
      return;
    }
    if (this.#phase === P_BODY && !this.#isReadPaused) this.#expectBody();
    this.#to.onClientDrain();
  }

  #onEnd(): void {
    this.#isHalfClosed = true;
    if (this.#phase === P_BODY) this.#breakRequest("client-aborted");
    else if (this.#phase === P_TUNNEL) this.#to.onClientTunnelEnd();
    // A client may close its side and still read its answers (RFC 9112 §9.6); otherwise nothing is owed.
    else if (this.#phase !== P_ANSWER) this.destroySoon();
  }

  onDeadline(): void {
    if (this.#phase === P_BODY) this.#breakRequest("body-timeout");
    else if (this.#phase === P_HEAD && !this.isIdle) this.#refuse("head-timeout");
    else if (this.#phase !== P_HEAD && unsentBytes(this.socket) < this.#unsentBytes) this.#expectTaking();
    else this.destroy();
  }

  /** The next answer is the last; an idle connection waits a moment for a request that is on its way. */
  drain(): void {
    if (this.isIdle) this.#expect(DRAIN_IDLE_MS);
    else this.endAfterAnswer();
  }

  /** Closes once what is written has left. */
  destroySoon(): void {
    this.socket.destroySoon();
  }

  destroy(): void {
    this.socket.destroy();
  }

  /**
   * Ends the connection in the middle of an answer. One that ends with the connection would look whole
   * after a plain close, so it is reset (over TLS the missing close_notify says as much).
   */
  abort(isUntilClose: boolean): void {
    if (isUntilClose && !this.facts.isTls) this.socket.resetAndDestroy();
    else this.socket.destroy();
  }

  #onClose(): void {
    if (this.#phase === P_CLOSED) return;
    const phase = this.#phase;
    this.#phase = P_CLOSED;
    this.#pending = undefined;
    this.#context.deadlines.remove(this);
    if (phase === P_BODY || phase === P_ANSWER) this.#to.onRequestBroken("client-aborted");
    else if (phase === P_TUNNEL) this.#to.onClientTunnelEnd();
  }
}

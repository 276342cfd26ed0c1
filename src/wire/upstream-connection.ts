// One connection towards an upstream: request bytes out, one answer at a time in, framed strictly.
// A connection whose answer broke framing, or said one byte too many, is never used again.
import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import type { ErrorCode } from "../core/errors.ts";
import type { UpstreamSettings } from "../core/snapshot.ts";
import { BodyReader } from "./body-reader.ts";
import { CHUNK_BAD, CHUNK_DATA, CHUNK_END } from "./chunked.ts";
import type { Deadlined, Deadlines } from "./deadlines.ts";
import { INCOMPLETE, REFUSED } from "./field-lines.ts";
import {
  ANSWER_CHUNKED,
  ANSWER_LENGTH,
  ANSWER_NO_BODY,
  ANSWER_UNTIL_CLOSE,
  type ResponseHead,
} from "./response-head.ts";
import { connectErrorCode, connectUpstream } from "./upstream-socket.ts";

/** Interim answers to one request; more is an attack or a bug. */
const INFORMATIONAL_MAX = 32;

/** Takes one answer. Byte ranges are valid during the call only: the read buffer is shared by the thread. */
export interface ResponseSink {
  /** A 1xx; `head` is shared and valid during the call. */
  onInformational(head: ResponseHead): void;
  /** `inRead` more bytes were read together with the head and follow at once. */
  onResponseHead(head: ResponseHead, bodyKind: number, inRead: number): void;
  onResponseBody(bytes: Buffer, start: number, end: number): void;
  onResponseEnd(trailer: Uint8Array | undefined): void;
  /** One read is used up: what was gathered can be written. */
  onReadEnd(): void;
  onUpstreamFailed(code: ErrorCode, detail: string): void;
  onUpstreamDrain(): void;
  /** After a 101: bytes as they come. */
  onTunnelBytes(bytes: Buffer, start: number, end: number): void;
  onTunnelEnd(): void;
}

export interface RequestShape {
  readonly isHead: boolean;
  readonly isUpgrade: boolean;
}

export interface UpstreamContext {
  readonly deadlines: Deadlines;
  /** Shared by all connections of the thread: bytes are used up before the next read. */
  readonly readBuffer: Buffer;
  readonly responseHead: ResponseHead;
  /** One more connection, or one less. */
  onConnections(change: 1 | -1): void;
}

/** The pool's side of a connection. */
export interface ConnectionOwner {
  readonly settings: UpstreamSettings;
  onConnected(connection: UpstreamConnection): void;
  onConnectFailed(connection: UpstreamConnection, code: ErrorCode, detail: string): void;
  /** The answer is over and the connection can take another request. */
  onReusable(connection: UpstreamConnection): void;
  onClosed(connection: UpstreamConnection): void;
  /** It carries a tunnel from now on, and no request any more. */
  onTunnel(connection: UpstreamConnection): void;
}

const P_CONNECTING = 0;
const P_IDLE = 1;
const P_HEAD = 2;
const P_BODY = 3;
const P_TUNNEL = 4;
const P_CLOSED = 5;

export class UpstreamConnection implements Deadlined {
  deadlineAtMs: number;
  readonly #context: UpstreamContext;
  readonly #owner: ConnectionOwner;
  readonly #socket: Socket;
  #phase = P_CONNECTING;
  #sink: ResponseSink | undefined;
  #pending: Buffer | undefined;
  #isHeadRequest = false;
  #isUpgrade = false;
  #isRequestSent = false;
  #bodyKind = ANSWER_NO_BODY;
  /** HEAD, 204, 304: the answer is whole without the body that some servers send all the same. */
  #isBodyUnasked = false;
  readonly #body = new BodyReader();
  #isKeepAlive = false;
  #informationals = 0;
  #isReadPaused = false;
  #hasEnded = false;
  #lastError = "";
  /** An answer was read on it before: it may be dying just as it is used again. */
  isUsed = false;
  /** A byte of the answer to the request under way has arrived. */
  hasAnswered = false;
  /** While it is idle: until when it counts as surely alive, on the deadlines' clock. */
  freshUntilMs = 0;

  constructor(owner: ConnectionOwner, context: UpstreamContext) {
    const { settings } = owner;
    this.#owner = owner;
    this.#context = context;
    this.deadlineAtMs = context.deadlines.in(settings.connectTimeoutMs);
    context.deadlines.add(this);
    context.onConnections(1);
    this.#socket = connectUpstream(settings, context.readBuffer, {
      onConnect: () => this.#onConnect(),
      onBytes: (bytes, count) => {
        this.#onBytes(bytes, count);
        return !this.#isReadPaused;
      },
    });
    this.#socket.on("drain", () => this.#onDrain());
    this.#socket.on("end", () => this.#onEnd());
    this.#socket.on("error", (error: NodeJS.ErrnoException) => this.#onError(error));
    this.#socket.on("close", () => this.#onClose());
  }

  #onConnect(): void {
    if (this.#phase !== P_CONNECTING) return;
    this.#phase = P_IDLE;
    this.deadlineAtMs = Number.POSITIVE_INFINITY;
    this.#owner.onConnected(this);
  }

  /** Begins an exchange on an idle connection. */
  begin(sink: ResponseSink, shape: RequestShape): void {
    this.#sink = sink;
    this.#phase = P_HEAD;
    this.#isHeadRequest = shape.isHead;
    this.#isUpgrade = shape.isUpgrade;
    this.#isRequestSent = false;
    this.#informationals = 0;
    this.hasAnswered = false;
    // While the request is under way, time runs only when the upstream takes none of it.
    this.deadlineAtMs = Number.POSITIVE_INFINITY;
  }

  /** Bytes of the request. False: wait for onUpstreamDrain. */
  write(bytes: Uint8Array): boolean {
    const hasRoom = this.#socket.write(bytes);
    if (!hasRoom && this.#phase === P_HEAD) this.#expectMore();
    return hasRoom;
  }

  #onDrain(): void {
    if (this.#phase === P_HEAD) {
      if (this.#isRequestSent) this.#expectAnswer();
      else this.deadlineAtMs = Number.POSITIVE_INFINITY;
    }
    this.#sink?.onUpstreamDrain();
  }

  #expectAnswer(): void {
    this.deadlineAtMs = this.#context.deadlines.in(this.#owner.settings.firstByteTimeoutMs);
  }

  cork(): void {
    this.#socket.cork();
  }

  uncork(): void {
    this.#socket.uncork();
  }

  /** The whole request is written: the connection may be used again once the answer is over. */
  endRequest(): void {
    this.#isRequestSent = true;
    if (this.#phase === P_HEAD) this.#expectAnswer();
  }

  /** The client's side of the tunnel is over; what the upstream still says has a time limit. */
  endTunnel(): void {
    this.#socket.end();
    this.#expectMore();
  }

  /** Stops reading after this read, until `resume`: the client is slower. Its own time limit rules then. */
  pause(): void {
    this.#isReadPaused = true;
    this.deadlineAtMs = Number.POSITIVE_INFINITY;
  }

  resume(): void {
    if (!this.#isReadPaused) return;
    this.#isReadPaused = false;
    if (this.#phase === P_BODY) this.#expectMore();
    this.#socket.resume();
  }

  /** Drops the connection, and the exchange on it without a word. */
  destroy(): void {
    this.#sink = undefined;
    this.#socket.destroy();
  }

  /** Ready for a request: nothing is under way, and it is not being closed. */
  get isIdle(): boolean {
    return this.#phase === P_IDLE && !this.#hasEnded && !this.#socket.destroyed;
  }

  /** For an idle connection: closes itself at this time. */
  expireAt(deadlineAtMs: number): void {
    this.deadlineAtMs = deadlineAtMs;
  }

  #expectMore(): void {
    this.deadlineAtMs = this.#context.deadlines.in(this.#owner.settings.bodyIdleTimeoutMs);
  }

  #onBytes(read: Buffer, count: number): void {
    if (this.#phase === P_TUNNEL) {
      // Once the client's side is over, the rest has a time limit that each read renews.
      if (this.deadlineAtMs !== Number.POSITIVE_INFINITY) this.#expectMore();
      this.#sink?.onTunnelBytes(read, 0, count);
      return;
    }
    if (this.#sink === undefined) {
      // An idle upstream has nothing to say: what comes would be read as the next client's answer.
      this.#socket.destroy();
      return;
    }
    this.hasAnswered = true;
    let bytes = read;
    let limit = count;
    if (this.#pending !== undefined) {
      bytes = Buffer.concat([this.#pending, read.subarray(0, count)]);
      limit = bytes.length;
      this.#pending = undefined;
    }
    const sink = this.#sink;
    this.#process(bytes, limit);
    if (this.#sink === sink) sink.onReadEnd();
  }

  #process(bytes: Buffer, limit: number): void {
    let at = 0;
    while (at < limit && this.#sink !== undefined) {
      if (this.#phase === P_HEAD) {
        at = this.#readHead(bytes, at, limit);
        if (at < 0) return;
      } else if (this.#phase === P_BODY) at = this.#readBody(bytes, at, limit);
      else if (this.#phase === P_TUNNEL) {
        this.#sink.onTunnelBytes(bytes, at, limit);
        return;
      } else return;
    }
  }

  /** Answers where to go on; below zero when there is nothing to go on with. */
  #readHead(bytes: Buffer, at: number, limit: number): number {
    const head = this.#context.responseHead;
    const end = head.parse(bytes, at, limit);
    if (end === REFUSED) {
      this.#fail("upstream-bad-answer", head.detail);
      return -1;
    }
    if (end === INCOMPLETE) {
      this.#pending = Buffer.from(bytes.subarray(at, limit));
      return -1;
    }
    if (head.status < 200) return this.#readInformational(head, end);
    this.#bodyKind = head.bodyKind(this.#isHeadRequest);
    this.#isBodyUnasked = this.#bodyKind === ANSWER_NO_BODY && head.contentLength !== 0;
    this.#isKeepAlive = head.isKeepAlive && this.#bodyKind !== ANSWER_UNTIL_CLOSE;
    this.#phase = P_BODY;
    this.#expectMore();
    this.#sink?.onResponseHead(head, this.#bodyKind, limit - end);
    if (this.#sink === undefined) return -1;
    this.#beginBody(head);
    // Without a body the answer is over here, whether more bytes come or not.
    return this.#bodyKind === ANSWER_NO_BODY ? this.#readBody(bytes, end, limit) : end;
  }

  #beginBody(head: ResponseHead): void {
    if (this.#bodyKind === ANSWER_CHUNKED) this.#body.beginChunked();
    else if (this.#bodyKind === ANSWER_UNTIL_CLOSE) this.#body.beginUntilClose();
    else this.#body.beginLength(this.#bodyKind === ANSWER_LENGTH ? head.contentLength : 0);
  }

  #readInformational(head: ResponseHead, end: number): number {
    if (head.status === 101) {
      if (!this.#isUpgrade) {
        this.#fail("upstream-bad-answer", "101 that was not asked for");
        return -1;
      }
      this.#phase = P_TUNNEL;
      this.deadlineAtMs = Number.POSITIVE_INFINITY;
      this.#owner.onTunnel(this);
      this.#sink?.onInformational(head);
      return this.#sink === undefined ? -1 : end;
    }
    if (++this.#informationals > INFORMATIONAL_MAX) {
      this.#fail("upstream-bad-answer", "too many interim answers");
      return -1;
    }
    this.#sink?.onInformational(head);
    return this.#sink === undefined ? -1 : end;
  }

  #readBody(bytes: Buffer, at: number, limit: number): number {
    const body = this.#body;
    body.position = at;
    this.#expectMore();
    while (this.#sink !== undefined) {
      const found = body.next(bytes, limit);
      if (found === CHUNK_DATA) this.#sink.onResponseBody(bytes, body.dataStart, body.dataEnd);
      else if (found === CHUNK_END) {
        const end = body.position;
        // An upstream that says more than it announced has lost count: nothing of it is to be trusted.
        if (end < limit && !this.#isBodyUnasked) this.#fail("upstream-bad-answer", "bytes behind the end");
        // The connection may carry the next exchange as soon as this one is finished: touch nothing after it.
        else this.#finish(body.trailer(), end === limit);
        return limit;
      } else if (found === CHUNK_BAD) {
        this.#fail("upstream-bad-answer", "chunked body");
        return limit;
      } else break;
    }
    return body.position;
  }

  /** The answer is complete. */
  #finish(trailer: Uint8Array | undefined, isAtEnd: boolean): void {
    const sink = this.#sink;
    this.#sink = undefined;
    this.#isReadPaused = false;
    const isReusable = this.#isKeepAlive && this.#isRequestSent && isAtEnd && !this.#hasEnded;
    this.#phase = P_IDLE;
    this.isUsed = true;
    if (isReusable) {
      this.#owner.onReusable(this);
    } else {
      this.#socket.destroy();
    }
    sink?.onResponseEnd(trailer);
  }

  #fail(code: ErrorCode, detail: string): void {
    const sink = this.#sink;
    this.#sink = undefined;
    this.#socket.destroy();
    sink?.onUpstreamFailed(code, detail);
  }

  #onEnd(): void {
    this.#hasEnded = true;
    if (this.#phase === P_TUNNEL) {
      this.#sink?.onTunnelEnd();
      return;
    }
    if (this.#phase === P_BODY && this.#bodyKind === ANSWER_UNTIL_CLOSE && this.#sink !== undefined) {
      this.#finish(undefined, true);
      return;
    }
    this.#socket.destroy();
  }

  #onError(error: NodeJS.ErrnoException): void {
    this.#lastError = error.code ?? error.message;
    this.#socket.destroy();
  }

  #onClose(): void {
    const phase = this.#phase;
    this.#phase = P_CLOSED;
    this.#context.deadlines.remove(this);
    this.#context.onConnections(-1);
    if (phase === P_CONNECTING) {
      this.#owner.onConnectFailed(this, connectErrorCode(this.#lastError), this.#lastError);
    }
    const sink = this.#sink;
    this.#sink = undefined;
    if (phase === P_TUNNEL) sink?.onTunnelEnd();
    else sink?.onUpstreamFailed(phase === P_BODY ? "upstream-cut" : "upstream-reset", this.#lastError);
    this.#owner.onClosed(this);
  }

  onDeadline(): void {
    if (this.#phase === P_CONNECTING) this.#lastError = "timeout";
    else if (this.#phase === P_HEAD) {
      this.#fail(this.#isRequestSent ? "upstream-first-byte-timeout" : "upstream-body-timeout", "");
    } else if (this.#phase === P_BODY) this.#fail("upstream-body-timeout", "");
    this.#socket.destroy();
  }
}

// What the codec reads of a connection's worth of bytes, in the parts they arrive in.
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { CHUNK_BAD, CHUNK_DATA, CHUNK_END, ChunkedDecoder } from "../../src/wire/chunked.ts";
import { ClientConnection } from "../../src/wire/client-connection.ts";
import { Deadlines } from "../../src/wire/deadlines.ts";
import { INCOMPLETE, REFUSED } from "../../src/wire/field-lines.ts";
import type { HeadLimits } from "../../src/wire/head.ts";
import { NO_BODY, RequestHead } from "../../src/wire/request-head.ts";
import {
  ANSWER_CHUNKED,
  ANSWER_LENGTH,
  ANSWER_NO_BODY,
  ANSWER_UNTIL_CLOSE,
  ResponseHead,
} from "../../src/wire/response-head.ts";
import { encodeLastChunk } from "../../src/wire/trailers.ts";
import type { Reading, ReadMessage } from "./llhttp-oracle.ts";

export const LIMITS: HeadLimits = { headBytesMax: 8192, targetBytesMax: 2048, headerLinesMax: 64 };

const TIMEOUTS = { headMs: 60_000, idleMs: 60_000, bodyIdleMs: 60_000, drainMs: 60_000 };

/** A socket that takes everything and says nothing: bytes come in through `emit`. */
export class SilentSocket extends EventEmitter {
  readonly written: Buffer[] = [];
  hasEnded = false;
  isDestroyed = false;
  isPaused = false;
  readonly writableLength = 0;

  write(bytes: Buffer): boolean {
    this.written.push(bytes);
    return true;
  }

  end(onFinish?: () => void): this {
    this.hasEnded = true;
    if (onFinish !== undefined) this.once("finish", onFinish);
    return this;
  }

  destroy(): this {
    this.isDestroyed = true;
    return this;
  }

  destroySoon(): void {
    this.isDestroyed = true;
  }

  resetAndDestroy(): this {
    this.isDestroyed = true;
    return this;
  }

  pause(): this {
    this.isPaused = true;
    return this;
  }

  resume(): this {
    this.isPaused = false;
    return this;
  }
}

const deadlines = new Deadlines();
const requestHead = new RequestHead(LIMITS);
const responseHead = new ResponseHead(LIMITS);

function trailerLinesOf(trailer: Uint8Array): number {
  return Buffer.from(trailer).toString("latin1").split("\r\n").length - 2;
}

export interface RequestReading extends Reading {
  /** Where the method of each message begins and ends; true only of bytes that came in one part. */
  readonly methods: { readonly start: number; readonly end: number; readonly text: string }[];
}

/** Feeds `parts` to a client's connection whose requests are answered at once. */
export function readRequestsByCodec(parts: readonly Buffer[]): RequestReading {
  const reading: RequestReading = { messages: [], refusal: undefined, methods: [] };
  const socket = new SilentSocket();
  const connection = new ClientConnection(socket as unknown as Socket, {
    // As over TLS: read by its events, since there is no handle to take.
    facts: { address: "127.0.0.1", isTls: true, isTrusted: false },
    context: {
      head: requestHead,
      readBuffer: Buffer.alloc(0),
      deadlines,
      timeouts: () => TIMEOUTS,
      isDraining: () => false,
      isNamed: () => true,
    },
    onClose: () => undefined,
  });
  const last = (): ReadMessage => reading.messages.at(-1) as ReadMessage;
  const finish = (): void => {
    last().isComplete = true;
    connection.finishAnswer();
  };
  connection.attach({
    onRequest: (head) => {
      const method = head.methodText();
      reading.methods.push({ start: head.start, end: head.methodEnd, text: method });
      const target = head.isAbsoluteForm ? "absolute" : head.targetText();
      reading.messages.push({
        line: target,
        headerLines: head.lines.count,
        bodyBytes: 0,
        trailerLines: 0,
        isComplete: false,
      });
      if (head.bodyKind === NO_BODY) finish();
    },
    onRequestBody: (_bytes, start, end) => {
      last().bodyBytes += end - start;
    },
    onRequestEnd: (trailer) => {
      if (trailer !== undefined && encodeLastChunk(trailer) === undefined) {
        reading.refusal = "bad-chunk";
        connection.destroy();
        return;
      }
      if (trailer !== undefined) last().trailerLines = trailerLinesOf(trailer);
      finish();
    },
    onRequestBroken: (code) => {
      reading.refusal ??= code;
      connection.destroy();
    },
    onRefused: (code) => {
      reading.refusal = code;
    },
    onClientDrain: () => undefined,
    onClientTunnelBytes: () => undefined,
    onClientTunnelEnd: () => undefined,
  });
  for (const part of parts) {
    if (socket.hasEnded || socket.isDestroyed) break;
    socket.emit("data", part);
  }
  const { refusal } = reading;
  socket.emit("close");
  reading.refusal = refusal;
  return reading;
}

/** Reads answers one behind the other with the parsers of the codec, framed as the upstream connection does. */
export function readAnswersByCodec(
  bytes: Buffer,
  { isHeadRequest = false, hasEnded = false }: { isHeadRequest?: boolean; hasEnded?: boolean } = {},
): Reading {
  const reading: Reading = { messages: [], refusal: undefined };
  let at = 0;
  while (at < bytes.length) {
    const end = responseHead.parse(bytes, at, bytes.length);
    if (end === INCOMPLETE) break;
    if (end === REFUSED) {
      reading.refusal = responseHead.detail;
      break;
    }
    const message: ReadMessage = {
      line: String(responseHead.status),
      headerLines: responseHead.lines.count,
      bodyBytes: 0,
      trailerLines: 0,
      isComplete: false,
    };
    reading.messages.push(message);
    const bodyKind = responseHead.bodyKind(isHeadRequest);
    at = end;
    if (bodyKind === ANSWER_NO_BODY) message.isComplete = true;
    else if (bodyKind === ANSWER_LENGTH) {
      message.bodyBytes = Math.min(responseHead.contentLength, bytes.length - at);
      message.isComplete = message.bodyBytes === responseHead.contentLength;
      at += message.bodyBytes;
    } else if (bodyKind === ANSWER_UNTIL_CLOSE) {
      message.bodyBytes = bytes.length - at;
      message.isComplete = hasEnded;
      at = bytes.length;
    } else if (bodyKind === ANSWER_CHUNKED) {
      at = readChunkedAnswer(bytes, at, { message, reading });
      if (reading.refusal !== undefined) break;
    }
    // What follows a 101 is no HTTP, and what follows an answer that ends the connection is not read.
    if (message.line === "101" || !responseHead.isKeepAlive) break;
  }
  return reading;
}

function readChunkedAnswer(
  bytes: Buffer,
  at: number,
  { message, reading }: { readonly message: ReadMessage; readonly reading: Reading },
): number {
  const decoder = new ChunkedDecoder();
  decoder.position = at;
  for (;;) {
    const found = decoder.next(bytes, bytes.length);
    if (found === CHUNK_DATA) message.bodyBytes += decoder.dataEnd - decoder.dataStart;
    else if (found === CHUNK_END) {
      const trailer = decoder.trailer();
      if (encodeLastChunk(trailer) === undefined) reading.refusal = "trailer";
      else {
        message.trailerLines = trailerLinesOf(trailer);
        message.isComplete = true;
      }
      return decoder.position;
    } else {
      if (found === CHUNK_BAD) reading.refusal = "chunk";
      return bytes.length;
    }
  }
}

// The answer on its way to the client: the head rewritten, the body framed anew, the bytes kept for the judge.
// Head and the body bytes that were read with it leave in one write. What is handed in lies in the thread's
// shared read buffer, so everything is copied here, once; the capture keeps references to the copies.
import { Buffer } from "node:buffer";
import { Capture } from "../core/capture.ts";
import type { ClientConnection } from "../wire/client-connection.ts";
import { writeResponseHead } from "../wire/forward-head.ts";
import {
  ANSWER_CHUNKED,
  ANSWER_LENGTH,
  ANSWER_NO_BODY,
  ANSWER_UNTIL_CLOSE,
  type ResponseHead,
} from "../wire/response-head.ts";
import { encodeChunk, encodeLastChunk } from "../wire/trailers.ts";
import type { AddedLines } from "./route-serving.ts";
import type { ServingContext } from "./serving-context.ts";

const EMPTY = Buffer.alloc(0);

export interface WrittenHead {
  readonly bodyKind: number;
  /** As in ResponseSink. */
  readonly inRead: number;
  readonly added: AddedLines;
}

const CRLF_BYTES = 2;

export class AnswerWriter {
  readonly #client: ClientConnection;
  readonly #context: ServingContext;
  readonly capture: Capture;
  /** The head as the upstream sent it; empty unless it is kept. */
  head: Buffer = EMPTY;
  /** As the client gets it; 0 before. */
  status = 0;
  #isKept = false;
  #isClientHttp10 = false;
  /** How the body is framed towards the client. */
  #bodyKind = ANSWER_NO_BODY;
  /** Waits for the end of the read under way. */
  #gather: Buffer | undefined;
  #gathered = 0;

  constructor(client: ClientConnection, context: ServingContext) {
    this.#client = client;
    this.#context = context;
    this.capture = new Capture(context.captureBudget);
  }

  /** `keptBytesMax` undefined: nothing is kept. */
  begin(isClientHttp10: boolean, keptBytesMax: number | undefined): void {
    this.status = 0;
    this.#isClientHttp10 = isClientHttp10;
    this.#isKept = keptBytesMax !== undefined;
    if (keptBytesMax !== undefined) this.capture.begin(keptBytesMax);
  }

  /** The answer ends where its connection ends. */
  get isUntilClose(): boolean {
    return this.#bodyKind === ANSWER_UNTIL_CLOSE;
  }

  /** A 1xx: passed on at once. */
  writeInterim(head: ResponseHead, isUpgrade: boolean): void {
    const { writer } = this.#context;
    writeResponseHead(writer, head, { added: "", isLengthDropped: true, isUpgrade });
    this.#client.write(writer.take(0));
  }

  writeHead(head: ResponseHead, { bodyKind, inRead, added: { text, isDeprecated } }: WrittenHead): void {
    this.status = head.status;
    const { writer } = this.#context;
    if (this.#isKept) this.head = Buffer.from(head.bytes.subarray(head.start, head.end));
    const hasUnknownLength = bodyKind === ANSWER_CHUNKED || bodyKind === ANSWER_UNTIL_CLOSE;
    this.#bodyKind = hasUnknownLength
      ? this.#isClientHttp10
        ? ANSWER_UNTIL_CLOSE
        : ANSWER_CHUNKED
      : bodyKind;
    let added = text;
    if (this.#bodyKind === ANSWER_CHUNKED) added += "transfer-encoding: chunked\r\n";
    if (this.#bodyKind === ANSWER_UNTIL_CLOSE) this.#client.endAfterAnswer();
    if (this.#client.decideLastAnswer()) added += "connection: close\r\n";
    else if (this.#isClientHttp10) added += "connection: keep-alive\r\n";
    const isLengthDropped = head.status === 204;
    writeResponseHead(writer, head, { added, isLengthDropped, isUpgrade: false, isDeprecated });
    this.#gathered = writer.length;
    this.#gather = writer.take(this.#bodyKind === ANSWER_LENGTH ? inRead : 0);
  }

  /** False when the client is slow. */
  writeBody(bytes: Buffer, start: number, end: number): boolean {
    const count = end - start;
    if (this.#bodyKind === ANSWER_CHUNKED) {
      const hasRoom = this.flush();
      const chunk = encodeChunk(bytes, start, end);
      const dataEnd = chunk.length - CRLF_BYTES;
      this.#keep(chunk, dataEnd - count, dataEnd);
      return this.#client.write(chunk) && hasRoom;
    }
    const gather = this.#gather;
    if (gather !== undefined && gather.length - this.#gathered >= count) {
      bytes.copy(gather, this.#gathered, start, end);
      this.#keep(gather, this.#gathered, this.#gathered + count);
      this.#gathered += count;
      return true;
    }
    const hasRoom = this.flush();
    const part = Buffer.from(bytes.subarray(start, end));
    this.#keep(part, 0, part.length);
    return this.#client.write(part) && hasRoom;
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    if (this.#isKept) this.capture.add(bytes.subarray(start, end));
  }

  /** True when nothing of the answer has left yet: then it is forgotten, and another one may be given. */
  takeBack(): boolean {
    if (this.#gather === undefined) return false;
    this.#gather = undefined;
    return true;
  }

  /** Writes what was gathered. False when the client is slow. */
  flush(): boolean {
    const gather = this.#gather;
    if (gather === undefined) return true;
    this.#gather = undefined;
    return this.#client.write(this.#gathered === gather.length ? gather : gather.subarray(0, this.#gathered));
  }

  /** Writes the rest. False when the trailer section is malformed: the answer must be broken off. */
  finish(trailer: Uint8Array | undefined): boolean {
    this.flush();
    if (this.#bodyKind !== ANSWER_CHUNKED) return true;
    const lastChunk = encodeLastChunk(trailer ?? EMPTY);
    if (lastChunk === undefined) return false;
    this.#client.write(lastChunk);
    return true;
  }

  /** Forgets the answer and what is kept of it. */
  release(): void {
    this.#gather = undefined;
    this.#bodyKind = ANSWER_NO_BODY;
    if (!this.#isKept) return;
    this.capture.release();
    this.head = EMPTY;
  }
}

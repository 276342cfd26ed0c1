// The life of a request on the serving thread. One relay per client connection, reused request by request:
//
//   1 read      ClientConnection hands over a parsed head       onRequest
//   2 decide    route → mirrored, or why not                    skipReasonFor
//   3 serve     send to the legacy, stream back, keep bytes     onConnection … onResponseEnd
//   4 publish   facts + bytes → ring, after the last byte       #publish
//
// It never parses a body, never waits for the shadow, never writes to disk.
import { ERRORS, type ErrorCode } from "../core/errors.ts";
import { SKIP_REASONS, type SkipReason } from "../core/skip.ts";
import type { RouteSettings } from "../core/snapshot.ts";
import type { ClientConnection, ClientHandler } from "../wire/client-connection.ts";
import { hasPassedThrough, writeRequestHead, writeResponseHead } from "../wire/forward-head.ts";
import { BODY_CHUNKED, M_HEAD, NO_BODY, type RequestHead } from "../wire/request-head.ts";
import {
  ANSWER_CHUNKED,
  ANSWER_LENGTH,
  ANSWER_UNTIL_CLOSE,
  type ResponseHead,
} from "../wire/response-head.ts";
import { encodeChunk, encodeLastChunk } from "../wire/trailers.ts";
import type { ResponseSink, UpstreamConnection } from "../wire/upstream-connection.ts";
import type { ConnectionWaiter, UpstreamPool } from "../wire/upstream-pool.ts";
import { Capture } from "./capture.ts";
import { isNotedByEndpoint, skipReasonFor } from "./decide.ts";
import type { Routing, ServingContext } from "./serving-context.ts";

const BY_LEGACY = 0;
const BY_PARALLAX = 2;
const EMPTY = Buffer.alloc(0);

export class Relay implements ClientHandler, ResponseSink, ConnectionWaiter {
  readonly #client: ClientConnection;
  readonly #context: ServingContext;

  // The exchange under way.
  #isActive = false;
  #routing: Routing;
  #route: RouteSettings | undefined;
  #skip: SkipReason | undefined;
  #startedAt = 0;
  #startedAtMs = 0;
  #head: Buffer = EMPTY;
  #isHeadRequest = false;
  #isUpgrade = false;
  #isClientHttp10 = false;
  #hasBody = false;
  #isBodyChunked = false;
  #isRequestComplete = false;
  /** May be sent again on a new connection: idempotent, and nothing of its body is lost. */
  #isIdempotent = false;
  #hasResent = false;
  /** Body bytes that came before there was a connection; framed already. */
  readonly #unsent: Buffer[] = [];
  readonly #requestCapture = new Capture();

  #pool: UpstreamPool;
  #connection: UpstreamConnection | undefined;
  #isWaiting = false;

  #status = 0;
  #bodyKind = 0;
  #answerHead: Buffer = EMPTY;
  readonly #answerCapture = new Capture();
  /** What goes to the client in one write: the head and the body bytes that were read with it. */
  #gather: Buffer | undefined;
  #gathered = 0;
  #isTunnel = false;

  constructor(client: ClientConnection, context: ServingContext) {
    this.#client = client;
    this.#context = context;
    this.#routing = context.routing;
    this.#pool = context.routing.legacy;
  }

  // ── 1 read, 2 decide ──────────────────────────────────────────────────────────────────────────────

  onRequest(head: RequestHead): void {
    const { counters, routing, writer } = this.#context;
    const route = routing.routes.match(head);
    this.#isActive = true;
    this.#routing = routing;
    this.#route = route;
    this.#startedAt = performance.now();
    this.#status = 0;
    this.#isHeadRequest = head.method === M_HEAD;
    counters.addExchange(route.slot);
    counters.add("requestsInFlight", 1);
    if (hasPassedThrough(head, routing.forwarding.viaPseudonym)) {
      this.#skip = "refused";
      this.#head = EMPTY;
      this.#fail("loop", "");
      return;
    }
    this.#skip = skipReasonFor(head, { snapshot: routing.snapshot, route, chance: Math.random() });
    this.#isUpgrade = head.isUpgrade;
    this.#isClientHttp10 = head.isHttp10;
    this.#hasBody = head.bodyKind !== NO_BODY;
    this.#isBodyChunked = head.bodyKind === BODY_CHUNKED;
    this.#isRequestComplete = !this.#hasBody;
    this.#isIdempotent = head.isIdempotent;
    this.#hasResent = false;
    this.#isTunnel = false;
    if (this.#isKept) {
      this.#startedAtMs = Date.now();
      this.#requestCapture.begin(route.mirror.requestBytesMax);
      this.#answerCapture.begin(route.mirror.answerBytesMax);
    }
    writeRequestHead(writer, head, { forwarding: routing.forwarding, client: this.#client.facts });
    this.#head = writer.take(0);
    this.#pool = routing.legacy;
    this.#acquire(false);
  }

  /** The exchange crosses the seam, to be mirrored or at least noted under its endpoint. */
  get #isKept(): boolean {
    return this.#context.ring !== undefined && (this.#skip === undefined || isNotedByEndpoint(this.#skip));
  }

  get #isMirrored(): boolean {
    return this.#skip === undefined;
  }

  // ── 3 serve: the request towards the legacy ───────────────────────────────────────────────────────

  #acquire(isFresh: boolean): void {
    this.#isWaiting = true;
    this.#pool.acquire(this, { isReplayable: this.#isIdempotent && !this.#hasBody, isFresh });
  }

  onConnection(connection: UpstreamConnection): void {
    this.#isWaiting = false;
    this.#connection = connection;
    connection.begin(this, { isHead: this.#isHeadRequest, isUpgrade: this.#isUpgrade });
    if (this.#hasBody) {
      // Head and body bytes that are at hand leave in one write.
      connection.cork();
      process.nextTick(uncork, connection);
    }
    connection.write(this.#head);
    for (const part of this.#unsent) connection.write(part);
    this.#unsent.length = 0;
    if (this.#isRequestComplete) connection.endRequest();
    else this.#client.resumeBody();
  }

  onNoConnection(code: ErrorCode, detail: string): void {
    this.#isWaiting = false;
    this.#fail(code, detail);
  }

  onRequestBody(bytes: Buffer, start: number, end: number): void {
    if (!this.#isActive || start === end) return;
    if (this.#isMirrored) this.#requestCapture.add(bytes.subarray(start, end), this.#context.captureBudget);
    this.#sendBody(this.#isBodyChunked ? encodeChunk(bytes, start, end) : bytes.subarray(start, end));
  }

  #sendBody(part: Buffer): void {
    if (this.#connection === undefined) {
      this.#unsent.push(part);
      this.#client.pauseBody();
    } else if (!this.#connection.write(part)) this.#client.pauseBody();
  }

  onRequestEnd(trailer: Uint8Array | undefined): void {
    if (!this.#isActive) return;
    if (trailer !== undefined) {
      const lastChunk = encodeLastChunk(trailer);
      if (lastChunk === undefined) {
        this.onRequestBroken("bad-chunk");
        return;
      }
      this.#sendBody(lastChunk);
    }
    this.#isRequestComplete = true;
    this.#connection?.endRequest();
  }

  onUpstreamDrain(): void {
    if (this.#isTunnel) this.#client.socket.resume();
    else this.#client.resumeBody();
  }

  /** The client went away, or its body is malformed or stalled. */
  onRequestBroken(code: ErrorCode): void {
    if (!this.#isActive) {
      if (code !== "client-aborted") this.#client.destroy();
      return;
    }
    this.#skip ??= code === "client-aborted" ? "client-aborted" : "refused";
    this.#dropUpstream();
    if (code !== "client-aborted" && this.#status === 0) this.#answerError(code);
    else {
      this.#end(0, BY_LEGACY);
      this.#client.destroy();
    }
  }

  onRefused(code: ErrorCode): void {
    const { counters, routing } = this.#context;
    const slot = 0;
    counters.addExchange(slot);
    counters.addSkipped(slot, "refused");
    counters.addRequest(slot, BY_PARALLAX, ERRORS[code].status, 0);
    this.#routing = routing;
  }

  // ── 3 serve: the answer towards the client ────────────────────────────────────────────────────────

  onInformational(head: ResponseHead): void {
    if (head.status === 101) {
      this.#beginTunnel(head);
      return;
    }
    // A 1.0 client does not know of interim answers (RFC 9110 §15.2).
    if (this.#isClientHttp10) return;
    const { writer } = this.#context;
    writeResponseHead(writer, head, { added: "", isLengthDropped: true, isUpgrade: false });
    this.#client.write(writer.take(0));
  }

  onResponseHead(head: ResponseHead, bodyKind: number, inRead: number): void {
    const { writer, routing } = this.#context;
    this.#status = head.status;
    if (this.#isMirrored) this.#answerHead = Buffer.from(head.bytes.subarray(head.start, head.end) as Buffer);
    const hasUnknownLength = bodyKind === ANSWER_CHUNKED || bodyKind === ANSWER_UNTIL_CLOSE;
    this.#bodyKind = hasUnknownLength
      ? this.#isClientHttp10
        ? ANSWER_UNTIL_CLOSE
        : ANSWER_CHUNKED
      : bodyKind;
    let added = routing.snapshot.servedByHeader ? "x-parallax-served-by: legacy\r\n" : "";
    if (this.#bodyKind === ANSWER_CHUNKED) added += "transfer-encoding: chunked\r\n";
    if (this.#bodyKind === ANSWER_UNTIL_CLOSE) this.#client.endAfterAnswer();
    if (this.#client.decideLastAnswer()) added += "connection: close\r\n";
    else if (this.#isClientHttp10) added += "connection: keep-alive\r\n";
    writeResponseHead(writer, head, { added, isLengthDropped: head.status === 204, isUpgrade: false });
    this.#gathered = writer.length;
    this.#gather = writer.take(this.#bodyKind === ANSWER_LENGTH ? inRead : 0);
  }

  onResponseBody(bytes: Uint8Array, start: number, end: number): void {
    const gather = this.#gather;
    if (this.#bodyKind === ANSWER_CHUNKED) {
      this.#flush();
      const chunk = encodeChunk(bytes, start, end);
      const dataEnd = chunk.length - 2;
      this.#keepAnswer(chunk, dataEnd - (end - start), dataEnd);
      this.#send(chunk);
    } else if (gather !== undefined && gather.length - this.#gathered >= end - start) {
      gather.set(bytes.subarray(start, end), this.#gathered);
      this.#keepAnswer(gather, this.#gathered, this.#gathered + (end - start));
      this.#gathered += end - start;
    } else {
      this.#flush();
      const part = Buffer.from(bytes.subarray(start, end));
      this.#keepAnswer(part, 0, part.length);
      this.#send(part);
    }
  }

  #keepAnswer(bytes: Buffer, start: number, end: number): void {
    if (this.#isMirrored) this.#answerCapture.add(bytes.subarray(start, end), this.#context.captureBudget);
  }

  onReadEnd(): void {
    this.#flush();
  }

  #flush(): void {
    const gather = this.#gather;
    if (gather === undefined) return;
    this.#gather = undefined;
    this.#send(this.#gathered === gather.length ? gather : gather.subarray(0, this.#gathered));
  }

  #send(bytes: Buffer): void {
    if (!this.#client.write(bytes)) this.#connection?.pause();
  }

  onClientDrain(): void {
    this.#connection?.resume();
  }

  onResponseEnd(trailer: Uint8Array | undefined): void {
    this.#connection = undefined;
    this.#flush();
    if (this.#bodyKind === ANSWER_CHUNKED) {
      const lastChunk = encodeLastChunk(trailer ?? EMPTY);
      if (lastChunk === undefined) {
        this.onUpstreamFailed("upstream-bad-answer", "trailer section");
        return;
      }
      this.#client.write(lastChunk);
    }
    const client = this.#client;
    this.#end(this.#status, BY_LEGACY);
    client.finishAnswer();
  }

  onUpstreamFailed(code: ErrorCode, detail: string): void {
    const connection = this.#connection;
    this.#connection = undefined;
    if (this.#status !== 0) {
      // Part of the answer is with the client: the only honest end is a broken one.
      this.#gather = undefined;
      this.#context.reportFailure(code, detail);
      this.#skip ??= "primary-failed";
      this.#end(0, BY_LEGACY);
      this.#client.abort(this.#bodyKind === ANSWER_UNTIL_CLOSE);
      return;
    }
    const isDyingIdle = code === "upstream-reset" && connection?.isUsed === true && !connection.hasAnswered;
    if (isDyingIdle && this.#isIdempotent && !this.#hasBody && !this.#hasResent) {
      this.#hasResent = true;
      this.#context.counters.add("resends", 1);
      this.#acquire(true);
      return;
    }
    this.#fail(code, detail);
  }

  // ── Upgrade: both directions spliced, never mirrored ──────────────────────────────────────────────

  #beginTunnel(head: ResponseHead): void {
    const { writer } = this.#context;
    this.#status = 101;
    this.#isTunnel = true;
    writeResponseHead(writer, head, { added: "", isLengthDropped: true, isUpgrade: true });
    this.#client.write(writer.take(0));
    this.#client.startTunnel();
  }

  onTunnelBytes(bytes: Uint8Array, start = 0, end = bytes.length): void {
    // From the upstream the bytes lie in the shared read buffer.
    this.#send(Buffer.from(bytes.subarray(start, end)));
  }

  onClientTunnelBytes(bytes: Buffer): void {
    if (this.#connection?.write(bytes) === false) this.#client.socket.pause();
  }

  onTunnelEnd(): void {
    this.#client.destroySoon();
    this.#endTunnel();
  }

  onClientTunnelEnd(): void {
    this.#connection?.endTunnel();
    this.#endTunnel();
  }

  #endTunnel(): void {
    if (this.#isActive) this.#end(101, BY_LEGACY);
  }

  // ── The end of an exchange ────────────────────────────────────────────────────────────────────────

  #dropUpstream(): void {
    if (this.#isWaiting) this.#pool.leave(this);
    this.#isWaiting = false;
    this.#connection?.destroy();
    this.#connection = undefined;
    this.#gather = undefined;
  }

  #fail(code: ErrorCode, detail: string): void {
    this.#context.reportFailure(code, detail);
    this.#skip ??= "primary-failed";
    this.#answerError(code);
  }

  #answerError(code: ErrorCode): void {
    this.#end(ERRORS[code].status, BY_PARALLAX);
    this.#client.answerError(code, this.#isHeadRequest);
  }

  /** Counts, publishes, and forgets. `status` 0: the answer was broken off. */
  #end(status: number, servedBy: 0 | 2): void {
    const { counters, captureBudget } = this.#context;
    const slot = this.#route?.slot ?? 0;
    const latencyMs = performance.now() - this.#startedAt;
    this.#isActive = false;
    counters.add("requestsInFlight", -1);
    counters.addRequest(slot, servedBy, status, latencyMs / 1000);
    if (servedBy === BY_LEGACY) counters.addUpstreamDuration(0, latencyMs / 1000);
    this.#publish(slot, status, latencyMs);
    this.#requestCapture.release(captureBudget);
    this.#answerCapture.release(captureBudget);
    this.#unsent.length = 0;
    this.#head = EMPTY;
    this.#answerHead = EMPTY;
  }

  // ── 4 publish ─────────────────────────────────────────────────────────────────────────────────────

  #publish(slot: number, status: number, latencyMs: number): void {
    const { counters, ring } = this.#context;
    const { snapshot } = this.#routing;
    const skip = this.#skip ?? this.#captureSkip();
    if (skip !== undefined) counters.addSkipped(slot, skip);
    if (ring === undefined || this.#head.length === 0 || (skip !== undefined && !isNotedByEndpoint(skip))) {
      if (skip === undefined) counters.addSkipped(slot, "seam-full");
      return;
    }
    const isMirrored = skip === undefined;
    const written = ring.write(
      {
        slot,
        epoch: snapshot.epoch,
        sequence: this.#context.sequence++,
        skip: isMirrored ? -1 : SKIP_REASONS.indexOf(skip),
        status,
        answerCapture: this.#answerCapture.state,
        startedAtMs: this.#startedAtMs,
        latencyMs,
      },
      {
        requestHead: this.#head,
        requestBody: isMirrored ? this.#requestCapture.parts : [],
        answerHead: isMirrored ? this.#answerHead : EMPTY,
        answerBody: isMirrored ? this.#answerCapture.parts : [],
      },
    );
    if (!isMirrored) return;
    if (written === 0) counters.addSkipped(slot, "seam-full");
    else {
      counters.addPublished(slot);
      counters.add("seamPublished", 1);
      counters.add("seamPublishedBytes", written);
    }
  }

  /** What the captures say against mirroring. An answer over its own limit is the judge's to name. */
  #captureSkip(): SkipReason | undefined {
    if (this.#requestCapture.state === "overflow") {
      return this.#requestCapture.isOverBudget ? "capture-budget" : "request-overflow";
    }
    return this.#answerCapture.state === "overflow" && this.#answerCapture.isOverBudget
      ? "capture-budget"
      : undefined;
  }
}

function uncork(connection: UpstreamConnection): void {
  connection.uncork();
}

// The life of a request on the serving thread; one relay per client connection, reused request by request.
// It never parses a body, never waits for the shadow, never writes to disk.
//
//   1 read      ClientConnection hands over a parsed head       onRequest
//   2 decide    route → mirrored, or why not; recorded?         skipReasonFor, isToBeRecorded
//   3 serve     send to the legacy, stream back, keep bytes     onConnection … onResponseEnd
//   4 publish   facts + bytes → ring, after the last byte       #end → publish
import { Buffer } from "node:buffer";
import { performance } from "node:perf_hooks";
import { nextTick } from "node:process";
import { DECISION_REASONS } from "../core/decision.ts";
import { ERRORS, type ErrorCode } from "../core/errors.ts";
import { isNotedByEndpoint, type SkipReason } from "../core/skip.ts";
import type { ClientConnection } from "../wire/client-connection.ts";
import type { ClientHandler } from "../wire/client-handler.ts";
import { hasPassedThrough, writeRequestHead, writeResponseHead } from "../wire/forward-head.ts";
import type { RequestHead } from "../wire/request-head.ts";
import type { ResponseHead } from "../wire/response-head.ts";
import { encodeLastChunk } from "../wire/trailers.ts";
import type { ResponseSink, UpstreamConnection } from "../wire/upstream-connection.ts";
import type { ConnectionWaiter, UpstreamPool } from "../wire/upstream-pool.ts";
import { AnswerWriter } from "./answer-writer.ts";
import { isToBeRecorded, skipReasonFor } from "./decide.ts";
import { OutgoingRequest } from "./outgoing-request.ts";
import { publish } from "./publish.ts";
import type { RouteServing } from "./route-serving.ts";
import type { Routing, ServingContext } from "./serving-context.ts";

const BY_LEGACY = 0;
const BY_PARALLAX = 2;
const STAGE = DECISION_REASONS.indexOf("stage");

export class Relay implements ClientHandler, ResponseSink, ConnectionWaiter {
  readonly #client: ClientConnection;
  readonly #context: ServingContext;
  readonly #answer: AnswerWriter;

  // The exchange under way.
  #isActive = false;
  #routing: Routing;
  #serving: RouteServing;
  #skip: SkipReason | undefined;
  #isRecorded = false;
  #startedAt = 0;
  /** When the legacy had the whole request. */
  #sentAt = 0;
  #startedAtMs = 0;
  readonly #request: OutgoingRequest;
  #hasResent = false;
  #pool: UpstreamPool;
  #connection: UpstreamConnection | undefined;
  #isWaiting = false;
  /** Of the legacy's answer; 0 before its head. */
  #status = 0;
  #isTunnel = false;

  constructor(client: ClientConnection, context: ServingContext) {
    this.#client = client;
    this.#context = context;
    this.#answer = new AnswerWriter(client, context);
    this.#request = new OutgoingRequest(context.captureBudget);
    this.#routing = context.routing;
    this.#serving = context.routing.other;
    this.#pool = context.routing.legacy;
  }

  // ── 1 read, 2 decide ──────────────────────────────────────────────────────────────────────────────

  onRequest(head: RequestHead): void {
    const { counters, routing, writer } = this.#context;
    const serving = routing.routes.match(head);
    const { route } = serving;
    this.#isActive = true;
    this.#routing = routing;
    this.#serving = serving;
    this.#startedAt = performance.now();
    this.#status = 0;
    this.#isRecorded = false;
    this.#request.begin(head);
    counters.addExchange(route.slot);
    counters.add("requestsInFlight", 1);
    if (hasPassedThrough(head, routing.forwarding.viaPseudonym)) {
      this.#skip = "refused";
      this.#fail("loop", "");
      return;
    }
    const grounds = { snapshot: routing.snapshot, route, chance: Math.random() };
    this.#skip = skipReasonFor(head, grounds) ?? this.#context.refusal?.reason();
    if (routing.snapshot.record !== undefined) this.#isRecorded = isToBeRecorded(head, grounds);
    this.#hasResent = false;
    this.#isTunnel = false;
    this.#answer.begin(head.isHttp10, this.#isKept ? route.mirror.answerBytesMax : undefined);
    if (this.#isKept || isNotedByEndpoint(this.#skip)) this.#startedAtMs = Date.now();
    if (this.#isKept) this.#request.beginCapture(route.mirror.requestBytesMax);
    writeRequestHead(writer, head, { forwarding: routing.forwarding, client: this.#client.facts });
    this.#request.head = writer.take(0);
    this.#pool = routing.legacy;
    this.#acquire(false);
  }

  get #isKept(): boolean {
    return this.#skip === undefined || this.#isRecorded;
  }

  // ── 3 serve: the request towards the legacy ───────────────────────────────────────────────────────

  #acquire(isFresh: boolean): void {
    this.#isWaiting = true;
    this.#pool.acquire(this, { isReplayable: this.#request.isReplayable, isFresh });
  }

  onConnection(connection: UpstreamConnection): void {
    this.#isWaiting = false;
    this.#connection = connection;
    const request = this.#request;
    connection.begin(this, request);
    if (request.hasBody) {
      // Head and body bytes that are at hand leave in one write.
      connection.cork();
      nextTick(uncork, connection);
    }
    request.sendTo(connection, request.head);
    if (request.isComplete) this.#endRequest(connection);
    // Also when its body is complete: a client that is not read is not seen to go away.
    this.#client.resumeBody();
  }

  onNoConnection(code: ErrorCode, detail: string): void {
    this.#isWaiting = false;
    this.#fail(code, detail);
  }

  onRequestBody(bytes: Buffer, start: number, end: number): void {
    if (!this.#isActive || start === end) return;
    this.#sendBody(this.#request.frame(bytes, start, end));
  }

  #sendBody(part: Buffer): void {
    if (this.#connection === undefined) {
      this.#request.keep(part);
      this.#client.pauseBody();
      return;
    }
    this.#request.keepSent(part);
    if (!this.#connection.write(part)) this.#client.pauseBody();
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
    this.#request.isComplete = true;
    if (this.#connection !== undefined) this.#endRequest(this.#connection);
  }

  #endRequest(connection: UpstreamConnection): void {
    connection.endRequest();
    this.#sentAt = performance.now();
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
    const { slot } = routing.other.route;
    counters.addExchange(slot);
    counters.addSkipped(slot, "refused");
    counters.addRequest(slot, BY_PARALLAX, ERRORS[code].status, 0);
  }

  // ── 3 serve: the answer towards the client ────────────────────────────────────────────────────────

  onInformational(head: ResponseHead): void {
    if (head.status === 101) {
      this.#beginTunnel(head);
      return;
    }
    // A 1.0 client does not know of interim answers (RFC 9110 §15.2).
    if (this.#request.isHttp10) return;
    const { writer } = this.#context;
    writeResponseHead(writer, head, { added: "", isLengthDropped: true, isUpgrade: false });
    this.#client.write(writer.take(0));
  }

  onResponseHead(head: ResponseHead, bodyKind: number, inRead: number): void {
    this.#status = head.status;
    this.#answer.writeHead(head, { bodyKind, inRead, servedBy: this.#serving.addedByLegacy });
  }

  onResponseBody(bytes: Buffer, start: number, end: number): void {
    if (!this.#answer.writeBody(bytes, start, end)) this.#connection?.pause();
  }

  onReadEnd(): void {
    if (!this.#answer.flush()) this.#connection?.pause();
  }

  onClientDrain(): void {
    this.#connection?.resume();
  }

  onResponseEnd(trailer: Uint8Array | undefined): void {
    this.#connection = undefined;
    if (!this.#answer.finish(trailer)) {
      this.onUpstreamFailed("upstream-bad-answer", "trailer section");
      return;
    }
    // An answer that overtook its request has no time of its own.
    const latencyMs = this.#request.isComplete ? performance.now() - this.#sentAt : 0;
    this.#context.counters.addUpstreamDuration(0, latencyMs / 1000);
    this.#end(this.#status, BY_LEGACY, latencyMs);
    this.#client.finishAnswer();
  }

  onUpstreamFailed(code: ErrorCode, detail: string): void {
    const connection = this.#connection;
    this.#connection = undefined;
    if (this.#status !== 0 && !this.#answer.takeBack()) {
      // Part of the answer is with the client: the only honest end is a broken one.
      const { isUntilClose } = this.#answer;
      this.#context.reportFailure(code, detail);
      this.#skip ??= "primary-failed";
      this.#end(0, BY_LEGACY);
      this.#client.abort(isUntilClose);
      return;
    }
    const isDyingIdle = code === "upstream-reset" && connection?.isUsed === true && !connection.hasAnswered;
    if (isDyingIdle && this.#request.isReplayable && !this.#hasResent) {
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
    this.#status = head.status;
    this.#isTunnel = true;
    writeResponseHead(writer, head, { added: "", isLengthDropped: true, isUpgrade: true });
    this.#client.write(writer.take(0));
    this.#client.startTunnel();
  }

  onTunnelBytes(bytes: Buffer, start: number, end: number): void {
    // They lie in the shared read buffer.
    if (!this.#client.write(Buffer.from(bytes.subarray(start, end)))) this.#connection?.pause();
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
    if (this.#isActive) this.#end(this.#status, BY_LEGACY);
  }

  // ── The end of an exchange ────────────────────────────────────────────────────────────────────────

  #dropUpstream(): void {
    if (this.#isWaiting) this.#pool.leave(this);
    this.#isWaiting = false;
    this.#connection?.destroy();
    this.#connection = undefined;
  }

  #fail(code: ErrorCode, detail: string): void {
    this.#context.reportFailure(code, detail);
    this.#skip ??= "primary-failed";
    this.#answerError(code);
  }

  #answerError(code: ErrorCode): void {
    this.#end(ERRORS[code].status, BY_PARALLAX);
    this.#client.answerError(code, this.#request.isHead);
  }

  /** Counts, publishes, and forgets. `status` 0: the answer was broken off. `latencyMs` is the legacy's own. */
  #end(status: number, servedBy: 0 | 2, latencyMs = 0): void {
    const { counters } = this.#context;
    const { slot } = this.#serving.route;
    this.#isActive = false;
    counters.add("requestsInFlight", -1);
    counters.addRequest(slot, servedBy, status, (performance.now() - this.#startedAt) / 1000);
    publish(this.#context, {
      slot,
      epoch: this.#routing.snapshot.epoch,
      // Half of a request is none to mirror.
      skip: this.#skip ?? (this.#request.isComplete ? undefined : "request-unfinished"),
      isRecorded: this.#isRecorded && status !== 0 && servedBy === BY_LEGACY && this.#request.isComplete,
      status,
      servedBy: "legacy",
      decidedBy: STAGE,
      unit: -1,
      startedAtMs: this.#startedAtMs,
      latencyMs,
      requestHead: this.#request.head,
      requestCapture: this.#request.capture,
      answerHead: this.#answer.head,
      answerCapture: this.#answer.capture,
    });
    this.#request.release();
    this.#answer.release();
  }
}

function uncork(connection: UpstreamConnection): void {
  connection.uncork();
}

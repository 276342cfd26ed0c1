// The life of a request on the serving thread; one relay per client connection, reused request by request.
// It never parses a body, never waits for the shadow, never writes to disk.
//
//   1 read      ClientConnection hands over a parsed head       onRequest
//   2 decide    route → who serves; mirrored, or why not?       Decided
//   3 serve     send, stream back, keep bytes; or rescue        onConnection … onResponseEnd, #rescue
//   4 publish   facts + bytes → ring, after the last byte       #end
import { Buffer } from "node:buffer";
import { performance } from "node:perf_hooks";
import { ERRORS, type ErrorCode } from "../core/errors.ts";
import { isNotedByEndpoint } from "../core/skip.ts";
import type { ClientConnection } from "../wire/client-connection.ts";
import type { ClientHandler } from "../wire/client-handler.ts";
import { hasPassedThrough } from "../wire/forward-head.ts";
import type { RequestHead } from "../wire/request-head.ts";
import type { ResponseHead } from "../wire/response-head.ts";
import { encodeLastChunk } from "../wire/trailers.ts";
import type { ResponseSink, UpstreamConnection } from "../wire/upstream-connection.ts";
import type { ConnectionWaiter, UpstreamPool } from "../wire/upstream-pool.ts";
import { AdaptingAnswer } from "./adapting-answer.ts";
import { CandidateTry } from "./candidate-try.ts";
import { Decided } from "./decided.ts";
import { BY_CANDIDATE, BY_LEGACY, BY_PARALLAX, ExchangeBooks } from "./exchange-books.ts";
import { meetLegacyClient, type SpecialAnswer } from "./legacy-client.ts";
import { OutgoingRequest } from "./outgoing-request.ts";
import { RequestAdaptation } from "./request-adaptation.ts";
import type { RouteServing } from "./route-serving.ts";
import type { Routing, ServingContext, ServingUpstream } from "./serving-context.ts";

const LATE = "no first byte within rescue.afterMs";
const servedBy = (candidate: unknown) => (candidate === undefined ? BY_LEGACY : BY_CANDIDATE);

export class Relay implements ClientHandler, ResponseSink, ConnectionWaiter {
  readonly #client: ClientConnection;
  readonly #context: ServingContext;
  readonly #answer: AdaptingAnswer;

  // The exchange under way.
  #isActive = false;
  #routing: Routing;
  #serving: RouteServing;
  readonly #decided: Decided;
  /** Set for as long as the candidate is to serve. */
  #candidate: CandidateTry | undefined;
  /** The one that this client's requests share. */
  #ownTry: CandidateTry | undefined;
  readonly #onLate = (): void => void this.#rescue("upstream-first-byte-timeout", LATE);
  #ownAdaptation: RequestAdaptation | undefined;
  /** When who serves had the whole request. */
  #sentAt = 0;
  readonly #request: OutgoingRequest;
  readonly #books: ExchangeBooks;
  #hasResent = false;
  #pool: UpstreamPool;
  #connection: UpstreamConnection | undefined;
  #isWaiting = false;
  /** Of the answer; 0 before its head. */
  #status = 0;
  #isTunnel = false;

  constructor(client: ClientConnection, context: ServingContext) {
    this.#client = client;
    this.#context = context;
    this.#answer = new AdaptingAnswer(client, context);
    this.#decided = new Decided(context);
    this.#request = new OutgoingRequest(context.captureBudget);
    const parts = { decided: this.#decided, request: this.#request, answer: this.#answer };
    this.#books = new ExchangeBooks(context, parts);
    this.#routing = context.routing;
    this.#serving = context.routing.other;
    this.#pool = context.routing.legacy.pool;
  }

  // ── 1 read, 2 decide ──────────────────────────────────────────────────────────────────────────────

  onRequest(head: RequestHead): void {
    const { counters, routing } = this.#context;
    const serving = routing.routes.match(head);
    const { route } = serving;
    const decided = this.#decided;
    this.#isActive = true;
    this.#routing = routing;
    this.#serving = serving;
    this.#status = 0;
    this.#request.begin(head);
    this.#books.begin(route.slot, routing.snapshot.epoch);
    if (hasPassedThrough(head, routing.legacy.forwarding.viaPseudonym)) {
      decided.refuse();
      this.#fail("loop", "");
      return;
    }
    decided.decide(head, serving, this.#client.facts);
    const brownout = meetLegacyClient(head, serving, { decided, counters });
    if (brownout !== undefined) {
      this.#answerError("brownout", brownout);
      return;
    }
    this.#hasResent = false;
    this.#isTunnel = false;
    this.#beginAnswer();
    if (decided.isKept || isNotedByEndpoint(decided.skip)) this.#books.stamp();
    if (decided.isKept) this.#request.beginCapture(route.mirror.requestBytesMax);
    this.#pool = routing.legacy.pool;
    const parts = { forwarding: routing.legacy.forwarding, client: this.#client.facts, rewrite: undefined };
    this.#request.head = this.#context.headFor(head, parts);
    if (decided.isByCandidate && routing.candidate !== undefined) this.#toCandidate(head, routing.candidate);
    else this.#acquire(false);
  }

  #toCandidate(head: RequestHead, { forwarding }: ServingUpstream): void {
    const { route, adapting } = this.#serving;
    const parts = { forwarding, client: this.#client.facts, rewrite: route.mirror.pathRewrite };
    this.#request.candidateHead = this.#context.headFor(head, parts);
    if (adapting === undefined || !this.#decided.isAdapted) this.#tryCandidate();
    else this.#adaptation().begin(this.#serving);
  }

  #adaptation(): RequestAdaptation {
    this.#ownAdaptation ??= new RequestAdaptation(this.#context, this.#client, {
      request: this.#request,
      toCandidate: () => this.#tryCandidate(),
      toLegacy: () => this.#acquire(false),
      fail: (why) => this.#fail("adapter-failed", why),
    });
    return this.#ownAdaptation;
  }

  #tryCandidate(): void {
    const serving = this.#serving;
    this.#pool = this.#routing.candidate?.pool ?? this.#pool;
    if (this.#decided.isAdapted) this.#answer.adaptWith(serving);
    this.#ownTry ??= new CandidateTry(this.#context, serving, this.#onLate);
    this.#candidate = this.#ownTry;
    this.#candidate.begin(serving, this.#request.isSafe);
    this.#acquire(false);
  }

  #beginAnswer(): void {
    const { answerBytesMax } = this.#serving.route.mirror;
    this.#answer.begin(this.#request.isHttp10, this.#decided.isKept ? answerBytesMax : undefined);
  }

  // ── 3 serve: the request towards who serves ───────────────────────────────────────────────────────

  #acquire(isFresh: boolean): void {
    this.#isWaiting = true;
    this.#pool.acquire(this, { isReplayable: this.#request.isReplayable, isFresh });
  }

  onConnection(connection: UpstreamConnection): void {
    this.#isWaiting = false;
    this.#connection = connection;
    const request = this.#request;
    connection.begin(this, request);
    this.#candidate?.setSent(request.isComplete);
    request.sendTo(connection, this.#candidate !== undefined);
    if (request.isComplete) this.#endRequest(connection);
    // Also when its body is complete: a client that is not read is not seen to go away.
    this.#client.resumeBody();
  }

  onNoConnection(code: ErrorCode, detail: string): void {
    this.#isWaiting = false;
    if (!this.#rescue(code, detail)) this.#fail(code, detail);
  }

  onRequestBody(bytes: Buffer, start: number, end: number): void {
    if (!this.#isActive || start === end) return;
    if (this.#request.isCollecting) {
      if (this.#adaptation().collect(bytes, start, end) || !this.#isActive) return;
    }
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
    const { isCollecting } = this.#request;
    if (trailer !== undefined) {
      const lastChunk = encodeLastChunk(trailer, this.#routing.legacy.forwarding.droppedHeader);
      if (lastChunk === undefined) {
        this.onRequestBroken("bad-chunk");
        return;
      }
      this.#sendBody(lastChunk);
    }
    this.#request.isComplete = true;
    if (isCollecting) this.#adaptation().finish();
    if (isCollecting || this.#connection === undefined) return;
    this.#candidate?.expectAnswer();
    this.#endRequest(this.#connection);
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
    this.#decided.skip ??= code === "client-aborted" ? "client-aborted" : "refused";
    this.#dropUpstream();
    if (code !== "client-aborted" && this.#status === 0) this.#answerError(code);
    else {
      this.#end(0, servedBy(this.#candidate));
      this.#client.destroy();
    }
  }

  onRefused(code: ErrorCode): void {
    this.#context.countRefused(ERRORS[code].status);
  }

  // ── 3 serve: the answer towards the client ────────────────────────────────────────────────────────

  onInformational(head: ResponseHead): void {
    if (head.status === 101) {
      this.#beginTunnel(head);
      return;
    }
    // A 1.0 client does not know of interim answers (RFC 9110 §15.2).
    if (this.#request.isHttp10) return;
    this.#candidate?.setSpoken();
    this.#answer.writeInterim(head, false);
  }

  onResponseHead(head: ResponseHead, bodyKind: number, inRead: number): void {
    const { status } = head;
    const isFailure = this.#candidate?.isFailureStatus(status) === true;
    if (isFailure && this.#rescue("upstream-status", `answered ${status}`)) return;
    this.#candidate?.setAnswering();
    this.#status = status;
    const { addedByLegacy, addedByCandidate } = this.#serving;
    const added = this.#candidate === undefined ? addedByLegacy : addedByCandidate;
    this.#answer.writeHead(head, { bodyKind, inRead, added });
    if (this.#answer.fault !== undefined) this.#breakAnswer();
  }

  onResponseBody(bytes: Buffer, start: number, end: number): void {
    if (this.#answer.writeBody(bytes, start, end)) return;
    if (this.#answer.fault === undefined) this.#connection?.pause();
    else this.#breakAnswer();
  }

  /** The client cannot have the answer, or what is still coming of it. */
  #breakAnswer(): void {
    this.#connection?.destroy();
    this.onUpstreamFailed(this.#answer.faultCode, this.#answer.fault ?? "trailer section");
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
      this.#breakAnswer();
      return;
    }
    // An answer that overtook its request has no time of its own.
    const latencyMs = this.#request.isComplete ? performance.now() - this.#sentAt : 0;
    this.#context.counters.addUpstreamDuration(servedBy(this.#candidate), latencyMs / 1000);
    this.#candidate?.endAnswered(this.#status);
    this.#end(this.#answer.status, servedBy(this.#candidate), latencyMs);
    this.#client.finishAnswer();
  }

  onUpstreamFailed(code: ErrorCode, detail: string): void {
    const connection = this.#connection;
    this.#connection = undefined;
    if (this.#status !== 0 && !this.#answer.takeBack()) {
      // Part of the answer is with the client: the only honest end is a broken one.
      const { isUntilClose } = this.#answer;
      this.#reportFailed(code, detail);
      this.#end(0, servedBy(this.#candidate));
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
    if (!this.#rescue(code, detail)) this.#fail(code, detail);
  }

  // ── 3 serve: the candidate failed ─────────────────────────────────────────────────────────────────

  /** The legacy answers instead, if it may. The client has no byte of an answer yet. */
  #rescue(code: ErrorCode, detail: string): boolean {
    const candidate = this.#candidate;
    if (candidate?.mayBeRescued(this.#request.isReplayable) !== true) return false;
    this.#dropUpstream();
    this.#context.reportFailure(code, candidate.endRescued(code, detail));
    this.#candidate = undefined;
    this.#decided.skip ??= "rescued";
    this.#status = 0;
    this.#hasResent = false;
    this.#answer.release();
    this.#beginAnswer();
    this.#pool = this.#routing.legacy.pool;
    this.#acquire(false);
    return true;
  }

  // ── Upgrade: both directions spliced, never mirrored ──────────────────────────────────────────────

  #beginTunnel(head: ResponseHead): void {
    this.#candidate?.setAnswering();
    this.#status = head.status;
    this.#isTunnel = true;
    this.#answer.writeInterim(head, true);
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
    if (!this.#isActive) return;
    this.#candidate?.endAnswered(this.#status);
    this.#end(this.#status, servedBy(this.#candidate));
  }

  // ── The end of an exchange ────────────────────────────────────────────────────────────────────────

  #dropUpstream(): void {
    if (this.#isWaiting) this.#pool.leave(this);
    this.#isWaiting = false;
    this.#connection?.destroy();
    this.#connection = undefined;
  }

  #fail(code: ErrorCode, detail: string): void {
    this.#reportFailed(code, detail);
    this.#answerError(code);
  }

  #reportFailed(code: ErrorCode, detail: string): void {
    this.#context.reportFailure(code, this.#candidate?.endFailed(code, detail) ?? detail);
    this.#decided.skip ??= "primary-failed";
  }

  #answerError(code: ErrorCode, special?: SpecialAnswer): void {
    this.#end(special?.status ?? ERRORS[code].status, BY_PARALLAX);
    this.#client.answerError(code, this.#request.isHead, special);
  }

  /** Counts, publishes, and forgets: as in ExchangeBooks. */
  #end(status: number, by: 0 | 1 | 2, latencyMs = 0): void {
    this.#isActive = false;
    this.#books.end(status, by, { upstream: servedBy(this.#candidate), latencyMs });
    this.#candidate?.end();
    this.#candidate = undefined;
    this.#request.release();
    this.#answer.release();
  }
}

// One service that requests are sent to again. Whatever it does ends in exactly one outcome, in time and in bytes.
// Redirects are answers, not followed; bodies stay encoded, as the judge takes them.
import { buildConnector, Pool } from "undici";
import type { Answer } from "../core/exchange.ts";
import { fieldLinesFrom } from "../core/exchange.ts";
import type { UpstreamSettings } from "../core/snapshot.ts";
import type { HeaderPair } from "./fill.ts";
import type { OutgoingRequest } from "./request.ts";

export type SendFailure = "timeout" | "unreachable" | "broken";

export type Sent =
  | { readonly kind: "answered"; readonly answer: Answer; readonly latencyMs: number }
  | { readonly kind: "failed"; readonly failure: SendFailure; readonly detail: string };

export interface SendLimits {
  /** For the whole exchange. */
  readonly deadlineMs: number;
  /** A longer body is given up: the judge calls the answer `overflow`. */
  readonly answerBytesMax: number;
}

const UNREACHABLE: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "UND_ERR_CONNECT_TIMEOUT",
]);
const IDEMPOTENT: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"]);

export class ReplayUpstream {
  readonly name: UpstreamSettings["name"];
  readonly origin: string;
  readonly #pool: Pool;

  constructor(settings: UpstreamSettings, connectionsMax: number) {
    const { host, port, tls, connectTimeoutMs, idleTimeoutMs, firstByteTimeoutMs, bodyIdleTimeoutMs } =
      settings;
    this.name = settings.name;
    this.origin = `${tls === undefined ? "http" : "https"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
    this.#pool = new Pool(this.origin, {
      connections: connectionsMax,
      pipelining: 1,
      keepAliveTimeout: idleTimeoutMs,
      headersTimeout: firstByteTimeoutMs,
      bodyTimeout: bodyIdleTimeoutMs,
      connect: connectorOf(tls, connectTimeoutMs),
    });
  }

  /** Never rejects. Sends once; an idempotent request once more where the connection died before any answer. */
  async send(request: OutgoingRequest, limits: SendLimits): Promise<Sent> {
    const signal = AbortSignal.timeout(limits.deadlineMs);
    for (let attempt = 1; ; attempt++) {
      let hasAnswered = false;
      try {
        return await this.#sendOnce(request, { signal, limits, onAnswer: () => (hasAnswered = true) });
      } catch (error) {
        const code = codeOf(error);
        const isDeadConnection = code === "UND_ERR_SOCKET" || code === "ECONNRESET" || code === "EPIPE";
        if (attempt === 1 && isDeadConnection && !hasAnswered && IDEMPOTENT.has(request.method)) continue;
        return failed(error, code, signal.aborted);
      }
    }
  }

  async #sendOnce(
    { method, target, headers, body }: OutgoingRequest,
    {
      signal,
      limits,
      onAnswer,
    }: { readonly signal: AbortSignal; readonly limits: SendLimits; readonly onAnswer: () => void },
  ): Promise<Sent> {
    const sentAtMs = performance.now();
    const {
      statusCode,
      headers: raw,
      body: stream,
    } = await this.#pool.request({
      method: method as "GET",
      path: target,
      headers: headers.flat(),
      body: body.length === 0 ? null : body,
      responseHeaders: "raw",
      signal,
    });
    onAnswer();
    const parts: Buffer[] = [];
    let bytes = 0;
    for await (const part of stream) {
      bytes += (part as Buffer).length;
      if (bytes > limits.answerBytesMax) break; // leaving the loop ends the connection
      parts.push(part as Buffer);
    }
    const isOver = bytes > limits.answerBytesMax;
    return {
      kind: "answered",
      latencyMs: performance.now() - sentAtMs,
      answer: {
        status: statusCode,
        headers: fieldLinesFrom(pairsOf(raw as unknown as readonly string[])),
        body: isOver ? Buffer.alloc(0) : Buffer.concat(parts),
        capture: isOver ? "overflow" : "complete",
      },
    };
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }
}

/** undici would ask for, and check, the name in the Host header: that is the client's, and not the service's own. */
function connectorOf(tls: UpstreamSettings["tls"], timeout: number): buildConnector.connector {
  if (tls === undefined) return buildConnector({ timeout });
  const { ca, servername, verify } = tls;
  const connect = buildConnector({
    timeout,
    rejectUnauthorized: verify,
    ...(ca === "" ? undefined : { ca }),
  });
  return (options, callback) => connect({ ...options, servername }, callback);
}

/** Names and values in turn. */
function pairsOf(raw: readonly string[]): readonly HeaderPair[] {
  const pairs: HeaderPair[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) pairs.push([String(raw[at]), String(raw[at + 1])]);
  return pairs;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

function failed(error: unknown, code: string, isPastDeadline: boolean): Sent {
  const detail = code || (error instanceof Error ? error.message : String(error));
  if (isPastDeadline || code === "UND_ERR_HEADERS_TIMEOUT" || code === "UND_ERR_BODY_TIMEOUT")
    return { kind: "failed", failure: "timeout", detail: isPastDeadline ? "past the deadline" : detail };
  const isUnreachable = UNREACHABLE.has(code) || /^(ERR_TLS|CERT_|DEPTH_|SELF_SIGNED|UNABLE_)/.test(code);
  return { kind: "failed", failure: isUnreachable ? "unreachable" : "broken", detail };
}

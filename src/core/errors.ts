// The one error table: every failure that a client, an operator or a log can meet has a code here.
// Match on the code, never on the message. docs/errors.md lists the same table (a test holds it).

/** Whose fault it is: the client sent it, an upstream did it, or Parallax itself could not. */
export type Fault = "client" | "upstream" | "self";

interface ErrorFacts {
  readonly fault: Fault;
  /** HTTP status that the client gets; 0 where the connection is closed without an answer. */
  readonly status: number;
  /** May the client send the same request again? */
  readonly retry: boolean;
  readonly message: string;
}

const client = (status: number, message: string): ErrorFacts => ({
  fault: "client",
  status,
  retry: false,
  message,
});
const upstream = (status: number, retry: boolean, message: string): ErrorFacts => ({
  fault: "upstream",
  status,
  retry,
  message,
});
const self = (status: number, retry: boolean, message: string): ErrorFacts => ({
  fault: "self",
  status,
  retry,
  message,
});

export const ERRORS = {
  // The request line (RFC 9112 §3).
  "bad-method": client(400, "the method is not a token"),
  "method-refused": client(501, "CONNECT is not supported"),
  "bad-target": client(400, "the request target is not valid"),
  "target-userinfo": client(400, "a request target must not carry user information"),
  "target-too-long": client(414, "the request target is longer than limits.targetBytesMax"),
  "bad-version": client(400, "the HTTP version is malformed"),
  "version-refused": client(505, "only HTTP/1.0 and HTTP/1.1 are supported"),
  // Field lines (RFC 9112 §5) and Host (RFC 9112 §3.2).
  "bad-header-name": client(400, "a header name is empty or not a token"),
  "bad-header-value": client(400, "a header value holds a control character"),
  "bad-line-ending": client(400, "a line does not end with CR LF"),
  "obs-fold": client(400, "folded header lines are refused"),
  "head-too-large": client(431, "the head is larger than limits.headBytesMax"),
  "too-many-headers": client(431, "more header lines than limits.headerLinesMax"),
  "bad-host": client(400, "the Host header is missing, repeated or not valid"),
  "bad-connection": client(400, "Connection names a header that it must not"),
  "bad-upgrade": client(400, "the Upgrade request is not valid"),
  // Framing (RFC 9112 §6, §7).
  "bad-content-length": client(400, "Content-Length is not a plain number, or repeated with other values"),
  "bad-transfer-encoding": client(400, "Transfer-Encoding is not exactly one chunked, or not allowed here"),
  "ambiguous-length": client(400, "Content-Length together with Transfer-Encoding"),
  "bad-chunk": client(400, "the chunked body is malformed"),
  // Time and load on the client's side.
  "head-timeout": client(408, "the request head did not arrive within timeouts.headMs"),
  "body-timeout": client(408, "the request body stalled for longer than timeouts.bodyIdleMs"),
  "client-aborted": client(0, "the client went away before the exchange was over"),
  "too-many-connections": self(503, true, "more client connections than limits.clientConnectionsMax"),
  loop: client(508, "the request already passed through this Parallax"),
  // Towards the upstream.
  "upstream-refused": upstream(502, true, "the upstream refused the connection"),
  "upstream-unresolved": upstream(502, true, "the upstream's name did not resolve"),
  "upstream-tls": upstream(502, false, "the TLS handshake with the upstream failed"),
  "upstream-connect-timeout": upstream(504, true, "no connection to the upstream within connectTimeoutMs"),
  "upstream-busy": upstream(503, true, "every connection to the upstream is busy and the queue is full"),
  "upstream-queue-timeout": upstream(503, true, "no connection to the upstream became free in time"),
  "upstream-reset": upstream(502, false, "the upstream closed the connection before it answered"),
  "upstream-first-byte-timeout": upstream(
    504,
    false,
    "the upstream did not begin to answer within firstByteTimeoutMs",
  ),
  "upstream-body-timeout": upstream(
    504,
    false,
    "the upstream's answer stalled for longer than bodyIdleTimeoutMs",
  ),
  "upstream-cut": upstream(502, false, "the upstream closed the connection in the middle of its answer"),
  "upstream-bad-answer": upstream(502, false, "the upstream's answer is not valid HTTP"),
  // Only of the candidate, where the legacy answers instead.
  "upstream-status": upstream(0, false, "the upstream answered with a status that counts as its failure"),
  "upstream-deadline": upstream(504, false, "the answer was not complete within the deadline"),
  // Parallax.
  "adapter-failed": upstream(502, false, "a body could not be adapted for this client by routes[].adapters"),
  brownout: self(
    503,
    true,
    "the route is deprecated and switched off for a while; move to what its links name",
  ),
  "rule-failed": self(
    0,
    false,
    "a custom rule's module could not be loaded: every use of it is incomparable",
  ),
  internal: self(500, true, "an unexpected failure inside Parallax"),
} as const satisfies Record<string, ErrorFacts>;

export type ErrorCode = keyof typeof ERRORS;

export const ERROR_CODES = Object.keys(ERRORS) as readonly ErrorCode[];

/**
 * A failure that ends the command with an exit code and one line on standard error.
 * `what happened, where, what to do`; 1 found something, 2 usage or config, 3 could not do its work.
 */
export class CommandError extends Error {
  readonly exitCode: 1 | 2 | 3;

  constructor(exitCode: 1 | 2 | 3, message: string) {
    super(message);
    this.name = "CommandError";
    this.exitCode = exitCode;
  }
}

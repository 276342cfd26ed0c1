// One mirrored exchange: sends the request to the candidate and keeps its answer, up to a limit and a
// deadline. Whatever the candidate does ends in exactly one outcome.
import { ERRORS, type ErrorCode } from "../core/errors.ts";
import type { CaptureState } from "../core/exchange.ts";
import type { IncomparableReason } from "../core/verdict.ts";
import type { ExchangeRecord } from "../seam/record.ts";
import type { Deadlined, Deadlines } from "../wire/deadlines.ts";
import type { ResponseHead } from "../wire/response-head.ts";
import type { ResponseSink, UpstreamConnection } from "../wire/upstream-connection.ts";
import type { ConnectionWaiter, UpstreamPool } from "../wire/upstream-pool.ts";

const EMPTY = Buffer.alloc(0);

/** What the candidate answered: the head as it came, the body without framing. */
export interface MirrorAnswer {
  readonly head: Buffer;
  readonly body: Buffer;
  readonly capture: CaptureState;
  /** From the request's last byte out to the answer's last byte in. */
  readonly latencyMs: number;
}

export type MirrorOutcome =
  | { readonly kind: "answered"; readonly answer: MirrorAnswer }
  | { readonly kind: "failed"; readonly code: ErrorCode; readonly detail: string };

/** Why an exchange is incomparable when the mirror failed with `code`. */
export function incomparableReasonOf(code: ErrorCode): IncomparableReason {
  switch (code) {
    case "upstream-first-byte-timeout":
    case "upstream-body-timeout":
    case "upstream-deadline":
      return "candidate-timeout";
    case "upstream-refused":
    case "upstream-unresolved":
    case "upstream-tls":
    case "upstream-connect-timeout":
    case "upstream-busy":
    case "upstream-queue-timeout":
      return "candidate-unreachable";
    default:
      return ERRORS[code].fault === "upstream" ? "candidate-broken" : "internal";
  }
}

export class Mirror implements ResponseSink, ConnectionWaiter, Deadlined {
  readonly record: ExchangeRecord;
  deadlineAtMs: number;
  readonly #pool: UpstreamPool;
  readonly #deadlines: Deadlines;
  readonly #head: Buffer;
  readonly #isHead: boolean;
  readonly #answerBytesMax: number;
  readonly #onOutcome: (mirror: Mirror, outcome: MirrorOutcome) => void;
  #connection: UpstreamConnection | undefined;
  #isWaiting = true;
  #isOver = false;
  #hasResent = false;
  #isIdempotent: boolean;
  #sentAt = 0;
  #answerHead: Buffer = EMPTY;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(
    record: ExchangeRecord,
    parts: {
      readonly pool: UpstreamPool;
      readonly deadlines: Deadlines;
      readonly head: Buffer;
      readonly isHead: boolean;
      readonly isIdempotent: boolean;
      readonly answerBytesMax: number;
      readonly deadlineMs: number;
      readonly onOutcome: (mirror: Mirror, outcome: MirrorOutcome) => void;
    },
  ) {
    this.record = record;
    this.#pool = parts.pool;
    this.#deadlines = parts.deadlines;
    this.#head = parts.head;
    this.#isHead = parts.isHead;
    this.#isIdempotent = parts.isIdempotent;
    this.#answerBytesMax = parts.answerBytesMax;
    this.#onOutcome = parts.onOutcome;
    this.deadlineAtMs = parts.deadlines.in(parts.deadlineMs);
    this.#deadlines.add(this);
  }

  /** Asks the pool for a connection; the outcome may come before this returns. */
  send(): void {
    this.#pool.acquire(this, { isReplayable: this.#isIdempotent, isFresh: false });
  }

  onConnection(connection: UpstreamConnection): void {
    this.#isWaiting = false;
    this.#connection = connection;
    connection.begin(this, { isHead: this.#isHead, isUpgrade: false });
    connection.write(this.#head);
    if (this.record.requestBody.length > 0) connection.write(this.record.requestBody);
    connection.endRequest();
    this.#sentAt = performance.now();
  }

  onNoConnection(code: ErrorCode, detail: string): void {
    this.#isWaiting = false;
    this.#end({ kind: "failed", code, detail });
  }

  onInformational(_head: ResponseHead): void {
    // Interim answers are not compared: a server may send any number of them.
  }

  onResponseHead(head: ResponseHead): void {
    this.#answerHead = Buffer.from(head.bytes.subarray(head.start, head.end));
  }

  onResponseBody(bytes: Buffer, start: number, end: number): void {
    if (this.#isOver) return;
    this.#bytes += end - start;
    if (this.#bytes > this.#answerBytesMax) {
      // The rest is of no use: the connection goes, however much the candidate would still send.
      const connection = this.#connection;
      this.#finish("overflow");
      connection?.destroy();
      return;
    }
    this.#parts.push(Buffer.from(bytes.subarray(start, end)));
  }

  onReadEnd(): void {
    // Nothing is gathered: each part is kept as it comes.
  }

  onResponseEnd(): void {
    this.#finish(this.#bytes === 0 ? "absent" : "complete");
  }

  #finish(capture: CaptureState): void {
    const body =
      capture !== "complete" ? EMPTY : this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts);
    this.#end({
      kind: "answered",
      answer: {
        head: this.#answerHead,
        body: body ?? EMPTY,
        capture,
        latencyMs: performance.now() - this.#sentAt,
      },
    });
  }

  onUpstreamFailed(code: ErrorCode, detail: string): void {
    const connection = this.#connection;
    this.#connection = undefined;
    const isDyingIdle = code === "upstream-reset" && connection?.isUsed === true && !connection.hasAnswered;
    if (isDyingIdle && this.#isIdempotent && !this.#hasResent) {
      this.#hasResent = true;
      this.#isWaiting = true;
      this.#pool.acquire(this, { isReplayable: true, isFresh: true });
      return;
    }
    this.#end({ kind: "failed", code, detail });
  }

  onUpstreamDrain(): void {
    // The whole request was handed over at once: its size is bounded.
  }

  onTunnelBytes(): void {
    // Never: no mirror asks for an upgrade.
  }

  onTunnelEnd(): void {
    // Never: no mirror asks for an upgrade.
  }

  onDeadline(): void {
    this.#drop();
    this.#end({ kind: "failed", code: "upstream-deadline", detail: "" });
  }

  #drop(): void {
    if (this.#isWaiting) this.#pool.leave(this);
    this.#connection?.destroy();
    this.#connection = undefined;
  }

  #end(outcome: MirrorOutcome): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#deadlines.remove(this);
    this.#onOutcome(this, outcome);
    this.#parts = [];
  }
}

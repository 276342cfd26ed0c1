// One mirrored exchange: sends the request to the shadow and keeps its answer, up to a limit and a deadline.
// Whatever the shadow does ends in exactly one outcome.
import { Buffer } from "node:buffer";
import { Capture, type CaptureBudget } from "../core/capture.ts";
import { ERRORS, type ErrorCode } from "../core/errors.ts";
import type { CaptureState } from "../core/exchange.ts";
import type { IncomparableReason } from "../core/verdict.ts";
import type { ExchangeRecord } from "../seam/record.ts";
import type { Deadlined, Deadlines } from "../wire/deadlines.ts";
import type { ResponseHead } from "../wire/response-head.ts";
import type { ResponseSink, UpstreamConnection } from "../wire/upstream-connection.ts";
import type { ConnectionWaiter, UpstreamPool } from "../wire/upstream-pool.ts";

const EMPTY = Buffer.alloc(0);

/** What the shadow answered: the head as it came, the body without framing. */
export interface MirrorAnswer {
  readonly head: Buffer;
  readonly body: Buffer;
  readonly capture: CaptureState;
  /** From the request's last byte out to the answer's last byte in. */
  readonly latencyMs: number;
}

export type MirrorOutcome =
  | { readonly kind: "answered"; readonly answer: MirrorAnswer }
  /** No connection was free in time, or the answer did not fit beside those of the others under way. */
  | { readonly kind: "crowded" }
  | { readonly kind: "failed"; readonly code: ErrorCode; readonly detail: string };

/** Of a head that the codec has read: `HTTP/1.1 200 …`. */
export function statusOf({ head }: Pick<MirrorAnswer, "head">): number {
  return Number(head.toString("latin1", 9, 12));
}

/** Why an exchange is incomparable when the mirror to the candidate failed with `code`. */
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
      return "candidate-unreachable";
    case "adapter-failed":
      return "adapter-failed";
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
  readonly #body: Buffer;
  readonly #isHead: boolean;
  readonly #onOutcome: (mirror: Mirror, outcome: MirrorOutcome) => void;
  #connection: UpstreamConnection | undefined;
  #isWaiting = true;
  #isOver = false;
  #hasResent = false;
  #isIdempotent: boolean;
  #sentAt = 0;
  #answerHead: Buffer = EMPTY;
  readonly #capture: Capture;

  constructor(
    record: ExchangeRecord,
    parts: {
      readonly pool: UpstreamPool;
      readonly deadlines: Deadlines;
      readonly head: Buffer;
      readonly body: Buffer;
      readonly isHead: boolean;
      readonly isIdempotent: boolean;
      readonly answerBytesMax: number;
      readonly budget: CaptureBudget;
      readonly deadlineMs: number;
      readonly onOutcome: (mirror: Mirror, outcome: MirrorOutcome) => void;
    },
  ) {
    this.record = record;
    this.#pool = parts.pool;
    this.#deadlines = parts.deadlines;
    this.#head = parts.head;
    this.#body = parts.body;
    this.#isHead = parts.isHead;
    this.#isIdempotent = parts.isIdempotent;
    this.#capture = new Capture(parts.budget);
    this.#capture.begin(parts.answerBytesMax);
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
    if (this.#body.length > 0) connection.write(this.#body);
    connection.endRequest();
    this.#sentAt = performance.now();
  }

  onNoConnection(code: ErrorCode, detail: string): void {
    this.#isWaiting = false;
    const isCrowded = code === "upstream-busy" || code === "upstream-queue-timeout";
    this.#end(isCrowded ? { kind: "crowded" } : { kind: "failed", code, detail });
  }

  onInformational(_head: ResponseHead): void {
    // Interim answers are not compared: a server may send any number of them.
  }

  onResponseHead(head: ResponseHead): void {
    this.#answerHead = Buffer.from(head.bytes.subarray(head.start, head.end));
  }

  onResponseBody(bytes: Buffer, start: number, end: number): void {
    if (this.#isOver) return;
    if (this.#capture.add(Buffer.from(bytes.subarray(start, end)))) return;
    // The rest is of no use: the connection goes, however much the candidate would still send.
    const connection = this.#connection;
    if (this.#capture.isOverBudget) this.#end({ kind: "crowded" });
    else this.#finish();
    connection?.destroy();
  }

  onReadEnd(): void {
    // Nothing is gathered: each part is kept as it comes.
  }

  onResponseEnd(): void {
    this.#finish();
  }

  #finish(): void {
    const parts = this.#capture.parts();
    this.#end({
      kind: "answered",
      answer: {
        head: this.#answerHead,
        body: parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts),
        capture: this.#capture.state,
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
    this.#capture.release();
  }
}

// A load at a fixed rate over keep-alive connections. autocannon cannot do this honestly: its overallRate
// lets each connection send its whole second's share at once and then rest (a burst at full speed once a
// second), its correction for coordinated omission takes seconds for milliseconds, and it counts in whole
// milliseconds. Here requests fall due evenly, and the time one waits for a free connection is latency.
// Answers need a Content-Length. Must not share a process with what is measured.
import { connect, type Socket } from "node:net";
import { percentile } from "../statistics.ts";
import type { LoadRequest, LoadResult } from "./load.ts";
import { requestHead } from "./request-head.ts";

/** Requests fall due on this beat: 6 at once at 6,000/s. */
const BEAT_MS = 1;
/** After the last one is due, how long answers are waited for. */
const DRAIN_MS_MAX = 2_000;
const HEAD_END = Buffer.from("\r\n\r\n");

/** Status and Content-Length of an answer's head; undefined where either is missing. */
export function readAnswerHead(
  head: string,
): { readonly status: number; readonly length: number } | undefined {
  const status = Number(head.slice(9, 12));
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  return Number.isInteger(status) && length !== undefined ? { status, length: Number(length) } : undefined;
}

interface ConnectionEvents {
  readonly onIdle: (connection: Connection) => void;
  readonly onAnswer: (status: number, dueMs: number) => void;
  /** The answer cannot be read, or the connection closed; `hadRequest` says whether one was under way. */
  readonly onClose: (connection: Connection, hadRequest: boolean) => void;
}

/** One keep-alive connection: one request at a time. */
class Connection {
  readonly #socket: Socket;
  readonly #events: ConnectionEvents;
  #dueMs: number | undefined;
  #status = 0;
  /** Body bytes still to come; undefined while a head is read. */
  #bodyLeft: number | undefined;
  #head: Buffer | undefined;

  constructor(url: URL, events: ConnectionEvents) {
    this.#events = events;
    this.#socket = connect({ port: Number(url.port), host: url.hostname, noDelay: true });
    this.#socket.on("connect", () => events.onIdle(this));
    this.#socket.on("data", (chunk: Buffer) => this.#read(chunk));
    this.#socket.on("error", () => this.#socket.destroy()); // Counted where it closes.
    this.#socket.on("close", () => events.onClose(this, this.#dueMs !== undefined));
  }

  send(wire: Buffer, dueMs: number): void {
    this.#dueMs = dueMs;
    this.#socket.write(wire);
  }

  end(): void {
    this.#socket.removeAllListeners("close");
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    if (this.#bodyLeft !== undefined) {
      this.#took(this.#bodyLeft - chunk.length);
      return;
    }
    const bytes = this.#head === undefined ? chunk : Buffer.concat([this.#head, chunk]);
    const end = bytes.indexOf(HEAD_END);
    if (end === -1) {
      this.#head = bytes;
      return;
    }
    this.#head = undefined;
    const answer = readAnswerHead(bytes.toString("latin1", 0, end));
    if (answer === undefined) {
      this.#socket.destroy();
      return;
    }
    this.#status = answer.status;
    this.#took(answer.length - (bytes.length - end - HEAD_END.length));
  }

  #took(bodyLeft: number): void {
    if (bodyLeft > 0) {
      this.#bodyLeft = bodyLeft;
      return;
    }
    const dueMs = this.#dueMs ?? 0;
    this.#bodyLeft = undefined;
    this.#dueMs = undefined;
    this.#events.onAnswer(this.#status, dueMs);
    this.#events.onIdle(this);
  }
}

/** Sends what is due, oldest first, over whatever connection is free. */
class PacedLoad {
  readonly #url: URL;
  readonly #wire: Buffer;
  readonly #latenciesMs: Float64Array;
  readonly #idle: Connection[] = [];
  readonly #connections = new Set<Connection>();
  /** Due times of requests that found no free connection, oldest first from `#waitingFrom`. */
  readonly #waiting: number[] = [];
  #waitingFrom = 0;
  #answered = 0;
  #non2xx = 0;
  #errors = 0;

  constructor(request: LoadRequest, total: number) {
    this.#url = new URL(request.url);
    this.#wire = Buffer.from(requestHead(this.#url), "latin1");
    this.#latenciesMs = new Float64Array(total);
    for (let i = 0; i < request.connections; i++) this.#open();
  }

  get ended(): number {
    return this.#answered + this.#errors;
  }

  send(dueMs: number): void {
    const connection = this.#idle.pop();
    if (connection === undefined) this.#waiting.push(dueMs);
    else connection.send(this.#wire, dueMs);
  }

  /** Closes every connection and sums up. */
  end(seconds: number): LoadResult {
    for (const connection of this.#connections) connection.end();
    const sorted = this.#latenciesMs.subarray(0, this.#answered).sort();
    return {
      requests: this.#answered,
      seconds,
      non2xx: this.#non2xx,
      errors: this.#errors,
      unanswered: this.#latenciesMs.length - this.ended,
      latencyMs: {
        p50: percentile(sorted, 0.5),
        p90: percentile(sorted, 0.9),
        p99: percentile(sorted, 0.99),
        p999: percentile(sorted, 0.999),
        max: sorted.at(-1),
      },
    };
  }

  #open(): void {
    this.#connections.add(
      new Connection(this.#url, {
        onIdle: (connection) => this.#becomeIdle(connection),
        onAnswer: (status, dueMs) => {
          this.#latenciesMs[this.#answered++] = performance.now() - dueMs;
          if (status < 200 || status > 299) this.#non2xx++;
        },
        onClose: (connection, hadRequest) => {
          if (hadRequest) this.#errors++;
          this.#connections.delete(connection);
          const at = this.#idle.indexOf(connection);
          if (at !== -1) this.#idle.splice(at, 1);
          this.#open();
        },
      }),
    );
  }

  #becomeIdle(connection: Connection): void {
    const next = this.#waiting[this.#waitingFrom];
    if (next === undefined) {
      this.#idle.push(connection);
      return;
    }
    this.#waitingFrom++;
    connection.send(this.#wire, next);
  }
}

/** Sends ratePerSecond × seconds requests as they fall due; resolves when all are answered or given up. */
export function runPaced(request: LoadRequest & { readonly ratePerSecond: number }): Promise<LoadResult> {
  const { ratePerSecond } = request;
  const total = Math.floor(ratePerSecond * request.seconds);
  const load = new PacedLoad(request, total);
  const startedMs = performance.now();
  let due = 0;
  let allDueMs: number | undefined;
  return new Promise((resolve) => {
    const beat = setInterval(() => {
      const nowMs = performance.now();
      const dueNow = Math.min(total, Math.floor(((nowMs - startedMs) * ratePerSecond) / 1000));
      // When it fell due by the schedule, not when this beat came round to it.
      for (; due < dueNow; due++) load.send(startedMs + (due * 1000) / ratePerSecond);
      if (due < total) return;
      allDueMs ??= nowMs;
      if (load.ended < total && nowMs - allDueMs <= DRAIN_MS_MAX) return;
      clearInterval(beat);
      resolve(load.end((allDueMs - startedMs) / 1000));
    }, BEAT_MS);
  });
}

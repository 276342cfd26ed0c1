// Sends the demo's traffic at an even rate with undici, whatever comes back (open loop).
// Invariant: at most IN_FLIGHT_MAX requests are under way; one that would exceed it is not sent, and counted.
import { Pool } from "undici";
import type { DemoRequest } from "./traffic.ts";

const CONNECTIONS = 32;
/** Far above rate × latency of two healthy servers; reached only when one hangs. */
export const IN_FLIGHT_MAX = 256;
/** Requests due are sent on this beat. */
const BEAT_MS = 10;

export interface LoadCounts {
  sent: number;
  answered: number;
  /** No answer: refused, reset or timed out. */
  failed: number;
  /** Due, and not sent: IN_FLIGHT_MAX were under way. */
  held: number;
}

/** How many are due after `elapsedMs` at `ratePerSecond`. */
export function requestsDue(elapsedMs: number, ratePerSecond: number): number {
  return Math.floor((elapsedMs * ratePerSecond) / 1000);
}

/** Who asks: what the demo's rollout goes by. */
export const USER_HEADER = "x-user";
const USERS = 60;

// What a browser's shop front sends; the answers are compressed where the server can.
const HEADERS = {
  accept: "application/json, text/plain, */*",
  "accept-encoding": "gzip, deflate, br",
  "accept-language": "en-IE,en;q=0.8",
  "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
  origin: "https://shop.example",
} as const;

async function sendOne(pool: Pool, request: DemoRequest, user: number): Promise<void> {
  const headers = {
    ...HEADERS,
    [USER_HEADER]: `user-${user}`,
    ...(request.method === "OPTIONS" ? { "access-control-request-method": "GET" } : {}),
    ...(request.body === undefined ? {} : { "content-type": "application/json" }),
  };
  const answer = await pool.request({
    method: request.method,
    path: request.target,
    headers,
    body: request.body ?? null,
    headersTimeout: 10_000,
    bodyTimeout: 10_000,
  });
  // Read to the end, as a client would: a dropped body would close the connection.
  for await (const _ of answer.body);
}

/**
 * Sends `next()` to `origin` at `ratePerSecond` until `signal` aborts; resolves when every request under
 * way has ended. `counts` is kept current throughout, for the progress line.
 */
export async function sendTraffic(options: {
  readonly origin: string;
  readonly ratePerSecond: number;
  readonly next: () => DemoRequest;
  readonly counts: LoadCounts;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { origin, ratePerSecond, next, counts, signal } = options;
  const pool = new Pool(origin, { connections: CONNECTIONS, pipelining: 1 });
  const underWay = new Set<Promise<void>>();
  const startedMs = performance.now();

  const sendDue = (): void => {
    const due = requestsDue(performance.now() - startedMs, ratePerSecond) - counts.sent - counts.held;
    for (let i = 0; i < due; i++) {
      if (underWay.size >= IN_FLIGHT_MAX) {
        counts.held++;
        continue;
      }
      counts.sent++;
      const exchange: Promise<void> = sendOne(pool, next(), counts.sent % USERS)
        .then(
          () => void counts.answered++,
          () => void counts.failed++,
        )
        .finally(() => underWay.delete(exchange));
      underWay.add(exchange);
    }
  };

  const beat = setInterval(sendDue, BEAT_MS);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  clearInterval(beat);
  await Promise.all(underWay);
  await pool.close();
}

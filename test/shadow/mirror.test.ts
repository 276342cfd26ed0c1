// One mirror: whatever the candidate does, exactly one outcome, and nothing of it left behind.

import type { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CaptureBudget } from "../../src/core/capture.ts";
import { ERROR_CODES } from "../../src/core/errors.ts";
import type { UpstreamSettings } from "../../src/core/snapshot.ts";
import type { ExchangeRecord } from "../../src/seam/record.ts";
import { incomparableReasonOf, Mirror, type MirrorOutcome } from "../../src/shadow/mirror.ts";
import { Deadlines } from "../../src/wire/deadlines.ts";
import { ResponseHead } from "../../src/wire/response-head.ts";
import { UpstreamPool } from "../../src/wire/upstream-pool.ts";
import { closedPort, startRaw, type Upstream } from "../flow/upstreams.ts";

const HEAD = Buffer.from("POST /m HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\n");
const RECORD = { requestBody: Buffer.from("body") } as ExchangeRecord;
const LIMITS = { headBytesMax: 32_768, targetBytesMax: 8192, headerLinesMax: 128 } as never;

let deadlines: Deadlines;
let upstream: Upstream | undefined;
let pool: UpstreamPool;
let got: string;
let sockets: Socket[];

beforeEach(() => {
  deadlines = new Deadlines();
  got = "";
  sockets = [];
  upstream = undefined;
});

afterEach(async () => {
  pool.close();
  deadlines.stop();
  await upstream?.stop();
});

function poolTo(port: number, over: Partial<UpstreamSettings> = {}): UpstreamPool {
  const settings: UpstreamSettings = {
    name: "candidate",
    host: "127.0.0.1",
    port,
    tls: undefined,
    hostHeader: "preserve",
    connectionsMax: 4,
    queueMax: 4,
    connectTimeoutMs: 1000,
    firstByteTimeoutMs: 5000,
    bodyIdleTimeoutMs: 5000,
    idleTimeoutMs: 5000,
    ...over,
  };
  connections = 0;
  return new UpstreamPool(settings, {
    deadlines,
    readBuffer: Buffer.alloc(65_536),
    responseHead: new ResponseHead(LIMITS),
    onConnections: (change) => {
      connections += change;
    },
  });
}

/** Open ones, as the pool's context is told. */
let connections = 0;
const BUDGET_BYTES = 1024 * 1024;
type MirrorParts = ConstructorParameters<typeof Mirror>[1];

/** Sends one mirror to a candidate that does `onRequest` once it has the whole request; every outcome it had. */
async function outcomesOf(
  onRequest: (socket: Socket) => void,
  over: Partial<Pick<MirrorParts, "answerBytesMax" | "budget" | "deadlineMs" | "isIdempotent">> = {},
): Promise<MirrorOutcome[]> {
  upstream ??= await startRaw((socket) => {
    sockets.push(socket);
    let bytes = "";
    socket.on("data", (part) => {
      bytes += part.toString("latin1");
      got += part.toString("latin1");
      if (!bytes.endsWith("\r\n\r\nbody")) return;
      bytes = "";
      onRequest(socket);
    });
  });
  return sendOne(poolTo(upstream.port), over);
}

async function sendOne(
  to: UpstreamPool,
  over: Partial<Pick<MirrorParts, "answerBytesMax" | "budget" | "deadlineMs" | "isIdempotent">> = {},
): Promise<MirrorOutcome[]> {
  pool = to;
  const outcomes: MirrorOutcome[] = [];
  await new Promise<void>((resolve) => {
    new Mirror(RECORD, {
      pool: to,
      deadlines,
      head: HEAD,
      body: RECORD.requestBody,
      isHead: false,
      isIdempotent: false,
      answerBytesMax: 100,
      budget: new CaptureBudget(BUDGET_BYTES),
      deadlineMs: 2000,
      ...over,
      onOutcome: (_mirror, outcome) => {
        outcomes.push(outcome);
        resolve();
      },
    }).send();
  });
  // A second outcome would come with the end of the connection.
  for (const socket of sockets) socket.destroy();
  await expect.poll(() => connections).toBe(0);
  return outcomes;
}

describe("a mirror", () => {
  test("sends the request whole and keeps the answer whole", async () => {
    const outcomes = await outcomesOf((socket) => {
      socket.write(
        "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 201 Created\r\nx: 1\r\ntransfer-encoding: chunked\r\n\r\n",
      );
      socket.write("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    });
    expect(got).toBe(`${HEAD}body`);
    expect(outcomes).toHaveLength(1);
    const [outcome] = outcomes;
    if (outcome?.kind !== "answered") throw new Error(JSON.stringify(outcome));
    expect(outcome.answer.head.toString()).toMatch(/^HTTP\/1\.1 201 Created\r\nx: 1\r\n/);
    expect([outcome.answer.body.toString(), outcome.answer.capture]).toEqual(["abcde", "complete"]);
    expect(outcome.answer.latencyMs).toBeGreaterThan(0);
  });

  for (const [bytes, capture, kept] of [
    [0, "absent", 0],
    [99, "complete", 99],
    [100, "complete", 100],
    [101, "overflow", 0],
  ] as const) {
    test(`an answer of ${bytes} bytes, of 100 that are kept, is ${capture}`, async () => {
      const outcomes = await outcomesOf((socket) =>
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${bytes}\r\n\r\n${"x".repeat(bytes)}`),
      );
      expect(outcomes).toMatchObject([{ kind: "answered", answer: { capture } }]);
      expect(outcomes[0]?.kind === "answered" && outcomes[0].answer.body.length).toBe(kept);
    });
  }

  for (const [what, onRequest, code] of [
    ["never answers", () => undefined, "upstream-deadline"],
    [
      "stops in its answer",
      (s) => s.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx"),
      "upstream-deadline",
    ],
    ["closes", (s) => s.end(), "upstream-reset"],
    ["cuts its answer", (s) => s.end("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx"), "upstream-cut"],
    [
      "cuts its last chunk",
      (s) => s.end("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"),
      "upstream-cut",
    ],
    [
      "says two lengths",
      (s) => s.write("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx"),
      "upstream-bad-answer",
    ],
    [
      "switches protocols",
      (s) => s.write("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n"),
      "upstream-bad-answer",
    ],
  ] as const satisfies readonly (readonly [string, (socket: Socket) => void, string])[]) {
    test(`to a candidate that ${what} fails once: ${code}`, async () => {
      const outcomes = await outcomesOf(onRequest as (socket: Socket) => void, { deadlineMs: 300 });
      expect(outcomes).toMatchObject([{ kind: "failed", code }]);
    });
  }

  test("to nobody fails once: upstream-refused", async () => {
    expect(await sendOne(poolTo(await closedPort()))).toMatchObject([
      { kind: "failed", code: "upstream-refused" },
    ]);
  });

  test("that still waits for a connection at its deadline leaves the queue", async () => {
    upstream = await startRaw((socket) => sockets.push(socket));
    const to = poolTo(upstream.port, { connectionsMax: 1, connectTimeoutMs: 5000 });
    const first = sendOne(to, { deadlineMs: 900 });
    await expect.poll(() => sockets.length).toBe(1);
    const outcomes: MirrorOutcome[] = [];
    new Mirror(RECORD, {
      pool: to,
      deadlines,
      head: HEAD,
      body: RECORD.requestBody,
      isHead: false,
      isIdempotent: true,
      answerBytesMax: 1,
      budget: new CaptureBudget(BUDGET_BYTES),
      deadlineMs: 100,
      onOutcome: (_mirror, outcome) => outcomes.push(outcome),
    }).send();
    await expect.poll(() => outcomes.length).toBe(1);
    expect(outcomes).toMatchObject([{ kind: "failed", code: "upstream-deadline" }]);
    await first;
    // Nobody took the connection that became free: no request was written twice.
    expect(outcomes).toHaveLength(1);
    expect(sockets).toHaveLength(1);
  });
});

describe("a mirror whose answer does not fit beside the others", () => {
  test("is crowded out, and gives back what it took", async () => {
    const budget = new CaptureBudget(60);
    const outcomes = await outcomesOf(
      (socket) => socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 61\r\n\r\n${"x".repeat(61)}`),
      { budget },
    );
    expect(outcomes).toEqual([{ kind: "crowded" }]);
    expect(budget.take(60)).toBe(true);
  });
});

describe("the reason of a failed mirror", () => {
  test("is a timeout, unreachable or broken for every upstream code, and internal for the rest", () => {
    const reasons = new Map(ERROR_CODES.map((code) => [code, incomparableReasonOf(code)]));
    expect(reasons.get("upstream-deadline")).toBe("candidate-timeout");
    expect(reasons.get("upstream-first-byte-timeout")).toBe("candidate-timeout");
    expect(reasons.get("upstream-tls")).toBe("candidate-unreachable");
    expect(reasons.get("upstream-connect-timeout")).toBe("candidate-unreachable");
    expect(reasons.get("upstream-cut")).toBe("candidate-broken");
    expect(reasons.get("upstream-bad-answer")).toBe("candidate-broken");
    expect(reasons.get("adapter-failed")).toBe("adapter-failed");
    reasons.delete("adapter-failed");
    for (const [code, reason] of reasons)
      expect([code, reason === "internal"]).toEqual([code, !code.startsWith("upstream-")]);
  });
});

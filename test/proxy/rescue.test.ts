// The candidate fails: who is rescued, who is not, what it costs, and when the serving thread takes the route back.
import { describe, expect, test } from "vitest";
import { DECISION_REASONS } from "../../src/core/decision.ts";
import { SKIP_REASONS } from "../../src/core/skip.ts";
import { closedPort } from "../flow/upstreams.ts";
import { configOf, type ServingSide, startServing, upstreamsAt } from "./serving-side.ts";
import { connectTo, exchange, get, ok, type Received, startUpstream, statusLine } from "./sockets.ts";

const CLOSE = "Connection: close";
const RESCUED = { toCandidate: 1, candidateFailed: 1, rescued: 1 };
const FAILED = { toCandidate: 1, candidateFailed: 1 };

interface Given {
  /** What the candidate does with a request; none: nobody listens. */
  readonly candidate?: (request: Received) => void;
  readonly ofCandidate?: object;
  readonly rollout?: object;
  readonly settings?: object;
}

async function given({ candidate, ofCandidate, rollout = {}, settings = {} }: Given) {
  const legacy = await startUpstream(({ peer, body }) => peer.send(ok(`legacy ${body}`, "X-Own: 1")));
  const port = candidate === undefined ? await closedPort() : (await startUpstream(candidate)).port;
  const side = await startServing(
    { upstreams: upstreamsAt(legacy.port, port, ofCandidate), rollout, ...settings },
    { stage: "live" },
  );
  return { legacy, side };
}

function withBody(method: string, body: string): string {
  return `${method} / HTTP/1.1\r\nHost: a.example\r\nContent-Length: ${body.length}\r\n${CLOSE}\r\n\r\n${body}`;
}

/** What the client of a legacy that serves alone gets. */
function asLegacyAnswers(body: string): string {
  const text = `legacy ${body}`;
  const lines = `X-Own: 1\r\nContent-Length: ${text.length}\r\nx-parallax-served-by: legacy\r\nconnection: close`;
  return `HTTP/1.1 200 OK\r\n${lines}\r\n\r\n${text}`;
}

const reset = ({ peer }: Received): void => void peer.socket.resetAndDestroy();
const say =
  (text: string) =>
  ({ peer }: Received): void =>
    void peer.send(text);
const busy = say("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy");

describe("a candidate that refuses the connection", () => {
  for (const method of ["GET", "POST", "PUT", "DELETE", "PATCH"])
    test(`costs the client of a ${method} nothing: the legacy's bytes, body and all`, async () => {
      const { legacy, side } = await given({});
      expect(await exchange(side.port, withBody(method, "abc"))).toBe(asLegacyAnswers("abc"));
      expect(legacy.requests.map(({ body }) => body)).toEqual(["abc"]);
      expect(side.events()).toEqual(RESCUED);
      const isMirrored = method === "GET";
      expect(side.books()).toEqual({ [isMirrored ? "rescued" : "method"]: 1 });
      expect(side.failures[0]).toMatch(/^upstream-refused candidate /);
    });

  test("is noted by endpoint, as served by the legacy", async () => {
    const { side } = await given({});
    await exchange(side.port, get("/a", CLOSE));
    const [record] = side.records();
    expect(record).toMatchObject({ servedBy: "legacy", status: 200 });
    expect(SKIP_REASONS[record?.skip ?? -1]).toBe("rescued");
  });

  test("is a 502 where rescue is off", async () => {
    const { legacy, side } = await given({ rollout: { rescue: { isOn: false } } });
    expect(statusLine(await exchange(side.port, get("/", CLOSE)))).toBe("HTTP/1.1 502 Bad Gateway");
    expect(legacy.requests).toEqual([]);
    expect([side.events(), side.books()]).toEqual([FAILED, { "primary-failed": 1 }]);
  });

  test("leaves the client's connection as it was: the next request is served on it", async () => {
    const { side } = await given({});
    const client = await connectTo(side.port);
    for (let times = 1; times <= 3; times++) {
      client.send(get("/"));
      await client.receive("\r\n\r\nlegacy ", times);
    }
    expect(side.books()).toEqual({ rescued: 3 });
  });
});

describe("a candidate that resets before its first byte", () => {
  for (const method of ["GET", "HEAD", "OPTIONS"])
    test(`costs the client of a ${method} nothing`, async () => {
      const { side } = await given({ candidate: reset });
      const answer = await exchange(side.port, withBody(method, "abc"));
      expect(statusLine(answer)).toBe("HTTP/1.1 200 OK");
      expect(answer).toContain("x-parallax-served-by: legacy");
      expect(side.events()).toEqual(RESCUED);
    });

  for (const method of ["POST", "PUT", "DELETE", "PATCH"])
    test(`may have got the ${method}: it is not sent to the legacy too`, async () => {
      const { legacy, side } = await given({ candidate: reset });
      expect(statusLine(await exchange(side.port, withBody(method, "abc")))).toBe("HTTP/1.1 502 Bad Gateway");
      expect(legacy.requests).toEqual([]);
      expect(side.events()).toEqual(FAILED);
    });

  test("is one in the middle of its head, too", async () => {
    const { side } = await given({
      candidate: ({ peer }) => peer.socket.end("HTTP/1.1 200 OK\r\nContent-Le"),
    });
    expect(await exchange(side.port, get("/", CLOSE))).toBe(asLegacyAnswers(""));
  });

  test("is not rescued when more of a body went out than is kept", async () => {
    const { legacy, side } = await given({ candidate: reset });
    expect(statusLine(await exchange(side.port, withBody("GET", "x".repeat(70_000))))).toMatch(/502/);
    expect(legacy.requests).toEqual([]);
  });
});

describe("an answer of the candidate that cannot be framed", () => {
  for (const [what, lines] of [
    ["two lengths", "Content-Length: 1\r\nContent-Length: 2"],
    ["a length beside chunks", "Content-Length: 1\r\nTransfer-Encoding: chunked"],
  ] as const)
    test(`${what}: never reaches the client, and the legacy answers`, async () => {
      const { side } = await given({ candidate: say(`HTTP/1.1 200 OK\r\n${lines}\r\n\r\nab`) });
      expect(await exchange(side.port, get("/", CLOSE))).toBe(asLegacyAnswers(""));
      expect(side.failures[0]).toMatch(/^upstream-bad-answer candidate /);
    });

  test("a body that breaks in the same read as its head: the same", async () => {
    const { side } = await given({
      candidate: say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
    });
    expect(await exchange(side.port, get("/", CLOSE))).toBe(asLegacyAnswers(""));
  });
});

test("what a rescued request leaves in a recording is the legacy's answer alone", async () => {
  const { side } = await given({
    candidate: say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncandidate and more"),
    settings: { record: { dir: "/tmp/never-written" } },
  });
  expect(await exchange(side.port, get("/", CLOSE))).toBe(asLegacyAnswers(""));
  const [record] = side.records();
  expect(record).toMatchObject({ servedBy: "legacy", recordedRequest: "absent", answerCapture: "complete" });
  expect(record?.answerBody.toString()).toBe("legacy ");
});

describe("a candidate that answers with a status that counts as its failure", () => {
  test("is not heard by the client of a GET", async () => {
    const { side } = await given({ candidate: busy });
    expect(await exchange(side.port, get("/", CLOSE))).toBe(asLegacyAnswers(""));
    expect(side.events()).toEqual(RESCUED);
  });

  test("is heard by the client of a POST", async () => {
    const { legacy, side } = await given({ candidate: busy });
    const answer = await exchange(side.port, withBody("POST", "abc"));
    expect(answer).toMatch(/^HTTP\/1\.1 503 Busy\r\n.*x-parallax-served-by: candidate\r\n.*busy$/s);
    expect([legacy.requests, side.events()]).toEqual([[], { toCandidate: 1 }]);
  });

  test("is heard when it is not one of the configured ones", async () => {
    const { side } = await given({ candidate: say("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n") });
    expect(statusLine(await exchange(side.port, get("/", CLOSE)))).toBe("HTTP/1.1 500 Oh");
  });
});

describe("a candidate that hangs", () => {
  const quick = { rescue: { afterMs: 50 } };

  test("is waited for until rescue.afterMs, and its connection dropped", async () => {
    const { side } = await given({ candidate: () => undefined, rollout: quick });
    expect(await exchange(side.port, get("/", CLOSE))).toBe(asLegacyAnswers(""));
    expect(side.events()).toEqual(RESCUED);
  });

  test("is waited for by a POST as long as by the legacy's: firstByteTimeoutMs", async () => {
    const { side } = await given({
      candidate: () => undefined,
      ofCandidate: { firstByteTimeoutMs: 300 },
      rollout: quick,
    });
    expect(statusLine(await exchange(side.port, withBody("POST", "abc")))).toBe(
      "HTTP/1.1 504 Gateway Timeout",
    );
    expect([side.events(), side.books()]).toEqual([FAILED, { method: 1 }]);
  });

  test("with every connection busy and the queue full, rescues at once, whatever the method", async () => {
    const { side } = await given({
      candidate: () => undefined,
      ofCandidate: { connectionsMax: 1, queueMax: 0, firstByteTimeoutMs: 60_000 },
    });
    const first = await connectTo(side.port);
    first.send(withBody("POST", "first"));
    await expect.poll(() => side.events()).toEqual({ toCandidate: 1 });
    await expect.poll(async () => exchange(side.port, withBody("POST", "abc"))).toBe(asLegacyAnswers("abc"));
    expect(side.failures[0]).toMatch(/^upstream-busy candidate /);
  });

  test("that takes only connections from the queue, rescues a POST that never left", async () => {
    const { side } = await given({
      candidate: () => undefined,
      ofCandidate: { connectionsMax: 1, queueMax: 9, firstByteTimeoutMs: 60_000 },
      rollout: quick,
    });
    const first = await connectTo(side.port);
    first.send(withBody("POST", "first"));
    await expect.poll(() => side.context.counters.get("upstreamConnections")).toBe(1);
    expect(await exchange(side.port, withBody("POST", "abc"))).toBe(asLegacyAnswers("abc"));
  });

  test("whose client goes away is neither a success nor a failure", async () => {
    const { side } = await given({ candidate: () => undefined, rollout: { tripwireFailures: 1 } });
    const client = (await connectTo(side.port)).send(get("/"));
    await expect.poll(() => side.context.counters.get("upstreamConnections")).toBe(1);
    client.socket.resetAndDestroy();
    await expect.poll(() => side.books()).toEqual({ "client-aborted": 1 });
    expect([side.events(), side.trips]).toEqual([{ toCandidate: 1 }, []]);
  });
});

describe("a candidate that fails after its first byte", () => {
  test("breaks the answer off: nothing else would be honest", async () => {
    const { legacy, side } = await given({
      candidate: ({ peer }) => {
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
      },
      ofCandidate: { bodyIdleTimeoutMs: 100 },
    });
    expect(await exchange(side.port, get("/", CLOSE))).toMatch(/\r\n\r\nabc$/);
    expect(legacy.requests).toEqual([]);
    expect([side.events(), side.books()]).toEqual([FAILED, { "primary-failed": 1 }]);
  });

  test("an interim answer that the client has is one", async () => {
    const { legacy, side } = await given({
      candidate: ({ peer }) => peer.socket.end("HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\n"),
    });
    expect(await exchange(side.port, get("/", CLOSE))).toMatch(/^HTTP\/1\.1 103 .*HTTP\/1\.1 502 /s);
    expect(legacy.requests).toEqual([]);
  });
});

describe("an Upgrade", () => {
  test("that the candidate does not take goes to the legacy", async () => {
    const legacy = await startUpstream(({ peer }) =>
      peer.send("HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nhello"),
    );
    const side = await startServing(
      { upstreams: upstreamsAt(legacy.port, await closedPort()) },
      { stage: "live" },
    );
    const client = (await connectTo(side.port)).send(get("/ws", "Connection: upgrade", "Upgrade: websocket"));
    await client.receive("hello");
    expect(side.events()).toEqual(RESCUED);
  });
});

describe("the tripwire", () => {
  async function repeat(side: ServingSide, times: number): Promise<string[]> {
    const answers: string[] = [];
    for (let i = 0; i < times; i++) answers.push(await exchange(side.port, get("/", CLOSE)));
    return answers;
  }

  test("takes the route back after n failures in a row: none of their clients has noticed", async () => {
    const { side } = await given({ rollout: { tripwireFailures: 3 } });
    const answers = await repeat(side, 6);
    expect(new Set(answers)).toEqual(new Set([asLegacyAnswers("")]));
    expect(side.events()).toEqual({ toCandidate: 3, candidateFailed: 3, rescued: 3, tripped: 1 });
    expect(side.trips).toMatchObject([{ since: 1, cause: "failures-in-a-row" }]);
    const reasons = side.records().map(({ decidedBy }) => DECISION_REASONS[decidedBy]);
    expect(reasons.slice(3)).toEqual(["tripped", "tripped", "tripped"]);
    expect(side.context.counters.get("routesTripped")).toBe(1);
    expect(side.books()).toEqual({ rescued: 3, published: 3 });
  });

  test("counts what it may not rescue as well, and any 5xx", async () => {
    const { side } = await given({
      candidate: say("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"),
      rollout: { tripwireFailures: 2 },
    });
    const statuses = (await repeat(side, 3)).map(statusLine);
    expect(statuses).toEqual(["HTTP/1.1 500 Oh", "HTTP/1.1 500 Oh", "HTTP/1.1 200 OK"]);
  });

  test("stays through decisions of the same step, and ends with another step", async () => {
    const { side } = await given({ rollout: { tripwireFailures: 1 } });
    await repeat(side, 1);
    side.decide({ stage: "live", since: 1 });
    await repeat(side, 1);
    expect(side.events()).toMatchObject({ toCandidate: 1 });
    side.decide({ stage: "live", since: 5 });
    expect(side.context.counters.get("routesTripped")).toBe(0);
    await repeat(side, 1);
    expect(side.events()).toMatchObject({ toCandidate: 2, tripped: 2 });
    expect(side.trips.map(({ since }) => since)).toEqual([1, 5]);
  });

  test("trips when the rescue budget is used up; those on their way are rescued all the same", async () => {
    const waiting: Received[] = [];
    const { side } = await given({
      candidate: (request) => void waiting.push(request),
      rollout: { tripwireFailures: 1000, rescue: { budgetPercent: 0, budgetMin: 2 } },
    });
    const clients = await Promise.all(Array.from({ length: 5 }, () => connectTo(side.port)));
    for (const client of clients) client.send(get("/", CLOSE));
    await expect.poll(() => waiting.length).toBe(5);
    for (const request of waiting) reset(request);
    for (const client of clients) expect(await client.toEnd()).toBe(asLegacyAnswers(""));
    expect(side.trips).toMatchObject([{ cause: "rescue-budget" }]);
    await repeat(side, 1);
    expect(side.events()).toEqual({
      toCandidate: 5,
      candidateFailed: 5,
      rescued: 5,
      rescuedPastBudget: 3,
      tripped: 1,
    });
  });
});

test("a candidate that is taken out while it is being waited for is still rescued", async () => {
  const waiting: Received[] = [];
  const { legacy, side } = await given({ candidate: (request) => void waiting.push(request) });
  const client = (await connectTo(side.port)).send(get("/", CLOSE));
  await expect.poll(() => waiting.length).toBe(1);
  const without = configOf({ upstreams: { legacy: { url: `http://127.0.0.1:${legacy.port}` } } });
  side.decide({ stage: "shadow", since: 2 }, without);
  for (const request of waiting) reset(request);
  expect(await client.toEnd()).toBe(asLegacyAnswers(""));
});

test("a candidate that dies under load costs no client of a GET anything, and the route is taken back", async () => {
  const legacy = await startUpstream(({ peer }) => peer.send(ok("whole")));
  const candidate = await startUpstream(({ peer, ordinal }) => {
    if (ordinal < 400) peer.send(ok("whole"));
    else candidate.die();
  });
  const side = await startServing({ upstreams: upstreamsAt(legacy.port, candidate.port) }, { stage: "live" });
  const clients = await Promise.all(Array.from({ length: 16 }, () => connectTo(side.port)));
  await Promise.all(
    clients.map(async (client) => {
      for (let times = 1; times <= 60; times++) {
        client.send(get("/"));
        await client.receive("\r\n\r\nwhole", times);
      }
      expect(client.received.split("HTTP/1.1 200 OK").length).toBe(61);
    }),
  );
  expect(side.trips).toHaveLength(1);
  const { toCandidate = 0, rescued = 0, candidateFailed = 0 } = side.events();
  // No more than were on their way when it died: nothing follows them once the route is taken back.
  expect(rescued).toBeLessThanOrEqual(16 + 5);
  expect(candidateFailed).toBe(rescued);
  // An answer may have been lost with its connection.
  expect(toCandidate - rescued).toBeLessThanOrEqual(400);
  const { published = 0, rescued: skipped = 0 } = side.books();
  expect([skipped, published + skipped]).toEqual([rescued, 16 * 60]);
});

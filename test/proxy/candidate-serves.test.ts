// The candidate serves: what it gets, what the client gets, and what crosses the seam of it.
import { describe, expect, test } from "vitest";
import { DECISION_REASONS } from "../../src/core/decision.ts";
import { configOf, startServing, upstreamsAt } from "./serving-side.ts";
import { connectTo, exchange, get, ok, startUpstream } from "./sockets.ts";

const CLOSE = "Connection: close";

async function twoUpstreams() {
  const legacy = await startUpstream(({ peer }) => peer.send(ok("legacy")));
  const candidate = await startUpstream(({ peer }) => peer.send(ok("candidate")));
  return { legacy, candidate };
}

describe("a request that the candidate serves", () => {
  test("goes to it alone, with its own Host and path, and with what the client sent", async () => {
    const { legacy, candidate } = await twoUpstreams();
    const side = await startServing(
      {
        upstreams: upstreamsAt(legacy.port, candidate.port, { hostHeader: "new.example" }),
        mirror: {
          pathRewrite: { from: "/v1", to: "/v2" },
          setHeaders: { "x-shadow": "1" },
          removeHeaders: ["x-kept"],
          credentials: "strip",
        },
      },
      { stage: "live" },
    );
    const lines = ["X-Kept: 1", "Authorization: Bearer t", "X-Parallax-Upstream: legacy", CLOSE];
    const answer = await exchange(side.port, get("/v1/items?q=1", ...lines));
    expect(answer).toMatch(
      /^HTTP\/1\.1 200 OK\r\n.*x-parallax-served-by: candidate\r\n.*\r\n\r\ncandidate$/s,
    );
    expect(legacy.requests).toEqual([]);
    const head = candidate.requests[0]?.head ?? "";
    expect(head).toMatch(/^GET \/v2\/items\?q=1 HTTP\/1\.1\r\nhost: new\.example\r\n/);
    expect(head).toContain("X-Kept: 1\r\nAuthorization: Bearer t\r\n");
    expect(head).not.toMatch(/x-shadow|x-parallax/i);
  });

  test("crosses the seam as the legacy would have got it, with the candidate's answer", async () => {
    const { legacy, candidate } = await twoUpstreams();
    const mirror = { pathRewrite: { from: "/v1", to: "/v2" } };
    const side = await startServing(
      { upstreams: upstreamsAt(legacy.port, candidate.port, { hostHeader: "new.example" }), mirror },
      { stage: "live" },
    );
    await exchange(side.port, get("/v1/items", "X-Parallax-Upstream: legacy", CLOSE));
    const [record, ...others] = side.records();
    expect(others).toEqual([]);
    expect(record).toMatchObject({ servedBy: "candidate", status: 200, skip: -1 });
    expect(DECISION_REASONS[record?.decidedBy ?? -1]).toBe("everybody");
    const head = record?.requestHead.toString("latin1") ?? "";
    expect(head).toMatch(/^GET \/v1\/items HTTP\/1\.1\r\nHost: a\.example\r\n/);
    expect(head).not.toMatch(/x-parallax-upstream/i);
    expect(record?.answerBody.toString()).toBe("candidate");
    expect([side.books(), side.events()]).toEqual([{ published: 1 }, { toCandidate: 1 }]);
    expect(side.context.counters.upstreamDuration(1).buckets.reduce((a, b) => a + b)).toBe(1);
  });

  test("is never written to the legacy as well, whatever the route mirrors", async () => {
    const { legacy, candidate } = await twoUpstreams();
    const side = await startServing(
      { upstreams: upstreamsAt(legacy.port, candidate.port), mirror: { methods: ["GET", "POST", "PUT"] } },
      { stage: "live" },
    );
    for (const method of ["POST", "PUT"])
      await exchange(side.port, `${method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n${CLOSE}\r\n\r\nx`);
    expect(side.books()).toEqual({ method: 2 });
    expect(candidate.requests.map(({ body }) => body)).toEqual(["x", "x"]);
  });

  test("is not mirrored any more at the stage complete", async () => {
    const { legacy, candidate } = await twoUpstreams();
    const side = await startServing(
      { upstreams: upstreamsAt(legacy.port, candidate.port) },
      { stage: "complete" },
    );
    expect(await exchange(side.port, get("/", CLOSE))).toContain("candidate");
    expect(side.books()).toEqual({ "stage-off": 1 });
  });

  test("is decided by the same rules when it is itself a mirror, and is not mirrored on", async () => {
    const { legacy, candidate } = await twoUpstreams();
    const side = await startServing(
      { upstreams: upstreamsAt(legacy.port, candidate.port) },
      { stage: "live" },
    );
    expect(await exchange(side.port, get("/", "X-Parallax-Role: shadow", CLOSE))).toContain("candidate");
    expect(side.books()).toEqual({ "already-shadow": 1 });
  });

  test("has its body framed by the codec, whatever the client's chunks looked like", async () => {
    const { legacy, candidate } = await twoUpstreams();
    const side = await startServing(
      { upstreams: upstreamsAt(legacy.port, candidate.port) },
      { stage: "live" },
    );
    const body = "3;x=1\r\nabc\r\n04\r\nGET \r\n0\r\n\r\n";
    await exchange(
      side.port,
      `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n${CLOSE}\r\n\r\n${body}`,
    );
    expect(candidate.requests.map(({ body: sent }) => sent)).toEqual(["3\r\nabc\r\n4\r\nGET \r\n0\r\n\r\n"]);
    expect(candidate.requests[0]?.head).not.toMatch(/content-length/i);
  });
});

describe("who serves", () => {
  test("is the legacy where no candidate is configured", async () => {
    const { legacy } = await twoUpstreams();
    const upstreams = { legacy: { url: `http://127.0.0.1:${legacy.port}` } };
    const side = await startServing({ upstreams }, { stage: "live" });
    expect(await exchange(side.port, get("/", CLOSE))).toContain("x-parallax-served-by: legacy");
    expect(side.books()).toEqual({ "no-candidate": 1 });
  });

  test("does not change for an exchange under way, also when the candidate is taken out of the config", async () => {
    const legacy = await startUpstream(({ peer }) => peer.send(ok("legacy")));
    const candidate = await startUpstream(() => undefined);
    const side = await startServing(
      { upstreams: upstreamsAt(legacy.port, candidate.port) },
      { stage: "live" },
    );
    const client = (await connectTo(side.port)).send(get("/"));
    await candidate.until(({ requests }) => requests.length === 1);
    const without = configOf({ upstreams: { legacy: { url: `http://127.0.0.1:${legacy.port}` } } });
    side.decide({ stage: "live", since: 2 }, without);
    candidate.peers[0]?.send(ok("candidate"));
    await client.receive("\r\n\r\ncandidate");
    client.send(get("/"));
    await client.receive("\r\n\r\nlegacy");
    // Its pool had nothing else to do.
    await candidate.until(({ peers }) => peers[0]?.hasEnded === true);
    expect(side.books()).toEqual({ published: 1, "no-candidate": 1 });
  });
});

describe("an Upgrade", () => {
  const upgrade = get("/ws", "Connection: upgrade", "Upgrade: websocket");

  test("is decided like anything else, and tunnels to the candidate", async () => {
    const legacy = await startUpstream(({ peer }) => peer.send(ok("legacy")));
    const candidate = await startUpstream(({ peer }) =>
      peer.send("HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nhello"),
    );
    const side = await startServing(
      { upstreams: upstreamsAt(legacy.port, candidate.port) },
      { stage: "live" },
    );
    const client = (await connectTo(side.port)).send(upgrade);
    await client.receive("hello");
    client.send("ping");
    await candidate.until(({ received }) => received.endsWith("ping"));
    candidate.peers[0]?.socket.end();
    await client.toEnd();
    await expect.poll(() => side.books()).toEqual({ upgrade: 1 });
    expect(side.events()).toEqual({ toCandidate: 1 });
  });
});

describe("the kill switch", () => {
  test("counts from the next request on, before any decision says so, and until one does", async () => {
    const { legacy, candidate } = await twoUpstreams();
    const side = await startServing(
      { upstreams: upstreamsAt(legacy.port, candidate.port) },
      { stage: "live" },
    );
    const client = await connectTo(side.port);
    client.send(get("/"));
    await client.receive("\r\n\r\ncandidate");
    side.kill.decide("on");
    client.send(get("/"));
    await client.receive("\r\n\r\nlegacy");
    expect(side.books()).toEqual({ published: 1, killed: 1 });
    side.kill.decide("off");
    client.send(get("/"));
    await client.receive("\r\n\r\ncandidate", 2);
  });

  test("leaves an exchange under way where it is, and mirrors none", async () => {
    const legacy = await startUpstream(({ peer }) => peer.send(ok("legacy")));
    const candidate = await startUpstream(() => undefined);
    const side = await startServing(
      { upstreams: upstreamsAt(legacy.port, candidate.port) },
      { stage: "live" },
    );
    const client = (await connectTo(side.port)).send(get("/"));
    await candidate.until(({ requests }) => requests.length === 1);
    side.kill.decide("on");
    candidate.peers[0]?.send(ok("candidate"));
    await client.receive("\r\n\r\ncandidate");
    expect([side.books(), side.records()]).toEqual([{ killed: 1 }, []]);
  });
});

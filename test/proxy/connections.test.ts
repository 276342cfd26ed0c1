// Connections on both sides: keep-alive, pipelining, dying idle ones, upgrades, time limits, slow peers.
import { describe, expect, onTestFinished, test } from "vitest";
import { proxyForTest } from "./running-parallax.ts";
import { connectTo, exchange, get, ok, startUpstream } from "./sockets.ts";

const MiB = 1024 * 1024;
const SHORT = "timeouts: { headMs: 300, idleMs: 300, bodyIdleMs: 300 }\n";

/** The path of a request's head. */
const pathOf = (head: string): string => head.split(" ")[1] ?? "";

describe("pipelining", () => {
  test("answers fifty requests of one packet in their order", async () => {
    const upstream = await startUpstream(({ peer, head }) => peer.send(ok(`<${pathOf(head)}>`)));
    const { port } = await proxyForTest(upstream.port);
    const client = await connectTo(port);
    client.send(Array.from({ length: 50 }, (_, index) => get(`/${index}`)).join(""));
    await client.receive("<", 50);
    expect(client.received.match(/<[^>]*>/g)).toEqual(
      Array.from({ length: 50 }, (_, index) => `</${index}>`),
    );
    expect(upstream.peers).toHaveLength(1);
  });

  test("answers every request of a client that has closed its side, then closes", async () => {
    const upstream = await startUpstream(({ peer, head }) => peer.send(ok(`<${pathOf(head)}>`)));
    const { port } = await proxyForTest(upstream.port);
    const client = await connectTo(port);
    client.send(get("/a") + get("/b") + get("/c")).socket.end();
    expect((await client.toEnd()).match(/<[^>]*>/g)).toEqual(["</a>", "</b>", "</c>"]);
  });

  test("with bodies keeps requests apart", async () => {
    const upstream = await startUpstream(({ peer, body }) => peer.send(ok(`<${body}>`)));
    const { port } = await proxyForTest(upstream.port);
    const client = await connectTo(port);
    const post = (body: string): string =>
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    client.send(post("GET / HTTP/1.1") + post("two") + get("/"));
    await client.receive("<", 3);
    expect(client.received.match(/<[^>]*>/g)).toEqual(["<GET / HTTP/1.1>", "<two>", "<>"]);
  });
});

describe("keep-alive", () => {
  test("is kept for a 1.0 client that asks for it, and said", async () => {
    const upstream = await startUpstream(({ peer }) => peer.send(ok("<hi>")));
    const { port } = await proxyForTest(upstream.port);
    const client = await connectTo(port);
    const request = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    await client.send(request).receive("<hi>");
    expect(client.received).toContain("\r\nconnection: keep-alive\r\n");
    await client.send(request).receive("<hi>", 2);
    expect(await client.send("GET / HTTP/1.0\r\n\r\n").toEnd()).toMatch(/connection: close\r\n\r\n<hi>$/);
  });

  test("shares one connection to the upstream between clients one after the other", async () => {
    const upstream = await startUpstream(({ peer }) => peer.send(ok("hi")));
    const { port } = await proxyForTest(upstream.port);
    for (let count = 0; count < 5; count++) await exchange(port, get("/", "Connection: close"));
    expect(upstream.peers).toHaveLength(1);
  });
});

describe("an idle connection that dies under a request", () => {
  /** The second request on the first connection gets a reset instead of an answer. */
  async function dying(): Promise<{ port: number; seen: () => string[] }> {
    const upstream = await startUpstream(({ peer, ordinal }) => {
      if (ordinal === 1) peer.socket.resetAndDestroy();
      else peer.send(ok("<hi>"));
    });
    const { port } = await proxyForTest(upstream.port);
    await exchange(port, get("/warm", "Connection: close"));
    return { port, seen: () => upstream.requests.slice(1).map(({ head }) => head.split(" ")[0] ?? "") };
  }

  test("GET is sent once more", async () => {
    const { port, seen } = await dying();
    expect(await exchange(port, get("/", "Connection: close"))).toContain("<hi>");
    expect(seen()).toEqual(["GET", "GET"]);
  });

  test.each([
    ["POST", ""],
    ["POST", "body"],
    ["PATCH", "body"],
    ["PURGE", ""],
  ])("%s with the body %j is answered 502 and is not sent again", async (method, body) => {
    const { port, seen } = await dying();
    const text = `${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    expect(await exchange(port, text)).toMatch(/^HTTP\/1\.1 502 [\s\S]*"upstream-reset"/);
    expect(seen()).toEqual([method]);
  });

  test("GET that dies again on a new connection is answered 502", async () => {
    const upstream = await startUpstream(({ peer, ordinal }) => {
      if (ordinal === 0) peer.send(ok("hi"));
      else peer.socket.resetAndDestroy();
    });
    const { port } = await proxyForTest(upstream.port);
    await exchange(port, get("/", "Connection: close"));
    expect(await exchange(port, get("/", "Connection: close"))).toMatch(/^HTTP\/1\.1 502 /);
    expect(upstream.requests).toHaveLength(3);
  });
});

describe("an upgrade", () => {
  const UPGRADE = get("/ws", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: x");
  const SWITCH = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";

  test("splices both directions, early bytes included", async () => {
    const upstream = await startUpstream(({ peer }) => peer.send(`${SWITCH}early down`));
    const { port } = await proxyForTest(upstream.port);
    const client = await connectTo(port);
    await client.send(`${UPGRADE}early up`).receive("early down");
    expect(client.received).toMatch(/^HTTP\/1\.1 101 /);
    expect(client.received).toMatch(/\r\nupgrade: websocket\r\n/i);
    expect(upstream.requests[0]?.head).toMatch(/\r\nconnection: upgrade\r\nupgrade: websocket\r\n/);
    const [inner] = upstream.peers;
    await inner?.receive("early up");
    client.send("\0up");
    await inner?.receive("early up\0up");
    inner?.send("\xffdown");
    await client.receive("\xffdown");
    inner?.socket.end();
    await client.toEnd();
    expect(client.isClosed || client.hasEnded).toBe(true);
  });

  test("ends at the upstream when the client goes away", async () => {
    const upstream = await startUpstream(({ peer }) => peer.send(SWITCH));
    const { port } = await proxyForTest(upstream.port);
    const client = await connectTo(port);
    await client.send(UPGRADE).receive("101");
    client.socket.destroy();
    await upstream.peers[0]?.until((peer) => peer.hasEnded);
  });

  test("ends at the upstream when the client's side had ended before the 101", async () => {
    const upstream = await startUpstream(() => undefined);
    const { port } = await proxyForTest(upstream.port);
    const client = await connectTo(port);
    client.socket.end(UPGRADE);
    await upstream.until(({ requests }) => requests.length === 1);
    const [inner] = upstream.peers;
    await inner?.send(SWITCH).until((peer) => peer.hasEnded);
    await client.receive("HTTP/1.1 101 ");
  });

  test("that is answered otherwise is an answer like any other", async () => {
    const upstream = await startUpstream(({ peer }) => peer.send(ok("<no>")));
    const { port } = await proxyForTest(upstream.port);
    const client = await connectTo(port);
    await client.send(UPGRADE).receive("<no>");
    await client.send(get("/")).receive("<no>", 2);
  });
});

describe("a client that goes away", () => {
  test.each([
    ["GET", get("/")],
    ["POST", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody"],
  ])("takes its %s from the upstream", async (_method, text) => {
    const upstream = await startUpstream(() => undefined);
    const { port } = await proxyForTest(upstream.port);
    const client = await connectTo(port);
    client.send(text);
    await upstream.until(({ requests }) => requests.length === 1);
    client.socket.resetAndDestroy();
    await upstream.peers[0]?.until((peer) => peer.isClosed);
  });
});

describe("a slow reader", () => {
  test("of 200 MiB stops the upstream, and gets every byte in the end", async () => {
    const part = Buffer.alloc(MiB, "x");
    let sent = 0;
    let isStopped = false;
    const upstream = await startUpstream(({ peer: { socket } }) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${200 * MiB}\r\n\r\n`);
      const next = (): void => {
        while (sent < 200) {
          sent++;
          if (!socket.write(part)) {
            isStopped = true;
            upstream.emit("change");
            socket.once("drain", next);
            return;
          }
        }
      };
      next();
    });
    const { port } = await proxyForTest(upstream.port);
    const client = await connectTo(port);
    client.socket.removeAllListeners("data").pause();
    client.send(get("/", "Connection: close"));
    await upstream.until(() => isStopped);
    // Another client's exchanges show that the proxy has turned many times while the first one does not read.
    const other = await connectTo(port);
    for (let count = 0; count < 20; count++) await other.send("BAD\r\n\r\n").toEnd();
    expect(sent).toBeLessThan(40);
    let received = 0;
    client.socket.on("data", (bytes: Buffer) => {
      received += bytes.length;
    });
    client.socket.resume();
    await client.toEnd();
    expect(received).toBeGreaterThan(200 * MiB);
    expect(sent).toBe(200);
  });
});

describe("time limits", () => {
  test("on a head: 408, however it drips", async () => {
    const upstream = await startUpstream(({ peer }) => peer.send(ok("hi")));
    const { port } = await proxyForTest(upstream.port, SHORT);
    const client = await connectTo(port);
    const drip = setInterval(() => client.socket.write("X: y\r\n"), 50);
    onTestFinished(() => clearInterval(drip));
    client.send("GET / HTTP/1.1\r\nHost: a\r\n");
    expect(await client.toEnd()).toMatch(/^HTTP\/1\.1 408 [\s\S]*"head-timeout"/);
  });

  test("on an idle connection: closed without a word", async () => {
    const upstream = await startUpstream(({ peer }) => peer.send(ok("<hi>")));
    const { port } = await proxyForTest(upstream.port, SHORT);
    const client = await connectTo(port);
    await client.send(get("/")).receive("<hi>");
    expect(await client.toEnd()).toMatch(/<hi>$/);
  });

  test("on a body that stalls: 408", async () => {
    const upstream = await startUpstream(({ peer }) => peer.send(ok("hi")));
    const { port } = await proxyForTest(upstream.port, SHORT);
    const client = await connectTo(port);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf");
    expect(await client.toEnd()).toMatch(/^HTTP\/1\.1 408 [\s\S]*"body-timeout"/);
    await upstream.peers[0]?.until((peer) => peer.isClosed);
  });

  test("on the first byte run from the request's last: a slow upload is not the upstream's fault", async () => {
    const upstream = await startUpstream(({ peer, body }) => peer.send(ok(`<${body}>`)));
    const { port } = await proxyForTest(
      upstream.port,
      "upstreams: { legacy: { firstByteTimeoutMs: 200 } }\n",
    );
    const client = await connectTo(port);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na");
    // Another request meets the limit while the upload pauses.
    const silent = await startUpstream(() => undefined);
    const other = await proxyForTest(silent.port, "upstreams: { legacy: { firstByteTimeoutMs: 600 } }\n");
    expect(await exchange(other.port, get("/", "Connection: close"))).toMatch(
      /^HTTP\/1\.1 504 [\s\S]*"upstream-first-byte-timeout"/,
    );
    await client.send("b").receive("<ab>");
  });

  test("on a stalled answer: broken off", async () => {
    const upstream = await startUpstream(({ peer }) =>
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"),
    );
    const { port } = await proxyForTest(upstream.port, "upstreams: { legacy: { bodyIdleTimeoutMs: 200 } }\n");
    expect(await exchange(port, get("/"))).toMatch(/half$/);
  });

  test("a body that drips holds nobody else", async () => {
    const upstream = await startUpstream(({ peer, head }) => {
      if (pathOf(head) === "/drip") peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nd");
      else peer.send(ok("<hi>"));
    });
    const { port } = await proxyForTest(upstream.port);
    const dripping = await connectTo(port);
    await dripping.send(get("/drip")).receive("\r\n\r\nd");
    for (let count = 0; count < 10; count++)
      expect(await exchange(port, get("/", "Connection: close"))).toContain("<hi>");
    upstream.peers[0]?.send("ripripri");
    await dripping.receive("dripripri");
  });
});

describe("limits", () => {
  test("on client connections: the next one gets 503 and is closed", async () => {
    const upstream = await startUpstream(({ peer }) => peer.send(ok("<hi>")));
    const { port } = await proxyForTest(upstream.port, "limits: { clientConnectionsMax: 2 }\n");
    const clients = [await connectTo(port), await connectTo(port)];
    for (const client of clients) await client.send(get("/")).receive("<hi>");
    expect(await (await connectTo(port)).toEnd()).toMatch(/^HTTP\/1\.1 503 [\s\S]*too-many-connections/);
    await clients[0]?.send(get("/", "Connection: close")).toEnd();
    expect(clients[0]?.received).toMatch(/<hi>$/);
  });

  test("on connections and the queue to the upstream: the next request gets 503 at once", async () => {
    const upstream = await startUpstream(() => undefined);
    const { port } = await proxyForTest(
      upstream.port,
      "upstreams: { legacy: { connectionsMax: 1, queueMax: 1 } }\n",
    );
    const first = await connectTo(port);
    first.send(get("/1"));
    await upstream.until(({ requests }) => requests.length === 1);
    const second = await connectTo(port);
    // It waits: a third one, refused, shows that the queue is full.
    second.send(get("/2"));
    const third = await connectTo(port);
    await third.send(get("/3")).receive('"upstream-busy"');
    upstream.peers[0]?.send(ok("<one>"));
    await first.receive("<one>");
    await upstream.until(({ requests }) => requests.length === 2);
    upstream.peers[0]?.send(ok("<two>"));
    await second.receive("<two>");
  });
});

describe("an upstream that is not there", () => {
  test("is a 502 that may be tried again", async () => {
    const gone = await startUpstream(() => undefined);
    gone.server.close();
    const { port } = await proxyForTest(gone.port);
    const client = await connectTo(port);
    await client.send(get("/")).receive('"upstream-refused"');
    expect(client.received).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n/);
    await client.send(get("/")).receive('"upstream-refused"', 2);
  });
});

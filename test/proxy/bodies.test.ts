// Bodies of both directions, by every framing, and the answers that have none.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { proxyForTest, type RunningProxy, startProxy } from "./running-parallax.ts";
import { connectTo, exchange, get, ok, RawUpstream, type Received, startUpstream } from "./sockets.ts";

const HEAD = "HTTP/1.1 200 OK\r\n";
const CHUNKED = "Transfer-Encoding: chunked\r\n";
const CLOSE = "connection: close\r\n";
let answer: (request: Received) => void = () => undefined;
let upstream: RawUpstream;
let proxy: RunningProxy & { stop(): Promise<void> };

beforeAll(async () => {
  upstream = await new RawUpstream((request) => answer(request)).listen();
  proxy = await startProxy(upstream.port, "servedByHeader: false\n");
});

afterAll(async () => {
  await proxy.stop();
  upstream.close();
});

/** What the client gets when the upstream says `text`. */
async function answered(text: string, request = get("/", "Connection: close")): Promise<string> {
  answer = ({ peer }) => {
    peer.send(text);
    if (text.endsWith("until close")) peer.socket.end();
  };
  return exchange(proxy.port, request);
}

describe("an answer", () => {
  test.each<[what: string, from: string, to: string]>([
    ["with a length", ok("hello"), `${HEAD}Content-Length: 5\r\n${CLOSE}\r\nhello`],
    ["with length zero", ok(""), `${HEAD}Content-Length: 0\r\n${CLOSE}\r\n`],
    [
      "in chunks, with its trailers",
      `${HEAD}${CHUNKED}Trailer: X\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: 1\r\n\r\n`,
      `${HEAD}Trailer: X\r\ntransfer-encoding: chunked\r\n${CLOSE}\r\n5\r\nhello\r\n0\r\nX: 1\r\n\r\n`,
    ],
    [
      "until close, as chunks",
      `${HEAD}\r\nuntil close`,
      `${HEAD}transfer-encoding: chunked\r\n${CLOSE}\r\nb\r\nuntil close\r\n0\r\n\r\n`,
    ],
    [
      "of 204",
      'HTTP/1.1 204 No Content\r\nETag: "a"\r\n\r\n',
      `HTTP/1.1 204 No Content\r\nETag: "a"\r\n${CLOSE}\r\n`,
    ],
    [
      "of 304",
      "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
      `HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n${CLOSE}\r\n`,
    ],
    [
      "behind Early Hints",
      `HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n${ok("x")}`,
      `HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n${HEAD}Content-Length: 1\r\n${CLOSE}\r\nx`,
    ],
  ])("%s", async (_what, from, to) => expect(await answered(from)).toBe(to));

  test.each<[what: string, from: string, to: string]>([
    ["until close", `${HEAD}\r\nuntil close`, `${HEAD}${CLOSE}\r\nuntil close`],
    ["in chunks", `${HEAD}${CHUNKED}\r\n5\r\nhello\r\n0\r\nX: 1\r\n\r\n`, `${HEAD}${CLOSE}\r\nhello`],
  ])("to a 1.0 client, %s, ends with the connection", async (_what, from, to) => {
    expect(await answered(from, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")).toBe(to);
  });

  test("to a 1.0 client has no Early Hints before it", async () => {
    expect(await answered(`HTTP/1.1 103 Early Hints\r\n\r\n${ok("x")}`, "GET / HTTP/1.0\r\n\r\n")).toBe(
      `${HEAD}Content-Length: 1\r\n${CLOSE}\r\nx`,
    );
  });

  test("to HEAD keeps its length and has no body", async () => {
    const request = "HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    expect(await answered(`${HEAD}Content-Length: 500\r\n\r\n`, request)).toBe(
      `${HEAD}Content-Length: 500\r\n${CLOSE}\r\n`,
    );
  });

  test("arrives whole however its bytes do", async () => {
    const text = `${HEAD}${CHUNKED}\r\n5\r\nhello\r\n1\r\n!\r\n0\r\nX: y\r\n\r\n`;
    answer = ({ peer: { socket } }) => {
      let at = 0;
      const next = (): void =>
        void (at < text.length && socket.write(text.charAt(at++), () => setImmediate(next)));
      next();
    };
    const received = await exchange(proxy.port, get("/", "Connection: close"));
    expect(
      [...received.slice(received.indexOf("\r\n\r\n") + 4).matchAll(/[0-9a-f]+\r\n([helo!]+)\r\n/g)]
        .map(([, data]) => data)
        .join(""),
    ).toBe("hello!");
    expect(received.endsWith("\r\n0\r\nX: y\r\n\r\n")).toBe(true);
  });
});

describe("a request", () => {
  const sent = async (lines: string, body: string): Promise<Received> => {
    answer = ({ peer }) => peer.send(ok("ok"));
    await exchange(proxy.port, `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${lines}\r\n${body}`);
    return upstream.requests.at(-1) as Received;
  };

  test("with a length", async () => {
    const { head, body } = await sent("Content-Length: 5\r\n", "hello");
    expect(head).toContain("\r\nContent-Length: 5\r\n");
    expect(body).toBe("hello");
  });

  test("with length zero keeps saying so", async () => {
    expect((await sent("Content-Length: 0\r\n", "")).head).toContain("\r\nContent-Length: 0\r\n");
  });

  test("in chunks, with its trailers", async () => {
    const { head, body } = await sent(`${CHUNKED}Trailer: X\r\n`, "5\r\nhello\r\n0\r\nX: y\r\n\r\n");
    expect(head.match(/^transfer-encoding:.*$/gim)).toEqual(["transfer-encoding: chunked"]);
    expect(body).toBe("5\r\nhello\r\n0\r\nX: y\r\n\r\n");
  });

  test("of a megabyte, whole and in order", async () => {
    const body = Array.from({ length: 65_536 }, (_, index) => index.toString(16).padStart(16, "0")).join("");
    expect((await sent(`Content-Length: ${body.length}\r\n`, body)).body === body).toBe(true);
  });

  test("that expects 100-continue sends its body when the upstream says so", async () => {
    const slow = await startUpstream(({ peer, body }) => peer.send(ok(body)));
    const { port } = await proxyForTest(slow.port);
    const client = await connectTo(port);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    await slow.until(({ received }) => received.includes("\r\n\r\n"));
    expect(slow.received).toContain("\r\nExpect: 100-continue\r\n");
    slow.peers[0]?.send("HTTP/1.1 100 Continue\r\n\r\n");
    await client.receive("HTTP/1.1 100 Continue\r\n\r\n");
    await client.send("hello").receive("\r\n\r\nhello");
  });

  test("whose answer comes early gets it, and nothing more of it goes upstream", async () => {
    const early = await startUpstream(() => undefined);
    const { port } = await proxyForTest(early.port);
    const client = await connectTo(port);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nbegin");
    await early.until(({ received }) => received.endsWith("begin"));
    early.peers[0]?.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno");
    expect(await client.toEnd()).toMatch(/^HTTP\/1\.1 413 [\s\S]*\r\nconnection: close\r\n\r\nno$/);
    client.send("the rest".repeat(1000));
    await early.peers[0]?.until((peer) => peer.isClosed);
    expect(early.received).not.toContain("the rest");
  });
});

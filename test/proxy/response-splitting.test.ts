// Attacks from the upstream's side: an answer whose framing is broken is a 502 or a broken message for its
// client, never a complete 200, and not a byte of it reaches the next client on the connection.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { proxyForTest, type RunningProxy, startProxy } from "./running-parallax.ts";
import { connectTo, exchange, get, ok, RawUpstream, startUpstream, statusLine } from "./sockets.ts";

const POISON = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";
const CHUNKED = "Transfer-Encoding: chunked";

let nextAnswer: string | undefined;
let shared: RunningProxy & { stop(): Promise<void> };
let sharedUpstream: RawUpstream;

beforeAll(async () => {
  sharedUpstream = await new RawUpstream(({ peer }) => {
    peer.send(nextAnswer ?? ok("mine"));
    nextAnswer = undefined;
  }).listen();
  shared = await startProxy(sharedUpstream.port);
});

afterAll(async () => {
  await shared.stop();
  sharedUpstream.close();
});

/** What the client of `answer` gets; the client after it must get what is its own. */
async function clientOf(answer: string): Promise<string> {
  nextAnswer = answer;
  const attacked = await connectTo(shared.port);
  attacked.send(get("/victim"));
  await attacked.until((peer) => peer.hasEnded || isWhole(peer.received));
  const { received } = attacked;
  const second = await exchange(shared.port, get("/next", "Connection: close"));
  expect(second).toContain("\r\n\r\nmine");
  expect(second).not.toContain("poison");
  return received;
}

/** A complete answer with a length or chunks, behind any interim ones. */
function isWhole(received: string): boolean {
  const answer = received.replace(/^(HTTP\/1\.1 1(?:.+\r\n)+\r\n)+/, "");
  const end = answer.indexOf("\r\n\r\n") + 4;
  if (end === 3) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(answer.slice(0, end));
  if (length !== null) return answer.length >= end + Number(length[1]);
  return /\r\ntransfer-encoding: chunked/i.test(answer.slice(0, end)) && answer.endsWith("\r\n0\r\n\r\n");
}

const answerWith = (lines: readonly string[], body = ""): string =>
  `HTTP/1.1 200 OK\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n${body}`;

describe("answers 502 to", () => {
  test.each<[attack: string, answer: string]>([
    [
      "Content-Length twice, different",
      answerWith(["Content-Length: 2", "Content-Length: 40"], `ok${POISON}`),
    ],
    ["Content-Length twice, the same", answerWith(["Content-Length: 2", "Content-Length: 2"], "ok")],
    ["Content-Length as a list", answerWith(["Content-Length: 2, 2"], "ok")],
    ["Content-Length with a sign", answerWith(["Content-Length: +2"], "ok")],
    [
      "Content-Length beside Transfer-Encoding",
      answerWith(["Content-Length: 2", CHUNKED], `0\r\n\r\n${POISON}`),
    ],
    ["Transfer-Encoding twice", answerWith([CHUNKED, CHUNKED], "0\r\n\r\n")],
    ["Transfer-Encoding gzip", answerWith(["Transfer-Encoding: gzip"], "x")],
    ["Transfer-Encoding with a tab behind it", answerWith(["Transfer-Encoding: chunked\t"], "0\r\n\r\n")],
    ["Transfer-Encoding on HTTP/1.0", `HTTP/1.0 200 OK\r\n${CHUNKED}\r\n\r\n0\r\n\r\n`],
    ["a NUL in a header", answerWith(["X: a\0b", "Content-Length: 2"], "ok")],
    ["a bare LF in a header", answerWith(["X: a\nSet-Cookie: b", "Content-Length: 2"], "ok")],
    ["a bare CR in a header", answerWith(["X: a\rSet-Cookie: b", "Content-Length: 2"], "ok")],
    ["a folded header", answerWith(["X: a", " b", "Content-Length: 2"], "ok")],
    ["a space before the colon", answerWith(["Content-Length : 2"], "ok")],
    ["a name that is no token", answerWith(["X(): a", "Content-Length: 2"], "ok")],
    [
      "Connection that nominates Content-Length",
      answerWith(["Connection: Content-Length", "Content-Length: 2"], "ok"),
    ],
    ["a status of two digits", "HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok"],
    ["a status of four digits", "HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok"],
    ["a status below 100", "HTTP/1.1 099 OK\r\nContent-Length: 2\r\n\r\nok"],
    ["HTTP/2.0", "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok"],
    ["garbage", "no http at all\r\n\r\n"],
    ["a head that is too large", answerWith([`X: ${"x".repeat(33_000)}`, "Content-Length: 2"], "ok")],
    ["too many header lines", answerWith(Array.from({ length: 129 }, (_, index) => `X-${index}: y`))],
    ["chunks that end with a bare LF", answerWith([CHUNKED], "2\nok\n0\n\n")],
    ["bytes past the end of a length", ok("ok") + POISON],
    ["a second answer", ok("ok") + ok("poison")],
    ["bytes past the end of no bytes", ok("") + POISON],
    ["a 101 that nobody asked for", `HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n${POISON}`],
  ])("%s", async (_attack, answer) => {
    const first = await clientOf(answer);
    expect(statusLine(first)).toBe("HTTP/1.1 502 Bad Gateway");
    expect(first).toContain('"error":"upstream-bad-answer"');
    expect(first).not.toContain("poison");
  });

  test("a flood of interim answers", async () => {
    const first = await clientOf("HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n".repeat(40) + ok("late"));
    expect(first.match(/^HTTP\/1\.1 103/gm)).toHaveLength(32);
    expect(first).toContain("HTTP/1.1 502 Bad Gateway");
    expect(first).not.toContain("late");
  });
});

describe("breaks off", () => {
  test.each<[attack: string, answer: string]>([
    ["a chunk with a bad size", answerWith([CHUNKED], "2\r\nok\r\nxyz\r\n0\r\n\r\n")],
    ["a chunk longer than its size", answerWith([CHUNKED], `2\r\nok${POISON}0\r\n\r\n`)],
    ["a chunk size over 2^64", answerWith([CHUNKED], "2\r\nok\r\n10000000000000002\r\nok\r\n0\r\n\r\n")],
    ["a malformed trailer", answerWith([CHUNKED], `2\r\nok\r\n0\r\nno colon\r\n\r\n`)],
    ["Content-Length in the trailer", answerWith([CHUNKED], `2\r\nok\r\n0\r\nContent-Length: 40\r\n\r\n`)],
  ])("%s", async (_attack, answer) => {
    const first = await clientOf(answer);
    expect(isWhole(first)).toBe(false);
    expect(first).not.toContain("poison");
  });

  test("and does not use the connection again after a malformed trailer", async () => {
    const upstream = await startUpstream(({ peer, ordinal }) =>
      peer.send(ordinal === 0 ? answerWith([CHUNKED], "0\r\nno colon\r\n\r\n") : ok("mine")),
    );
    const { port } = await proxyForTest(upstream.port);
    await exchange(port, get("/", "Connection: close"));
    await exchange(port, get("/", "Connection: close"));
    expect(upstream.requests.map(({ connection }) => connection)).toEqual([0, 1]);
  });

  test.each<[attack: string, answer: string]>([
    ["bytes past the last chunk", answerWith([CHUNKED], `2\r\nok\r\n0\r\n\r\n${POISON}`)],
    ["a body shorter than its length", answerWith(["Content-Length: 40"], "only this")],
    ["chunks without an end", answerWith([CHUNKED], "2\r\nok\r\n")],
    ["a trailer without an end", answerWith([CHUNKED], "2\r\nok\r\n0\r\nX: y\r\n")],
  ])("%s, when the upstream closes", async (_attack, answer) => {
    const upstream = await startUpstream(({ peer }) => peer.send(answer).socket.end());
    const { port } = await proxyForTest(upstream.port);
    const client = await connectTo(port);
    const received = await client.send(get("/")).toEnd();
    expect(isWhole(received)).toBe(false);
    expect(received).toMatch(/^HTTP\/1\.1 200|^$/);
  });

  test("an answer until close that is reset instead", async () => {
    const upstream = await startUpstream(({ peer, ordinal }) => {
      if (ordinal === 0) peer.send("HTTP/1.1 200 OK\r\n\r\npart");
      else peer.send(ok("mine"));
    });
    const { port } = await proxyForTest(upstream.port);
    const client = await connectTo(port);
    await client.send(get("/")).receive("part");
    upstream.peers[0]?.socket.resetAndDestroy();
    await client.toEnd();
    expect(client.received.endsWith("0\r\n\r\n")).toBe(false);
  });
});

describe("keeps from the next client", () => {
  test.each<[attack: string, answer: string, request: string]>([
    ["bytes past the end of a length", ok("ok") + POISON, get("/")],
    ["bytes past the last chunk", answerWith([CHUNKED], `2\r\nok\r\n0\r\n\r\n${POISON}`), get("/")],
    ["a body of 204", `HTTP/1.1 204 No Content\r\n\r\n${POISON}`, get("/")],
    ["a body of 304", `HTTP/1.1 304 Not Modified\r\nContent-Length: 6\r\n\r\n${POISON}`, get("/")],
    [
      "a body for HEAD",
      `HTTP/1.1 200 OK\r\nContent-Length: 44\r\n\r\n${POISON}`,
      "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
    ["a second answer", ok("ok") + ok("poison"), get("/")],
  ])("%s", async (_attack, answer, request) => {
    const upstream = await startUpstream(({ peer, ordinal }) =>
      peer.send(ordinal === 0 ? answer : ok("mine")),
    );
    const { port } = await proxyForTest(upstream.port);
    const first = await connectTo(port);
    await first.send(request).receive("\r\n\r\n");
    const second = await exchange(port, get("/next", "Connection: close"));
    expect(second).toContain("\r\n\r\nmine");
    expect(first.received + second).not.toContain("poison");
    expect(upstream.requests.map(({ connection }) => connection)).toEqual([0, 1]);
  });

  test("what an idle upstream says", async () => {
    const upstream = await startUpstream(({ peer }) => peer.send(ok("mine")));
    const { port } = await proxyForTest(upstream.port);
    const client = await connectTo(port);
    await client.send(get("/")).receive("mine");
    const [idle] = upstream.peers;
    await idle?.send(POISON).until((peer) => peer.hasEnded);
    await client.send(get("/next")).receive("mine", 2);
    expect(client.received).not.toContain("poison");
    expect(upstream.peers).toHaveLength(2);
  });
});

// Attacks on the request side, named after what they are called. Each must be answered with an error and a
// closed connection, and no byte of it may reach the upstream.
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { proxyForTest, type RunningProxy, startProxy } from "./running-parallax.ts";
import { connectTo, exchange, get, ok, RawUpstream, statusLine } from "./sockets.ts";

const CHUNKED = "Transfer-Encoding: chunked";
const SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

function post(lines: readonly string[], body = ""): string {
  return `POST / HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n${body}`;
}

let upstream: RawUpstream;
let proxy: RunningProxy & { stop(): Promise<void> };

beforeAll(async () => {
  upstream = await new RawUpstream(({ peer }) => peer.send(ok("fine"))).listen();
  proxy = await startProxy(upstream.port);
});

afterAll(async () => {
  await proxy.stop();
  upstream.close();
});

/** What a client gets for `text` followed by a request that must not be read. */
async function refused(
  text: string,
): Promise<{ readonly status: number; readonly code: string; readonly answers: number }> {
  const before = upstream.received.length;
  const answer = await exchange(proxy.port, text + SMUGGLED);
  expect(answer).toContain("\r\nconnection: close\r\n");
  expect(upstream.received.slice(before)).not.toContain("smuggled");
  return {
    status: Number(statusLine(answer).split(" ")[1]),
    code: (JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4)) as { error: string }).error,
    answers: answer.match(/^HTTP\/1\.1 \d/gm)?.length ?? 0,
  };
}

describe("refuses before a byte reaches the upstream", () => {
  test.each<[attack: string, text: string, status: number, code: string]>([
    ["CL.TE", post(["Content-Length: 4", CHUNKED], "0\r\n\r\n"), 400, "ambiguous-length"],
    ["TE.CL", post([CHUNKED, "Content-Length: 4"], "5c\r\n"), 400, "ambiguous-length"],
    ["CL.0", post(["Content-Length: 0", "Content-Length: 40"]), 400, "bad-content-length"],
    [
      "TE.TE with identity",
      post([CHUNKED, "Transfer-Encoding: identity"], "0\r\n\r\n"),
      400,
      "bad-transfer-encoding",
    ],
    ["TE.TE twice", post([CHUNKED, CHUNKED], "0\r\n\r\n"), 400, "bad-transfer-encoding"],
    [
      "TE.TE in one line",
      post(["Transfer-Encoding: chunked, chunked"], "0\r\n\r\n"),
      400,
      "bad-transfer-encoding",
    ],
    ["TE xchunked", post(["Transfer-Encoding: xchunked"], "0\r\n\r\n"), 400, "bad-transfer-encoding"],
    ["TE not final", post(["Transfer-Encoding: chunked, gzip"], "0\r\n\r\n"), 400, "bad-transfer-encoding"],
    [
      "TE with a space before the colon",
      post(["Transfer-Encoding : chunked"], "0\r\n\r\n"),
      400,
      "bad-header-name",
    ],
    [
      "TE behind a vertical tab",
      post(["Transfer-Encoding:\x0bchunked"], "0\r\n\r\n"),
      400,
      "bad-header-value",
    ],
    [
      "TE with a tab behind it",
      post(["Transfer-Encoding: chunked\t"], "0\r\n\r\n"),
      400,
      "bad-transfer-encoding",
    ],
    [
      "TE hidden in a folded line",
      post(["X: y", " Transfer-Encoding: chunked"], "0\r\n\r\n"),
      400,
      "obs-fold",
    ],
    ["TE folded", post(["Transfer-Encoding:", "\tchunked"], "0\r\n\r\n"), 400, "obs-fold"],
    ["TE behind a bare LF", post(["X: y\nTransfer-Encoding: chunked"], "0\r\n\r\n"), 400, "bad-line-ending"],
    ["TE behind a bare CR", post(["X: y\rTransfer-Encoding: chunked"], "0\r\n\r\n"), 400, "bad-line-ending"],
    ["TE on HTTP/1.0", `POST / HTTP/1.0\r\n${CHUNKED}\r\n\r\n0\r\n\r\n`, 400, "bad-transfer-encoding"],
    [
      "CL twice, different",
      post(["Content-Length: 1", "Content-Length: 2"], "ab"),
      400,
      "bad-content-length",
    ],
    ["CL twice, the same", post(["Content-Length: 1", "Content-Length: 1"], "a"), 400, "bad-content-length"],
    ["CL as a list", post(["Content-Length: 1, 1"], "a"), 400, "bad-content-length"],
    ["CL with a plus", post(["Content-Length: +1"], "a"), 400, "bad-content-length"],
    ["CL with a minus", post(["Content-Length: -1"], "a"), 400, "bad-content-length"],
    ["CL with a space inside", post(["Content-Length: 1 0"], "a"), 400, "bad-content-length"],
    ["CL in hexadecimal", post(["Content-Length: 0x1"], "a"), 400, "bad-content-length"],
    ["CL empty", post(["Content-Length:"]), 400, "bad-content-length"],
    ["CL over 2^64", post(["Content-Length: 18446744073709551617"], "a"), 400, "bad-content-length"],
    ["CL with a space before the colon", post(["Content-Length : 1"], "a"), 400, "bad-header-name"],
    ["a NUL in a value", post(["X: a\0b"]), 400, "bad-header-value"],
    ["a NUL in a name", post(["X\0: a"]), 400, "bad-header-name"],
    ["an empty name", post([": a"]), 400, "bad-header-name"],
    ["a line without a colon", post(["X"]), 400, "bad-header-name"],
    ["lines that end with a bare LF", "GET / HTTP/1.1\nHost: a\n\n", 400, "bad-line-ending"],
    ["Host twice", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "bad-host"],
    ["no Host", "GET / HTTP/1.1\r\n\r\n", 400, "bad-host"],
    ["Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "bad-host"],
    ["Host with user information", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400, "bad-host"],
    [
      "a target with user information",
      "GET http://u:p@a/ HTTP/1.1\r\nHost: a\r\n\r\n",
      400,
      "target-userinfo",
    ],
    [
      "request splitting through a space in the target",
      "GET /a HTTP/1.1\r\nX: / HTTP/1.1\r\n\r\n",
      400,
      "bad-host",
    ],
    [
      "request splitting through a bare CR in the target",
      "GET /a\rb HTTP/1.1\r\nHost: a\r\n\r\n",
      400,
      "bad-version",
    ],
    [
      "Connection that nominates Content-Length",
      post(["Connection: content-length", "Content-Length: 1"], "a"),
      400,
      "bad-connection",
    ],
    ["Connection that nominates Host", post(["Connection: close, Host"]), 400, "bad-connection"],
    [
      "Connection that nominates Transfer-Encoding",
      post(["Connection: transfer-encoding", CHUNKED]),
      400,
      "bad-connection",
    ],
    ["HTTP/0.9", "GET /\r\n", 400, "bad-version"],
    ["the HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "version-refused"],
    ["HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505, "version-refused"],
    ["CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 501, "method-refused"],
    ["TLS on the plain port", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n", 400, "bad-method"],
    [
      "a target that is too long",
      `GET /${"a".repeat(8192)} HTTP/1.1\r\nHost: a\r\n\r\n`,
      414,
      "target-too-long",
    ],
    ["a head that is too large", post([`X: ${"x".repeat(33_000)}`]), 431, "head-too-large"],
    [
      "too many header lines",
      post(Array.from({ length: 128 }, (_, index) => `X-${index}: y`)),
      431,
      "too-many-headers",
    ],
  ])("%s", async (_attack, text, status, code) => {
    expect(await refused(text)).toEqual({ status, code, answers: 1 });
  });
});

describe("breaks off a chunked body, and closes", () => {
  test.each<[attack: string, body: string]>([
    ["a size with 0x", "0x5\r\nhello\r\n0\r\n\r\n"],
    ["a size with a plus", "+5\r\nhello\r\n0\r\n\r\n"],
    ["a negative size", "-5\r\nhello\r\n0\r\n\r\n"],
    ["a size over 2^64", "10000000000000005\r\nhello\r\n0\r\n\r\n"],
    ["an empty size", "\r\nhello\r\n0\r\n\r\n"],
    ["a space before the size", " 5\r\nhello\r\n0\r\n\r\n"],
    ["a space behind the size", "5 \r\nhello\r\n0\r\n\r\n"],
    ["a size line that ends with a bare LF", "5\nhello\r\n0\r\n\r\n"],
    ["a size line that ends with a bare CR", "5\rhello\r\n0\r\n\r\n"],
    ["data longer than the size (TERM.EXT)", "5\r\nhelloX\r\n0\r\n\r\n"],
    ["data that end with a bare LF", "5\r\nhello\n0\r\n\r\n"],
    ["a bare LF in an extension", "5;a\nb\r\nhello\r\n0\r\n\r\n"],
    ["a bare CR in an extension", "5;a=\rb\r\nhello\r\n0\r\n\r\n"],
    ["a flood of extensions", `5;${"a".repeat(300)}\r\nhello\r\n0\r\n\r\n`],
    ["Content-Length in the trailer", "0\r\nContent-Length: 40\r\n\r\n"],
    ["Transfer-Encoding in the trailer", "0\r\nTransfer-Encoding: chunked\r\n\r\n"],
    ["a malformed trailer", "0\r\nno colon\r\n\r\n"],
    ["a folded trailer", "0\r\nX: y\r\n z\r\n\r\n"],
    ["a trailer that ends with a bare LF", "0\r\nX: y\n\r\n\r\n"],
  ])("%s", async (_attack, body) => {
    const before = upstream.requests.length;
    expect(await refused(post([CHUNKED], body))).toEqual({ status: 400, code: "bad-chunk", answers: 1 });
    expect(upstream.requests.length).toBe(before);
  });
});

describe("does not pass on", () => {
  const lastHead = (): string => upstream.requests.at(-1)?.head ?? "";

  test("the Host of a request whose absolute target names another", async () => {
    await exchange(proxy.port, "GET http://b.example:81/c HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect(lastHead()).toMatch(/^GET \/c HTTP\/1\.1\r\n/);
    expect(lastHead().match(/^host:.*$/gim)).toEqual(["host: b.example:81"]);
  });

  test("an upgrade to h2c, nor its settings", async () => {
    const lines = [
      "Connection: Upgrade, HTTP2-Settings, close",
      "Upgrade: h2c",
      "HTTP2-Settings: AAMAAABkAAQ",
    ];
    expect(statusLine(await exchange(proxy.port, get("/u", ...lines)))).toBe("HTTP/1.1 200 OK");
    expect(lastHead()).toContain("GET /u ");
    expect(lastHead()).not.toMatch(/upgrade|h2c|http2-settings/i);
  });

  test("chunk extensions", async () => {
    await exchange(proxy.port, post([CHUNKED, "Connection: close"], '5;a="b"\r\nhello\r\n0;x\r\n\r\n'));
    expect(upstream.requests.at(-1)?.body).toBe("5\r\nhello\r\n0\r\n\r\n");
  });

  test("headers that Connection nominates, nor Connection", async () => {
    await exchange(
      proxy.port,
      get(
        "/n",
        "X-Secret: 1",
        "Connection: close, x-secret",
        "Keep-Alive: 5",
        "TE: deflate",
        "Proxy-Connection: x",
      ),
    );
    expect(lastHead()).toContain("GET /n ");
    expect(lastHead()).not.toMatch(/x-secret|connection|keep-alive|te:/i);
  });

  test("more of TE than that trailers are taken", async () => {
    await exchange(proxy.port, get("/t", "Connection: close", "TE: trailers"));
    expect(lastHead()).toMatch(/\r\nconnection: te\r\nte: trailers\r\n/);
  });
});

describe("what goes upstream", () => {
  test("is framed alike by a second strict parser, request by request", async () => {
    const seen: string[] = [];
    const server: Server = createServer((request: IncomingMessage, response) => {
      let body = "";
      request.on("data", (part: Buffer) => {
        body += part.toString("latin1");
      });
      request.on("end", () => {
        seen.push(`${request.method} ${request.url} ${body}`);
        response.end("ok");
      });
    });
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const strict = await proxyForTest((server.address() as AddressInfo).port);
    const client = await connectTo(strict.port);
    client.send(post([CHUNKED], `5;a=b\r\nhello\r\n1\r\n!\r\n0\r\nX-Sum: 1\r\n\r\n`));
    client.send(post(["Content-Length: 3"], "GET"));
    client.send(get("/a//b/%2F;c?d"));
    client.send("PURGE /x HTTP/1.1\r\nHost: a\r\n\r\n");
    client.send("POST /last HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi");
    await client.toEnd();
    expect(seen).toEqual(["POST / hello!", "POST / GET", "GET /a//b/%2F;c?d ", "PURGE /x ", "POST /last hi"]);
  });
});

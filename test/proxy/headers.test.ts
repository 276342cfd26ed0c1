// Headers across the proxy: what is kept byte for byte, what stays on its hop, what is added.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { proxyForTest, type RunningProxy, startProxy } from "./running-parallax.ts";
import { connectTo, exchange, get, ok, RawUpstream, startUpstream } from "./sockets.ts";

let answer = ok("");
let upstream: RawUpstream;
let proxy: RunningProxy & { stop(): Promise<void> };

beforeAll(async () => {
  upstream = await new RawUpstream(({ peer }) => peer.send(answer)).listen();
  proxy = await startProxy(upstream.port);
});

afterAll(async () => {
  await proxy.stop();
  upstream.close();
});

/** The head that reaches the upstream for `text`. */
async function headOf(text: string, port = proxy.port): Promise<string> {
  answer = ok("");
  await exchange(port, text);
  return upstream.requests.at(-1)?.head ?? "";
}

describe("a request", () => {
  test("keeps end-to-end lines byte for byte, in their order, duplicates too", async () => {
    const lines = [
      "X-B:  two  spaces\t",
      "x-a: 1",
      "X-A:2",
      "Cookie: a=b",
      "X-Latin: \xe9\xff",
      "Empty:",
      "cookie: e=f",
    ];
    const head = await headOf(get("/", ...lines, "Connection: close"));
    expect(head.startsWith(`GET / HTTP/1.1\r\nHost: a.example\r\n${lines.join("\r\n")}\r\n`)).toBe(true);
  });

  test.each(["//a", "/%2F%2e", "/a;b=c", "/!$&'()*+,;=:@", "/a?b=/?", "/a/../b", '/"<>\\^`{|}'])(
    "keeps the target %s",
    async (target) =>
      expect((await headOf(get(target, "Connection: close"))).split("\r\n")[0]).toBe(
        `GET ${target} HTTP/1.1`,
      ),
  );

  test("OPTIONS * goes as it is", async () => {
    expect(await headOf("OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).toMatch(
      /^OPTIONS \* HTTP\/1\.1\r\nHost: a\r\n/,
    );
  });

  test("of HTTP/1.0 becomes one of HTTP/1.1, with a Host where it had none", async () => {
    const head = await headOf("GET /old HTTP/1.0\r\n\r\n");
    expect(head).toMatch(/^GET \/old HTTP\/1\.1\r\n/);
    expect(head).toContain(`\r\nhost: 127.0.0.1:${upstream.port}\r\n`);
    expect(head).toMatch(/\r\nvia: 1\.0 parallax-/);
  });

  test("says who asked, and how, and through whom", async () => {
    const head = await headOf(get("/", "Via: 1.1 before", "Connection: close"));
    expect(head).toContain("\r\nx-forwarded-for: 127.0.0.1\r\n");
    expect(head).toContain("\r\nx-forwarded-proto: http\r\n");
    expect(head).toContain("\r\nx-forwarded-host: a.example\r\n");
    expect(head.match(/^via:.*$/gim)).toEqual([
      expect.stringMatching(/^via: 1\.1 before, 1\.1 parallax-[0-9a-f]{16}$/),
    ]);
  });

  test("cannot forge who asked", async () => {
    const forged = [
      "X-Forwarded-For: 6.6.6.6",
      "x-forwarded-proto: https",
      "X-Forwarded-Host: evil",
      "Forwarded: for=6.6.6.6;host=evil",
    ];
    const head = await headOf(get("/", ...forged, "Connection: close"));
    expect(head.match(/^x-forwarded-for:.*$/gim)).toEqual(["x-forwarded-for: 127.0.0.1"]);
    expect(head).not.toMatch(/6\.6\.6\.6|https|evil/);
  });

  test("of a trusted proxy continues what it says", async () => {
    const { port } = await proxyForTest(upstream.port, "trustedProxies: [127.0.0.0/8]\n");
    const said = [
      "X-Forwarded-For: 1.1.1.1",
      "X-Forwarded-For: 2.2.2.2",
      "X-Forwarded-Proto: https",
      "X-Forwarded-Host: b",
      "Forwarded: for=1.1.1.1",
    ];
    const head = await headOf(get("/", ...said, "Connection: close"), port);
    expect(head.match(/^x-forwarded-.*$/gim)).toEqual([
      "x-forwarded-for: 1.1.1.1, 2.2.2.2, 127.0.0.1",
      "x-forwarded-proto: https",
      "x-forwarded-host: b",
    ]);
    expect(head).toContain("\r\nForwarded: for=1.1.1.1\r\n");
  });

  test("keeps its traceparent", async () => {
    const line = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    expect(await headOf(get("/", line, "Connection: close"))).toContain(`\r\n${line}\r\n`);
  });

  test("that comes back is refused as a loop", async () => {
    const via = /^via: (.*)$/im.exec(await headOf(get("/", "Connection: close")))?.[1];
    const client = await connectTo(proxy.port);
    await client.send(get("/loop", `Via: ${via}`)).receive("HTTP/1.1 508 Loop Detected");
    expect(upstream.received).not.toContain("/loop");
  });
});

describe("an answer", () => {
  test("keeps end-to-end lines byte for byte, in their order, duplicates too", async () => {
    const lines = [
      "Set-Cookie: a=b",
      "X-B:  spaced\t",
      "set-cookie: c=d; Expires=Wed, 01 Jan",
      "X-Latin: \xe9",
      "Server:x",
      "Set-Cookie: a=b",
    ];
    answer = ok("hi", ...lines);
    const received = await exchange(proxy.port, get("/", "Connection: close"));
    expect(received.startsWith(`HTTP/1.1 200 OK\r\n${lines.join("\r\n")}\r\nContent-Length: 2\r\n`)).toBe(
      true,
    );
  });

  test.each(["200 All Right", "200 ", "299 \xe9t\xe9", "999 Odd"])(
    "keeps its status line: %s",
    async (status) => {
      answer = `HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`;
      expect((await exchange(proxy.port, get("/", "Connection: close"))).split("\r\n")[0]).toBe(
        `HTTP/1.1 ${status}`,
      );
    },
  );

  test("loses what belongs to its hop, what Connection names, and a forged served-by", async () => {
    answer = ok(
      "hi",
      "Connection: keep-alive, X-Hop",
      "Keep-Alive: timeout=5",
      "X-Hop: 1",
      "Upgrade: h2",
      "X-Parallax-Served-By: candidate",
    );
    expect(await exchange(proxy.port, get("/", "Connection: close"))).toBe(
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nx-parallax-served-by: legacy\r\nconnection: close\r\n\r\nhi",
    );
  });

  test("does not say who served it where that is turned off", async () => {
    const plain = await startUpstream(({ peer }) => peer.send(ok("hi")));
    const { port } = await proxyForTest(plain.port, "servedByHeader: false\n");
    expect(await exchange(port, get("/", "Connection: close"))).toBe(
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nconnection: close\r\n\r\nhi",
    );
  });
});

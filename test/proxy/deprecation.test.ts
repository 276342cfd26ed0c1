// A deprecated route on real sockets: what answers of the legacy say, and what a brownout answers in its place.
import { request } from "undici";
import { describe, expect, test } from "vitest";
import { proxyForTest } from "./running-parallax.ts";
import { connectTo, exchange, get, ok, startUpstream } from "./sockets.ts";

const DEPRECATION = `at: 2024-01-01T00:00:00Z, sunset: 2999-01-01T00:00:00Z, link: https://a.example/why, successor: /new`;
const LINES = [
  "deprecation: @1704067200",
  "sunset: Tue, 01 Jan 2999 00:00:00 GMT",
  'link: <https://a.example/why>; rel="deprecation"',
  'link: </new>; rel="successor-version"',
];
const ALWAYS = `brownouts: [{ every: day, at: "00:00", minutes: 1440 }]`;
const NEVER = `brownouts: [{ from: 2024-01-01T00:00:00Z, to: 2024-01-02T00:00:00Z }]`;

function routes(deprecation = DEPRECATION): string {
  return `routes: [{ name: old, match: { path: /old }, deprecation: { ${deprecation} } }, { name: rest, match: { path: /** } }]\n`;
}

function headOf(answer: string): string[] {
  return answer.slice(0, answer.indexOf("\r\n\r\n")).split("\r\n");
}

/** The lines that speak of deprecation, in their order. */
function deprecationOf(answer: string): string[] {
  return headOf(answer).filter((line) => /^(deprecation|sunset|link):/i.test(line));
}

async function behind(answer: string, yaml = routes()) {
  const upstream = await startUpstream(({ peer }) => peer.send(answer));
  const proxy = await proxyForTest(upstream.port, yaml);
  const ask = (path: string, ...lines: string[]) =>
    exchange(proxy.port, get(path, ...lines, "Connection: close"));
  return { upstream, proxy, ask };
}

describe("an answer of the legacy", () => {
  test("says that its route is deprecated, and no other's does", async () => {
    const { ask } = await behind(ok("here"));
    const answer = await ask("/old");
    expect(deprecationOf(answer)).toEqual(LINES);
    expect(answer.endsWith("\r\n\r\nhere")).toBe(true);
    expect(deprecationOf(await ask("/other"))).toEqual([]);
  });

  test.each([
    "HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n",
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno",
    "HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
  ])("says so whatever it is: %j", async (answer) => {
    const { ask } = await behind(answer);
    expect(deprecationOf(await ask("/old"))).toEqual(LINES);
  });

  test("says so to HEAD", async () => {
    const { proxy } = await behind("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n");
    const answer = await exchange(
      proxy.port,
      "HEAD /old HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n",
    );
    expect(deprecationOf(answer)).toEqual(LINES);
  });

  test("loses a Deprecation and a Sunset of its own, and keeps its Link", async () => {
    const own = ["Deprecation: @1", "SUNSET: Sat, 01 Jan 2000 00:00:00 GMT", 'Link: </a>; rel="next"'];
    const { ask } = await behind(ok("", ...own));
    expect(deprecationOf(await ask("/old"))).toEqual([own[2], ...LINES]);
    expect(deprecationOf(await ask("/other"))).toEqual(own);
  });

  test("that never came says nothing: the answer is Parallax's own", async () => {
    const upstream = await startUpstream(({ peer }) => peer.socket.destroy());
    const proxy = await proxyForTest(upstream.port, routes());
    const answer = await exchange(proxy.port, get("/old", "Connection: close"));
    expect(answer).toMatch(/^HTTP\/1\.1 502 /);
    expect(deprecationOf(answer)).toEqual([]);
  });
});

describe("a brownout", () => {
  const browned = (more = "") => routes(`${DEPRECATION}, ${ALWAYS}${more}`);

  async function skippedAsBrownout(adminUrl: string): Promise<number> {
    const { body } = await request(`${adminUrl}/api/summary`);
    const summary = (await body.json()) as { totals: { skipped: Record<string, number> } };
    return summary.totals.skipped["brownout"] ?? 0;
  }

  test("answers in place of the legacy, says until when and where to go, and is counted", async () => {
    const { ask, upstream, proxy } = await behind(ok("here"), browned());
    const answer = await ask("/old");
    expect(headOf(answer)[0]).toBe("HTTP/1.1 503 Service Unavailable");
    expect(deprecationOf(answer)).toEqual(LINES);
    expect(headOf(answer)).toContain("cache-control: no-store");
    const seconds = Number(/\r\nretry-after: (\d+)\r\n/.exec(answer)?.[1]);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(3 * 86_400);
    expect(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")))).toMatchObject({ error: "brownout" });
    expect(upstream.requests).toHaveLength(0);
    expect(await skippedAsBrownout(proxy.adminUrl)).toBe(1);
    expect(await ask("/other")).toContain("here");
  });

  test("answers 410 where the config says so, and nothing may keep it", async () => {
    const { ask } = await behind(ok("here"), browned(", brownoutStatus: 410"));
    const answer = await ask("/old");
    expect(headOf(answer)[0]).toBe("HTTP/1.1 410 Gone");
    expect(headOf(answer)).toContain("cache-control: no-store");
  });

  test("turns a write away before the legacy sees any of it, and HEAD without a body", async () => {
    const { proxy, upstream } = await behind(ok(""), browned());
    const written = await exchange(
      proxy.port,
      "POST /old HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
    );
    expect(written).toMatch(/^HTTP\/1\.1 503 /);
    const head = await exchange(proxy.port, "HEAD /old HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect(head).toMatch(/^HTTP\/1\.1 503 /);
    expect(head.endsWith("\r\n\r\n")).toBe(true);
    expect(upstream.received).toBe("");
  });

  test("leaves the connection to the next request", async () => {
    const { proxy } = await behind(ok("here"), browned());
    const client = await connectTo(proxy.port);
    await client.send(get("/old") + get("/other")).receive("here");
    expect(client.received).toMatch(/^HTTP\/1\.1 503 [\s\S]*HTTP\/1\.1 200 OK/);
  });

  test("that is over lets the legacy serve", async () => {
    const { ask } = await behind(ok("here"), routes(`${DEPRECATION}, ${NEVER}`));
    expect(await ask("/old")).toContain("here");
  });

  test("is none for a mirror of another Parallax", async () => {
    const { ask } = await behind(ok("here"), browned());
    expect(await ask("/old", "x-parallax-role: shadow")).toContain("here");
  });

  test("is none under the kill switch, and is one again after it", async () => {
    const { ask, proxy } = await behind(ok("here"), browned());
    const kill = async (method: "POST" | "DELETE") => {
      const { body } = await request(`${proxy.adminUrl}/api/kill`, { method });
      await body.dump();
    };
    await kill("POST");
    const answer = await ask("/old");
    expect(answer).toContain("here");
    expect(deprecationOf(answer)).toEqual(LINES);
    await kill("DELETE");
    expect(await ask("/old")).toMatch(/^HTTP\/1\.1 503 /);
  });
});

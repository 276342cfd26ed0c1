// What the candidate gets: the legacy's request, changed for the shadow leg alone; and no loops.
import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import { converse, nonZero, startHouse } from "./house.ts";
import { startHttp } from "./upstreams.ts";

type Got = Pick<IncomingMessage, "url" | "headers">;

/** A pair of upstreams that answer alike and keep what they got. */
async function pair() {
  const got = { legacy: [] as Got[], candidate: [] as Got[] };
  const keep = (list: Got[]) =>
    startHttp((incoming, answer) => {
      list.push({ url: incoming.url, headers: incoming.headers });
      answer.end("ok");
    });
  const [legacy, candidate] = await Promise.all([keep(got.legacy), keep(got.candidate)]);
  const upstreams = { legacy: { url: legacy.url }, candidate: { url: candidate.url } };
  return { got, legacy, candidate, upstreams, stop: () => Promise.all([legacy.stop(), candidate.stop()]) };
}

const THREADS = { serving: 1, shadow: 1 };
const REQUEST =
  "GET /v1/items?q=1 HTTP/1.1\r\nhost: shop.test\r\nauthorization: Bearer t\r\ncookie: s=1\r\n" +
  "x-kept: a\r\nx-kept: b\r\nx-gone: c\r\nx-set: client\r\nx-parallax-role: primary\r\nconnection: close\r\n\r\n";

describe("the mirrored request", () => {
  test("is the legacy's, with the role and the candidate's Host", async () => {
    const { got, upstreams, candidate, stop } = await pair();
    const house = await startHouse({ threads: THREADS, upstreams });
    try {
      await converse(house.port, REQUEST);
      await house.settled(1);
      const [legacy, shadow] = [got.legacy[0]?.headers, got.candidate[0]?.headers];
      expect(legacy).toMatchObject({ host: "shop.test", authorization: "Bearer t", cookie: "s=1" });
      expect(shadow).toMatchObject({
        host: `127.0.0.1:${candidate.port}`,
        authorization: "Bearer t",
        cookie: "s=1",
        "x-kept": "a, b",
        "x-parallax-role": "shadow",
        via: legacy?.via,
        "x-forwarded-for": legacy?.["x-forwarded-for"],
      });
      expect(got.candidate[0]?.url).toBe("/v1/items?q=1");
      expect(shadow?.["content-length"]).toBeUndefined();
    } finally {
      await house.stop();
      await stop();
    }
  });

  test("has its headers set and removed, its path rewritten, its credentials stripped; the legacy's not", async () => {
    const { got, upstreams, stop } = await pair();
    const house = await startHouse({
      threads: THREADS,
      upstreams,
      mirror: {
        setHeaders: { "X-Set": "shadow", "x-new": "n" },
        removeHeaders: ["X-Gone"],
        credentials: "strip",
        hostHeader: "preserve",
        pathRewrite: { from: "/v1", to: "/v2" },
      },
    });
    try {
      await converse(house.port, REQUEST);
      await house.settled(1);
      const shadow = got.candidate[0];
      expect(shadow?.url).toBe("/v2/items?q=1");
      expect(shadow?.headers).toMatchObject({ host: "shop.test", "x-set": "shadow", "x-new": "n" });
      for (const name of ["authorization", "cookie", "x-gone"])
        expect(shadow?.headers).not.toHaveProperty(name);
      const legacy = got.legacy[0];
      expect(legacy?.url).toBe("/v1/items?q=1");
      expect(legacy?.headers).toMatchObject({ authorization: "Bearer t", "x-gone": "c", "x-set": "client" });
      expect(legacy?.headers).not.toHaveProperty("x-new");
    } finally {
      await house.stop();
      await stop();
    }
  });
});

describe("the hop guard", () => {
  test("refuses a request that comes back: 508, once", async () => {
    const { upstreams, stop } = await pair();
    // The front's legacy is a second Parallax, whose legacy is the front.
    const front = await startHouse({ threads: THREADS, upstreams: { legacy: upstreams.legacy } });
    const back = await startHouse({
      threads: THREADS,
      upstreams: { legacy: { url: `http://127.0.0.1:${front.port}` } },
    });
    front.rewrite({ threads: THREADS, upstreams: { legacy: { url: `http://127.0.0.1:${back.port}` } } });
    await fetch(`${front.admin}/api/reload`, { method: "POST" });
    try {
      const answer = (await converse(front.port, REQUEST)).toString();
      expect(answer).toMatch(/^HTTP\/1\.1 508 /);
      expect((await front.settled(2)).skipped.refused).toBe(1);
      expect((await back.settled(1)).exchanges).toBe(1);
    } finally {
      await Promise.all([front.stop(), back.stop()]);
      await stop();
    }
  });

  test("serves a mirror that arrives at a second Parallax, and does not mirror it again", async () => {
    const { got, upstreams, stop } = await pair();
    const second = await startHouse({ threads: THREADS, upstreams });
    const first = await startHouse({
      threads: THREADS,
      upstreams: { legacy: upstreams.legacy, candidate: { url: `http://127.0.0.1:${second.port}` } },
      compare: { headers: [] },
    });
    try {
      await converse(first.port, REQUEST);
      expect((await first.settled(1)).match).toBe(1);
      expect(nonZero((await second.settled(1)).skipped)).toEqual({ "already-shadow": 1 });
      expect([got.legacy.length, got.candidate.length]).toEqual([2, 0]);
    } finally {
      await Promise.all([first.stop(), second.stop()]);
      await stop();
    }
  });
});

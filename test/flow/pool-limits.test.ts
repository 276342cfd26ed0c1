// The pool of upstream connections at its limits, seen from a client.
import { describe, expect, test } from "vitest";
import { converse, openSocket, readUntil, startHouse } from "./house.ts";
import { answerByPath, startHttp, startRaw, type Upstream } from "./upstreams.ts";

const request = (target: string): string =>
  `GET ${target} HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n`;
const statusOf = (answer: Buffer): string => answer.toString("latin1").slice(9, 12);

describe("without a queue (queueMax: 0)", () => {
  test("a request still gets a new connection, and one past the cap is answered 503", async () => {
    const held: (() => void)[] = [];
    const legacy = await startHttp((incoming, answer) => {
      if (incoming.url === "/held") held.push(() => answer.end("late"));
      else answerByPath(incoming, answer);
    });
    const house = await startHouse({
      threads: { serving: 1, shadow: 1 },
      upstreams: { legacy: { url: legacy.url, queueMax: 0, connectionsMax: 1 } },
    });
    try {
      expect(statusOf(await converse(house.port, request("/a")))).toBe("200");
      const first = converse(house.port, request("/held"));
      await expect.poll(() => held.length).toBe(1);
      const second = await converse(house.port, request("/a"));
      expect(statusOf(second)).toBe("503");
      expect(second.toString()).toContain("upstream-busy");
      held[0]?.();
      expect((await first).toString()).toContain("late");
    } finally {
      await house.stop();
      await legacy.stop();
    }
  });
});

describe("a reload that names another legacy", () => {
  let before: Upstream;
  let after: Upstream;

  test("lets a request that waits for a connection have its answer from the one it was meant for", async () => {
    const held: (() => void)[] = [];
    before = await startHttp((incoming, answer) => {
      if (incoming.url === "/held") held.push(() => answer.end("held"));
      else answer.end("before");
    });
    after = await startHttp((_incoming, answer) => answer.end("after"));
    const settings = (url: string) => ({
      threads: { serving: 1, shadow: 1 },
      upstreams: { legacy: { url, connectionsMax: 1, connectTimeoutMs: 10_000 } },
    });
    const house = await startHouse(settings(before.url));
    try {
      const first = converse(house.port, request("/held"));
      await expect.poll(() => held.length).toBe(1);
      const waiting = converse(house.port, request("/waits"));
      await expect.poll(async () => (await house.summary()).totals.inFlight).toBe(2);
      house.rewrite(settings(after.url));
      const reloaded = await fetch(`${house.admin}/api/reload`, { method: "POST" });
      expect(await reloaded.json()).toEqual({ epoch: 2 });
      expect((await converse(house.port, request("/new"))).toString()).toContain("after");
      held[0]?.();
      expect((await first).toString()).toContain("held");
      expect((await waiting).toString()).toContain("before");
      expect(before.connections()).toBeLessThan(4);
    } finally {
      await house.stop();
      await Promise.all([before.stop(), after.stop()]);
    }
  });

  test("still answers 503 to one that waits in vain", async () => {
    before = await startRaw((socket) => socket.resume());
    after = await startHttp((_incoming, answer) => answer.end("after"));
    const settings = (url: string) => ({
      threads: { serving: 1, shadow: 1 },
      upstreams: { legacy: { url, connectionsMax: 1, connectTimeoutMs: 300 } },
    });
    const house = await startHouse(settings(before.url));
    try {
      const hung = await openSocket(house.port);
      hung.write(request("/hung"));
      await expect.poll(() => before.connections()).toBe(1);
      const waiting = await openSocket(house.port);
      waiting.write(request("/waits"));
      await expect.poll(async () => (await house.summary()).totals.inFlight).toBe(2);
      house.rewrite(settings(after.url));
      await fetch(`${house.admin}/api/reload`, { method: "POST" });
      expect(await readUntil(waiting, "upstream-queue-timeout")).toContain("503");
      hung.resetAndDestroy();
      waiting.destroy();
      await house.settled(2);
    } finally {
      await house.stop();
      await Promise.all([before.stop(), after.stop()]);
    }
  });
});

// Threads that die: each is replaced, and the others serve on.
import { describe, expect, test } from "vitest";
import { converse, type House, openSocket, readToEnd, readUntil, startHouse } from "./house.ts";
import { answerByPath, startHttp } from "./upstreams.ts";

const get = (target: string, lines = ""): string => `GET ${target} HTTP/1.1\r\nhost: a.test\r\n${lines}\r\n`;
const CLOSE = "connection: close\r\n";
const thread = async (house: House, name: string) =>
  (await house.summary()).threads.find((state) => state.name === name);

async function withHouse(settings: object, run: (house: House) => Promise<void>): Promise<void> {
  const [legacy, candidate] = await Promise.all([startHttp(answerByPath), startHttp(answerByPath)]);
  const house = await startHouse({
    upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
    ...settings,
  });
  try {
    await run(house);
  } finally {
    await house.stop();
    await Promise.all([legacy.stop(), candidate.stop()]);
  }
}

/** The thread throws, as a bug would make it. */
const crash = (house: House, name: string) => house.worker(name).postMessage({ kind: "no such message" });

describe("two serving threads on one port", () => {
  test("both serve; when one dies the other serves on, and the dead one is replaced", () =>
    withHouse({ threads: { serving: 2, shadow: 1 } }, async (house) => {
      // Connections spread by the kernel: some on each thread.
      const sockets = await Promise.all(Array.from({ length: 16 }, () => openSocket(house.port)));
      const ask = async (socket: (typeof sockets)[number]) => {
        const answer = readUntil(socket, '"n":1}').catch(() => "lost");
        socket.write(get("/a"));
        return answer;
      };
      for (const socket of sockets) expect(await ask(socket)).toMatch(/^HTTP\/1\.1 200 /);
      crash(house, "serving-0");
      await expect.poll(async () => (await thread(house, "serving-0"))?.restarts).toBe(1);
      const answers = await Promise.all(sockets.map((socket) => (socket.destroyed ? "lost" : ask(socket))));
      const kept = answers.filter((answer) => answer.startsWith("HTTP/1.1 200 ")).length;
      // Each thread had some: else one of them did not listen.
      expect([kept > 0, kept < sockets.length]).toEqual([true, true]);
      await expect.poll(async () => (await thread(house, "serving-0"))?.state).toBe("running");
      expect((await thread(house, "serving-0"))?.lastError).toMatch(/unreachable/);
      expect((await thread(house, "serving-1"))?.restarts).toBe(0);
      // And the new one takes its share: kill the other, and go on.
      crash(house, "serving-1");
      await expect.poll(async () => (await thread(house, "serving-1"))?.restarts).toBe(1);
      expect((await converse(house.port, get("/a", CLOSE))).toString()).toMatch(/^HTTP\/1\.1 200 /);
      for (const socket of sockets) socket.destroy();
    }));
});

/** Dies three times right after its start, so that the next one is some time away. */
async function crashLoop(house: House, name: string): Promise<void> {
  for (const restarts of [1, 2, 3]) {
    await expect.poll(async () => (await thread(house, name))?.state, { timeout: 5_000 }).toBe("running");
    crash(house, name);
    await expect.poll(async () => (await thread(house, name))?.restarts, { timeout: 5_000 }).toBe(restarts);
  }
}

describe("/readyz in a crash loop of a serving thread", () => {
  for (const [serving, status] of [
    [2, 200],
    [1, 503],
  ] as const)
    test(`is ${status} where ${serving - 1} others listen; the summary shows the rest`, () =>
      withHouse({ threads: { serving, shadow: 1 } }, async (house) => {
        expect((await fetch(`${house.admin}/readyz`)).status).toBe(200);
        await crashLoop(house, "serving-0");
        const ready = await fetch(`${house.admin}/readyz`);
        expect((await thread(house, "serving-0"))?.state).toBe("lost");
        expect(ready.status).toBe(status);
      }));
});

describe("a shadow thread that dies", () => {
  test("is replaced; clients notice nothing, and what it had under way is counted as lost", async () => {
    const legacy = await startHttp(answerByPath);
    let isHung = true;
    const candidate = await startHttp((incoming, answer) => {
      if (!isHung) answerByPath(incoming, answer);
    });
    const house = await startHouse({
      threads: { serving: 1, shadow: 1 },
      upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
      mirror: { deadlineMs: 60_000 },
    });
    try {
      const socket = await openSocket(house.port);
      const all = readToEnd(socket);
      socket.write(get("/a") + get("/b") + get("/c"));
      await expect.poll(() => candidate.connections()).toBe(3);
      crash(house, "shadow-0");
      await expect.poll(async () => (await thread(house, "shadow-0"))?.restarts, { interval: 5 }).toBe(1);
      // On the same connection, while nobody drains the ring.
      socket.write(get("/d") + get("/e", CLOSE));
      isHung = false;
      expect((await all).toString().match(/HTTP\/1\.1 200 /g)).toHaveLength(5);
      const { skipped, match } = await house.settled(5);
      expect([skipped["shadow-thread-lost"], match]).toEqual([3, 2]);
      expect((await thread(house, "shadow-0"))?.restarts).toBe(1);
    } finally {
      await house.stop();
      await Promise.all([legacy.stop(), candidate.stop()]);
    }
  });
});

describe("a serving thread that cannot listen while a reload is under way", () => {
  test("is replaced, and the reload is not failed by it", () =>
    withHouse({ threads: { serving: 2, shadow: 1 } }, async (house) => {
      // As long as a thread is missing, the reload waits for it.
      await house.worker("shadow-0").terminate();
      const reloaded = fetch(`${house.admin}/api/reload`, { method: "POST" });
      await expect.poll(async () => (await house.summary()).epoch).toBe(2);
      house
        .worker("serving-0")
        .emit("message", { kind: "listen-failed", code: "EMFILE", message: "too many open files" });
      const answer = await reloaded;
      expect([answer.status, await answer.json()]).toEqual([200, { epoch: 2 }]);
      await expect
        .poll(async () => (await thread(house, "serving-0"))?.lastError)
        .toBe("cannot listen: EMFILE");
      await expect.poll(async () => (await thread(house, "serving-0"))?.state).toBe("running");
    }));
});

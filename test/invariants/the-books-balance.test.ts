// Invariant 2: exchanges = match + mismatch + incomparable + Σ skipped + in flight, at every scrape, whatever
// goes on; and in flight is zero once it is quiet.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  converse,
  type House,
  openSocket,
  readToEnd,
  readUntil,
  skippedSum,
  startHouse,
  type Totals,
} from "../flow/house.ts";
import { answerByPath, startHttp, startRaw, type Upstream } from "../flow/upstreams.ts";

const HOST = "host: a.test\r\n";
const CLOSE = "connection: close\r\n";

function expectBalanced(totals: Totals): void {
  const { exchanges, match, mismatch, incomparable, inFlight } = totals;
  expect(exchanges).toBe(match + mismatch + incomparable + skippedSum(totals) + inFlight);
  expect(inFlight).toBeGreaterThanOrEqual(0);
}

/** The same books as /metrics shows them. */
function expectMetricsBalanced(text: string): void {
  const sum = (name: string) =>
    [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "gm"))].reduce(
      (s, [, n]) => s + Number(n),
      0,
    );
  const ended = sum("parallax_exchanges_total");
  const begun = sum("parallax_exchanges_begun_total");
  const inFlight = sum("parallax_in_flight");
  expect(begun).toBe(ended + inFlight);
  expect(inFlight).toBeGreaterThanOrEqual(0);
}

/** Reads both while `work` goes on, and once more after it; answers how often. */
async function scrapeDuring(house: House, work: Promise<unknown>): Promise<number> {
  let isOver = false;
  let scrapes = 0;
  const done = work.finally(() => {
    isOver = true;
  });
  do {
    expectBalanced((await house.summary()).totals);
    expectMetricsBalanced(await house.metrics());
    scrapes++;
  } while (!isOver);
  await done;
  return scrapes;
}

describe("the books balance at every scrape", () => {
  let legacy: Upstream;
  let candidate: Upstream;

  beforeAll(async () => {
    legacy = await startHttp((incoming, answer) => {
      if (incoming.url === "/cut") {
        answer.writeHead(200, { "content-length": 100 });
        answer.write("half", () => incoming.socket.destroy());
      } else if (incoming.url === "/reset") incoming.socket.destroy();
      else if (incoming.url === "/endless") answer.write("begun");
      else answerByPath(incoming, answer);
    });
    candidate = await startHttp((incoming, answer) => {
      if (incoming.url === "/differs") answer.end("other");
      else if (incoming.url === "/broken") incoming.socket.destroy();
      else if (incoming.url === "/late") setTimeout(() => answer.end("{}"), 1_000);
      else answerByPath(incoming, answer);
    });
  });

  afterAll(() => Promise.all([legacy.stop(), candidate.stop()]));

  const settings = (serving: number) => ({
    threads: { serving, shadow: 1 },
    upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
    limits: { captureBytesMax: 4_194_304 },
    mirror: {
      methods: ["GET", "HEAD", "POST"],
      requestBytesMax: 1000,
      answerBytesMax: 200_000,
      deadlineMs: 400,
    },
    routes: [
      { name: "sampled", match: { path: "/sampled" }, stage: "shadow", mirror: { samplePercent: 50 } },
      { name: "off", match: { path: "/off" }, stage: "off" },
      { name: "rest", match: { path: "/**" }, stage: "shadow" },
    ],
  });

  const get = (target: string, lines = "") => `GET ${target} HTTP/1.1\r\n${HOST}${lines}\r\n`;
  const post = (bytes: number) =>
    `POST /p HTTP/1.1\r\n${HOST}content-length: ${bytes}\r\n\r\n${"x".repeat(bytes)}`;
  const script = [
    get("/a"),
    get("/differs"),
    get("/large"),
    get("/broken"),
    get("/late"),
    get("/sampled"),
    get("/off"),
    post(1000),
    post(1001),
    `DELETE /a HTTP/1.1\r\n${HOST}\r\n`,
    get("/already", "x-parallax-role: shadow\r\n"),
  ];
  /** The script, and the six things that need a connection of their own. */
  const EXCHANGES_PER_ROUND = script.length + 6;

  /** Everything that can happen to an exchange, once. */
  async function round(port: number): Promise<void> {
    await converse(
      port,
      script.slice(0, -1).join("") + script.at(-1)?.replace("\r\n\r\n", `\r\n${CLOSE}\r\n`),
    );
    await converse(port, get("/cut", CLOSE));
    await converse(port, get("/reset", CLOSE));
    await converse(port, "NOT A REQUEST\r\n\r\n");
    // The client goes away: in the middle of its body, and of the answer.
    const body = await openSocket(port);
    body.write(`POST /p HTTP/1.1\r\n${HOST}content-length: 100\r\n\r\nhalf`);
    body.end();
    await readToEnd(body);
    const waiting = await openSocket(port);
    waiting.write(get("/endless"));
    await readUntil(waiting, "begun");
    waiting.resetAndDestroy();
    // An upgrade that is refused.
    await converse(port, get("/ws", `connection: upgrade, close\r\nupgrade: websocket\r\n`));
  }

  test("under mixed load with kills and reloads", async () => {
    const house = await startHouse(settings(2));
    try {
      const rounds = 12;
      const load = async () => {
        for (let i = 0; i < rounds; i += 3)
          await Promise.all([round(house.port), round(house.port), round(house.port)]);
      };
      const turns = async () => {
        for (let i = 0; i < 3; i++) {
          await request(`${house.admin}/api/kill`, { method: "POST" });
          await request(`${house.admin}/api/reload`, { method: "POST" });
          await request(`${house.admin}/api/kill`, { method: "DELETE" });
        }
      };
      const scrapes = await scrapeDuring(house, Promise.all([load(), turns()]));
      expect(scrapes).toBeGreaterThan(5);
      const totals = await house.settled(rounds * EXCHANGES_PER_ROUND);
      expectBalanced(totals);
      // Without each of these the load was not what it says.
      for (const reason of ["method", "already-shadow", "stage-off", "upgrade", "refused"] as const)
        expect([reason, totals.skipped[reason] > 0]).toEqual([reason, true]);
      for (const reason of ["primary-failed", "client-aborted", "request-overflow", "killed"] as const)
        expect([reason, totals.skipped[reason] > 0]).toEqual([reason, true]);
      for (const count of [totals.match, totals.mismatch, totals.incomparableByReason.overflow])
        expect(count).toBeGreaterThan(0);
    } finally {
      await house.stop();
    }
  });

  test("while everything is recorded, to a disk that fails too", async () => {
    const dir = mkdtempSync(join(tmpdir(), "parallax-books-"));
    const house = await startHouse({ ...settings(2), record: { dir, methods: "all", samplePercent: 70 } });
    try {
      const rounds = 6;
      const load = async () => {
        for (let i = 0; i < rounds; i += 3) {
          await Promise.all([round(house.port), round(house.port), round(house.port)]);
          // A file in the place of the directory refuses root too.
          rmSync(dir, { recursive: true, force: true });
          writeFileSync(dir, "");
        }
      };
      await scrapeDuring(house, load());
      const totals = await house.settled(rounds * EXCHANGES_PER_ROUND);
      expectBalanced(totals);
      for (const reason of ["method", "stage-off", "upgrade"] as const)
        expect([reason, totals.skipped[reason]]).toEqual([reason, rounds]);
      expect(totals.match).toBeGreaterThan(0);
      await expect.poll(house.metrics, { timeout: 10_000 }).toMatch(/^parallax_record_lost_total [1-9]/m);
      expectBalanced((await house.summary()).totals);
    } finally {
      await house.stop();
      rmSync(dir, { recursive: true, force: true });
    }
  });

  test("after an upgrade that was taken, from its first byte to its last", async () => {
    const echo = await startRaw((socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n");
        socket.pipe(socket);
      });
    });
    const upstreams = { legacy: { url: echo.url }, candidate: { url: candidate.url } };
    const house = await startHouse({ ...settings(1), upstreams });
    try {
      const socket = await openSocket(house.port);
      socket.write(get("/ws", "connection: upgrade\r\nupgrade: echo\r\n"));
      await readUntil(socket, "101");
      const { totals } = await house.summary();
      expectBalanced(totals);
      expect(totals.inFlight).toBe(1);
      socket.write("ping");
      await readUntil(socket, "ping");
      socket.end();
      await readToEnd(socket);
      expect((await house.settled(1)).skipped.upgrade).toBe(1);
    } finally {
      await house.stop();
      await echo.stop();
    }
  });

  test("across lost serving and shadow threads, which are replaced", async () => {
    const house = await startHouse(settings(2));
    try {
      let rounds = 0;
      let isOver = false;
      const load = async () => {
        while (!isOver) {
          // A connection to a thread that dies is reset: that is the client's to see, once.
          await round(house.port).catch(() => undefined);
          rounds++;
        }
      };
      const restarts = async (name: string) =>
        (await house.summary()).threads.find((thread) => thread.name === name)?.restarts ?? 0;
      const losses = async () => {
        for (const name of ["shadow-0", "serving-0", "shadow-0", "serving-1"]) {
          const before = await restarts(name);
          // Not a message it knows: the thread throws, as a bug would.
          house.worker(name).postMessage({ kind: "no such message" });
          await expect.poll(() => restarts(name), { timeout: 10_000 }).toBe(before + 1);
          await expect
            .poll(async () => (await house.summary()).threads.every(({ state }) => state === "running"), {
              timeout: 10_000,
            })
            .toBe(true);
        }
        isOver = true;
      };
      await scrapeDuring(house, Promise.all([load(), losses()]));
      const { exchanges } = (await house.summary()).totals;
      const totals = await house.settled(exchanges);
      expectBalanced(totals);
      expect(rounds).toBeGreaterThan(2);
      expect(totals.match).toBeGreaterThan(0);
    } finally {
      await house.stop();
    }
  });
});

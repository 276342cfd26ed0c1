// Invariant 1: a slow, hung, refusing, garbage-sending or dead candidate changes no byte, status or order that
// a client sees; and every exchange still ends in exactly one outcome, under the right reason.
import type { Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { converse, type House, nonZero, skippedSum, startHouse } from "../flow/house.ts";
import { answerByPath, closedPort, startHttp, startRaw, type Upstream } from "../flow/upstreams.ts";

const HOST = "host: example.test\r\n";
const get = (target: string, lines = "") => `GET ${target} HTTP/1.1\r\n${HOST}${lines}\r\n`;

/** Pipelined, so that the order of the answers is in the bytes. Six of the eight are mirrored. */
const SESSION =
  get("/a") +
  get("/large") +
  `HEAD /large HTTP/1.1\r\n${HOST}\r\n` +
  `POST /write HTTP/1.1\r\n${HOST}content-length: 5\r\n\r\nhello` +
  get("/chunked") +
  `PUT /write HTTP/1.1\r\n${HOST}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n` +
  get("/missing") +
  get("/empty", "connection: close\r\n");
const SESSION_EXCHANGES = 8;
const SESSION_MIRRORED = 6;

const MIB = 1024 * 1024;

interface Fault {
  readonly name: string;
  readonly onConnection?: (socket: Socket) => void;
  /** What the six mirrors end in. A 404 and a 204 among the legacy's answers differ from a 200 by status. */
  readonly ends: Record<string, number>;
}

const answerOnce = (bytes: string, then: (socket: Socket) => void) => (socket: Socket) => {
  socket.once("data", (request) => {
    socket.write(bytes);
    // The answer to a HEAD ends with its head: what followed would be another exchange's.
    if (request.toString("latin1").startsWith("HEAD ")) socket.end();
    else then(socket);
  });
};

function sendForever(socket: Socket): void {
  const block = Buffer.alloc(64 * 1024, "x");
  const send = (): void => {
    while (!socket.destroyed && socket.write(block));
  };
  socket.on("drain", send);
  send();
}

function drip(socket: Socket): void {
  const timer = setInterval(() => socket.write("x"), 20);
  socket.on("close", () => clearInterval(timer));
}

const FAULTS: readonly Fault[] = [
  {
    name: "hangs: accepts and never answers",
    onConnection: (s) => s.resume(),
    ends: { "candidate-timeout": 6 },
  },
  { name: "refuses connections", ends: { "candidate-unreachable": 6 } },
  {
    name: "resets after the request",
    onConnection: (s) => s.once("data", () => s.resetAndDestroy()),
    ends: { "candidate-broken": 6 },
  },
  {
    name: "sends garbage",
    onConnection: answerOnce("\u0000\u0001\u0002 not HTTP at all\r\n\r\n", () => undefined),
    ends: { "candidate-broken": 6 },
  },
  {
    name: "answers half a body",
    onConnection: answerOnce("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", (s) => s.end()),
    // A HEAD's answer has no body that could be cut.
    ends: { "candidate-broken": 5, match: 1 },
  },
  {
    name: "sends 1 GB",
    onConnection: answerOnce(`HTTP/1.1 200 OK\r\ncontent-length: ${1024 * MIB}\r\n\r\n`, sendForever),
    ends: { overflow: 3, match: 1, mismatch: 2 },
  },
  {
    name: "streams without an end",
    onConnection: answerOnce("HTTP/1.1 200 OK\r\n\r\n", sendForever),
    ends: { overflow: 3, match: 1, mismatch: 2 },
  },
  {
    name: "drips",
    onConnection: answerOnce("HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n", drip),
    ends: { "candidate-timeout": 5, match: 1 },
  },
];

describe("the client's bytes, status and order stay as they are without a candidate when the candidate", () => {
  let legacy: Upstream;
  let expected: Buffer;

  const settingsWith = (candidate: string | undefined) => ({
    threads: { serving: 1, shadow: 1 },
    upstreams: {
      legacy: { url: legacy.url },
      ...(candidate === undefined ? {} : { candidate: { url: candidate } }),
    },
    mirror: { deadlineMs: 400 },
    // Status and body alone: what fills the body of these candidates has no type.
    compare: { headers: [] },
    shadow: { breaker: { failuresToOpen: 1000 } },
  });

  beforeAll(async () => {
    legacy = await startHttp(answerByPath);
    const house = await startHouse(settingsWith(undefined));
    expected = await converse(house.port, SESSION);
    await house.stop();
  });

  afterAll(() => legacy.stop());

  test("is not there: the session is whole", () => {
    const statuses = [...expected.toString("latin1").matchAll(/HTTP\/1\.1 (\d{3})/g)].map(
      ([, status]) => status,
    );
    expect(statuses).toEqual(["200", "200", "200", "200", "200", "200", "404", "204"]);
  });

  for (const { name, onConnection, ends } of FAULTS) {
    test(name, async () => {
      const candidate = onConnection === undefined ? undefined : await startRaw(onConnection);
      const house = await startHouse(
        settingsWith(candidate?.url ?? `http://127.0.0.1:${await closedPort()}`),
      );
      try {
        expect((await converse(house.port, SESSION)).equals(expected)).toBe(true);
        const totals = await house.settled(SESSION_EXCHANGES);
        const { match, mismatch, incomparableByReason } = totals;
        expect(nonZero({ ...incomparableByReason, match, mismatch })).toEqual(ends);
        expect(nonZero(totals.skipped)).toEqual({ method: SESSION_EXCHANGES - SESSION_MIRRORED });
      } finally {
        await house.stop();
        await candidate?.stop();
      }
    });
  }

  test("resets every connection", async () => {
    const candidate = await startRaw((socket) => socket.resetAndDestroy());
    const house = await startHouse(settingsWith(candidate.url));
    try {
      expect((await converse(house.port, SESSION)).equals(expected)).toBe(true);
      const { incomparable, incomparableByReason } = await house.settled(SESSION_EXCHANGES);
      expect(incomparable).toBe(SESSION_MIRRORED);
      // The reset may come before or after the request was written.
      const { "candidate-broken": broken, "candidate-unreachable": unreachable } = incomparableByReason;
      expect(broken + unreachable).toBe(SESSION_MIRRORED);
    } finally {
      await house.stop();
      await candidate.stop();
    }
  });

  test("is slow", async () => {
    const candidate = await startHttp((incoming, answer) => {
      setTimeout(() => answerByPath(incoming, answer), 100);
    });
    const house = await startHouse({ ...settingsWith(candidate.url), mirror: { deadlineMs: 5_000 } });
    try {
      expect((await converse(house.port, SESSION)).equals(expected)).toBe(true);
      expect((await house.settled(SESSION_EXCHANGES)).match).toBe(SESSION_MIRRORED);
    } finally {
      await house.stop();
      await candidate.stop();
    }
  });

  test("closes its idle connections without a word", async () => {
    const candidate = await startHttp((incoming, answer) => {
      answer.on("finish", () => setImmediate(() => incoming.socket.destroy()));
      answerByPath(incoming, answer);
    });
    const house = await startHouse(settingsWith(candidate.url));
    try {
      for (let round = 0; round < 3; round++)
        expect((await converse(house.port, SESSION)).equals(expected)).toBe(true);
      const totals = await house.settled(3 * SESSION_EXCHANGES);
      expect(totals.match + totals.incomparableByReason["candidate-broken"]).toBe(3 * SESSION_MIRRORED);
      expect(totals.mismatch).toBe(0);
    } finally {
      await house.stop();
      await candidate.stop();
    }
  });
});

describe("what will not be admitted", () => {
  /** Exchanges that were copied into the seam. */
  const published = async (house: House) =>
    Number(/^parallax_seam_published_total (\d+)/m.exec(await house.metrics())?.[1]);

  test("is not copied while the breaker is open, and counted all the same", async () => {
    const legacy = await startHttp(answerByPath);
    const house = await startHouse({
      threads: { serving: 1, shadow: 1 },
      upstreams: {
        legacy: { url: legacy.url },
        candidate: { url: `http://127.0.0.1:${await closedPort()}` },
      },
      shadow: { breaker: { failuresToOpen: 1, openMs: 600_000 } },
    });
    const one = get("/a", "connection: close\r\n");
    try {
      // The first fails and opens it; the second is refused, and says so to the serving thread.
      for (let sent = 1; sent <= 2; sent++) {
        await converse(house.port, one);
        await house.settled(sent);
      }
      expect(await published(house)).toBe(2);
      for (let sent = 3; sent <= 12; sent++) await converse(house.port, one);
      const totals = await house.settled(12);
      expect(nonZero(totals.skipped)).toEqual({ "breaker-open": 11 });
      expect(await published(house)).toBe(2);
    } finally {
      await house.stop();
      await legacy.stop();
    }
  });

  test("is not copied while mirrors fill their limit, and is again once there is room", async () => {
    const held: (() => void)[] = [];
    const legacy = await startHttp(answerByPath);
    const candidate = await startHttp((incoming, answer) => {
      if (incoming.url === "/slow") held.push(() => answerByPath(incoming, answer));
      else answerByPath(incoming, answer);
    });
    const house = await startHouse({
      threads: { serving: 1, shadow: 1 },
      upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
      mirror: { deadlineMs: 20_000 },
      shadow: { inFlightMax: 1 },
    });
    try {
      await converse(house.port, get("/slow", "connection: close\r\n"));
      await expect.poll(() => held.length).toBe(1);
      let sent = 1;
      const burst = Array.from({ length: 200 }, () => get("/a", "")).join("");
      await converse(house.port, burst + get("/a", "connection: close\r\n"));
      sent += 201;
      await expect
        .poll(async () => (await house.summary()).totals.skipped["in-flight"], { timeout: 10_000 })
        .toBe(201);
      expect(await published(house)).toBeLessThan(202);
      held[0]?.();
      expect((await house.settled(sent)).match).toBe(1);
      await converse(house.port, get("/a", "connection: close\r\n"));
      expect((await house.settled(sent + 1)).match).toBe(2);
    } finally {
      await house.stop();
      await legacy.stop();
      await candidate.stop();
    }
  });
});

describe("the breaker", () => {
  test("opens on a hung candidate, lets one probe through, and closes once it answers", async () => {
    let isHung = true;
    const legacy = await startHttp(answerByPath);
    const candidate = await startHttp((incoming, answer) => {
      if (!isHung) answerByPath(incoming, answer);
    });
    const house = await startHouse({
      threads: { serving: 1, shadow: 1 },
      upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
      mirror: { deadlineMs: 100 },
      shadow: { breaker: { failuresToOpen: 3, openMs: 300 } },
    });
    const one = get("/a", "connection: close\r\n");
    const state = async () => /parallax_breaker_state\S* (\d)/.exec(await house.metrics())?.[1];
    try {
      let sent = 0;
      for (; sent < 3; sent++) await converse(house.port, one);
      const failed = await house.settled(sent);
      expect(nonZero(failed.incomparableByReason)).toEqual({ "candidate-timeout": 3 });
      expect(await state()).toBe("2");
      await converse(house.port, one);
      sent++;
      expect(nonZero((await house.settled(sent)).skipped)).toEqual({ "breaker-open": 1 });
      isHung = false;
      await expect
        .poll(
          async () => {
            await converse(house.port, one);
            return (await house.settled(++sent)).match;
          },
          { timeout: 10_000, interval: 50 },
        )
        .toBe(1);
      expect(await state()).toBe("0");
      await converse(house.port, one);
      const healed = await house.settled(++sent);
      expect(healed.match).toBe(2);
      expect(healed.match + healed.incomparable + skippedSum(healed)).toBe(sent);
    } finally {
      await house.stop();
      await legacy.stop();
      await candidate.stop();
    }
  });
});

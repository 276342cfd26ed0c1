// Invariant 3: every queue, buffer and map has a named limit and a named behaviour at it. A body over its limit
// is skipped or incomparable, never cut and compared, never "equal".
import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { converse, type House, nonZero, openSocket, readToEnd, startHouse } from "../flow/house.ts";
import { answerByPath, startHttp, type Upstream } from "../flow/upstreams.ts";

const HOST = "host: a.test\r\n";
const CLOSE = "connection: close\r\n";
const get = (target: string): string => `GET ${target} HTTP/1.1\r\n${HOST}${CLOSE}\r\n`;
const withLength = (bytes: number): string =>
  `POST /p HTTP/1.1\r\n${HOST}${CLOSE}content-length: ${bytes}\r\n\r\n${"x".repeat(bytes)}`;
const chunked = (bytes: number): string =>
  `POST /p HTTP/1.1\r\n${HOST}${CLOSE}transfer-encoding: chunked\r\n\r\n` +
  `1\r\nx\r\n${(bytes - 1).toString(16)}\r\n${"x".repeat(bytes - 1)}\r\n0\r\n\r\n`;

const LIMIT = 4096;
/** Bodies of chosen sizes; each call is another house, so that its counts are the test's alone. */
const BOMBS = [1, 2].map((seed) => gzipSync(Buffer.alloc(1_000_000, seed)));
const SMALL = [1, 2].map((seed) => gzipSync(Buffer.alloc(LIMIT, seed)));

describe("at its limit", () => {
  let legacy: Upstream;
  let candidate: Upstream;
  const mirrored: number[] = [];
  const held: (() => void)[] = [];

  const upstream = (which: 0 | 1) =>
    startHttp((incoming, answer) => {
      const { pathname, searchParams } = new URL(incoming.url ?? "/", "http://localhost");
      const size = Number(searchParams.get(which === 0 ? "legacy" : "candidate") ?? 0);
      if (pathname === "/sized") answer.end(Buffer.alloc(size, "x"));
      else if (pathname === "/bomb" || pathname === "/small") {
        answer.writeHead(200, { "content-encoding": "gzip", "content-type": "text/plain" });
        answer.end((pathname === "/bomb" ? BOMBS : SMALL)[which]);
      } else if (pathname === "/hung" && which === 1) incoming.resume();
      else if (pathname === "/held" && which === 0) {
        incoming.resume();
        incoming.on("end", () => held.push(() => answer.end("held")));
      } else if (incoming.method === "POST") {
        let bytes = 0;
        incoming.on("data", (part: Buffer) => {
          bytes += part.length;
        });
        incoming.on("end", () => {
          if (which === 1) mirrored.push(bytes);
          answer.end(`got ${bytes}`);
        });
      } else answerByPath(incoming, answer);
    });

  beforeAll(async () => {
    legacy = await upstream(0);
    candidate = await upstream(1);
  });

  afterAll(() => Promise.all([legacy.stop(), candidate.stop()]));

  async function inHouse(settings: object, run: (house: House) => Promise<void>): Promise<void> {
    const house = await startHouse({
      threads: { serving: 1, shadow: 1 },
      upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
      ...settings,
    });
    try {
      await run(house);
    } finally {
      await house.stop();
    }
  }

  test("a request body is mirrored whole; past it the exchange is skipped (request-overflow)", () =>
    inHouse({ mirror: { methods: ["POST"], requestBytesMax: LIMIT } }, async (house) => {
      mirrored.length = 0;
      for (const bytes of [LIMIT - 1, LIMIT, LIMIT + 1]) {
        expect((await converse(house.port, withLength(bytes))).toString()).toContain(`got ${bytes}`);
        expect((await converse(house.port, chunked(bytes))).toString()).toContain(`got ${bytes}`);
      }
      const totals = await house.settled(6);
      expect(nonZero(totals.skipped)).toEqual({ "request-overflow": 2 });
      expect(totals.match).toBe(4);
      expect(mirrored.sort()).toEqual([LIMIT - 1, LIMIT - 1, LIMIT, LIMIT]);
    }));

  test("an answer is compared whole; past it, on either side, it is incomparable (overflow)", () =>
    inHouse({ mirror: { answerBytesMax: LIMIT } }, async (house) => {
      for (const bytes of [LIMIT - 1, LIMIT, LIMIT + 1, 100 * LIMIT])
        await converse(house.port, get(`/sized?legacy=${bytes}&candidate=${bytes}`));
      await converse(house.port, get(`/sized?legacy=${LIMIT}&candidate=${LIMIT + 1}`));
      await converse(house.port, get(`/sized?legacy=${LIMIT + 1}&candidate=${LIMIT}`));
      const totals = await house.settled(6);
      expect(totals).toMatchObject({ match: 2, mismatch: 0, incomparable: 4 });
      expect(nonZero(totals.incomparableByReason)).toEqual({ overflow: 4 });
    }));

  test("a decoded body is compared; a bomb past it is incomparable (decoded-overflow)", () =>
    inHouse({ compare: { decodedBytesMax: LIMIT } }, async (house) => {
      await converse(house.port, get("/small"));
      await converse(house.port, get("/bomb"));
      const totals = await house.settled(2);
      expect(totals).toMatchObject({ match: 0, mismatch: 1, incomparable: 1 });
      expect(nonZero(totals.incomparableByReason)).toEqual({ "decoded-overflow": 1 });
    }));

  test("the capture budget keeps no more; past it the exchange is skipped (capture-budget)", () =>
    inHouse(
      {
        mirror: { methods: ["POST"], requestBytesMax: LIMIT, answerBytesMax: LIMIT },
        limits: { captureBytesMax: 2 * LIMIT },
      },
      async (house) => {
        held.length = 0;
        const request = `POST /held HTTP/1.1\r\n${HOST}${CLOSE}content-length: ${LIMIT}\r\n\r\n${"x".repeat(LIMIT)}`;
        const answers: Promise<Buffer>[] = [];
        for (let i = 1; i <= 3; i++) {
          answers.push(converse(house.port, request));
          await expect.poll(() => held.length).toBe(i);
        }
        // The third got nothing kept; the answers of all three are served.
        for (const release of held) release();
        for (const answer of await Promise.all(answers)) expect(answer.toString()).toContain("held");
        const totals = await house.settled(3);
        expect(totals.skipped["capture-budget"]).toBeGreaterThanOrEqual(1);
        // What was let go of can be used again.
        await converse(house.port, withLength(LIMIT));
        expect((await house.settled(4)).match).toBe(totals.match + 1);
      },
    ));

  test("mirrors under way are capped; past it exchanges are skipped (in-flight)", () =>
    inHouse({ mirror: { deadlineMs: 1500 }, shadow: { inFlightMax: 2 } }, async (house) => {
      const socket = await openSocket(house.port);
      socket.write(`GET /hung HTTP/1.1\r\n${HOST}\r\n`.repeat(4) + get("/hung"));
      await readToEnd(socket);
      const totals = await house.settled(5);
      expect(nonZero(totals.incomparableByReason)).toEqual({ "candidate-timeout": 2 });
      expect(nonZero(totals.skipped)).toEqual({ "in-flight": 3 });
    }));

  test("bytes under way are capped too (in-flight)", () =>
    inHouse(
      {
        mirror: { methods: ["POST"], requestBytesMax: LIMIT, answerBytesMax: LIMIT, deadlineMs: 1500 },
        shadow: { inFlightBytesMax: 140_000 },
      },
      async (house) => {
        const one = (lines: string) =>
          `POST /hung HTTP/1.1\r\n${HOST}${lines}content-length: ${LIMIT}\r\n\r\n${"x".repeat(LIMIT)}`;
        await converse(house.port, [...Array(47).fill(one("")), one(CLOSE)].join(""));
        const totals = await house.settled(48);
        const { "candidate-timeout": sent } = totals.incomparableByReason;
        expect(totals.skipped["in-flight"]).toBe(48 - sent);
        // As many as have room, and not one more: each holds its body and a few hundred bytes of heads.
        expect(sent).toBeGreaterThan(140_000 / (LIMIT + 1024) - 1);
        expect(sent).toBeLessThanOrEqual(140_000 / LIMIT);
      },
    ));

  test("the seam takes no more; past it exchanges are skipped (seam-full), and clients are served", () =>
    inHouse(
      {
        mirror: { requestBytesMax: 0, answerBytesMax: 60_000 },
        limits: { headBytesMax: 1024, targetBytesMax: 512 },
        seam: { bytes: 262_144 },
      },
      async (house) => {
        // Nobody drains the ring until the thread is replaced.
        await house.worker("shadow-0").terminate();
        const requests = 40;
        const target = "/sized?legacy=60000&candidate=60000";
        const session = `GET ${target} HTTP/1.1\r\n${HOST}\r\n`.repeat(requests - 1) + get(target);
        const answers = await converse(house.port, session);
        expect(answers.length).toBeGreaterThan(requests * 60_000);
        const totals = await house.settled(requests);
        expect(totals.skipped["seam-full"]).toBeGreaterThan(0);
        expect(totals.match).toBeGreaterThan(0);
        expect(totals.match + totals.skipped["seam-full"]).toBe(requests);
      },
    ));

  test("endpoints past it count as *other*, and none is lost", () =>
    inHouse({ limits: { endpointsMax: 3 }, endpoints: [] }, async (house) => {
      for (const name of ["one", "two", "three", "four", "five", "one"])
        await converse(house.port, get(`/${name}`));
      await house.settled(6);
      const rows = async () => {
        const answer = (await (await fetch(`${house.admin}/api/endpoints`)).json()) as {
          readonly endpoints: readonly { readonly endpoint: string; readonly exchanges: number }[];
        };
        return Object.fromEntries(answer.endpoints.map(({ endpoint, exchanges }) => [endpoint, exchanges]));
      };
      await expect
        .poll(rows, { timeout: 5_000 })
        .toEqual({ "GET /one": 2, "GET /two": 1, "GET /three": 1, "*other*": 2 });
    }));

  test("a random body that is equal on both sides but over the limit is not called equal", () =>
    inHouse({ mirror: { answerBytesMax: 0 } }, async (house) => {
      await converse(house.port, get(`/sized?legacy=1&candidate=1&${randomBytes(4).toString("hex")}`));
      await converse(house.port, get("/empty"));
      const totals = await house.settled(2);
      expect(totals).toMatchObject({ match: 1, incomparable: 1 });
    }));
});

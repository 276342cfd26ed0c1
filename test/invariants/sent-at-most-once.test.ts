// Invariant 8: a request is sent to an upstream at most once, except a replayable one (safe or idempotent, body
// kept) on a connection that died before any byte of the answer.
import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { converse, type House, startHouse } from "../flow/house.ts";
import { answerByPath, startHttp, startRaw, type Upstream } from "../flow/upstreams.ts";

const LONG = 1024 * 1024;
const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/** Answers the first request of each connection; what happens to the second one, so many bytes in, is the test's. */
function dyingOnReuse(
  seen: string[],
  onSecond: (socket: Socket) => void,
  bytesBefore = 0,
): Promise<Upstream> {
  return startRaw((socket) => {
    let requests = 0;
    let received = 0;
    socket.on("data", (bytes) => {
      const [line = "", rest] = bytes.toString("latin1").split(" HTTP/1.1");
      // What has no request line is more of a body.
      if (rest !== undefined) {
        seen.push(line);
        received = 0;
        if (++requests === 1) socket.write(OK);
      }
      received += bytes.length;
      if (requests === 2 && received >= bytesBefore) onSecond(socket);
    });
  });
}

const send = (house: House, method: string, target: string, body = "") =>
  converse(
    house.port,
    `${method} ${target} HTTP/1.1\r\nhost: a.test\r\n${body === "" ? "" : `content-length: ${body.length}\r\n`}` +
      `connection: close\r\n\r\n${body}`,
  );
const statusOf = (answer: Buffer) => answer.toString("latin1").slice(9, 12);

async function withLegacy(legacy: Upstream, run: (house: House) => Promise<void>): Promise<void> {
  const house = await startHouse({
    threads: { serving: 1, shadow: 1 },
    upstreams: { legacy: { url: legacy.url } },
  });
  try {
    await run(house);
  } finally {
    await house.stop();
    await legacy.stop();
  }
}

describe("on a used connection that dies before any byte of the answer", () => {
  for (const [method, body, sends, status] of [
    ["GET", "", 2, "200"],
    ["HEAD", "", 2, "200"],
    ["DELETE", "", 2, "200"],
    ["POST", "", 1, "502"],
    ["PATCH", "", 1, "502"],
    ["POST", "once", 1, "502"],
    ["PUT", "twice", 2, "200"],
    // Idempotent, but longer than what is kept of a body to send it again.
    ["PUT", "x".repeat(LONG), 1, "502"],
  ] as const) {
    test(`${method}${body === "" ? "" : ` with a body of ${body.length} bytes`} is sent ${sends === 2 ? "once more" : "once"}: ${status}`, async () => {
      const seen: string[] = [];
      await withLegacy(
        await dyingOnReuse(seen, (socket) => socket.destroy(), body.length / 2),
        async (house) => {
          await send(house, "GET", "/first");
          expect(statusOf(await send(house, method, "/second", body))).toBe(status);
          expect(seen.filter((line) => line.endsWith("/second"))).toHaveLength(sends);
          const resends = /parallax_resends_total(?:\{[^}]*\})? (\d+)/.exec(await house.metrics())?.[1];
          expect(resends).toBe(String(sends - 1));
        },
      );
    });
  }
});

describe("once", () => {
  test("on a used connection that dies after a byte of the answer", async () => {
    const seen: string[] = [];
    await withLegacy(await dyingOnReuse(seen, (socket) => socket.end("HTTP/1.1 2")), async (house) => {
      await send(house, "GET", "/first");
      expect(statusOf(await send(house, "GET", "/second"))).toBe("502");
      expect(seen.filter((line) => line === "GET /second")).toHaveLength(1);
    });
  });

  test("on a new connection that dies", async () => {
    const seen: string[] = [];
    const legacy = await startRaw((socket) =>
      socket.on("data", (bytes) => {
        seen.push(bytes.toString("latin1"));
        socket.destroy();
      }),
    );
    await withLegacy(legacy, async (house) => {
      expect(statusOf(await send(house, "GET", "/only"))).toBe("502");
      expect(seen).toHaveLength(1);
    });
  });

  test("more, not twice more, when the second connection dies too", async () => {
    const seen: string[] = [];
    let isDead = false;
    const legacy = await startRaw((socket) =>
      socket.on("data", (bytes) => {
        seen.push(bytes.toString("latin1").slice(0, 10));
        if (isDead) socket.destroy();
        else socket.write(OK);
      }),
    );
    await withLegacy(legacy, async (house) => {
      await send(house, "GET", "/aaaa");
      isDead = true;
      expect(statusOf(await send(house, "GET", "/bbbb"))).toBe("502");
      expect(seen.filter((line) => line === "GET /bbbb ")).toHaveLength(2);
    });
  });
});

describe("towards the candidate", () => {
  for (const [method, sends] of [
    ["GET", 2],
    ["PUT", 2],
    ["POST", 1],
  ] as const) {
    test(`${method} is sent ${sends === 2 ? "once more: its body is kept" : "once"}`, async () => {
      const seen: string[] = [];
      const legacy = await startHttp(answerByPath);
      const candidate = await dyingOnReuse(seen, (socket) => socket.destroy());
      const house = await startHouse({
        threads: { serving: 1, shadow: 1 },
        upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
        mirror: { methods: ["GET", "PUT", "POST"] },
      });
      try {
        await send(house, "GET", "/first");
        await house.settled(1);
        await send(house, method, "/second", method === "GET" ? "" : "body");
        const { incomparableByReason, mismatch } = await house.settled(2);
        expect(seen.filter((line) => line === `${method} /second`)).toHaveLength(sends);
        expect([mismatch, incomparableByReason["candidate-broken"]]).toEqual(sends === 2 ? [2, 0] : [1, 1]);
      } finally {
        await house.stop();
        await Promise.all([legacy.stop(), candidate.stop()]);
      }
    });
  }
});

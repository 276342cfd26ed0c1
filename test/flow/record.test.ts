// Recorded traffic, on real sockets: every line is an exchange that was served, redacted, and nothing else changes.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { request } from "undici";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RECORDING_SCHEMA_VERSION, type RecordedExchange } from "../../src/core/recording.ts";
import { converse, type House, nonZero, startHouse } from "./house.ts";
import { answerByPath, closedPort, startHttp, type Upstream } from "./upstreams.ts";

test("a running Parallax records what it mirrors, redacted, and serves as before", async () => {
  const upstream = () =>
    startHttp((incoming, answer) => {
      incoming.resume();
      answer.writeHead(200, { "content-type": "application/json" });
      answer.end(JSON.stringify({ path: incoming.url, contact: "planted@example.com" }));
    });
  const directory = mkdtempSync(join(tmpdir(), "parallax-record-"));
  const [legacy, candidate] = await Promise.all([upstream(), upstream()]);
  const house = await startHouse({
    threads: { serving: 1, shadow: 1 },
    upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
    record: { dir: directory },
  });
  try {
    for (let n = 0; n < 3; n++) {
      const answer = await converse(
        house.port,
        `GET /item/${n}?m=planted%40example.com HTTP/1.1\r\nhost: a.test\r\nauthorization: Bearer planted-token-1\r\nconnection: close\r\n\r\n`,
      );
      const served = JSON.stringify({
        path: `/item/${n}?m=planted%40example.com`,
        contact: "planted@example.com",
      });
      expect(answer.toString()).toContain(served);
    }
    expect((await house.settled(3)).match).toBe(3);
    await inFiles(house, 3);
  } finally {
    await house.stop();
    await Promise.all([legacy.stop(), candidate.stop()]);
  }
  const names = readdirSync(directory);
  expect(names).toHaveLength(1);
  const text = gunzipSync(readFileSync(join(directory, names[0] ?? ""))).toString();
  rmSync(directory, { recursive: true });
  const recorded = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as RecordedExchange);
  expect(
    recorded.map(({ schemaVersion, request }) => [schemaVersion, request.method, request.target]),
  ).toEqual([0, 1, 2].map((n) => [RECORDING_SCHEMA_VERSION, "GET", `/item/${n}?m=[redacted%20email]`]));
  expect(recorded[0]?.endpoint).toBe("GET /item/{id}");
  expect(recorded[0]?.legacy).toMatchObject({ status: 200, isBodyCut: false });
  expect(recorded[0]?.legacy?.body).toContain('"contact":"[redacted email]"');
  expect(text).not.toContain("planted");
});

/** Every line of every file, in the order of the files. */
function readAll(directory: string): RecordedExchange[] {
  return readdirSync(directory)
    .sort()
    .flatMap((name) =>
      gunzipSync(readFileSync(join(directory, name)))
        .toString()
        .trimEnd()
        .split("\n"),
    )
    .map((line) => JSON.parse(line) as RecordedExchange);
}

function inFiles(house: House, exchanges: number): Promise<void> {
  const line = new RegExp(`^parallax_recorded_total ${exchanges}$`, "m");
  return expect.poll(house.metrics, { timeout: 20_000 }).toMatch(line);
}

describe("without a candidate", () => {
  const HEAD = "host: a.test\r\nconnection: close\r\n";
  const get = (target: string, lines = "") => `GET ${target} HTTP/1.1\r\n${HEAD}${lines}\r\n`;
  const post = (body: string, lines = "") =>
    `POST /items HTTP/1.1\r\n${HEAD}${lines}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  let directory = "";
  let legacy: Upstream;
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "parallax-record-"));
    legacy = await startHttp((incoming, answer) => {
      if (incoming.url === "/cut") {
        answer.writeHead(200, { "content-length": 100 });
        answer.write("half", () => incoming.socket.destroy());
      } else answerByPath(incoming, answer);
    });
  });
  afterEach(async () => {
    rmSync(directory, { recursive: true });
    await legacy.stop();
  });
  const settingsOf = (record: object) => ({
    threads: { serving: 1, shadow: 1 },
    upstreams: { legacy: { url: legacy.url } },
    mirror: { requestBytesMax: 1000, answerBytesMax: 2000 },
    record: { dir: directory, ...record },
  });
  const seen = ({ request, legacy: answer }: RecordedExchange) =>
    `${request.method} ${request.target} ${request.isBodyCut ? "cut" : request.body} ${answer?.status} ${answer?.isBodyCut ? "cut" : "whole"}`;

  test("what the legacy answered is recorded, of every method, and the books say what they said", async () => {
    const traffic = [
      get("/a"),
      post("{}"),
      post("", "x-none: 1\r\n"),
      post("x".repeat(1001)),
      get("/large"),
      get("/already", "x-parallax-role: shadow\r\n"),
      get("/cut"),
      get("/ws", "upgrade: websocket\r\nconnection: upgrade, close\r\n"),
    ];
    const totalsOf = async (record: object | undefined) => {
      const house = await startHouse({
        ...settingsOf({}),
        ...(record === undefined ? { record: {} } : { record }),
      });
      try {
        for (const bytes of traffic) await converse(house.port, bytes);
        const { skipped } = await house.settled(traffic.length);
        // On disk later than what is told of endpoints.
        if (record !== undefined) await inFiles(house, 5);
        const endpoints = await (await request(`${house.admin}/api/endpoints`)).body.json();
        return { skipped: nonZero(skipped), endpoints };
      } finally {
        await house.stop();
      }
    };
    const recorded = await totalsOf({ dir: directory, methods: "all" });
    expect(recorded.skipped).toEqual({ "no-candidate": 8 });
    expect(readAll(directory).map(seen)).toEqual([
      "GET /a  200 whole",
      "POST /items {} 200 whole",
      "POST /items  200 whole",
      "POST /items cut 200 whole",
      "GET /large  200 cut",
    ]);
    const plain = await totalsOf(undefined);
    expect(plain.skipped).toEqual({ "stage-off": 8 });
    expect(recorded.endpoints).toEqual(plain.endpoints);
  });

  test("only the methods that would be mirrored are recorded", async () => {
    const house = await startHouse(settingsOf({}));
    await converse(house.port, get("/a"));
    await converse(house.port, post("{}"));
    await house.settled(2);
    await inFiles(house, 1);
    await house.stop();
    expect(readAll(directory).map(seen)).toEqual(["GET /a  200 whole"]);
  });

  test("of the methods that are named, whatever would be mirrored", async () => {
    const other = await startHouse(settingsOf({ methods: ["POST"] }));
    await converse(other.port, get("/b"));
    await converse(other.port, post("{}"));
    await other.settled(2);
    await inFiles(other, 1);
    await other.stop();
    expect(readAll(directory).map(seen)).toEqual(["POST /items {} 200 whole"]);
  });

  test("nothing is recorded under the kill switch, nor of a route whose stage is off", async () => {
    const routes = [
      { name: "private", match: { path: "/private/**" }, stage: "off" },
      { name: "rest", match: { path: "/**" }, stage: "shadow" },
    ];
    const house = await startHouse({ ...settingsOf({ methods: "all" }), routes });
    try {
      await converse(house.port, get("/private/a"));
      await request(`${house.admin}/api/kill`, { method: "POST" });
      await converse(house.port, get("/b"));
      await request(`${house.admin}/api/kill`, { method: "DELETE" });
      await converse(house.port, get("/c"));
      expect(nonZero((await house.settled(3)).skipped)).toEqual({
        "stage-off": 1,
        killed: 1,
        "no-candidate": 1,
      });
      await inFiles(house, 1);
    } finally {
      await house.stop();
    }
    expect(readAll(directory).map(seen)).toEqual(["GET /c  200 whole"]);
  });

  test("several shadow threads write each their own files, and the metrics add them up", async () => {
    const house = await startHouse({ ...settingsOf({}), threads: { serving: 4, shadow: 2 } });
    for (let n = 0; n < 24; n++) await converse(house.port, get(`/items/${n}`));
    await house.settled(24);
    await inFiles(house, 24);
    const [, bytes] = /^parallax_recorded_bytes_total (\d+)$/m.exec(await house.metrics()) ?? [];
    await house.stop();
    const targets = readAll(directory).map((line) => line.request.target);
    expect(targets.sort()).toEqual(Array.from({ length: 24 }, (_, n) => `/items/${n}`).sort());
    expect(readdirSync(directory).every((name) => /Z-[01]-0\.ndjson\.gz$/.test(name))).toBe(true);
    const sizes = readdirSync(directory).map((name) => readFileSync(join(directory, name)).length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(Number(bytes));
  });
});

test("a candidate that fails changes nothing that is recorded", async () => {
  const directory = mkdtempSync(join(tmpdir(), "parallax-record-"));
  const legacy = await startHttp(answerByPath);
  const house = await startHouse({
    threads: { serving: 1, shadow: 1 },
    upstreams: {
      legacy: { url: legacy.url },
      candidate: { url: `http://127.0.0.1:${await closedPort()}` },
    },
    shadow: { breaker: { failuresToOpen: 2, openMs: 60_000 } },
    record: { dir: directory },
  });
  try {
    for (let n = 1; n <= 12; n++) {
      await converse(house.port, `GET /items/${n} HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n`);
      await house.settled(n);
    }
    const { skipped } = (await house.summary()).totals;
    expect(skipped["breaker-open"]).toBeGreaterThan(5);
    await inFiles(house, 12);
  } finally {
    await house.stop();
    await legacy.stop();
  }
  expect(readAll(directory).map(({ request: { target } }) => target)).toEqual(
    Array.from({ length: 12 }, (_, n) => `/items/${n + 1}`),
  );
  rmSync(directory, { recursive: true });
});

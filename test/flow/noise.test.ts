// Noise, measured by a running Parallax: who is read again and how often, and that it changes nothing else.
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request } from "undici";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { type House, nonZero, startHouse } from "./house.ts";
import { startHttp, startRaw, type Upstream } from "./upstreams.ts";

let stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.reverse()) await stop();
  stops = [];
});

async function startUpstream(starting: Promise<Upstream>): Promise<Upstream> {
  const upstream = await starting;
  stops.push(upstream.stop);
  return upstream;
}

/** Answers with what `bodyOf` makes, and keeps the requests that came. */
async function startJson(bodyOf: (incoming: IncomingMessage) => unknown, status = 200) {
  const seen: { readonly line: string; readonly role: string; readonly cookie: string }[] = [];
  const upstream = await startUpstream(
    startHttp((incoming: IncomingMessage, answer: ServerResponse) => {
      const { method, url, headers } = incoming;
      seen.push({
        line: `${method} ${url}`,
        role: String(headers["x-parallax-role"] ?? "none"),
        cookie: headers.cookie ?? "",
      });
      incoming.resume();
      incoming.on("end", () => {
        answer.writeHead(status, { "content-type": "application/json" });
        answer.end(method === "HEAD" ? undefined : JSON.stringify(bodyOf(incoming)));
      });
    }),
  );
  return { ...upstream, seen };
}

async function start(settings: object, dataDirectory?: string): Promise<House> {
  const house = await startHouse(settings, "info", dataDirectory);
  stops.push(house.stop);
  return house;
}

type Method = "GET" | "HEAD" | "OPTIONS" | "POST";

async function send(house: House, count: number, parts: { method?: Method; path?: string } = {}) {
  const { method = "GET", path = "/things/1" } = parts;
  const bodies: string[] = [];
  for (let i = 0; i < count; i++) {
    const { body } = await request(`http://127.0.0.1:${house.port}${path}`, {
      method,
      headers: { cookie: "session=1" },
      body: method === "POST" ? "{}" : null,
    });
    bodies.push(await body.text());
  }
  return bodies;
}

/** `outcome` → count, of what is not zero. */
async function outcomes(house: House, metric: string): Promise<Record<string, number>> {
  const text = await house.metrics();
  const rows = text.matchAll(new RegExp(`^parallax_${metric}\\{outcome="([^"]+)"\\} (\\d+)$`, "gm"));
  return nonZero(Object.fromEntries([...rows].map(([, outcome, value]) => [outcome, Number(value)])));
}

async function eventually<T>(read: () => Promise<T>, expected: T): Promise<void> {
  await expect.poll(read, { timeout: 15_000, interval: 20 }).toEqual(expected);
}

const same = () => ({ a: 1 });
const ALL_OF_SELF = { baseline: "self", samplePercent: 100 };

describe("the second reading", () => {
  test("of safe methods is sent once per exchange in the sample, as the first was, and told apart", async () => {
    const legacy = await startJson(same);
    const candidate = await startJson(same);
    const house = await start({
      upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
      noise: ALL_OF_SELF,
      mirror: { methods: ["GET", "HEAD", "OPTIONS", "POST"], credentials: "strip" },
    });
    for (const method of ["GET", "HEAD", "OPTIONS"] as const) await send(house, 4, { method });
    await send(house, 3, { method: "POST" });
    await eventually(() => outcomes(house, "baseline_total"), { paired: 12 });
    expect(await house.settled(15)).toMatchObject({ match: 15, mismatch: 0 });
    const again = legacy.seen.filter(({ role }) => role === "shadow");
    expect(again).toHaveLength(12);
    expect(legacy.seen).toHaveLength(27);
    expect(again.every(({ cookie }) => cookie === "session=1")).toBe(true);
    expect(again.filter(({ line }) => line.startsWith("POST"))).toEqual([]);
    expect(candidate.seen).toHaveLength(15);
    expect(candidate.seen.some(({ cookie }) => cookie !== "")).toBe(false);
  });

  test("is not sent unless somebody asked, nor while the kill switch is on", async () => {
    const legacy = await startJson(same);
    const candidate = await startJson(same);
    const upstreams = { legacy: { url: legacy.url }, candidate: { url: candidate.url } };
    const house = await start({ upstreams, noise: { samplePercent: 100 } });
    await send(house, 5);
    await house.settled(5);
    expect(legacy.seen).toHaveLength(5);
    house.rewrite({ upstreams, noise: ALL_OF_SELF });
    await request(`${house.admin}/api/reload`, { method: "POST" });
    await send(house, 1);
    await eventually(() => outcomes(house, "baseline_total"), { paired: 1 });
    await request(`${house.admin}/api/kill`, { method: "POST" });
    await send(house, 5);
    await house.settled(11);
    expect(legacy.seen).toHaveLength(12);
  });

  test("goes to the second instance where there is one", async () => {
    const legacy = await startJson(same);
    const candidate = await startJson(same);
    const baseline = await startJson(same);
    const house = await start({
      upstreams: {
        legacy: { url: legacy.url },
        candidate: { url: candidate.url },
        baseline: { url: baseline.url },
      },
      noise: { samplePercent: 100 },
    });
    await send(house, 3);
    await eventually(() => outcomes(house, "baseline_total"), { paired: 3 });
    expect([legacy.seen.length, baseline.seen.length]).toEqual([3, 3]);
    expect(baseline.seen.every(({ role }) => role === "shadow")).toBe(true);
  });

  test("is not sent where the first answer was a 5xx", async () => {
    const legacy = await startJson(same, 503);
    const candidate = await startJson(same, 503);
    const house = await start({
      upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
      noise: ALL_OF_SELF,
    });
    await send(house, 4);
    expect(await house.settled(4)).toMatchObject({ match: 4 });
    expect(await outcomes(house, "baseline_total")).toEqual({ "legacy-failing": 4 });
    expect(legacy.seen).toHaveLength(4);
  });

  for (const [what, onConnection] of [
    ["hangs", () => undefined],
    ["closes each connection", (socket) => socket.destroy()],
    ["says garbage", (socket) => socket.end("garbage\r\n\r\n")],
  ] as [string, Parameters<typeof startRaw>[0]][])
    test(`that ${what} changes no answer, no verdict and no count, and is soon left alone`, async () => {
      const legacy = await startJson(same);
      const candidate = await startJson((incoming) => ({ a: incoming.url === "/other" ? 2 : 1 }));
      const baseline = await startUpstream(startRaw(onConnection));
      const house = await start({
        upstreams: {
          legacy: { url: legacy.url },
          candidate: { url: candidate.url },
          baseline: { url: baseline.url, connectionsMax: 2 },
        },
        noise: { samplePercent: 100 },
        mirror: { deadlineMs: 300 },
        shadow: { breaker: { failuresToOpen: 3, openMs: 600_000 } },
      });
      const bodies = [...(await send(house, 6)), ...(await send(house, 2, { path: "/other" }))];
      expect(new Set(bodies)).toEqual(new Set(['{"a":1}']));
      expect(await house.settled(8)).toMatchObject({ match: 6, mismatch: 2, incomparable: 0 });
      const ended = async () =>
        Object.values(await outcomes(house, "baseline_total")).reduce((sum, count) => sum + count, 0);
      await eventually(ended, 8);
      await send(house, 2);
      expect(await house.settled(10)).toMatchObject({ match: 8, mismatch: 2, incomparable: 0 });
      expect((await outcomes(house, "baseline_total"))["breaker-open"]).toBeGreaterThanOrEqual(2);
      expect((await outcomes(house, "baseline_total"))["paired"]).toBeUndefined();
    });

  test("of an exchange whose candidate gives nothing to compare is no pair", async () => {
    const legacy = await startJson(same);
    const candidate = await startUpstream(startRaw((socket) => socket.destroy()));
    const house = await start({
      upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
      noise: ALL_OF_SELF,
    });
    await send(house, 3);
    expect(await house.settled(3)).toMatchObject({ incomparable: 3 });
    await eventually(() => outcomes(house, "baseline_total"), { unpaired: 3 });
  });
});

describe("a mismatch that is read again", () => {
  const RECHECK = { recheck: { samplePercent: 100, delayMs: 1 } };

  test("counts as gone when the candidate has caught up, and as staying when not", async () => {
    const legacy = await startJson(same);
    let reads = 0;
    const lagging = (incoming: IncomingMessage) =>
      incoming.url === "/wrong" ? { a: 2 } : { a: ++reads % 2 === 1 ? 0 : 1 };
    const candidate = await startJson(lagging);
    const house = await start({
      upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
      noise: RECHECK,
    });
    for (let i = 1; i <= 3; i++) {
      await send(house, 1, { path: "/late" });
      await eventually(() => outcomes(house, "rechecks_total"), { gone: i });
    }
    await send(house, 2, { path: "/wrong" });
    await eventually(() => outcomes(house, "rechecks_total"), { gone: 3, stays: 2 });
    expect(await house.settled(5)).toMatchObject({ match: 0, mismatch: 5 });
    expect(legacy.seen.filter(({ role }) => role === "shadow")).toHaveLength(5);
  });

  test("is transient where it went away, and suspect where it did not", async () => {
    // One state, which both read; the candidate sees a change only after it was read once more.
    let version = 0;
    let seen = 0;
    const legacy = await startJson(() => ({ version, name: "thing" }));
    const candidate = await startJson(() => {
      const shown = seen;
      seen = version;
      return { version: shown, name: "Thing" };
    });
    const house = await start({
      upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
      noise: RECHECK,
    });
    for (let i = 1; i <= 6; i++) {
      version++;
      await send(house, 1);
      // What stays is /name; each exchange is read again before the next change.
      await eventually(() => outcomes(house, "rechecks_total"), { stays: i });
    }
    const rows = async () =>
      (await rowsOf(house)).map(({ path, tier, rechecked, transient }) => ({
        path,
        tier,
        rechecked,
        transient,
      }));
    await expect.poll(rows, { timeout: 15_000, interval: 50 }).toEqual([
      { path: "/name", tier: "suspect", rechecked: 6, transient: 0 },
      { path: "/version", tier: "transient", rechecked: 6, transient: 6 },
    ]);
    expect((await rowsOf(house, "&tier=transient")).map(({ path }) => path)).toEqual(["/version"]);
  });

  test("stays where it differs inside a redacted value, whose keys no path tells", async () => {
    let answered = 0;
    const legacy = await startJson(() => ({ sessions: { [`S3CRET${answered++}`]: 1 } }));
    const candidate = await startJson(() => ({ sessions: { [`S3CRET${answered++}`]: 2 } }));
    const house = await start({
      upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
      redact: { pointers: ["/sessions"] },
      noise: { ...ALL_OF_SELF, ...RECHECK },
    });
    await send(house, 4);
    await eventually(() => outcomes(house, "rechecks_total"), { stays: 4 });
    await eventually(() => outcomes(house, "baseline_total"), { paired: 4 });
    await expect
      .poll(async () => (await rowsOf(house)).map(({ path, tier }) => `${path} ${tier}`), {
        timeout: 15_000,
        interval: 50,
      })
      .toEqual(["/sessions noise"]);
    const suggestions = await get<object>(house, "/api/rules/suggestions");
    expect(JSON.stringify(suggestions)).toContain("/sessions");
    expect(JSON.stringify(suggestions)).not.toContain("S3CRET");
  });

  test("is never a write", async () => {
    const legacy = await startJson(same);
    const candidate = await startJson(() => ({ a: 2 }));
    const house = await start({
      upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
      noise: RECHECK,
      mirror: { methods: ["GET", "POST"] },
    });
    await send(house, 3, { method: "POST" });
    await send(house, 1);
    await eventually(() => outcomes(house, "rechecks_total"), { stays: 1 });
    expect(await house.settled(4)).toMatchObject({ mismatch: 4 });
    expect(legacy.seen.filter(({ role }) => role === "shadow").map(({ line }) => line)).toEqual([
      "GET /things/1",
    ]);
  });

  test("is dropped, and counted, when the kill switch is thrown before its time", async () => {
    const legacy = await startJson(same);
    const candidate = await startJson(() => ({ a: 2 }));
    const house = await start({
      upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
      noise: { recheck: { samplePercent: 100, delayMs: 60_000 } },
    });
    await send(house, 70);
    await house.settled(70);
    // 64 wait; the others found no room.
    await eventually(() => outcomes(house, "rechecks_total"), { dropped: 6 });
    await request(`${house.admin}/api/kill`, { method: "POST" });
    await eventually(() => outcomes(house, "rechecks_total"), { dropped: 70 });
    expect([legacy.seen.length, candidate.seen.length]).toEqual([70, 70]);
  });
});

interface Row {
  readonly path: string;
  readonly tier: string;
  readonly eValue: number;
  readonly noiseShare: number | null;
  readonly rechecked: number;
  readonly transient: number;
}

async function get<T>(house: House, path: string): Promise<T> {
  return (await (await request(`${house.admin}${path}`)).body.json()) as T;
}

async function rowsOf(house: House, query = ""): Promise<readonly Row[]> {
  return (await get<{ differences: readonly Row[] }>(house, `/api/differences?sort=tier${query}`))
    .differences;
}

describe("what also differs between two answers of the legacy", () => {
  // More elements than answers in a test: no two answers have them in the same order.
  const TAGS = Array.from({ length: 128 }, (_, index) => index);
  let turn = 0;
  const turned = () => {
    const from = turn++ % TAGS.length;
    return [...TAGS.slice(from), ...TAGS.slice(0, from)];
  };
  const noisy = (extra: object) => () => ({
    id: randomUUID(),
    at: new Date().toISOString(),
    tags: turned(),
    name: "thing",
    ...extra,
  });

  test("is noise, counted apart and explained by rules; what only the candidate does is confirmed", async () => {
    const legacy = await startJson(noisy({}));
    const candidate = await startJson(noisy({ name: "Thing" }));
    const house = await start({
      upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
      noise: ALL_OF_SELF,
    });
    await send(house, 40);
    await eventually(() => outcomes(house, "baseline_total"), { paired: 40 });
    expect(await house.settled(40)).toMatchObject({ match: 0, mismatch: 40 });
    const tiers = async () => (await rowsOf(house)).map(({ path, tier }) => `${path} ${tier}`).sort();
    await expect
      .poll(tiers, { timeout: 15_000, interval: 50 })
      .toEqual(expect.arrayContaining(["/at noise", "/id noise", "/name confirmed", "/tags noise"]));
    const [first, ...others] = await rowsOf(house);
    expect(first).toMatchObject({ path: "/name", tier: "confirmed", noiseShare: 0 });
    expect(first?.eValue).toBeGreaterThan(100);
    expect(others.map(({ tier }) => tier)).not.toContain("confirmed");
    expect((await rowsOf(house, "&tier=confirmed")).map(({ path }) => path)).toEqual(["/name"]);
    const { suggestions } = await get<{ suggestions: readonly { rule: object }[] }>(
      house,
      "/api/rules/suggestions",
    );
    expect(suggestions.map(({ rule }) => rule)).toEqual(
      expect.arrayContaining([
        { kind: "shape", class: "uuid", path: "/id" },
        expect.objectContaining({ kind: "timestamp", path: "/at" }),
        { kind: "array", path: "/tags", mode: "unordered" },
      ]),
    );
    expect(JSON.stringify(suggestions)).not.toContain('"/name"');
  });

  test("alone is a mismatch still, and counted as noise beside", async () => {
    const legacy = await startJson(noisy({}));
    const candidate = await startJson(noisy({}));
    const house = await start({
      upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
      noise: ALL_OF_SELF,
    });
    await send(house, 40);
    await eventually(() => outcomes(house, "baseline_total"), { paired: 40 });
    expect(await house.settled(40)).toMatchObject({ match: 0, mismatch: 40 });
    const { noise } = await get<{ noise: { mismatches: number } }>(house, "/api/summary");
    expect(noise.mismatches).toBeGreaterThan(20);
    expect(noise.mismatches).toBeLessThan(40);
    await expect
      .poll(async () => (await get<{ endpoints: readonly object[] }>(house, "/api/endpoints")).endpoints[0], {
        timeout: 15_000,
        interval: 50,
      })
      .toMatchObject({ mismatch: 40, noise: noise.mismatches, paired: 40, matchRate: { compared: 40 } });
  });
});

describe("endpoints with many names at one place", () => {
  const NAMES = Array.from({ length: 60 }, (_, index) => {
    const letters = [...index.toString(8)].map((digit) => "abcdefgh"[Number(digit)]).join("");
    return `user${letters}`;
  });

  test("become one, with all of its counts, and stay so after a restart", async () => {
    const legacy = await startJson(same);
    const candidate = await startJson(() => ({ a: 2 }));
    const settings = { upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } } };
    const data = mkdtempSync(join(tmpdir(), "parallax-learnt-"));
    onTestFinished(() => rmSync(data, { recursive: true }));
    const house = await startHouse(settings, "info", data);
    const names = async (of: House) => {
      const { endpoints } = await get<{ endpoints: readonly { endpoint: string; mismatch: number }[] }>(
        of,
        "/api/endpoints",
      );
      return endpoints.map(({ endpoint, mismatch }) => `${endpoint} ${mismatch}`);
    };
    for (const name of [...NAMES, ...NAMES]) await send(house, 1, { path: `/users/${name}` });
    await house.settled(120);
    await eventually(() => names(house), ["GET /users/{user} 120"]);
    const [row, ...others] = await rowsOf(house);
    expect([row, others]).toMatchObject([{ path: "/a", count: 120, exchanges: 120 }, []]);
    await send(house, 1, { path: "/users/nobody-seen-yet" });
    await eventually(() => names(house), ["GET /users/{user} 121"]);
    expect((await rowsOf(house)).map(({ path }) => path)).toEqual(["/a"]);
    await house.stop();
    const again = await start(settings, data);
    await send(again, 1, { path: "/users/another-one" });
    await eventually(() => names(again), ["GET /users/{user} 122"]);
    expect(again.log.filter((line) => line.includes("templates learnt"))).toEqual([]);
  });
});

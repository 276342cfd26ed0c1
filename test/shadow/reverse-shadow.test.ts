// What the candidate served is mirrored to the legacy, and every reading of it still says legacy → candidate.
import type { IncomingHttpHeaders } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { NO_MODULES } from "../../src/shadow/custom-modules.ts";
import { startHttp, startRaw } from "../flow/upstreams.ts";
import { type Answered, recordOf, SLOT, snapshotOf, startShadow } from "./support.ts";

interface Seen {
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
}

/** An upstream that answers as told, and keeps what came. */
async function startAnswering({ status = 200, body = '{"a":1}' }: Answered = {}) {
  const seen: Seen[] = [];
  const upstream = await startHttp((incoming, answer) => {
    seen.push({ line: `${incoming.method} ${incoming.url}`, headers: incoming.headers });
    answer.writeHead(status, { "content-type": "application/json" });
    answer.end(body);
  });
  onTestFinished(upstream.stop);
  return { ...upstream, seen };
}

async function startBreaking() {
  const upstream = await startRaw((socket) => socket.destroy());
  onTestFinished(upstream.stop);
  return upstream;
}

const byCandidate = (answer: Answered = {}, over: Parameters<typeof recordOf>[1] = {}) =>
  recordOf(answer, { servedBy: "candidate", decidedBy: "percentage", ...over });

describe("an exchange that the candidate served", () => {
  test("is mirrored to the legacy as the client sent it, marked, and to nobody else", async () => {
    const [legacy, candidate] = [await startAnswering(), await startAnswering()];
    const snapshot = snapshotOf({ legacy: legacy.url, candidate: candidate.url }, { stage: "ramp" });
    const routes = snapshot.routes.map((route) => ({
      ...route,
      mirror: { ...route.mirror, credentials: "strip" as const, setHeaders: [["x-new", "1"] as const] },
    }));
    const { run, counters } = startShadow({ ...snapshot, routes });
    const batch = await run(byCandidate());
    expect(legacy.seen.map(({ line }) => line)).toEqual(["GET /things/1"]);
    expect(legacy.seen[0]?.headers).toMatchObject({
      host: "a.test",
      cookie: "s=1",
      "x-parallax-role": "shadow",
    });
    // What a mirror to the candidate is given is not for the legacy.
    expect(legacy.seen[0]?.headers["x-new"]).toBeUndefined();
    expect(candidate.seen).toEqual([]);
    expect(batch?.endpoints[0]).toMatchObject({ exchanges: 1, match: 1, mismatch: 0 });
    expect(counters.upstreamDuration(0).buckets.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(counters.upstreamDuration(1).buckets.reduce((sum, count) => sum + count, 0)).toBe(0);
  });

  test("is judged legacy → candidate, and both sides stand in their own columns", async () => {
    const legacy = await startAnswering({ status: 201, body: '{"a":1,"gone":true}' });
    const candidate = await startAnswering();
    const urls = { legacy: legacy.url, candidate: candidate.url };
    const { run } = startShadow(snapshotOf(urls, { stage: "live" }));
    const batch = await run(byCandidate({ body: '{"a":1,"fresh":2}' }));
    const kinds = batch?.signatures.map(({ signature: { path, kind } }) => `${kind} ${path}`);
    expect(kinds?.sort()).toEqual(["added /fresh", "changed ", "removed /gone"]);
    expect(batch?.endpoints[0]).toMatchObject({
      mismatch: 1,
      legacyStatus: { 201: 1 },
      candidateStatus: { 200: 1 },
    });
    const [sample] = batch?.samples ?? [];
    expect(sample).toMatchObject({
      servedBy: "candidate",
      legacy: { status: 201, body: '{"a":1,"gone":true}' },
      candidate: { status: 200, body: '{"a":1,"fresh":2}', latencyMs: 40 },
    });
    expect(sample?.legacy.latencyMs).not.toBe(40);
    expect(sample?.differences.find(({ path }) => path === "/fresh")).toMatchObject({
      legacy: undefined,
      candidate: "2",
    });
  });

  test("is held against the contract in the candidate's answer, not in the legacy's", async () => {
    const legacy = await startAnswering({ body: '{"id":1}' });
    const schemas = [{ type: "object", properties: { id: { type: "integer" } } }];
    const document = { kind: "json-schema", version: "", operations: [], schemas };
    const urls = { legacy: legacy.url, candidate: "http://127.0.0.1:1" };
    const contract = { name: "c", version: "1", digest: "d", document };
    const { run } = startShadow(snapshotOf(urls, { stage: "live", contract }));
    const batch = await run(byCandidate({ body: '{"id":"x"}' }));
    const violations = batch?.signatures.filter(({ signature }) => signature.kind === "violation");
    expect(violations?.map(({ signature }) => signature.path)).toEqual(["/id"]);
  });

  test.each(["POST", "PUT", "PATCH", "DELETE"])(
    "is never sent to the legacy when it is a %s, though the route mirrors it",
    async (method) => {
      const legacy = await startAnswering();
      const urls = { legacy: legacy.url, candidate: "http://127.0.0.1:1" };
      const snapshot = snapshotOf(urls, { stage: "ramp" });
      const routes = snapshot.routes.map((route) => ({
        ...route,
        mirror: { ...route.mirror, methods: [method] },
      }));
      const { run, counters } = startShadow({ ...snapshot, routes });
      const batch = await run(byCandidate({}, { method }));
      expect(counters.outcomes(SLOT).skipped.get("method")).toBe(1);
      expect(batch?.endpoints[0]?.skipped).toEqual({ method: 1 });
      // One that may be sent comes after it, and alone.
      await run(byCandidate());
      expect(legacy.seen.map(({ line }) => line)).toEqual(["GET /things/1"]);
    },
  );

  test("is incomparable when the legacy gives nothing, and that is not held against the candidate", async () => {
    const [legacy, candidate] = [await startBreaking(), await startAnswering()];
    const urls = { legacy: legacy.url, candidate: candidate.url };
    const snapshot = snapshotOf(urls, { stage: "ramp" });
    const { failuresToOpen } = snapshot.shadow.breaker;
    const { run, counters, refusal, failures } = startShadow(snapshot);
    for (let i = 0; i < failuresToOpen; i++) {
      const batch = await run(byCandidate());
      expect(batch?.endpoints[0]).toMatchObject({
        incomparable: { "legacy-failed": 1 },
        candidateStatus: { 200: 1 },
        legacyStatus: {},
      });
    }
    expect(failures).toContain("upstream-reset legacy as shadow");
    // The legacy is left alone now; the candidate's breaker is closed, and serving threads capture on.
    await run(byCandidate());
    expect(counters.outcomes(SLOT).skipped.get("breaker-open")).toBe(1);
    expect(counters.get("breakerState")).toBe(0);
    expect(counters.get("breakerOpened")).toBe(0);
    expect(refusal.reason()).toBeUndefined();
    expect((await run(recordOf()))?.endpoints[0]).toMatchObject({ match: 1 });
  });

  test("goes on being mirrored while the candidate, as the shadow of others, is left alone", async () => {
    const [legacy, candidate] = [await startAnswering(), await startBreaking()];
    const snapshot = snapshotOf({ legacy: legacy.url, candidate: candidate.url }, { stage: "ramp" });
    const { run, counters, refusal } = startShadow(snapshot);
    for (let i = 0; i <= snapshot.shadow.breaker.failuresToOpen; i++) await run(recordOf());
    expect(counters.get("breakerState")).toBe(2);
    expect(refusal.reason()).toBe("breaker-open");
    expect((await run(byCandidate()))?.endpoints[0]).toMatchObject({ match: 1, skipped: {} });
    // What the legacy did says nothing of the candidate: the sign stays.
    expect(refusal.reason()).toBe("breaker-open");
  });

  test("is in the books once, however it ends", async () => {
    const [legacy, candidate] = [await startAnswering({ body: '{"a":2}' }), await startBreaking()];
    const snapshot = snapshotOf({ legacy: legacy.url, candidate: candidate.url }, { stage: "ramp" });
    const { run, counters } = startShadow(snapshot);
    await run(
      byCandidate(),
      byCandidate({ body: '{"a":2}' }),
      byCandidate({}, { method: "POST" }),
      recordOf(),
      byCandidate({}, { slot: 9 }),
    );
    const { match, mismatch, incomparable, skipped } = counters.outcomes(SLOT);
    const sum = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((a, b) => a + b, 0);
    expect({ match, mismatch, incomparable: sum(incomparable), skipped: sum(skipped) }).toEqual({
      match: 1,
      mismatch: 1,
      incomparable: 1,
      skipped: 1,
    });
    expect(counters.outcomes(9).skipped.get("stage-off")).toBe(1);
    expect(counters.get("shadowInFlight")).toBe(0);
    expect(counters.get("shadowDrained")).toBe(5);
  });

  test("is not recorded as an answer of the legacy's", async () => {
    const legacy = await startAnswering();
    const urls = { legacy: legacy.url, candidate: "http://127.0.0.1:1" };
    const { run, counters } = startShadow(snapshotOf(urls, { stage: "ramp" }));
    await run(byCandidate({}, { recordedRequest: "complete" }));
    expect(counters.get("recordLost")).toBe(1);
  });

  test.each(["off", "complete", "shadow"] as const)(
    "and waited while its route went to %s is not mirrored any more",
    async (stage) => {
      const legacy = await startAnswering();
      const urls = { legacy: legacy.url, candidate: "http://127.0.0.1:1" };
      const { run, shadow, counters } = startShadow(snapshotOf(urls, { stage: "ramp" }));
      shadow.apply(snapshotOf(urls, { stage }), NO_MODULES);
      await run(byCandidate());
      expect(counters.outcomes(SLOT).skipped.get("stage-off")).toBe(1);
      expect(legacy.seen).toEqual([]);
    },
  );
});

test("a complete route mirrors nothing, whoever served and waited", async () => {
  const [legacy, candidate] = [await startAnswering(), await startAnswering()];
  const urls = { legacy: legacy.url, candidate: candidate.url };
  const { run, counters } = startShadow(snapshotOf(urls, { stage: "complete" }));
  await run(byCandidate(), recordOf());
  expect(counters.outcomes(SLOT).skipped.get("stage-off")).toBe(2);
  expect([...legacy.seen, ...candidate.seen]).toEqual([]);
});

describe("noise, where the candidate serves", () => {
  test("is the legacy's second answer against its first", async () => {
    let answers = 0;
    const legacy = await startHttp((_incoming, answer) => {
      answer.writeHead(200, { "content-type": "application/json" });
      answer.end(JSON.stringify({ a: 1, now: ++answers }));
    });
    onTestFinished(legacy.stop);
    const snapshot = snapshotOf({ legacy: legacy.url, candidate: "http://127.0.0.1:1" }, { stage: "live" });
    const noise = { ...snapshot.noise, baseline: "self", samplePercent: 100 } as const;
    const { run, shadow, counters } = startShadow({ ...snapshot, noise });
    const batch = await run(byCandidate({ body: '{"a":2,"now":1}' }));
    await expect.poll(() => counters.get("baselinePaired")).toBe(1);
    const paths = [...(batch?.paths ?? []), ...(shadow.takeBatch()?.paths ?? [])];
    const counted = paths.map(({ path, candidateOnly, baselineOnly, both }) => [
      path,
      candidateOnly,
      baselineOnly,
      both,
    ]);
    // Where only the candidate differs from the legacy's first answer, and where only the second does.
    expect(counted).toEqual([
      ["/a", 1, 0, 0],
      ["/now", 0, 1, 0],
    ]);
  });

  test("is not asked of a legacy that failed as the shadow", async () => {
    const legacy = await startAnswering({ status: 500 });
    const snapshot = snapshotOf({ legacy: legacy.url, candidate: "http://127.0.0.1:1" }, { stage: "live" });
    const noise = { ...snapshot.noise, baseline: "self", samplePercent: 100 } as const;
    const { run, counters } = startShadow({ ...snapshot, noise });
    await run(byCandidate());
    expect(counters.get("baselineLegacyFailing")).toBe(1);
    expect(legacy.seen).toHaveLength(1);
  });

  test("a mismatch is read again only where a mirror asks for what the client asked", async () => {
    const [legacy, candidate] = [await startAnswering(), await startAnswering()];
    const snapshot = snapshotOf({ legacy: legacy.url, candidate: candidate.url }, { stage: "live" });
    const noise = { ...snapshot.noise, recheck: { samplePercent: 100, delayMs: 1 } };
    const { run, shadow, counters } = startShadow({ ...snapshot, noise });
    const stripping = snapshot.routes.map((route) => ({
      ...route,
      mirror: { ...route.mirror, credentials: "strip" as const },
    }));
    shadow.apply({ ...snapshot, noise, routes: stripping }, NO_MODULES);
    await run(byCandidate({ body: '{"a":2}' }));
    shadow.apply({ ...snapshot, noise }, NO_MODULES);
    await run(byCandidate({ body: '{"a":2}' }));
    await expect.poll(() => counters.get("recheckGone")).toBe(1);
    expect(candidate.seen).toHaveLength(1);
  });
});

describe("with both ways in use", () => {
  test.each([
    [1, 0],
    [2, 0],
    [3, 1],
  ])(
    "%i mirrors to a hung legacy leave half of those that may be under way to the candidate",
    async (sent, refused) => {
      const legacy = await startRaw((socket) => socket.resume());
      onTestFinished(legacy.stop);
      const candidate = await startAnswering();
      const snapshot = snapshotOf({ legacy: legacy.url, candidate: candidate.url }, { stage: "ramp" });
      const shadowSettings = { ...snapshot.shadow, inFlightMax: 4 };
      const { shadow, counters, refusal } = startShadow({ ...snapshot, shadow: shadowSettings });
      for (let i = 0; i < sent; i++) shadow.take(byCandidate(), `x${i}`);
      expect(counters.outcomes(SLOT).skipped.get("in-flight") ?? 0).toBe(refused);
      expect(refusal.reason()).toBeUndefined();
      shadow.take(recordOf(), "y");
      await expect.poll(() => counters.outcomes(SLOT).match).toBe(1);
    },
  );
});

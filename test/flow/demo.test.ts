// The demo's own traffic through the whole program: the differences that are really there, by name, and none
// where there is none. What each json-server does by itself is held by test/demo/upstreams.test.ts.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Pool } from "undici";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { runDemo } from "../../src/commands/demo.ts";
import { generateDataSet } from "../../src/demo/data-set.ts";
import { type DemoParallax, startDemoParallax } from "../../src/demo/parallax.ts";
import { createRandom } from "../../src/demo/random.ts";
import { fetchTotals, waitUntilSettled } from "../../src/demo/totals.ts";
import { MIX } from "../../src/demo/traffic.ts";
import { startUpstreams } from "../../src/demo/upstreams.ts";

const PER_ENTRY = 12;

/** What must be found: endpoint · part · path with indices erased · kind. */
const EXPECTED = [
  // Missing records: `{}` as JSON became `Not Found` as text.
  "GET /users/{id} · body ·  · unparseable",
  "GET /users/{id} · header · content-type · changed",
  // _expand is not known any more.
  "GET /posts/{id} · body · /user · removed",
  // Nested routes are gone.
  "GET /posts/{id}/comments · status ·  · changed",
  "GET /posts/{id}/comments · body ·  · unparseable",
  // _page with _limit gives the first page; _order is ignored.
  "GET /posts · body · /*/id · changed",
  // _page alone gives an object with the records under /data.
  "GET /posts · body ·  · type",
  // q and _like are ignored: everything is found.
  "GET /products · body · /* · added",
  // Ids that were numbers are text.
  "GET /orders/{id} · body · /id · type",
  // HEAD deletes: the read after it finds nothing.
  "GET /coupons/{id} · status ·  · changed",
  "GET /coupons/{id} · body ·  · unparseable",
  // The surcharge is forgotten, beneath an id, a time and an order that differ each time.
  "GET /quotes/{id} · body · /price · changed",
  "GET /quotes/{id} · body · /quoteId · changed",
  "GET /quotes/{id} · body · /carriers · moved",
] as const;

/** A quarter is read twice, half of these have the wrong price: nine such pairs would be evidence, 37 are expected. */
const QUOTES = 300;

/** Every kind of request that reaches these endpoints is answered alike. */
const EQUAL_ENDPOINTS = [
  "GET /products/{id}",
  "GET /settings",
  "GET /users",
  "GET /comments",
  "OPTIONS /products",
] as const;

interface EndpointRow {
  readonly endpoint: string;
  readonly exchanges: number;
  readonly match: number;
  readonly mismatch: number;
}

interface SignatureRow {
  readonly endpoint: string;
  readonly part: string;
  readonly path: string;
  readonly kind: string;
  readonly count: number;
  readonly tier: string;
}

let folder: string;
let upstreams: Awaited<ReturnType<typeof startUpstreams>>;
let parallax: DemoParallax;
let endpoints: ReadonlyMap<string, EndpointRow>;
let signatures: readonly SignatureRow[];
let sent = 0;

async function sendMix(url: string): Promise<void> {
  const pool = new Pool(url, { connections: 8 });
  const random = createRandom(23);
  const send = async (method: string, target: string, body: string | undefined): Promise<void> => {
    sent++;
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const answer = await pool.request({ method: method as "GET", path: target, headers, body: body ?? null });
    await answer.body.dump();
  };
  for (const entry of MIX) {
    const method = entry.endpoint.split(" ")[0] ?? "GET";
    for (let i = 0; i < PER_ENTRY; i++) {
      const { target, body } = entry.make(random);
      await send(method, target, body);
    }
  }
  for (let i = 0; i < QUOTES; i++) await send("GET", `/quotes/${i}`, undefined);
  // A coupon that is surely checked before it is read; mirrors may overtake each other, so wait between.
  await send("HEAD", "/coupons/7", undefined);
  await waitUntilSettled(parallax.adminUrl, 10_000);
  await send("GET", "/coupons/7", undefined);
  await pool.close();
}

async function readList<Row>(path: string, key: string): Promise<readonly Row[]> {
  const answer = await fetch(`${parallax.adminUrl}${path}`);
  expect(answer.status).toBe(200);
  return ((await answer.json()) as Readonly<Record<string, readonly Row[]>>)[key] ?? [];
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "parallax-flow-demo-"));
  upstreams = await startUpstreams(folder, generateDataSet(1));
  parallax = await startDemoParallax(upstreams.legacy.url, upstreams.candidate.url, folder);
  await sendMix(parallax.url);
  await waitUntilSettled(parallax.adminUrl, 10_000);
  // Counts reach the store in batches: the endpoints are complete when they add up to what was judged.
  const totals = await fetchTotals(parallax.adminUrl);
  const judged = (totals?.match ?? 0) + (totals?.mismatch ?? 0);
  await vi.waitFor(
    async () => {
      const rows = await readList<EndpointRow>("/api/endpoints", "endpoints");
      endpoints = new Map(rows.map((row) => [row.endpoint, row]));
      expect(rows.reduce((sum, row) => sum + row.match + row.mismatch, 0)).toBe(judged);
    },
    { timeout: 10_000 },
  );
  signatures = await readList<SignatureRow>("/api/differences", "differences");
});

afterAll(async () => {
  await parallax.stop();
  await upstreams.legacy.stop();
  await upstreams.candidate.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("every request is accounted for, and only writes are not mirrored", async () => {
  const totals = await fetchTotals(parallax.adminUrl);
  const writes = MIX.filter((entry) => entry.outcome === "not-mirrored").length * PER_ENTRY;
  expect(totals).toMatchObject({ exchanges: sent, incomparable: 0, skipped: writes, inFlight: 0 });
  expect((totals?.match ?? 0) + (totals?.mismatch ?? 0)).toBe(sent - writes);
});

describe("endpoints that both versions serve alike match on every exchange", () => {
  for (const endpoint of EQUAL_ENDPOINTS)
    test(endpoint, () => {
      const row = endpoints.get(endpoint);
      expect(row?.match).toBeGreaterThanOrEqual(PER_ENTRY);
      expect(row).toMatchObject({ mismatch: 0, match: row?.exchanges });
      expect(signatures.filter((signature) => signature.endpoint === endpoint)).toEqual([]);
    });
});

describe("what the newer version does otherwise is found", () => {
  for (const name of EXPECTED)
    test(name, () => {
      const names = signatures.map(({ endpoint, part, path, kind }) =>
        [endpoint, part, path, kind].join(" · "),
      );
      expect(names).toContain(name);
    });
});

test("what the legacy does to itself is told from what only the candidate does, and a rule is suggested", async () => {
  // Which exchanges are read twice, and in which of them a place differs, is chance: more come until it is told.
  const tiers = async () => {
    for (let i = 0; i < 10; i++) await (await fetch(`${parallax.url}/quotes/${i}`)).arrayBuffer();
    const rows = await readList<SignatureRow>("/api/differences", "differences");
    const quotes = rows.filter(({ endpoint }) => endpoint === "GET /quotes/{id}");
    return Object.fromEntries(quotes.map(({ path, tier }) => [path, tier]));
  };
  await expect
    .poll(tiers, { timeout: 15_000, interval: 100 })
    .toEqual({ "/price": "confirmed", "/quoteId": "noise", "/validUntil": "noise", "/carriers": "noise" });
  await expect
    .poll(() => parallax.nextStepText(), { timeout: 15_000, interval: 50 })
    // Carriers come in the same order once in 120 times, ids never: which of the two is first is chance.
    .toMatch(
      / {2}rules:\n {4}- \{ kind: (shape, class: uuid, path: \/quoteId|array, path: \/carriers, mode: unordered) \}\n/,
    );
  expect(await parallax.nextStepText()).toContain("2 more: GET /api/rules/suggestions");
});

test("a missing user is told from one that is there", () => {
  const row = endpoints.get("GET /users/{id}");
  expect(row).toMatchObject({ match: PER_ENTRY, mismatch: PER_ENTRY });
});

test("the demo ends by itself with its report, and leaves nothing behind", async () => {
  const foldersBefore = readdirSync(tmpdir()).filter((name) => name.startsWith("parallax-demo-"));
  let written = "";
  const output = { write: (text: string) => (written += text) };
  expect(await runDemo({ durationMs: 1_500, ratePerSecond: 100, isKept: false, output })).toBe(0);
  expect(written).toContain("json-server 0.17.4");
  expect(written).toContain("json-server 1.0.0-beta.3");
  expect(written).toContain("0 s left");
  expect(written).toContain("GET /products/{id}");
  expect(written).toMatch(/The gate of route default, at shadow, says (fail|insufficient)\./);
  expect(written).toContain("npx parallax rollout promote default --reason");
  expect(written).toContain("npm run demo -- --keep");
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith("parallax-demo-"))).toEqual(foldersBefore);
  for (const [url] of written.matchAll(/http:\/\/127\.0\.0\.1:\d+/g))
    await expect(fetch(url)).rejects.toThrow();
});

test("the demo that is kept stays up until it is told to end", async () => {
  const abort = new AbortController();
  let written = "";
  const output = {
    write: (text: string) => {
      written += text;
      const page = /stays up at (http:\S+)/.exec(written)?.[1];
      if (page === undefined || abort.signal.aborted) return;
      void fetch(`${page}/healthz`).then(({ status }) => {
        written += `healthz ${status}`;
        abort.abort();
      });
    },
  };
  const options = { durationMs: 300, ratePerSecond: 50, isKept: true, output, signal: abort.signal };
  expect(await runDemo(options)).toBe(0);
  expect(written).toContain("healthz 200");
  expect(written).not.toContain("--keep");
});

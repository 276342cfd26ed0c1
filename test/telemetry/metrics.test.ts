import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { Counters } from "../../src/core/counters.ts";
import { latencyBucket, latencyBucketUpperMs } from "../../src/core/latency-buckets.ts";
import { createMetrics, METRICS, type MetricsSource } from "../../src/telemetry/metrics.ts";
import { Refusals } from "../../src/telemetry/refusals.ts";

const DOCUMENT = readFileSync(fileURLToPath(new URL("../../docs/metrics.md", import.meta.url)), "utf8");

const serving = new Counters();
const shadow = new Counters();
const lost = new Counters();

function sourceWith(changes: Partial<MetricsSource> = {}): MetricsSource {
  return {
    blocks: () => [
      { kind: "serving", isLiving: true, counters: serving },
      { kind: "shadow", isLiving: true, counters: shadow },
      { kind: "serving", isLiving: false, counters: lost },
    ],
    routes: () => [
      { slot: 0, name: "*other*" },
      { slot: 1, name: 'us"ers' },
    ],
    seam: () => ({ bytes: 5, capacityBytes: 64 }),
    threadRestarts: () => ({ serving: 1, shadow: 0 }),
    store: () => ({ isFailing: true, failedFlushes: 2, lostBatches: 3 }),
    epoch: () => 7,
    isKilled: () => false,
    rollouts: () => ({ routes: [], journalUnwritten: 0, journalFailures: 0 }),
    stragglers: () => 0,
    refusals: () => new Refusals(),
    rules: () => ({
      flagged: { "never-hit": 1, "too-broad": 2, expired: 0, failed: 0 },
      hits: new Map([
        ["0123456789ab", 7],
        ["*other*", 9],
      ]),
    }),
    endpoints: () => [],
    routeLatencies: () => [],
    signatures: () => ({ byRoute: [], openByEndpoint: [], found: new Map() }),
    ...changes,
  };
}

async function scrape(changes: Partial<MetricsSource> = {}): Promise<Map<string, number>> {
  const text = await createMetrics(sourceWith(changes)).text();
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => [
      line.slice(0, line.lastIndexOf(" ")),
      Number(line.slice(line.lastIndexOf(" ") + 1)),
    ]),
  );
}

test("adds up: begun = match + mismatch + incomparable + skipped + in flight", async () => {
  for (let n = 0; n < 9; n++) serving.addExchange(1);
  serving.addSkipped(1, "method", 2);
  shadow.addMatch(1);
  shadow.addMismatch(1);
  shadow.addIncomparable(1, "overflow");
  lost.addExchange(1);
  lost.addSkipped(1, "serving-thread-lost");
  const values = await scrape();
  const outcome = (name: string) =>
    values.get(`parallax_exchanges_total{route="us\\"ers",outcome="${name}"}`);
  expect(outcome("match")).toBe(1);
  expect(outcome("mismatch")).toBe(1);
  expect(outcome("incomparable")).toBe(1);
  expect(outcome("skipped")).toBe(3);
  expect(values.get('parallax_exchanges_begun_total{route="us\\"ers"}')).toBe(10);
  expect(values.get("parallax_in_flight")).toBe(4);
  expect(values.get('parallax_skipped_total{reason="method"}')).toBe(2);
  expect(values.get('parallax_skipped_total{reason="seam-full"}')).toBe(0);
  expect(values.get('parallax_incomparable_total{reason="overflow"}')).toBe(1);
});

test("counts requests and times by route, server and class, over all threads", async () => {
  const { counters, other } = { counters: new Counters(), other: new Counters() };
  counters.addRequest(1, 0, 204, 0.004);
  other.addRequest(1, 0, 200, 40);
  counters.addRequest(0, 2, 0, 0.0001);
  counters.addUpstreamDuration(1, 0.2);
  const values = await scrape({
    blocks: () => [
      { kind: "serving", isLiving: true, counters },
      { kind: "serving", isLiving: false, counters: other },
    ],
  });
  const route = 'route="us\\"ers",served_by="legacy"';
  expect(values.get(`parallax_requests_total{${route},code_class="2xx"}`)).toBe(2);
  expect(
    values.get('parallax_requests_total{route="*other*",served_by="parallax",code_class="aborted"}'),
  ).toBe(1);
  const bucket = (le: string) => values.get(`parallax_request_duration_seconds_bucket{${route},le="${le}"}`);
  expect([bucket("0.0025"), bucket("0.005"), bucket("30"), bucket("+Inf")]).toEqual([0, 1, 1, 2]);
  expect(values.get(`parallax_request_duration_seconds_count{${route}}`)).toBe(2);
  expect(values.get(`parallax_request_duration_seconds_sum{${route}}`)).toBeCloseTo(40.004);
  expect(values.get('parallax_upstream_duration_seconds_count{upstream="candidate"}')).toBe(1);
  expect([...values.keys()].filter((name) => name.includes('upstream="baseline"'))).toEqual([]);
});

test("counts what comes and goes for living threads, and what only grows for all", async () => {
  for (const counters of [serving, shadow, lost]) {
    counters.set("clientConnections", 4);
    counters.addRouteEvent(1, "rescued");
    counters.set("routesTripped", 2);
  }
  lost.set("breakerState", 2);
  shadow.set("breakerState", 1);
  const values = await scrape();
  expect(values.get("parallax_client_connections")).toBe(8);
  expect(values.get('parallax_rescues_total{route="us\\"ers"}')).toBe(3);
  expect(values.get("parallax_routes_tripped")).toBe(2);
  expect(values.get("parallax_breaker_state")).toBe(1);
  expect(values.get('parallax_threads{kind="serving"}')).toBe(1);
});

test("tells where each route of the config stands, and of a stage or verdict only the one that holds", async () => {
  const route = {
    route: "users",
    stage: "ramp",
    percent: 5,
    isLatched: false,
    isPaused: true,
    isKilled: false,
    verdict: "insufficient",
    insufficientSeconds: 90,
    graceSeconds: 60,
  } as const;
  const off = { ...route, route: "off", stage: "off", percent: 0, isLatched: true, verdict: null };
  const values = await scrape({
    rollouts: () => ({ routes: [route, off], journalUnwritten: 2, journalFailures: 3 }),
    stragglers: () => 1,
  });
  const told = Object.fromEntries([...values].filter(([name]) => name.startsWith("parallax_rollout_")));
  expect(told).toEqual({
    'parallax_rollout_stage{route="users",stage="ramp"}': 1,
    'parallax_rollout_stage{route="off",stage="off"}': 1,
    'parallax_rollout_percent{route="users"}': 5,
    'parallax_rollout_percent{route="off"}': 0,
    'parallax_rollout_latched{route="users"}': 0,
    'parallax_rollout_latched{route="off"}': 1,
    'parallax_rollout_paused{route="users"}': 1,
    'parallax_rollout_paused{route="off"}': 1,
    'parallax_rollout_killed{route="users"}': 0,
    'parallax_rollout_killed{route="off"}': 0,
    'parallax_rollout_gate{route="users",verdict="insufficient"}': 1,
    'parallax_rollout_insufficient_seconds{route="users"}': 90,
    'parallax_rollout_insufficient_seconds{route="off"}': 90,
    'parallax_rollout_grace_seconds{route="users"}': 60,
    'parallax_rollout_grace_seconds{route="off"}': 60,
    parallax_rollout_stragglers: 1,
    parallax_rollout_journal_unwritten: 2,
    parallax_rollout_journal_failures_total: 3,
  });
});

test("tells seam, store, epoch and restarts", async () => {
  const values = await scrape();
  expect(values.get("parallax_seam_bytes")).toBe(5);
  expect(values.get("parallax_seam_capacity_bytes")).toBe(64);
  expect(values.get("parallax_store_healthy")).toBe(0);
  expect(values.get("parallax_store_lost_batches_total")).toBe(3);
  expect(values.get("parallax_epoch")).toBe(7);
  expect(values.get("parallax_killed")).toBe(0);
  expect(values.get('parallax_thread_restarts_total{kind="serving"}')).toBe(1);
});

test("a scrape sees what was counted since the last one", async () => {
  const metrics = createMetrics(sourceWith());
  const before = await metrics.text();
  serving.addSkipped(1, "killed");
  const [first, second] = await Promise.all([metrics.text(), metrics.text()]);
  expect(before).toContain('parallax_skipped_total{reason="killed"} 0');
  expect(first).toContain('parallax_skipped_total{reason="killed"} 1');
  expect(second).toContain('parallax_skipped_total{reason="killed"} 1');
});

test("the document lists every metric with its type and labels, and no other", () => {
  const rows = [...DOCUMENT.matchAll(/^\| `(parallax_\w+)` +\| (\w+) +\| ([^|]*) \|/gm)];
  const documented = rows.map(([, name, type, labels]) => [name, type, labels?.trim()]);
  expect(documented).toEqual(
    METRICS.map(({ name, type, labels }) => [
      name,
      type,
      labels.length === 0 ? "–" : labels.map((label) => `\`${label}\``).join(", "),
    ]),
  );
});

test("every name carries the prefix, and seconds or bytes where it measures them", () => {
  const { names } = createMetrics(sourceWith());
  expect(names.length).toBeGreaterThan(METRICS.length);
  for (const name of names) expect(name).toMatch(/^parallax_[a-z0-9_]+$/);
  for (const { name, type } of METRICS) expect(name.endsWith("_total")).toBe(type === "counter");
});

test("tells the hits of rules, and how many are worth a look for what", async () => {
  const values = await scrape();
  expect(values.get('parallax_rule_hits_total{rule="0123456789ab"}')).toBe(7);
  expect(values.get('parallax_rule_hits_total{rule="*other*"}')).toBe(9);
  expect(values.get('parallax_rules_flagged{flag="too-broad"}')).toBe(2);
  expect(values.get('parallax_rules_flagged{flag="expired"}')).toBe(0);
});

test("tells mirrored latency of each side, a bucket of it at its upper bound, and of no side without any", async () => {
  const [fast, slow, slowest] = [3, 70, 40_000].map(latencyBucket) as [number, number, number];
  const legacy = new Map([
    [fast, 5],
    [slow, 2],
    [slowest, 1],
  ]);
  const values = await scrape({
    routeLatencies: () => [
      { route: "users", latency: { legacy, candidate: new Map([[slow, 3]]) } },
      { route: "quiet", latency: { legacy: new Map(), candidate: new Map() } },
    ],
  });
  const name = "parallax_mirrored_duration_seconds";
  const bucket = (upstream: string, le: string) =>
    values.get(`${name}_bucket{route="users",upstream="${upstream}",le="${le}"}`);
  expect(["0.0025", "0.005", "0.05", "0.1", "30", "+Inf"].map((le) => bucket("legacy", le))).toEqual([
    0, 5, 5, 7, 7, 8,
  ]);
  expect([bucket("candidate", "0.05"), bucket("candidate", "0.1")]).toEqual([0, 3]);
  const seconds = (at: number) => latencyBucketUpperMs(at) / 1000;
  const sumOf = (upstream: string) => values.get(`${name}_sum{route="users",upstream="${upstream}"}`);
  expect(sumOf("legacy")).toBeCloseTo(5 * seconds(fast) + 2 * seconds(slow) + seconds(slowest));
  expect(sumOf("candidate")).toBeCloseTo(3 * seconds(slow));
  expect(values.get(`${name}_count{route="users",upstream="legacy"}`)).toBe(8);
  expect([...values.keys()].filter((key) => key.includes('"quiet"'))).toEqual([]);
});

test("tells what the admin listener refused, by why, and zero where nothing was", async () => {
  const refusals = new Refusals();
  for (const reason of ["role", "wrong-token", "role"] as const) refusals.add(reason);
  const values = await scrape({ refusals: () => refusals });
  const refused = (reason: string) => values.get(`parallax_admin_refused_total{reason="${reason}"}`);
  expect(["role", "wrong-token", "host"].map(refused)).toEqual([2, 1, 0]);
});

test("has no line for requests that never came", async () => {
  const counters = new Counters();
  counters.addRequest(1, 0, 204, 0.004);
  const values = await scrape({ blocks: () => [{ kind: "serving", isLiving: true, counters }] });
  const lines = [...values.keys()].filter((name) => name.startsWith("parallax_requests_total"));
  expect(lines).toEqual(['parallax_requests_total{route="us\\"ers",served_by="legacy",code_class="2xx"}']);
});

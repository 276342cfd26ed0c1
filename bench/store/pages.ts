// node bench/store/pages.ts [--samples N] [--rounds N]: builds a store with a million samples, then times what the
// review page asks for; and what a flush of two thousand endpoints costs. Prints a table; takes a minute or two.
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { VerdictBatch } from "../../src/core/batch.ts";
import { systemClock } from "../../src/core/clock.ts";
import { DATABASE_NAME, openDatabase } from "../../src/store/sqlite-schema.ts";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import type { DifferenceQuery, EndpointQuery, Store } from "../../src/store/store.ts";

const SAMPLES_PER_SIGNATURE = 16;
const SIGNATURES_PER_ENDPOINT = 20;
const GiB = 1024 ** 3;
/** A page of the review, in milliseconds: people leaf through them. */
const GOAL_MS = 50;

/** Rows as the writer would leave them, made inside SQLite: through the store it would take many minutes. */
function build(directory: string, samples: number): void {
  const opened = openDatabase(directory, 16 * GiB);
  if (opened.kind === "failed") throw new Error(opened.message);
  const { database } = opened;
  const signatures = Math.ceil(samples / SAMPLES_PER_SIGNATURE);
  const endpoints = Math.ceil(signatures / SIGNATURES_PER_ENDPOINT);
  const nowMs = Date.now();
  const numbers = (count: number) =>
    `WITH RECURSIVE n (i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${count})`;
  // Scattered like the hashes and random ids of real ones.
  const scattered = (of: string) => `printf('%08x00000000', ((${of}) * 2654435761) % 4294967296)`;
  const endpointOf = (of: string) =>
    `'GET /service-' || ((${of}) % 50) || '/resource-' || (${of}) || '/{id}'`;
  database.exec(`BEGIN;
    ${numbers(endpoints)} INSERT INTO endpoints (endpoint, route, exchanges, matches, mismatches, last_seen_ms, paired)
      SELECT ${endpointOf("i")}, 'route-' || (i % 10), 1000 + i % 977, 900, 100 + i % 77, ${nowMs} - i * 1000, 50 FROM n;
    INSERT INTO endpoint_counts SELECT endpoints.id, 'legacyLatency', bucket.value, 50 FROM endpoints, json_each('[40,42,45,50,60]') bucket;
    INSERT INTO endpoint_counts SELECT endpoints.id, 'candidateLatency', bucket.value, 50 FROM endpoints, json_each('[41,44,45,51,66]') bucket;
    INSERT INTO endpoint_counts SELECT endpoints.id, kind.value, '200', 900 FROM endpoints, json_each('["legacyStatus","candidateStatus"]') kind;
    ${numbers(signatures)} INSERT INTO signatures (id, endpoint, part, path, kind, count, exchanges, breaking, first_seen_ms,
        last_seen_ms, state, expires_ms, decided_by, decided_ms, owner, rechecked, transient)
      SELECT ${scattered("i")}, ${endpointOf(`i / ${SIGNATURES_PER_ENDPOINT}`)}, 'body', '/data/items/*/field-' || (i % ${SIGNATURES_PER_ENDPOINT}),
        iif(i % 5 = 0, 'added', 'changed'), 1 + (i * 7919) % 100003, 1 + (i * 7919) % 5003, (i * 31) % 17, ${nowMs} - 86400000 - i,
        ${nowMs} - (i * 104729) % 86400000, CASE i % 10 WHEN 1 THEN 'accepted' WHEN 2 THEN 'fixed' WHEN 3 THEN 'bug' ELSE 'new' END,
        iif(i % 10 = 1, ${nowMs} + (i % 20 - 10) * 86400000, NULL), iif(i % 10 BETWEEN 1 AND 3, 'ann', NULL),
        iif(i % 10 BETWEEN 1 AND 3, ${nowMs} - 43200000, NULL), iif(i % 100 = 3, 'team-a', NULL), 0, 0 FROM n;
    INSERT INTO paths (endpoint, part, path, candidate_only, baseline_only, both_sides, shape_pairs, shape_broken, last_seen_ms)
      SELECT endpoint, part, path, iif(breaking % 3 = 0, 40, 0), 0, iif(breaking % 3 = 1, 9, 0), 0, 0, last_seen_ms FROM signatures;
    CREATE TEMP TABLE numbered AS SELECT row_number() OVER (ORDER BY id) - 1 AS i, id, endpoint, path FROM signatures;
    CREATE UNIQUE INDEX temp.numbered_by_i ON numbered (i);
    ${numbers(samples)} INSERT INTO samples (id, at_ms, bytes, document, endpoint, route)
      SELECT ${scattered("n.i + 7")}, ${nowMs} - 2 * (${samples} - n.i), 400,
        json_object('id', ${scattered("n.i + 7")}, 'endpoint', s.endpoint, 'signatureIds', json_array(s.id), 'body',
          'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz'),
        s.endpoint, 'route-1' FROM n JOIN numbered s ON s.i = n.i % ${signatures};
    ${numbers(samples)} INSERT INTO sample_signatures (signature_id, at_ms, sample_id, path, legacy, candidate)
      SELECT s.id, ${nowMs} - 2 * (${samples} - n.i), ${scattered("n.i + 7")}, s.path, '"' || (n.i % 5) || '"', '"x"'
      FROM n JOIN numbered s ON s.i = n.i % ${signatures} ORDER BY s.id, 2;
    DROP TABLE temp.numbered;
    COMMIT; PRAGMA wal_checkpoint(TRUNCATE)`);
  database.close();
}

interface Case {
  readonly name: string;
  readonly ask: (store: Store) => Promise<{ readonly kind: string }>;
}

const differences = (name: string, query: Partial<DifferenceQuery>): Case => ({
  name: `differences, ${name}`,
  ask: (store) => store.differences({ sort: "count", limit: 100, offset: 0, ...query }),
});
const endpoints = (name: string, query: Partial<EndpointQuery>): Case => ({
  name: `endpoints, ${name}`,
  ask: (store) => store.endpoints({ sort: "exchanges", limit: 100, offset: 0, ...query }),
});

function casesOf(signatureId: string, exchangeId: string, endpoint: string): readonly Case[] {
  const DEEP = 40_000;
  return [
    differences("by count", {}),
    differences("by count, deep", { offset: DEEP }),
    differences("by exchanges", { sort: "exchanges" }),
    differences("by breaking", { sort: "breaking" }),
    differences("by last seen", { sort: "lastSeen" }),
    differences("by last seen, deep", { sort: "lastSeen", offset: DEEP }),
    differences("by first seen", { sort: "firstSeen" }),
    differences("by tier", { sort: "tier" }),
    differences("by tier, deep", { sort: "tier", offset: DEEP }),
    differences("confirmed, by count", { tier: "confirmed" }),
    differences("confirmed, by count, deep", { tier: "confirmed", offset: DEEP / 4 }),
    differences("untriaged, by tier", { sort: "tier", states: ["new", "reopened"] }),
    differences("open and confirmed, by last seen", {
      sort: "lastSeen",
      tier: "confirmed",
      states: ["new", "reopened", "bug"],
    }),
    differences("accepted", { state: "accepted" }),
    differences("of one endpoint", { endpoint }),
    differences("of a pattern of endpoints", { endpoint: "GET /service-7/*" }),
    differences("of one route, by tier", { route: "route-3", sort: "tier" }),
    differences("search, many found", { search: "field-7" }),
    differences("search, none found", { search: "nowhere" }),
    differences("of one owner", { owner: "team-a" }),
    differences("since an hour ago", { sinceMs: Date.now() - 3_600_000, sort: "lastSeen" }),
    endpoints("by exchanges", {}),
    endpoints("by mismatch, deep", { sort: "mismatch", offset: 2000 }),
    endpoints("search", { search: "resource-9" }),
    endpoints("1,000 rows", { limit: 1000 }),
    { name: "one signature", ask: (store) => store.signature(signatureId) },
    { name: "one exchange", ask: (store) => store.exchange(exchangeId) },
    { name: "newest 100 samples", ask: (store) => store.samples({ limit: 100 }) },
    { name: "samples of one endpoint", ask: (store) => store.samples({ endpoint, limit: 100 }) },
    { name: "counts of signatures", ask: (store) => store.signatureCounts() },
    { name: "latency of all", ask: (store) => store.latency({}) },
    { name: "totals", ask: (store) => store.totals() },
  ];
}

function flushOf(count: number): VerdictBatch {
  const lastSeenMs = Date.now();
  const names = Array.from({ length: count }, (_, n) => `GET /flushed-${n}`);
  return {
    threadId: 1,
    samples: [],
    ruleHits: [],
    rollout: [],
    endpoints: names.map((endpoint) => ({
      ...{
        endpoint,
        route: "flushed",
        exchanges: 10,
        match: 8,
        mismatch: 2,
        noise: 0,
        paired: 1,
        lastSeenMs,
      },
      ...{ incomparable: {}, skipped: {}, legacyStatus: { "200": 10 }, candidateStatus: { "200": 10 } },
      ...{ legacyLatency: { 40: 5, 50: 5 }, candidateLatency: { 41: 5, 51: 5 } },
    })),
    signatures: names.map((endpoint, n) => ({
      signature: { id: `flushed-${n}`, endpoint, part: "body", path: "/a", kind: "changed" },
      ...{
        count: 2,
        breaking: 2,
        exchanges: 2,
        firstSeenMs: lastSeenMs,
        lastSeenMs,
        rechecked: 0,
        transient: 0,
      },
    })),
    paths: names.map((endpoint) => ({
      ...{ endpoint, part: "body", path: "/a", candidateOnly: 1, baselineOnly: 0, both: 0 },
      ...{ shapes: {}, shapePairs: 0, shapeBroken: 0, lastSeenMs },
    })),
  };
}

function quantilesOf(timesMs: readonly number[]): string {
  const sorted = [...timesMs].sort((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1);
  return `${at(0.5)} | ${at(1)}`;
}

async function timed(rounds: number, work: () => Promise<unknown>): Promise<readonly number[]> {
  const timesMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    // CPU of this thread, system calls included: others on a busy machine do not count.
    const before = process.threadCpuUsage();
    await work();
    const { user, system } = process.threadCpuUsage(before);
    timesMs.push((user + system) / 1000);
  }
  return timesMs;
}

async function main(samples: number, rounds: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "parallax-bench-"));
  try {
    const startMs = performance.now();
    build(directory, samples);
    const opened = openSqliteStore({
      directory,
      clock: systemClock,
      log: console,
      limits: { fileBytesMax: 16 * GiB, samplesBytesMax: 16 * GiB, samplesPerSignature: 20 },
      startTimer: () => () => undefined,
    });
    if (opened.kind === "failed") throw new Error(opened.message);
    const { store } = opened;
    const mib = statSync(join(directory, DATABASE_NAME)).size / 2 ** 20;
    const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
    process.stdout.write(`${samples} samples, ${mib.toFixed(0)} MiB, built and opened in ${seconds} s\n\n`);
    process.stdout.write(`| what | median, CPU ms | slowest of ${rounds}, CPU ms |\n|---|---|---|\n`);
    const page = await store.differences({ sort: "count", limit: 1, offset: 0 });
    const first = page.kind === "ok" ? page.value.rows[0] : undefined;
    if (first === undefined) throw new Error("nothing was built");
    for (const { name, ask } of casesOf(first.id, first.exchangeIds[0] ?? "", first.endpoint)) {
      const timesMs = await timed(rounds, () => ask(store));
      const mark = Math.max(...timesMs) >= GOAL_MS ? " **over the goal**" : "";
      process.stdout.write(`| ${name} | ${quantilesOf(timesMs)}${mark} |\n`);
    }
    const batch = flushOf(2000);
    const flushesMs = await timed(rounds + 1, async () => {
      store.record(batch);
      await store.flush();
    });
    process.stdout.write(
      `| a flush of 2,000 endpoints and signatures | ${quantilesOf(flushesMs.slice(1))} |\n`,
    );
    await store.close();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const { values } = parseArgs({
  options: { samples: { type: "string", default: "1000000" }, rounds: { type: "string", default: "7" } },
});
await main(Number(values.samples), Number(values.rounds));

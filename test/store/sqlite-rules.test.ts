// What the store keeps of rules, over flushes, restarts and versions of its file.
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import type { HiddenExample } from "../../src/core/batch.ts";
import {
  answerOf,
  batch,
  endpointDelta,
  makeDirectory,
  openStore,
  ruleHit,
  START_MS,
  sample,
  signatureDelta,
} from "./fixtures.ts";

const example = (atMs: number): HiddenExample => ({
  exchangeId: `x${atMs}`,
  atMs,
  part: "body",
  path: "/at",
  legacy: "1",
  candidate: undefined,
});

test("hits add up by rule, endpoint and route, with the three newest examples", async () => {
  const { store } = openStore();
  store.record(batch({ ruleHits: [ruleHit({ examples: [example(3), example(1)] })] }));
  store.record(batch({ ruleHits: [ruleHit({ lastHitMs: START_MS + 9, examples: [example(2)] })] }));
  await store.flush();
  store.record(
    batch({ ruleHits: [ruleHit({ examples: [example(4)] }), ruleHit({ route: "orders", hits: 1 })] }),
  );
  store.record(batch({ ruleHits: [ruleHit({ endpoint: "GET /b", hits: 1 })] }));
  await store.flush();
  const { hits } = answerOf(await store.ruleEvidence());
  const examples = [4, 3, 2].map((atMs) => JSON.parse(JSON.stringify(example(atMs))));
  expect(hits).toEqual([
    ruleHit({ hits: 6, lastHitMs: START_MS + 9, examples }),
    ruleHit({ endpoint: "GET /b", hits: 1 }),
    ruleHit({ route: "orders", hits: 1 }),
  ]);
});

test("what was hit longest ago goes past the limit, at n - 1, n and n + 1", async () => {
  const { store } = openStore({ rulesMax: 3 });
  const rows = async () => answerOf(await store.ruleEvidence()).hits.map(({ ruleId }) => ruleId);
  for (const [ruleId, lastHitMs, expected] of [
    ["b", 5, ["b"]],
    ["a", 3, ["a", "b"]],
    ["c", 7, ["a", "b", "c"]],
    ["d", 6, ["b", "c", "d"]],
  ] as const) {
    store.record(batch({ ruleHits: [ruleHit({ ruleId, lastHitMs })] }));
    await store.flush();
    expect(await rows()).toEqual(expected);
  }
});

test("of what waits, further endpoints of a rule count as one", async () => {
  const { store } = openStore({ rulesMax: 2 });
  const at = (endpoint: string) => ruleHit({ endpoint });
  store.record(batch({ ruleHits: [at("1"), at("2"), at("3"), at("4"), at("1")] }));
  expect(answerOf(await store.ruleEvidence()).hits).toEqual([]);
  await store.flush();
  store.record(batch({ ruleHits: [] }));
  const { hits } = answerOf(await store.ruleEvidence());
  // Three rows waited, and the file keeps two: of equal times any.
  expect(hits).toHaveLength(2);
  expect(hits.map(({ endpoint }) => endpoint)).not.toContain("3");
});

test("tells the differences of endpoints and the failed rules of routes", async () => {
  const { store } = openStore();
  store.record(
    batch({
      endpoints: [
        endpointDelta({ incomparable: { "rule-failed": 2, overflow: 1 } }),
        endpointDelta({ endpoint: "GET /b", incomparable: { "rule-failed": 3 } }),
        endpointDelta({ endpoint: "GET /c", route: "c", incomparable: { overflow: 3 } }),
      ],
      signatures: [signatureDelta({}, 2), signatureDelta({ id: "b", path: "/b" }, 5)],
    }),
  );
  await store.flush();
  const evidence = answerOf(await store.ruleEvidence());
  expect([...evidence.differencesByEndpoint]).toEqual([["GET /users/{id}", 7]]);
  expect([...evidence.failuresByRoute]).toEqual([["users", 5]]);
});

test("samples come page by page, newest first, of a route and an endpoint", async () => {
  const { store } = openStore();
  const at = (id: string, atMs: number, route = "users") => sample(id, { atMs, route, signatureIds: [id] });
  const newest = START_MS + 2;
  store.record(
    batch({
      samples: [at("a", START_MS), at("b", newest), at("c", newest), at("d", START_MS + 1, "orders")],
    }),
  );
  await store.flush();
  const ids = async (query: Parameters<typeof store.samples>[0]) =>
    answerOf(await store.samples(query)).map(({ id }) => id);
  expect(await ids({ limit: 10 })).toEqual(["c", "b", "d", "a"]);
  expect(await ids({ limit: 2, before: { atMs: newest, id: "c" } })).toEqual(["b", "d"]);
  expect(await ids({ limit: 10, route: "users", before: { atMs: newest, id: "b" } })).toEqual(["a"]);
  expect(await ids({ limit: 10, route: "orders" })).toEqual(["d"]);
  expect(await ids({ limit: 10, endpoint: "GET /users/{id}", route: "none" })).toEqual([]);
});

/** The tables of the first released version, word for word. */
const FIRST_VERSION = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE endpoints (
    id INTEGER PRIMARY KEY,
    endpoint TEXT NOT NULL,
    route TEXT NOT NULL,
    exchanges INTEGER NOT NULL,
    matches INTEGER NOT NULL,
    mismatches INTEGER NOT NULL,
    last_seen_ms INTEGER NOT NULL,
    UNIQUE (endpoint, route)
  ) STRICT;

  CREATE TABLE endpoint_counts (
    endpoint_id INTEGER NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (endpoint_id, kind, key)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE signatures (
    id TEXT PRIMARY KEY,
    endpoint TEXT NOT NULL,
    part TEXT NOT NULL,
    path TEXT NOT NULL,
    kind TEXT NOT NULL,
    count INTEGER NOT NULL,
    exchanges INTEGER NOT NULL,
    first_seen_ms INTEGER NOT NULL,
    last_seen_ms INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'new'
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX signatures_by_endpoint ON signatures (endpoint, count);
  CREATE INDEX signatures_by_count ON signatures (count);

  CREATE TABLE samples (
    id TEXT PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    document TEXT NOT NULL
  ) STRICT;
  CREATE INDEX samples_by_time ON samples (at_ms, bytes);

  CREATE TABLE sample_signatures (
    signature_id TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    sample_id TEXT NOT NULL REFERENCES samples (id) ON DELETE CASCADE,
    path TEXT, -- NULL where the sample's cut list does not hold a difference of this signature
    legacy TEXT,
    candidate TEXT,
    PRIMARY KEY (signature_id, at_ms, sample_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sample_signatures_by_sample ON sample_signatures (sample_id);

  CREATE TABLE rule_hits (
    route TEXT NOT NULL,
    rule_index INTEGER NOT NULL,
    hits INTEGER NOT NULL,
    last_hit_ms INTEGER NOT NULL,
    PRIMARY KEY (route, rule_index)
  ) STRICT, WITHOUT ROWID;
`;

test("a file of the first version keeps all but its hits by place", async () => {
  const directory = makeDirectory();
  const database = new DatabaseSync(join(directory, "parallax.db"));
  database.exec(`PRAGMA journal_mode = WAL; ${FIRST_VERSION}; PRAGMA user_version = 1;
    PRAGMA application_id = ${0x504c4c58};
    INSERT INTO endpoints VALUES (1, 'GET /a', 'r', 9, 5, 4, 77);
    INSERT INTO signatures VALUES ('s', 'GET /a', 'body', '/x', 'changed', 4, 4, 1, 2, 'new'),
      ('element', 'GET /b', 'body', '/list/*', 'added', 3, 3, 1, 2, 'new'),
      ('member', 'GET /b', 'body', '/list/*/x', 'added', 2, 2, 1, 2, 'new');
    INSERT INTO rule_hits VALUES ('r', 0, 12, 34)`);
  database.close();
  const { store } = openStore({}, directory);
  expect(answerOf(await store.ruleEvidence())).toMatchObject({
    hits: [],
    differencesByEndpoint: new Map([
      ["GET /a", 4],
      ["GET /b", 5],
    ]),
  });
  expect(answerOf(await store.totals())).toMatchObject({
    exchanges: 9,
    match: 5,
    mismatch: 4,
    signatures: 3,
  });
  const signatures = answerOf(await store.differences({ sort: "count", limit: 9, offset: 0 })).rows;
  expect(signatures.map(({ id, breaking }) => [id, breaking])).toEqual([
    ["s", 4],
    ["element", 3],
    ["member", 0],
  ]);
  store.record(batch({ ruleHits: [ruleHit()] }));
  await store.flush();
  expect(answerOf(await store.ruleEvidence()).hits).toEqual([ruleHit()]);
  expect(store.health().kind).toBe("ok");
});

// What a data-protection request asks for, on real files.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import type { PurgeQuery } from "../../src/store/review-store.ts";
import { DATABASE_NAME } from "../../src/store/sqlite-schema.ts";
import type { Store } from "../../src/store/store.ts";
import {
  answerOf,
  batch,
  endpointDelta,
  makeDirectory,
  openStore,
  pathDelta,
  ruleHit,
  START_MS,
  sample,
  signatureDelta,
} from "./fixtures.ts";

const ANN = { who: "ann", role: "operator" } as const;
const SECRET = "4111-secret-1111";

function exchangeOf(
  endpoint: string,
  route: string,
  { id = `s ${endpoint} ${route}`, secret = SECRET } = {},
) {
  const signature = { id: `sig ${endpoint}`, endpoint, path: "/card" };
  const difference = { part: "body", path: "/card", kind: "changed", legacy: `"${secret}"` } as const;
  const example = { exchangeId: id, atMs: START_MS, part: "body", path: "/card", legacy: secret } as const;
  return batch({
    endpoints: [endpointDelta({ endpoint, route })],
    signatures: [signatureDelta(signature)],
    paths: [pathDelta({ endpoint, path: "/card", shapes: { [secret]: 1 } })],
    ruleHits: [ruleHit({ endpoint, route, examples: [{ ...example, candidate: undefined }] })],
    samples: [
      sample(id, {
        endpoint,
        route,
        signatureIds: [signature.id],
        differences: [{ ...difference, candidate: "1" }],
        request: { ...sample("").request, body: secret.repeat(400) },
      }),
    ],
  });
}

async function purge(store: Store, query: Partial<PurgeQuery>) {
  return answerOf(await store.purge({ isDryRun: false, ...query, ...ANN }));
}

/** How often the text is in any file of the directory. */
function occurrences(directory: string, text: string): number {
  return readdirSync(directory)
    .map((name) => readFileSync(join(directory, name), "latin1").split(text).length - 1)
    .reduce((sum, count) => sum + count, 0);
}

async function namesIn(store: Store) {
  const page = { limit: 100, offset: 0 };
  return {
    endpoints: answerOf(await store.endpoints({ ...page, sort: "endpoint" })).rows.map((row) => row.endpoint),
    signatures: answerOf(await store.differences({ ...page, sort: "count" })).rows.map((row) => row.endpoint),
    samples: answerOf(await store.samples({ limit: 100 })).map((row) => row.endpoint),
    paths: answerOf(await store.paths({ limit: 100 })).map((row) => row.endpoint),
    hits: answerOf(await store.ruleEvidence()).hits.map((row) => row.endpoint),
  };
}

const only = (...names: string[]) => ({
  endpoints: names,
  signatures: names,
  samples: names,
  paths: names,
  hits: names,
});

describe("purge", () => {
  test("a dry run counts, and changes nothing", async () => {
    const { store } = openStore();
    store.record(exchangeOf("GET /a", "x"));
    const dry = await purge(store, { endpoint: "GET /a", isDryRun: true });
    expect(dry).toMatchObject({ endpoints: 1, signatures: 1, samples: 1 });
    expect(dry.sampleBytes).toBeGreaterThan(1000);
    expect(await namesIn(store)).toEqual(only("GET /a"));
    expect(answerOf(await store.audit({ limit: 1 }))).toEqual([]);
    expect(await purge(store, { endpoint: "GET /a" })).toEqual(dry);
    expect(await purge(store, { endpoint: "GET /a" })).toEqual({
      endpoints: 0,
      callers: 0,
      signatures: 0,
      samples: 0,
      sampleBytes: 0,
    });
  });

  test("of one endpoint takes all that is stored of it, what waits too, and of no other", async () => {
    const { store } = openStore();
    store.record(exchangeOf("GET /a", "x"));
    store.record(exchangeOf("GET /b", "x"));
    await store.flush();
    await store.triage({
      ...ANN,
      role: "reviewer",
      signatureIds: ["sig GET /a"],
      comment: "card 4111",
      owner: "o",
    });
    store.record(exchangeOf("GET /a", "x", { id: "later" }));
    expect(await purge(store, { endpoint: "GET /a" })).toMatchObject({ samples: 2 });
    expect(await namesIn(store)).toEqual(only("GET /b"));
    const range = { resolution: "day", fromMs: 0, toMs: START_MS + 1 } as const;
    const trend = async (scope: Parameters<Store["trend"]>[0]["scope"]) =>
      answerOf(await store.trend({ ...range, scope })).map(({ exchanges }) => exchanges);
    expect(await trend({ kind: "endpoint", endpoint: "GET /a" })).toEqual([]);
    expect(await trend({ kind: "signature", id: "sig GET /a" })).toEqual([]);
    expect(await trend({ kind: "endpoint", endpoint: "GET /b" })).toEqual([10]);
    expect(await trend({ kind: "all" })).toEqual([30]);
    expect(answerOf(await store.audit({ limit: 10 }))).toMatchObject([
      {
        ...ANN,
        action: "purged",
        subject: "GET /a",
        detail: { endpoint: "GET /a", signatures: 1, samples: 2 },
      },
      { action: "triage" },
    ]);
    expect(answerOf(await store.signature("sig GET /a"))).toBeUndefined();
    // It may come back, as new.
    store.record(exchangeOf("GET /a", "x"));
    await store.flush();
    expect(answerOf(await store.signature("sig GET /a"))).toMatchObject({
      state: "new",
      owner: undefined,
      count: 2,
    });
  });

  test("of a pattern takes every endpoint that it matches, hostile ones in time", async () => {
    const { store } = openStore();
    for (const name of ["GET /a/1", "GET /a/2", "GET /b"]) store.record(exchangeOf(name, "x"));
    expect(await purge(store, { endpoint: `${"*a".repeat(500)}*` })).toMatchObject({ endpoints: 0 });
    expect(await purge(store, { endpoint: "GET /a/*" })).toMatchObject({
      endpoints: 2,
      signatures: 2,
      samples: 2,
    });
    expect(await namesIn(store)).toEqual(only("GET /b"));
  });

  test("of a route leaves what other routes have of its endpoints", async () => {
    const { store } = openStore();
    store.record(exchangeOf("GET /a", "x"));
    store.record(exchangeOf("GET /a", "y"));
    store.record(exchangeOf("GET /b", "x"));
    expect(await purge(store, { route: "x" })).toMatchObject({ endpoints: 2, signatures: 1, samples: 2 });
    expect(await namesIn(store)).toEqual(only("GET /a"));
    expect(answerOf(await store.samples({ limit: 10 }))).toMatchObject([{ route: "y" }]);
    const scope = { kind: "route", route: "x" } as const;
    expect(answerOf(await store.trend({ scope, resolution: "day", fromMs: 0, toMs: START_MS + 1 }))).toEqual(
      [],
    );
  });

  test("of an endpoint on a route leaves the trend of the route", async () => {
    const { store } = openStore();
    store.record(exchangeOf("GET /a", "x"));
    store.record(exchangeOf("GET /b", "x"));
    expect(await purge(store, { endpoint: "GET /a", route: "x" })).toMatchObject({
      endpoints: 1,
      samples: 1,
    });
    expect(await namesIn(store)).toEqual(only("GET /b"));
    const scope = { kind: "route", route: "x" } as const;
    const trend = await store.trend({ scope, resolution: "day", fromMs: 0, toMs: START_MS + 1 });
    expect(answerOf(trend)).toMatchObject([{ exchanges: 20 }]);
  });

  test("of a time takes older samples and examples alone, and counts stay", async () => {
    const { store } = openStore();
    store.record(exchangeOf("GET /a", "x"));
    expect(await purge(store, { beforeMs: START_MS })).toMatchObject({ samples: 0 });
    expect(await purge(store, { beforeMs: START_MS + 1 })).toMatchObject({ endpoints: 0, samples: 1 });
    expect(await namesIn(store)).toEqual({ ...only("GET /a"), samples: [] });
    expect(answerOf(await store.ruleEvidence()).hits).toMatchObject([{ hits: 2, examples: [] }]);
  });

  test("leaves nothing of the bytes in any file", async () => {
    const { store, directory } = openStore({ samplesPerSignature: 5 });
    // Rows come, go and move between pages before.
    for (let n = 0; n < 300; n++) {
      const secret = n % 3 === 0 ? SECRET : `harmless-${n}`;
      store.record(exchangeOf(`GET /${n % 3 === 0 ? "a" : "b"}/${n % 40}`, "x", { id: `s${n}`, secret }));
      await store.flush();
    }
    expect(occurrences(directory, SECRET)).toBeGreaterThan(100);
    await purge(store, { endpoint: "GET /a/*" });
    expect(occurrences(directory, SECRET)).toBe(0);
    expect(occurrences(directory, "harmless")).toBeGreaterThan(100);
    await store.close();
    expect(occurrences(directory, SECRET)).toBe(0);
  });

  test("a closed store says so", async () => {
    const { store } = openStore();
    await store.close();
    const read = await store.purge({ endpoint: "GET /a", isDryRun: false, ...ANN });
    expect(read).toMatchObject({ kind: "failed", code: "closed" });
  });
});

describe("vacuum", () => {
  test("gives the room of what was deleted back to the disk, and is in the log", async () => {
    const { store, directory } = openStore();
    for (let n = 0; n < 100; n++) store.record(exchangeOf(`GET /${n}`, "x"));
    await store.flush();
    await purge(store, { endpoint: "GET /*" });
    const { bytesBefore, bytesAfter } = answerOf(await store.vacuum(ANN));
    expect(bytesAfter).toBeLessThan(bytesBefore / 2);
    expect(readFileSync(join(directory, DATABASE_NAME))).toHaveLength(bytesAfter);
    expect(answerOf(await store.audit({ action: "vacuumed", limit: 1 }))).toMatchObject([
      { ...ANN, detail: { bytesBefore, bytesAfter } },
    ]);
    store.record(exchangeOf("GET /1", "x"));
    await store.flush();
    expect(store.health().kind).toBe("ok");
    expect(await namesIn(store)).toEqual(only("GET /1"));
  });

  test("a file of the version before keeps all it has, and knows its samples' endpoints and its tiers", async () => {
    const directory = makeDirectory();
    const first = openStore({}, directory);
    first.store.record(exchangeOf("GET /a", "x"));
    first.store.record(
      batch({ paths: [pathDelta({ endpoint: "GET /a", path: "/card", candidateOnly: 40 })] }),
    );
    await first.store.close();
    // What version 4 did not have.
    const other = new DatabaseSync(join(directory, DATABASE_NAME));
    other.exec(`
      DROP TABLE callers; DROP TABLE audit; DROP TABLE added_rules; DROP TABLE trends; DROP TABLE trend_scopes;
      DROP INDEX signatures_by_place; DROP INDEX signatures_by_tier; DROP INDEX signatures_by_state; DROP INDEX samples_by_endpoint;
      ALTER TABLE samples DROP COLUMN endpoint; ALTER TABLE samples DROP COLUMN route;
      CREATE INDEX signatures_by_endpoint ON signatures (endpoint, count);
      PRAGMA user_version = 4`);
    for (const column of ["expires_ms", "link", "decided_by", "decided_ms", "owner", "tier"])
      other.exec(`ALTER TABLE signatures DROP COLUMN ${column}`);
    other.close();

    const { store } = openStore({}, directory);
    expect(await namesIn(store)).toEqual(only("GET /a"));
    expect(answerOf(await store.samples({ endpoint: "GET /a", route: "x", limit: 5 }))).toHaveLength(1);
    const confirmed = { tier: "confirmed", state: "new", sort: "count", limit: 5, offset: 0 } as const;
    expect(answerOf(await store.differences(confirmed)).total).toBe(1);
    expect(await purge(store, { endpoint: "GET /a" })).toMatchObject({ samples: 1, signatures: 1 });
  });
});

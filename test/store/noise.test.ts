// What the store keeps of noise: paired counts per place, tiers from them, and endpoints that became one.
import { describe, expect, test } from "vitest";
import type { Signature } from "../../src/core/batch.ts";
import { OTHER } from "../../src/core/other.ts";
import { signatureOf } from "../../src/diff/signature.ts";
import type { DifferenceQuery, Store } from "../../src/store/store.ts";
import {
  answerOf,
  batch,
  endpointDelta,
  makeDirectory,
  openStore,
  pathDelta,
  ruleHit,
  sample,
  signatureDelta,
} from "./fixtures.ts";

const ALL = { sort: "count", limit: 100, offset: 0 } as const satisfies DifferenceQuery;

async function differences(store: Store, query: Partial<DifferenceQuery> = {}) {
  return answerOf(await store.differences({ ...ALL, ...query }));
}

const idOf = ({ endpoint, part, path, kind }: Omit<Signature, "id">) =>
  signatureOf(endpoint, { part, path, kind, legacy: undefined, candidate: undefined }).id;

const named = (endpoint: string, path: string) => {
  const signature = { endpoint, part: "body", path, kind: "changed" } as const;
  return { id: idOf(signature), ...signature };
};

describe("paired counts", () => {
  test("are summed per place over batches and restarts, and tell the tier of its signatures", async () => {
    const directory = makeDirectory();
    const first = openStore({}, directory);
    const delta = pathDelta({ candidateOnly: 6, shapes: { uuid: 2 }, shapePairs: 2, timeApartMsMax: 5 });
    first.store.record(
      batch({
        endpoints: [endpointDelta({ noise: 1, paired: 20 })],
        signatures: [signatureDelta()],
        paths: [delta],
      }),
    );
    await first.store.flush();
    expect((await differences(first.store)).rows).toMatchObject([{ tier: "suspect", paired: 20 }]);
    first.store.record(batch({ endpoints: [endpointDelta({ noise: 2, paired: 5 })], paths: [delta, delta] }));
    await first.store.close();
    const { store } = openStore({}, directory);
    expect((await differences(store)).rows).toMatchObject([
      { tier: "confirmed", paired: 25, pairs: { candidateOnly: 18, baselineOnly: 0, both: 0 } },
    ]);
    expect(answerOf(await store.paths({ limit: 10 }))).toMatchObject([
      { path: "/items/*/price", pairs: 25, candidateOnly: 18, shapes: { uuid: 6 }, timeApartMsMax: 5 },
    ]);
    expect(answerOf(await store.paths({ limit: 10 }))[0]?.numberApartMax).toBeUndefined();
    expect(answerOf(await store.totals())).toMatchObject({ noise: 3, paired: 25 });
    const endpoints = answerOf(await store.endpoints({ sort: "exchanges", limit: 1, offset: 0 }));
    expect(endpoints.rows).toMatchObject([{ noise: 3, paired: 25 }]);
  });

  test("choose differences by tier, with the total of those", async () => {
    const { store } = openStore();
    const signatures = ["/noise", "/real", "/late", "/open"].map((path) =>
      signatureDelta(named("GET /users/{id}", path)),
    );
    const late = signatures[2] as (typeof signatures)[number];
    store.record(
      batch({
        endpoints: [endpointDelta({ paired: 40 })],
        signatures: [...signatures, { ...late, count: 0, exchanges: 0, rechecked: 9, transient: 9 }],
        paths: [pathDelta({ path: "/noise", both: 40 }), pathDelta({ path: "/real", candidateOnly: 40 })],
      }),
    );
    await store.flush();
    const found: Record<string, unknown> = {};
    for (const tier of ["noise", "confirmed", "transient", "suspect"] as const) {
      const { total, rows } = await differences(store, { tier });
      found[tier] = [total, ...rows.map(({ path, tier: shown }) => `${path} ${shown}`)];
    }
    expect(found).toEqual({
      noise: [1, "/noise noise"],
      confirmed: [1, "/real confirmed"],
      transient: [1, "/late transient"],
      suspect: [1, "/open suspect"],
    });
  });

  test("of what is counted as *other*, or breaks a contract, are nobody's evidence", async () => {
    const { store } = openStore();
    const other = signatureDelta(named("GET /users/{id}", OTHER));
    const violation = signatureDelta({ id: "v", path: "/a", kind: "violation" });
    const paths = [pathDelta({ path: OTHER, both: 40 }), pathDelta({ path: "/a", both: 40 })];
    store.record(batch({ endpoints: [endpointDelta()], signatures: [other, violation], paths }));
    await store.flush();
    expect((await differences(store)).rows.map(({ tier, pairs }) => [tier, pairs.both])).toEqual([
      ["suspect", 0],
      ["suspect", 0],
    ]);
  });

  for (const [places, kept] of [
    [2, ["/0", "/1"]],
    [3, ["/0", "/1", "/2"]],
    [4, ["/0", "/1", "/2", OTHER]],
  ] as const)
    test(`of ${places} places, where three are kept: ${kept.join(" ")}`, async () => {
      const { store } = openStore({ pathsMax: 3 });
      for (let place = 0; place < places; place++) {
        store.record(batch({ paths: [pathDelta({ path: `/${place}`, both: 1 })] }));
        await store.flush();
      }
      const paths = answerOf(await store.paths({ limit: 10 }));
      expect(paths.map(({ path }) => path).sort()).toEqual([...kept].sort());
      expect(paths.reduce((sum, { both }) => sum + both, 0)).toBe(places);
    });
});

describe("endpoints that turned out to be one", () => {
  const TEMPLATE = "GET /users/{name}";
  const NAMES = ["GET /users/ann", "GET /users/bob"];

  function recordOf(endpoint: string) {
    const signature = named(endpoint, "/items/*/price");
    return batch({
      endpoints: [endpointDelta({ endpoint, paired: 3, noise: 1 })],
      signatures: [
        { ...signatureDelta(signature), breaking: 1 },
        signatureDelta(named(endpoint, `/long…`), 1),
      ],
      paths: [pathDelta({ endpoint, both: 2, shapes: { uuid: 2 }, shapePairs: 2 })],
      samples: [sample(`s ${endpoint}`, { endpoint, signatureIds: [signature.id] })],
      ruleHits: [ruleHit({ endpoint, hits: 2 })],
    });
  }

  test("are one row, with their sums, their samples and the ids of the template, also after a restart", async () => {
    const directory = makeDirectory();
    const first = openStore({}, directory);
    for (const endpoint of NAMES) first.store.record(recordOf(endpoint));
    await first.store.flush();
    const absorption = { template: TEMPLATE, endpoints: NAMES };
    expect(answerOf(await first.store.absorb(absorption))).toBe(true);
    // A thread that does not know yet still sends the old names.
    first.store.record(recordOf("GET /users/ann"));
    await first.store.close();
    const { store } = openStore({}, directory);
    expect(answerOf(await store.learnedTemplates())).toEqual([TEMPLATE]);
    const endpoints = answerOf(await store.endpoints({ sort: "exchanges", limit: 9, offset: 0 }));
    expect(endpoints).toMatchObject({
      total: 1,
      rows: [{ endpoint: TEMPLATE, exchanges: 30, match: 18, mismatch: 6, paired: 9, noise: 3 }],
    });
    expect(endpoints.rows[0]?.legacy.status.get("200")).toBe(27);
    const found = await differences(store);
    expect(found.rows).toMatchObject([
      { ...named(TEMPLATE, "/items/*/price"), count: 6, breaking: 3, pairs: { both: 6 } },
      { ...named(TEMPLATE, OTHER), count: 3 },
    ]);
    expect([...(found.rows[0]?.exchangeIds ?? [])].sort()).toEqual(["s GET /users/ann", "s GET /users/bob"]);
    expect(answerOf(await store.paths({ limit: 9 }))).toMatchObject([
      { endpoint: TEMPLATE, both: 6, shapes: { uuid: 6 } },
    ]);
    expect(answerOf(await store.ruleEvidence()).hits).toMatchObject([{ endpoint: TEMPLATE, hits: 6 }]);
  });

  test("are found by their former ids, in links and in stored exchanges", async () => {
    const { store } = openStore();
    for (const endpoint of NAMES) store.record(recordOf(endpoint));
    await store.absorb({ template: TEMPLATE, endpoints: NAMES });
    await store.absorb({ template: "GET /{all}/{name}", endpoints: [TEMPLATE] });
    const { id } = named("GET /{all}/{name}", "/items/*/price");
    const former = named("GET /users/ann", "/items/*/price").id;
    expect(answerOf(await store.learnedTemplates())).toEqual(["GET /{all}/{name}"]);
    expect(answerOf(await store.signature(former))).toMatchObject({ id, count: 4 });
    expect(answerOf(await store.exchange("s GET /users/bob"))?.signatureIds).toEqual([id]);
  });

  test("stay apart when there is no room for another template", async () => {
    const { store } = openStore({ templatesMax: 1 });
    store.record(recordOf("GET /users/ann"));
    expect(answerOf(await store.absorb({ template: "GET /a/{name}", endpoints: [] }))).toBe(true);
    expect(answerOf(await store.absorb({ template: TEMPLATE, endpoints: NAMES }))).toBe(false);
    expect(answerOf(await store.learnedTemplates())).toEqual(["GET /a/{name}"]);
    const { rows } = answerOf(await store.endpoints({ sort: "exchanges", limit: 9, offset: 0 }));
    expect(rows.map(({ endpoint }) => endpoint)).toEqual(["GET /users/ann"]);
  });
});

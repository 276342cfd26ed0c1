// What people decide, and the log of it.
import { describe, expect, test } from "vitest";
import { ruleIdOf } from "../../src/core/rule.ts";
import { signatureIdOf } from "../../src/core/signature-id.ts";
import { TRIAGE_STATES, type TriageDecision, triageStateOf } from "../../src/core/triage.ts";
import type { Store } from "../../src/store/store.ts";
import {
  answerOf,
  batch,
  endpointDelta,
  makeDirectory,
  openStore,
  pathDelta,
  START_MS,
  sample,
  signatureDelta,
} from "./fixtures.ts";

const ANN = { who: "ann", role: "reviewer" } as const;
const PAGE = { sort: "count", limit: 100, offset: 0 } as const;
const RULE = { kind: "ignore", path: "/at" } as const;
const ADDED = { id: ruleIdOf(RULE), route: "users", rule: RULE, ...ANN } as const;

async function seeded(store: Store, ids: readonly string[], seenMs = START_MS) {
  store.record(
    batch({
      endpoints: [endpointDelta()],
      signatures: ids.map((id) => signatureDelta({ id, path: `/${id}` }, 2, seenMs)),
    }),
  );
  await store.flush();
}

const read = async (store: Store, id: string) => answerOf(await store.signature(id));

describe("triage", () => {
  test("keeps who decided what and when, over a restart, and who takes care of it", async () => {
    const directory = makeDirectory();
    const first = openStore({}, directory);
    await seeded(first.store, ["a", "b"]);
    const decision = { state: "bug", link: "https://bugs.example/7" } as const;
    const change = { ...ANN, signatureIds: ["a", "a", "gone"], decision, owner: "team-x", comment: "why" };
    expect(answerOf(await first.store.triage(change))).toBe(1);
    await first.store.close();

    const { store } = openStore({}, directory);
    expect(await read(store, "a")).toMatchObject({
      state: "bug",
      triage: { decision, who: "ann", atMs: START_MS },
      owner: "team-x",
      comments: 1,
    });
    expect(await read(store, "b")).toMatchObject({ state: "new", triage: undefined, owner: undefined });
    expect(answerOf(await store.audit({ subject: "a", limit: 10 }))).toEqual([
      { id: 2, atMs: START_MS, ...ANN, action: "comment", subject: "a", detail: { text: "why" } },
      {
        id: 1,
        atMs: START_MS,
        ...ANN,
        action: "triage",
        subject: "a",
        detail: { ...decision, owner: "team-x" },
      },
    ]);
  });

  test("an owner alone leaves the decision as it is, and an empty one means nobody", async () => {
    const { store } = openStore();
    await seeded(store, ["a"]);
    await store.triage({ ...ANN, signatureIds: ["a"], decision: { state: "fixed" }, owner: "x" });
    await store.triage({ ...ANN, signatureIds: ["a"], owner: "" });
    expect(await read(store, "a")).toMatchObject({ state: "fixed", owner: undefined });
  });

  test("an acceptance ends at its date, and a fixed one that is seen again is reopened", async () => {
    const { store, advance } = openStore();
    await seeded(store, ["a", "b"]);
    const accepted = { state: "accepted", expiresMs: START_MS + 10 } as const;
    await store.triage({ ...ANN, signatureIds: ["a"], decision: accepted });
    await store.triage({ ...ANN, signatureIds: ["b"], decision: { state: "fixed" } });
    advance(9);
    expect([(await read(store, "a"))?.state, (await read(store, "b"))?.state]).toEqual(["accepted", "fixed"]);
    advance(1);
    await seeded(store, ["b"], START_MS + 10);
    expect([(await read(store, "a"))?.state, (await read(store, "b"))?.state]).toEqual(["new", "reopened"]);
    expect((await read(store, "a"))?.triage?.decision).toEqual(accepted);
  });

  test("lists search by the state that core/triage says, in every case", async () => {
    const { store, advance } = openStore();
    const decisions: readonly (TriageDecision | undefined)[] = [
      undefined,
      { state: "new" },
      { state: "bug", link: "https://bugs.example" },
      { state: "fixed" },
      ...[0, 1, 2, 3, 4, 5].map((n) => ({ state: "accepted", expiresMs: START_MS + n }) as const),
    ];
    const seen = [0, 1, 2, 3, 4, 5].map((n) => START_MS + n);
    const expected = new Map<string, string>();
    advance(2);
    for (const [d, decision] of decisions.entries())
      for (const lastSeenMs of seen) {
        const id = `${d}-${lastSeenMs}`;
        await seeded(store, [id], lastSeenMs);
        if (decision !== undefined) await store.triage({ ...ANN, signatureIds: [id], decision });
        const triage = decision && { decision, who: "ann", atMs: START_MS + 2 };
        expected.set(id, triageStateOf(triage, { nowMs: START_MS + 3, lastSeenMs }));
      }
    advance(1);
    const found = new Map<string, string>();
    for (const state of TRIAGE_STATES) {
      const page = answerOf(await store.differences({ ...PAGE, state }));
      expect(page.total).toBe(page.rows.length);
      for (const row of page.rows) {
        expect(row.state).toBe(state);
        found.set(row.id, state);
      }
    }
    expect(new Map([...found].sort())).toEqual(new Map([...expected].sort()));
    expect(new Set(found.values())).toEqual(new Set(TRIAGE_STATES));
    const counts = answerOf(await store.signatureCounts());
    for (const state of TRIAGE_STATES)
      expect(counts.filter((row) => row.state === state).reduce((sum, row) => sum + row.signatures, 0)).toBe(
        [...expected.values()].filter((other) => other === state).length,
      );
    const open = answerOf(await store.differences({ ...PAGE, states: ["new", "reopened"] }));
    expect(open.total).toBe([...expected.values()].filter((state) => /new|reopened/.test(state)).length);
    expect(answerOf(await store.differences({ ...PAGE, states: [] })).total).toBe(0);
  });

  test("goes with the signature when its endpoint is absorbed: the later decision, all comments and entries", async () => {
    const { store, advance } = openStore();
    store.record(
      batch({
        endpoints: ["GET /u/1", "GET /u/2"].map((endpoint) => endpointDelta({ endpoint })),
        signatures: ["GET /u/1", "GET /u/2"].map((endpoint) => signatureDelta({ id: endpoint, endpoint })),
        samples: [sample("s", { endpoint: "GET /u/1", signatureIds: ["GET /u/1"] })],
      }),
    );
    await store.flush();
    const bug = { state: "bug", link: "https://bugs.example" } as const;
    await store.triage({ ...ANN, signatureIds: ["GET /u/2"], decision: bug, comment: "second", owner: "x" });
    advance(5);
    await store.triage({
      ...ANN,
      signatureIds: ["GET /u/1"],
      decision: { state: "fixed" },
      comment: "first",
    });
    advance(5);
    const absorption = { template: "GET /u/{n}", endpoints: ["GET /u/1", "GET /u/2"] };
    const merged = signatureIdOf({ ...signatureDelta().signature, endpoint: absorption.template });
    expect(answerOf(await store.absorb(absorption))).toBe(true);
    expect(await read(store, "GET /u/2")).toMatchObject({
      id: merged,
      state: "fixed",
      owner: "x",
      comments: 2,
      triage: { atMs: START_MS + 5 },
    });
    expect(answerOf(await store.audit({ subject: merged, limit: 10 }))).toHaveLength(4);
    expect(answerOf(await store.samples({ endpoint: "GET /u/{n}", limit: 5 }))).toMatchObject([
      { id: "s", endpoint: "GET /u/{n}" },
    ]);
    const trend = { resolution: "minute", fromMs: 0, toMs: START_MS + 60_000 } as const;
    const endpoint = { kind: "endpoint", endpoint: "GET /u/{n}" } as const;
    expect(answerOf(await store.trend({ ...trend, scope: endpoint }))).toMatchObject([{ exchanges: 20 }]);
    expect(answerOf(await store.trend({ ...trend, scope: { kind: "signature", id: merged } }))).toMatchObject(
      [{ exchanges: 4, mismatch: 4 }],
    );
    const former = { kind: "endpoint", endpoint: "GET /u/1" } as const;
    expect(answerOf(await store.trend({ ...trend, scope: former }))).toEqual([]);
    await store.triage({ ...ANN, signatureIds: ["GET /u/1"], decision: bug });
    expect(await read(store, merged)).toMatchObject({ state: "bug" });
  });
});

describe("the audit log", () => {
  test("is read newest first, page by page, by subject and by action", async () => {
    const { store } = openStore();
    for (let n = 1; n <= 5; n++)
      await store.appendAudit({
        ...ANN,
        action: n % 2 === 0 ? "killed" : "unkilled",
        subject: "",
        detail: { n },
      });
    const ids = async (query: Partial<Parameters<Store["audit"]>[0]>) =>
      answerOf(await store.audit({ limit: 10, ...query })).map(({ id }) => id);
    expect(await ids({})).toEqual([5, 4, 3, 2, 1]);
    expect(await ids({ limit: 2 })).toEqual([5, 4]);
    expect(await ids({ before: 4, limit: 2 })).toEqual([3, 2]);
    expect(await ids({ action: "killed" })).toEqual([4, 2]);
    expect(await ids({ subject: "none" })).toEqual([]);
  });

  test("past its limit the oldest entries go, comments after all else", async () => {
    const { store } = openStore({ auditMax: 3 });
    await seeded(store, ["a"]);
    const log = async () => answerOf(await store.audit({ limit: 10 })).map(({ id }) => id);
    await store.triage({ ...ANN, signatureIds: ["a"], comment: "first" });
    await store.triage({ ...ANN, signatureIds: ["a"], owner: "x" });
    await store.triage({ ...ANN, signatureIds: ["a"], owner: "y" });
    expect(await log()).toEqual([3, 2, 1]);
    await store.triage({ ...ANN, signatureIds: ["a"], owner: "z" });
    expect(await log()).toEqual([4, 3, 1]);
    for (const comment of ["2", "3", "4"]) await store.triage({ ...ANN, signatureIds: ["a"], comment });
    expect(await log()).toEqual([7, 6, 5]);
  });

  test("old entries go while running, and comments stay", async () => {
    const { store, advance, tick } = openStore({ auditAgeMsMax: 1000 });
    await seeded(store, ["a"]);
    await store.triage({ ...ANN, signatureIds: ["a"], owner: "x", comment: "why" });
    advance(60_000);
    tick();
    expect(answerOf(await store.audit({ limit: 10 }))).toMatchObject([{ action: "comment" }]);
  });

  test("a change that cannot be written leaves no entry, and says so", async () => {
    const { store, directory } = openStore();
    await store.close();
    const change = { ...ANN, signatureIds: ["a"], owner: "x" };
    expect(await store.triage(change)).toMatchObject({ kind: "failed", code: "closed" });
    expect(answerOf(await openStore({}, directory).store.audit({ limit: 1 }))).toEqual([]);
  });
});

describe("added rules", () => {
  test("are kept in the order in which they came, once for each route, and taken back from all", async () => {
    const directory = makeDirectory();
    const first = openStore({}, directory);
    expect(answerOf(await first.store.addRule(ADDED))).toBe(true);
    expect(answerOf(await first.store.addRule(ADDED))).toBe(false);
    expect(answerOf(await first.store.addRule({ ...ADDED, route: undefined }))).toBe(true);
    await first.store.close();
    const { store } = openStore({}, directory);
    const { role: _role, ...kept } = ADDED;
    expect(answerOf(await store.addedRules())).toEqual([
      { ...kept, atMs: START_MS },
      { ...kept, route: undefined, atMs: START_MS },
    ]);
    expect(answerOf(await store.removeRule({ id: ADDED.id, ...ANN }))).toBe(true);
    expect(answerOf(await store.removeRule({ id: ADDED.id, ...ANN }))).toBe(false);
    expect(answerOf(await store.addedRules())).toEqual([]);
    expect(answerOf(await store.audit({ limit: 10 })).map(({ action }) => action)).toEqual([
      "rule-removed",
      "rule-removed",
      "rule-added",
      "rule-added",
    ]);
  });

  test("are as many as the limit allows", async () => {
    const { store } = openStore({ addedRulesMax: 2 });
    const add = async (id: string) => answerOf(await store.addRule({ ...ADDED, id }));
    expect([await add("1"), await add("2"), await add("3")]).toEqual([true, true, false]);
    await store.removeRule({ id: "1", ...ANN });
    expect(await add("3")).toBe(true);
  });
});

describe("lists", () => {
  test("search by owner, by a part of the endpoint or path, and sort by what can break", async () => {
    const { store } = openStore();
    store.record(
      batch({
        endpoints: [endpointDelta(), endpointDelta({ endpoint: "GET /orders", route: "orders" })],
        signatures: [
          signatureDelta({ id: "a", path: "/Price" }, 2),
          { ...signatureDelta({ id: "b", endpoint: "GET /orders", path: "/at" }, 9), breaking: 0 },
        ],
      }),
    );
    await store.flush();
    await store.triage({ ...ANN, signatureIds: ["b"], owner: "x" });
    const ids = async (query: Partial<Parameters<Store["differences"]>[0]>) =>
      answerOf(await store.differences({ ...PAGE, ...query })).rows.map(({ id }) => id);
    expect(await ids({ owner: "x" })).toEqual(["b"]);
    expect(await ids({ search: "pRICE" })).toEqual(["a"]);
    expect(await ids({ search: "orders" })).toEqual(["b"]);
    expect(await ids({ search: "%" })).toEqual([]);
    expect(await ids({ sort: "breaking" })).toEqual(["a", "b"]);
    const endpoints = answerOf(await store.endpoints({ ...PAGE, sort: "endpoint", search: "order" }));
    expect(endpoints).toMatchObject({ total: 1, rows: [{ endpoint: "GET /orders" }] });
  });

  test("a signature tells the pairs of values among its samples, most first", async () => {
    const { store } = openStore();
    const difference = (candidate: string) => ({
      differences: [{ part: "body", path: "/a", kind: "changed", legacy: "1", candidate } as const],
      signatureIds: ["a"],
    });
    store.record(
      batch({
        signatures: [signatureDelta({ id: "a", path: "/a" })],
        samples: ["2", "3", "3", "3", "2", "4"].map((value, n) => sample(`s${n}`, difference(value))),
      }),
    );
    await store.flush();
    expect((await read(store, "a"))?.values).toEqual([
      { legacy: "1", candidate: "3", count: 3 },
      { legacy: "1", candidate: "2", count: 2 },
      { legacy: "1", candidate: "4", count: 1 },
    ]);
  });

  test("an endpoint counts what is open among its confirmed and suspect signatures", async () => {
    const { store } = openStore();
    const ids = ["new", "bug", "fixed", "accepted", "noise", "confirmed"];
    store.record(
      batch({
        endpoints: [endpointDelta()],
        signatures: ids.map((id) => signatureDelta({ id, path: `/${id}` })),
        paths: [pathDelta({ path: "/noise", both: 9 }), pathDelta({ path: "/confirmed", candidateOnly: 30 })],
      }),
    );
    await store.flush();
    const decide = (id: string, decision: TriageDecision) =>
      store.triage({ ...ANN, signatureIds: [id], decision });
    await decide("bug", { state: "bug", link: "https://bugs.example" });
    await decide("fixed", { state: "fixed" });
    await decide("accepted", { state: "accepted", expiresMs: START_MS + 1 });
    const open = async () =>
      answerOf(await store.endpoints({ ...PAGE, sort: "endpoint" })).rows[0]?.openSignatures;
    expect(await open()).toBe(3);
    await seeded(store, ["fixed"], START_MS + 1);
    expect(await open()).toBe(4);
  });

  test("a tier is searched by as it is shown, however its counts came together", async () => {
    const { store, directory } = openStore();
    const flush = async (changes: Parameters<typeof batch>[0]) => {
      store.record(batch(changes));
      await store.flush();
      for (const tier of ["confirmed", "suspect", "transient", "noise"] as const) {
        const page = answerOf(await store.differences({ ...PAGE, tier }));
        expect(page.rows.map((row) => row.tier)).toEqual(page.rows.map(() => tier));
      }
      return (await read(store, "a"))?.tier;
    };
    const path = (counts: Partial<ReturnType<typeof pathDelta>>) => pathDelta({ path: "/a", ...counts });
    const signatures = [signatureDelta({ id: "a", path: "/a" })];
    expect(await flush({ paths: [path({ both: 5 })] })).toBeUndefined();
    expect(await flush({ signatures })).toBe("noise");
    expect(await flush({ paths: [path({ candidateOnly: 40 })] })).toBe("confirmed");
    const rechecked = { ...signatureDelta({ id: "b", path: "/b" }), rechecked: 40, transient: 40 };
    await flush({ signatures: [signatureDelta({ id: "b", path: "/b" })] });
    await flush({ signatures: [rechecked] });
    expect((await read(store, "b"))?.tier).toBe("transient");
    expect(answerOf(await store.differences({ ...PAGE, sort: "tier" })).rows.map(({ id }) => id)).toEqual([
      "a",
      "b",
    ]);
    await store.close();
    const again = openStore({}, directory);
    expect(answerOf(await again.store.differences({ ...PAGE, tier: "transient" })).total).toBe(1);
  });
});

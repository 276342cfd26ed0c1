import { expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import type { Rule } from "../../src/core/rule.ts";
import type { CompareSettings, Snapshot } from "../../src/core/snapshot.ts";
import type { Difference } from "../../src/core/verdict.ts";
import { signatureOf } from "../../src/diff/signature.ts";
import { PREVIEW_MS_MAX, PREVIEW_SAMPLES_MAX, previewRules } from "../../src/review/preview.ts";
import { Previewer } from "../../src/review/previewer.ts";
import { answerOf, batch, openStore, START_MS, sample, signatureDelta } from "../store/fixtures.ts";

const ENDPOINT = "GET /users/{id}";

function snapshotWith(rules: readonly Rule[] = [], changes: Partial<CompareSettings> = {}): Snapshot {
  const compare: CompareSettings = {
    headers: ["etag"],
    status: "exact",
    rules,
    decodedBytesMax: 1 << 20,
    depthMax: 100,
    differencesMax: 100,
    timeMsMax: 1000,
    ...changes,
  };
  return { routes: [{ name: "users", stage: "shadow", compare }] } as unknown as Snapshot;
}

const JSON_TYPE: readonly (readonly [string, string])[] = [["content-type", "application/json"]];
function exchange(id: string, legacy: string, candidate: string, changes: object = {}) {
  const base = sample(id, { signatureIds: [id] });
  const message = (body: string) => ({ ...base.legacy, headers: JSON_TYPE, body, bodyBytes: body.length });
  return { ...base, legacy: message(legacy), candidate: message(candidate), ...changes };
}

const changed = (path: string): Difference => ({
  part: "body",
  path,
  kind: "changed",
  legacy: "1",
  candidate: "2",
});
const idOf = (path: string) => signatureOf(ENDPOINT, changed(path)).id;
const IGNORE_AT: Rule = { kind: "ignore", path: "/at" };

async function storeWith(...samples: readonly ReturnType<typeof exchange>[]) {
  const { store } = openStore({ samplesPerSignature: 1000, queuedSamplesMax: 5000 });
  store.record(
    batch({
      signatures: ["/at", "/name"].map((path, n) => signatureDelta({ id: idOf(path), path }, 600 + n)),
      samples,
    }),
  );
  await store.flush();
  return store;
}

const parts = (store: Awaited<ReturnType<typeof storeWith>>, rules: readonly Rule[] = []) => ({
  store,
  snapshot: snapshotWith(rules),
  clock: systemClock,
});

test("tells what the rules would hide, of signatures wholly and in part, with their counts in the store", async () => {
  const store = await storeWith(
    exchange("1", '{"at":1,"name":"a","list":[1,2]}', '{"at":2,"name":"b","list":[1,3]}'),
    exchange("2", '{"at":3,"list":[1,2]}', '{"at":4,"list":[0,2]}'),
    exchange("3", '{"at":5}', '{"at":6}'),
  );
  const rules: Rule[] = [IGNORE_AT, { kind: "ignore", path: "/list/0" }];
  const preview = answerOf(await previewRules({ rules }, parts(store)));
  expect(preview).toMatchObject({
    samples: 3,
    cannotTell: 0,
    matching: 2,
    differences: 6,
    hidden: 4,
    appeared: 0,
    storedHidden: 600,
    wholly: [{ id: idOf("/at"), endpoint: ENDPOINT, path: "/at", differences: 3, hidden: 3, stored: 600 }],
    partly: [{ path: "/list/*", differences: 2, hidden: 1, stored: 0 }],
    isComplete: true,
    isWithoutCustom: false,
  });
  expect(preview.examples).toMatchObject([
    { exchangeId: "3", endpoint: ENDPOINT, path: "/at", legacy: "5", candidate: "6" },
    { exchangeId: "2", path: "/list/0" },
  ]);
});

test("rules in force hide before: what they hide is not counted for the given ones", async () => {
  const store = await storeWith(exchange("1", '{"at":1,"name":"a"}', '{"at":2,"name":"b"}'));
  const custom: Rule = { kind: "custom", module: "/nowhere.js" };
  const preview = answerOf(await previewRules({ rules: [IGNORE_AT] }, parts(store, [IGNORE_AT, custom])));
  expect(preview).toMatchObject({ differences: 1, hidden: 0, wholly: [], isWithoutCustom: true });
});

test("cannot tell of what is cut or incomparable, or of a route that is gone", async () => {
  const good = exchange("1", "[1]", "[2]");
  const events = { ...good.candidate, headers: [["content-type", "text/event-stream"]] as const };
  const store = await storeWith(
    good,
    exchange("2", "[1]", "[2]", { legacy: { ...good.legacy, isBodyCut: true } }),
    exchange("3", "[1]", "[2]", { candidate: { ...good.candidate, isBodyCut: true } }),
    exchange("4", "[1]", "[2]", { candidate: events }),
    exchange("5", "[1]", "[2]", { route: "gone" }),
    // The difference lay in what redaction took away.
    exchange("6", "[redacted]", "[redacted]"),
  );
  expect(answerOf(await previewRules({ rules: [IGNORE_AT] }, parts(store)))).toMatchObject({
    samples: 6,
    cannotTell: 5,
    differences: 1,
  });
});

test("what there was no time for is not told, neither as hidden nor as still there", async () => {
  const list = (last: number) => JSON.stringify([...Array.from({ length: 50_000 }, (_, at) => at), last]);
  const headers = (etag: string) => [...JSON_TYPE, ["etag", etag]] as const;
  const one = exchange("1", list(1), list(2));
  const store = await storeWith({
    ...one,
    legacy: { ...one.legacy, headers: headers("a") },
    candidate: { ...one.candidate, headers: headers("b") },
  });
  const preview = async (changes: Partial<CompareSettings>) =>
    answerOf(
      await previewRules({ rules: [IGNORE_AT] }, { ...parts(store), snapshot: snapshotWith([], changes) }),
    );
  expect(await preview({ timeMsMax: 0 })).toMatchObject({ cannotTell: 1, differences: 0, hidden: 0 });
  expect(await preview({})).toMatchObject({ cannotTell: 0, differences: 2, hidden: 0 });
});

test("what is listed only once other differences are hidden is not what the rules bring about", async () => {
  const store = await storeWith(exchange("1", '{"at":[1,1,1],"b":1}', '{"at":[2,2,2],"b":2}'));
  const snapshot = snapshotWith([], { differencesMax: 2 });
  const rules: Rule[] = [{ kind: "ignore", path: "/at/*" }];
  const preview = answerOf(await previewRules({ rules }, { ...parts(store), snapshot }));
  expect(preview).toMatchObject({ differences: 2, hidden: 2, appeared: 0 });
});

test("a body that was stored decoded is not decoded again", async () => {
  const headers = [...JSON_TYPE, ["Content-Encoding", "gzip"]] as const;
  const one = exchange("1", '{"at":1}', '{"at":2}');
  const store = await storeWith({
    ...one,
    legacy: { ...one.legacy, headers },
    candidate: { ...one.candidate, body: Buffer.from('{"at":2}').toString("base64"), bodyEncoding: "base64" },
  });
  const preview = answerOf(await previewRules({ rules: [IGNORE_AT] }, parts(store)));
  expect(preview).toMatchObject({ cannotTell: 0, differences: 1, hidden: 1, matching: 1 });
});

test("looks at one route or endpoint alone where asked", async () => {
  const store = await storeWith(
    exchange("1", '{"at":1}', '{"at":2}'),
    exchange("2", '{"at":1}', '{"at":2}', { endpoint: "GET /b" }),
  );
  const samples = async (request: object) =>
    answerOf(await previewRules({ rules: [IGNORE_AT], ...request }, parts(store))).samples;
  expect(await samples({ endpoint: "GET /b" })).toBe(1);
  expect(await samples({ route: "users" })).toBe(2);
  expect(await samples({ route: "none" })).toBe(0);
});

test("looks at so many of the newest samples, at n - 1, n and n + 1, and says when there are more", async () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, n) => exchange(`${n}`, `{"at":1}`, `{"at":2}`, { atMs: START_MS + n }));
  for (const [count, samples, isComplete] of [
    [PREVIEW_SAMPLES_MAX - 1, PREVIEW_SAMPLES_MAX - 1, true],
    [PREVIEW_SAMPLES_MAX, PREVIEW_SAMPLES_MAX, true],
    [PREVIEW_SAMPLES_MAX + 1, PREVIEW_SAMPLES_MAX, false],
  ] as const) {
    const store = await storeWith(...many(count));
    const preview = answerOf(await previewRules({ rules: [IGNORE_AT] }, parts(store)));
    expect(preview).toMatchObject({ samples, hidden: samples, isComplete });
    expect(preview.examples[0]?.exchangeId).toBe(`${count - 1}`);
    await store.close();
  }
});

test("stops when its time is over, and lets others have the thread between two samples", async () => {
  const store = await storeWith(exchange("1", "[1]", "[2]"), exchange("2", "[1]", "[2]"));
  let nowMs = 0;
  const clock = { nowMs: () => 0, monotonicMs: () => nowMs };
  const running = previewRules({ rules: [IGNORE_AT] }, { ...parts(store), clock });
  setImmediate(() => {
    nowMs = PREVIEW_MS_MAX;
  });
  expect(answerOf(await running)).toMatchObject({ samples: 1, isComplete: false });
});

test("a store that cannot be read is no preview", async () => {
  const store = await storeWith();
  await store.close();
  expect(await previewRules({ rules: [IGNORE_AT] }, parts(store))).toMatchObject({
    kind: "failed",
    code: "closed",
  });
});

test("one preview at a time; rules with problems and custom ones are refused", async () => {
  const store = await storeWith(exchange("1", '{"at":1}', '{"at":2}'));
  const previewer = new Previewer({
    store,
    clock: systemClock,
    snapshot: () => snapshotWith(),
    read: (given) =>
      given === "bad" ? { ok: false, problems: ["[0]: bad"] } : { ok: true, rules: given as readonly Rule[] },
  });
  const asked = { rules: [IGNORE_AT] };
  expect(await previewer.preview({ rules: "bad" })).toEqual({ kind: "refused", problems: ["[0]: bad"] });
  expect(await previewer.preview({ rules: [IGNORE_AT, { kind: "custom", module: "/x" }] })).toEqual({
    kind: "refused",
    problems: [expect.stringContaining("[1]: custom rules run in shadow threads")],
  });
  const first = previewer.preview(asked);
  expect(await previewer.preview(asked)).toEqual({ kind: "busy" });
  expect(await first).toMatchObject({ kind: "ok", preview: { hidden: 1 } });
  expect(await previewer.preview(asked)).toMatchObject({ kind: "ok" });
});

import { once } from "node:events";
import { connect } from "node:net";
import { beforeEach, describe, expect, test } from "vitest";
import type { AuditAnswer, LatencyAnswer, TrendAnswer } from "../../src/admin/review-schemas.ts";
import type { SignatureAnswer, Summary } from "../../src/admin/schemas.ts";
import {
  batch,
  endpointDelta,
  movableClock,
  OPEN,
  ROLE_TOKENS,
  ROLES_ACCESS,
  START_MS,
  sample,
  signatureDelta,
  startAdmin,
} from "./fixtures.ts";

const ID = "00000000000000aa";
type Admin = Awaited<ReturnType<typeof startAdmin>>;
let admin: Admin;
let clock: ReturnType<typeof movableClock>;

beforeEach(async () => {
  clock = movableClock();
  admin = await startAdmin({ access: ROLES_ACCESS }, { clock });
  admin.store.record(
    batch({
      endpoints: [endpointDelta()],
      signatures: [signatureDelta(), signatureDelta({ id: "bb", path: "/email" })],
      samples: [sample("s1")],
    }),
  );
  await admin.store.flush();
});

async function ask<T>(
  path: string,
  { body, as = "operator" }: { readonly body?: object; readonly as?: keyof typeof ROLE_TOKENS } = {},
): Promise<{ readonly status: number; readonly body: T }> {
  const response = await fetch(admin.base + path, {
    headers: {
      authorization: `Bearer ${ROLE_TOKENS[as]}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as T };
}

const triage = (body: object) =>
  ask<{ readonly changed: number; readonly message: string }>("/api/triage", { body, as: "reviewer" });
const signature = async () => (await ask<SignatureAnswer>(`/api/differences/${ID}`)).body;

describe("triage", () => {
  test("is in the signature, and in the audit log with who and what; unknown ids are left out", async () => {
    const decision = { state: "bug", link: "https://bugs.test/7", owner: "bob", comment: "seen" };
    expect((await triage({ ids: [ID, ID, "none"], ...decision })).body).toEqual({ changed: 1 });
    expect(await signature()).toMatchObject({
      state: "bug",
      owner: "bob",
      comments: 1,
      triage: { who: "the-reviewer", link: "https://bugs.test/7" },
    });
    const { entries } = (await ask<AuditAnswer>(`/api/audit?subject=${ID}`)).body;
    expect(entries).toMatchObject([
      { who: "the-reviewer", role: "reviewer", action: "comment", detail: { text: "seen" } },
      { action: "triage", subject: ID },
    ]);
    const comments = await ask<AuditAnswer>(`/api/audit?action=comment&limit=1&before=${entries[0]?.id}`);
    expect(comments.body.entries).toEqual([]);
  });

  test("accepted lasts to the end of its day, in UTC", async () => {
    const day = new Date(START_MS).toISOString().slice(0, 10);
    expect((await triage({ ids: [ID], state: "accepted", expires: day })).body).toEqual({ changed: 1 });
    const endMs = Date.parse(day) + 86_400_000;
    expect((await signature()).triage).toMatchObject({ expiresMs: endMs });
    clock.advance(endMs - START_MS);
    const late = await triage({ ids: [ID], state: "accepted", expires: day });
    expect([late.status, late.body.message]).toEqual([400, "expires: today or later"]);
  });

  test.each([
    [{ state: "accepted" }, "expires: the last day of the acceptance is needed"],
    [{ state: "bug" }, "link: where the bug is followed up is needed"],
    [{ state: "fixed", link: "https://x.test" }, "link: with state bug alone"],
    [{ state: "new", expires: "2999-01-01" }, "expires: with state accepted alone"],
    [{ expires: "2999-01-01" }, "expires: with state accepted alone"],
    [{}, "body: a state, an owner or a comment is needed"],
    [{ state: "bug", link: "javascript:alert(1)" }, "link: "],
    [{ state: "bug", link: "https://me:secret@bugs.test/7" }, "link: an address without user information"],
    [{ owner: "bob\nrole: operator" }, "owner: one line of visible characters"],
    [{ owner: "bob\u202e" }, "owner: one line of visible characters"],
    [{ state: "reopened" }, "state: "],
    [{ comment: "   " }, "comment: "],
    [{ comment: "x".repeat(4001) }, "comment: "],
    [{ owner: "x", frob: 1 }, "frob"],
  ])("%j is refused, and nothing is changed", async (body, message) => {
    const answer = await triage({ ids: [ID], ...body });
    expect([answer.status, answer.body]).toMatchObject([
      400,
      { error: "invalid-body", message: expect.stringContaining(message) },
    ]);
    expect(await signature()).toMatchObject({ state: "new", owner: null, comments: 0, triage: null });
  });

  test("takes 500 signatures at once, at n - 1, n and n + 1", async () => {
    const ids = (count: number) => Array.from({ length: count }, (_, index) => `x${index}`);
    const statuses: number[] = [];
    for (const count of [0, 1, 499, 500, 501])
      statuses.push((await triage({ ids: ids(count), state: "fixed" })).status);
    expect(statuses).toEqual([400, 200, 200, 200, 400]);
  });
});

test.each([
  ["state=new", 1],
  ["state=bug", 1],
  ["state=new&state=bug", 2],
  ["state=open", 2],
  ["state=untriaged", 1],
  ["state=untriaged&state=bug", 2],
  ["state=fixed", 0],
  ["owner=bob", 1],
  ["search=EMAIL", 1],
  ["search=price", 1],
  ["search=nowhere", 0],
])("differences?%s", async (query, total) => {
  await triage({ ids: [ID], state: "bug", link: "https://bugs.test/7", owner: "bob" });
  expect((await ask<{ readonly total: number }>(`/api/differences?${query}`)).body.total).toBe(total);
});

test.each(["state=closed", "state=new&state=closed", "owner=a&owner=b", "tier=noise&tier=loud"])(
  "differences?%s is refused",
  async (query) => {
    expect((await ask(`/api/differences?${query}`)).status).toBe(400);
  },
);

test("the summary counts open signatures; two seconds old at most, and at once after triage", async () => {
  const counts = async () => (await ask<Summary>("/api/summary")).body.signatures;
  expect(await counts()).toEqual({ open: 2, untriaged: 2, confirmed: 0 });
  admin.store.record(batch({ signatures: [signatureDelta({ id: "cc", path: "/x" })] }));
  await admin.store.flush();
  clock.advance(1_999);
  expect(await counts()).toMatchObject({ open: 2 });
  clock.advance(1);
  expect(await counts()).toMatchObject({ open: 3 });
  await triage({ ids: ["bb"], state: "bug", link: "https://bugs.test/7" });
  expect(await counts()).toEqual({ open: 3, untriaged: 2, confirmed: 0 });
  await admin.store.close();
  clock.advance(2_000);
  expect(await counts()).toBeNull();
});

describe("trends and latency", () => {
  test("answer for all, a route, an endpoint and a signature", async () => {
    const at = `from=${new Date(START_MS - 3_600_000).toISOString()}&to=${new Date(START_MS + 3_600_000).toISOString()}`;
    const trend = async (query: string) => (await ask<TrendAnswer>(`/api/trends?${query}&${at}`)).body;
    const all = await trend("scope=all&resolution=minute");
    expect(all).toMatchObject({ resolution: "minute", points: [{ exchanges: 10, mismatch: 2 }] });
    expect((await trend("scope=route&id=none")).points).toEqual([]);
    const endpoint = encodeURIComponent("GET /users/{id}");
    expect((await trend(`scope=endpoint&id=${endpoint}`)).points).toHaveLength(1);
    expect((await trend(`scope=signature&id=${ID}`)).points).toHaveLength(1);
  });

  test("latency has percentiles and the buckets that are not empty", async () => {
    const { body } = await ask<LatencyAnswer>("/api/latency");
    expect(body.legacy.p50).toBeGreaterThan(0);
    expect(body.legacy.buckets.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThan(0);
    expect(body.legacy.buckets.every(({ count }) => count > 0)).toBe(true);
    expect((await ask<LatencyAnswer>("/api/latency?endpoint=none")).body).toEqual({
      legacy: { p50: null, p95: null, p99: null, buckets: [] },
      candidate: { p50: null, p95: null, p99: null, buckets: [] },
    });
  });
});

describe("deletion", () => {
  test("says what would go, then takes it, and is in the audit log", async () => {
    const body = { endpoint: "GET /users/{id}" };
    const counts = { endpoints: 1, signatures: 2, samples: 1 };
    expect((await ask("/api/data/purge", { body: { ...body, dryRun: true } })).body).toMatchObject(counts);
    expect((await signature()).id).toBe(ID);
    expect((await ask("/api/data/purge", { body })).body).toMatchObject(counts);
    expect((await ask(`/api/differences/${ID}`)).status).toBe(404);
    expect((await ask("/api/exchanges/s1")).status).toBe(404);
    expect((await ask<AuditAnswer>("/api/audit?action=purged")).body.entries).toMatchObject([
      { who: "the-operator", subject: "GET /users/{id}" },
    ]);
  });

  test.each([{}, { dryRun: true }, { before: "yesterday" }, { endpoint: 1 }])(
    "%j is refused: nobody empties the store by a slip",
    async (body) => {
      expect((await ask("/api/data/purge", { body })).status).toBe(400);
      expect((await signature()).id).toBe(ID);
    },
  );
});

test("endpoints tell the stage of the route in force, and null where there is none", async () => {
  const stages = async (route: string) => {
    const other = await startAdmin({ access: OPEN }, { stages: () => new Map([[route, "shadow"]]) });
    other.store.record(batch({ endpoints: [endpointDelta()] }));
    await other.store.flush();
    const response = await fetch(`${other.base}/api/endpoints`);
    return ((await response.json()) as { endpoints: { stage: string | null }[] }).endpoints[0]?.stage;
  };
  expect([await stages(endpointDelta().route), await stages("gone")]).toEqual(["shadow", null]);
});

test("a store that is closed is a 503 for all of it", async () => {
  await admin.store.close();
  for (const path of ["/api/trends", "/api/latency", "/api/audit"])
    expect([path, (await ask(path)).status]).toEqual([path, 503]);
  for (const [path, body] of [
    ["/api/triage", { ids: [ID], state: "fixed" }],
    ["/api/data/purge", { route: "users" }],
  ] as const)
    expect([path, (await ask(path, { body })).status]).toEqual([path, 503]);
});

test("a client that leaves in the middle of its body is no failure in the log", async () => {
  const socket = connect({ host: "127.0.0.1", port: admin.port });
  await once(socket, "connect");
  const head = `POST /api/triage HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${ROLE_TOKENS.operator}\r\n`;
  socket.write(
    `${head}expect: 100-continue\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{`,
  );
  // It was asked to go on: the body is waited for.
  await once(socket, "data");
  socket.resetAndDestroy();
  await once(socket, "close");
  // Whoever comes after it is answered after it was dealt with.
  for (let asked = 0; asked < 3; asked++) expect((await ask("/api/me")).status).toBe(200);
  expect(admin.adminLogged).toEqual([]);
});

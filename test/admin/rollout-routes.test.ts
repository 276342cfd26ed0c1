// The rollout API over HTTP: every question and every act, and what is refused, in front of a desk in memory.
import { expect, test } from "vitest";
import type { JournalEntryAnswer, RolloutRouteAnswer } from "../../src/admin/rollout-schemas.ts";
import { errorSchema } from "../../src/admin/schemas.ts";
import { eventIn, OPEN, ROLE_TOKENS, ROLES_ACCESS, startAdmin } from "./fixtures.ts";
import { journalEntry, MemoryRollout, routeAnswer } from "./memory-rollout.ts";

interface Answered {
  readonly status: number;
  /** As much of all the answers as is looked at here. */
  readonly body: {
    readonly error: string;
    readonly message: string;
    readonly route: RolloutRouteAnswer;
    readonly routes: readonly RolloutRouteAnswer[];
    readonly entries: readonly JournalEntryAnswer[];
    readonly before: number | null;
    readonly upstream: string;
    readonly isFromJournal: boolean;
  };
}

async function started(desk = new MemoryRollout(), access = OPEN) {
  const admin = await startAdmin({ access }, { rollout: desk });
  const read = async (response: Response): Promise<Answered> => ({
    status: response.status,
    body: (await response.json()) as Answered["body"],
  });
  const get = async (path: string) => read(await fetch(admin.base + path));
  const post = async (path: string, body?: object, token?: string) =>
    read(
      await fetch(admin.base + path, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
  return { ...admin, desk, get, post };
}

test("the list has every route, one is found by its name, whatever is in it", async () => {
  const names = ["users", "a.b-c_d", "default", "*other*"];
  const { get } = await started(new MemoryRollout(names.map((route) => routeAnswer({ route }))));
  const { body } = await get("/api/rollout");
  expect(body.routes.map(({ route }) => route)).toEqual(names);
  for (const name of names) {
    expect((await get(`/api/rollout/${encodeURIComponent(name)}`)).body).toEqual(
      routeAnswer({ route: name }),
    );
    expect((await get(`/api/rollout/${name}/plan`)).body.route).toBe(name);
  }
});

test("a name that no route has is a 404 that tells the names there are", async () => {
  const { get, post } = await started();
  for (const { status, body } of [
    await get("/api/rollout/user"),
    await get("/api/rollout/user/plan"),
    await get("/api/explain?route=user"),
    await post("/api/rollout/user/pause", { reason: "x" }),
  ])
    expect([status, body]).toEqual([
      404,
      { error: "not-found", message: "no route is called user; there are users" },
    ]);
});

test("each act reaches the desk with who and why, and is told to who listens", async () => {
  const { base, desk, post } = await started(new MemoryRollout([routeAnswer({ gate: null })]), ROLES_ACCESS);
  const authorization = `Bearer ${ROLE_TOKENS.operator}`;
  const events = await fetch(`${base}/api/events`, { headers: { authorization } });
  const told = eventIn(events, "changed");
  const act = (action: string, body?: object) =>
    post(`/api/rollout/users/${action}`, body, ROLE_TOKENS.operator);
  expect(await act("promote", { reason: "seen enough", force: true, to: "25", epoch: 12 })).toMatchObject({
    status: 200,
    body: { epoch: 13, route: { step: "ramp 25 %" } },
  });
  expect(JSON.parse(await told)).toEqual({ what: "rollout" });
  expect((await act("pause", { reason: "lunch" })).body.route.isPaused).toBe(true);
  expect((await act("resume")).body.route.isPaused).toBe(false);
  expect((await act("resume", {})).status).toBe(200);
  expect((await act("rollback", { reason: "slow", to: "shadow" })).body.route).toMatchObject({
    step: "shadow",
    latch: { from: "ramp 25 %" },
  });
  expect((await act("kill", { reason: "broken" })).body.route.isKilled).toBe(true);
  expect((await act("arm", { reason: "mended" })).body.route.latch).toBeNull();
  expect(desk.acted).toEqual([
    "promote users the-operator: seen enough",
    "pause users the-operator: lunch",
    "resume users the-operator: ",
    "resume users the-operator: ",
    "rollback users the-operator: slow",
    "kill users the-operator: broken",
    "arm users the-operator: mended",
  ]);
});

test.each(["promote", "pause", "rollback", "kill", "arm"])(
  "%s without a reason changes nothing",
  async (action) => {
    const { desk, post } = await started();
    for (const body of [{}, { reason: " " }, { reason: "x".repeat(501) }]) {
      const answer = await post(`/api/rollout/users/${action}`, body);
      expect([answer.status, answer.body.error]).toEqual([400, "invalid-body"]);
      expect(answer.body.message).toContain("reason");
    }
    expect((await post(`/api/rollout/users/${action}`)).status).toBe(400);
    expect(desk.acted).toEqual([]);
  },
);

test.each([
  ["pause", { to: "5" }, "to: with promote and rollback alone"],
  ["kill", { to: "shadow" }, "to: with promote and rollback alone"],
  ["rollback", { force: true }, "force: with promote alone"],
  ["resume", { force: true }, "force: with promote alone"],
  ["promote", { whatever: 1 }, "whatever"],
])("%s with %j is refused, not ignored", async (action, body, message) => {
  const { desk, post } = await started();
  const answer = await post(`/api/rollout/users/${action}`, { reason: "why", ...body });
  expect([answer.status, answer.body.message]).toEqual([400, expect.stringContaining(message)]);
  expect(desk.acted).toEqual([]);
});

test("of two operators who saw the same epoch, the second is told who was faster and where it stands", async () => {
  const { post } = await started();
  const rollback = { reason: "slow", epoch: 12 };
  expect((await post("/api/rollout/users/rollback", rollback)).status).toBe(200);
  const { status, body } = await post("/api/rollout/users/rollback", rollback);
  expect([status, errorSchema.parse(body).error]).toEqual([409, "rollout-conflict"]);
  expect(body).toMatchObject({
    message: "bob was faster: users is at ramp 1 %, epoch 13",
    route: { step: "ramp 1 %", epoch: 13 },
  });
});

test("what may not be done now is a 422 that says what may, and what stands in the way", async () => {
  const { post } = await started();
  expect(await post("/api/rollout/users/promote", { reason: "now" })).toEqual({
    status: 422,
    body: {
      error: "rollout-refused",
      message: "the gate says insufficient; pause, rollback and kill are allowed",
      problems: ["pairs: 1,200 of 5,000"],
    },
  });
});

test("a journal that cannot be written is a 503", async () => {
  const desk = new MemoryRollout();
  desk.isJournalDown = true;
  const { post } = await started(desk);
  const { status, body } = await post("/api/rollout/users/kill", { reason: "broken" });
  expect([status, body.error]).toEqual([503, "journal-unavailable"]);
  expect(desk.route("users")?.isKilled).toBe(false);
});

test("a viewer and a reviewer read, and change nothing", async () => {
  const { base, desk, post } = await started(new MemoryRollout(), ROLES_ACCESS);
  for (const role of ["viewer", "reviewer"] as const) {
    const headers = { authorization: `Bearer ${ROLE_TOKENS[role]}` };
    for (const path of ["", "/users", "/users/plan"])
      expect((await fetch(`${base}/api/rollout${path}`, { headers })).status).toBe(200);
    for (const action of ["promote", "pause", "resume", "rollback", "kill", "arm"]) {
      const { status, body } = await post(`/api/rollout/users/${action}`, { reason: "x" }, ROLE_TOKENS[role]);
      expect([status, body.error]).toEqual([403, "role-needed"]);
    }
  }
  expect(desk.acted).toEqual([]);
});

test("the journal comes a page at a time, newest first, of one route or of all", async () => {
  const entries = [5, 4, 3, 2, 1].map((n) => journalEntry(n, { route: n % 2 === 1 ? "users" : "gone" }));
  const { get } = await started(new MemoryRollout(undefined, entries));
  const page = async (query: string) => {
    const { body } = await get(`/api/journal?${query}`);
    return [body.entries.map(({ sequence }) => sequence), body.before];
  };
  expect(await page("")).toEqual([[5, 4, 3, 2, 1], null]);
  expect(await page("limit=2")).toEqual([[5, 4], 4]);
  expect(await page("limit=2&before=4")).toEqual([[3, 2], 2]);
  expect(await page("limit=1&before=2")).toEqual([[1], null]);
  expect(await page("limit=2&route=gone")).toEqual([[4, 2], null]);
  expect((await get("/api/journal?limit=1001")).status).toBe(400);
});

test("the journal tells its head, and each entry's line where that is asked for", async () => {
  const { base } = await started(new MemoryRollout(undefined, [journalEntry(2), journalEntry(1)]));
  const read = async (query: string) => (await fetch(`${base}/api/journal?${query}`)).json();
  expect(await read("sealed=true")).toMatchObject({
    head: { sequence: 2, hash: "0".repeat(64) },
    entries: [{ sealed: '{"sequence":2}' }, { sealed: '{"sequence":1}' }],
  });
  const { entries } = (await read("sealed=false")) as { entries: readonly object[] };
  expect(entries.filter((entry) => "sealed" in entry)).toEqual([]);
});

test("a journal that cannot be read is a 503, not an empty page", async () => {
  const desk = new MemoryRollout();
  desk.isJournalUnreadable = true;
  const { get } = await started(desk);
  const { status, body } = await get("/api/journal");
  expect([status, body.error]).toEqual([503, "journal-unavailable"]);
});

test("explain passes on what it was asked, headers in their order", async () => {
  const { desk, get } = await started();
  const query = new URLSearchParams([
    ["route", "users"],
    ["method", "GET"],
    ["target", "/users/1?x=a&y=b"],
    ["header", "x-tenant: acme:eu"],
    ["header", "cookie:sid=1; plan=gold"],
    ["address", "10.0.0.1"],
    ["at", "2026-01-01T14:02:00Z"],
  ]);
  const { status, body } = await get(`/api/explain?${query}`);
  expect([status, body.upstream, body.isFromJournal]).toEqual([200, "candidate", true]);
  expect(desk.explained).toEqual([
    {
      route: "users",
      method: "GET",
      target: "/users/1?x=a&y=b",
      headers: [
        ["x-tenant", "acme:eu"],
        ["cookie", "sid=1; plan=gold"],
      ],
      address: "10.0.0.1",
      atMs: Date.UTC(2026, 0, 1, 14, 2),
    },
  ]);
});

test.each([
  ["", "a route or a target is needed"],
  ["?route=users&header=x-tenant", "header: name:value, such as x-tenant:acme"],
  ["?route=users&header=a:b&header=x%20y:z", "name:value"],
  ["?route=users&at=yesterday", "at"],
  ["?route=users&tenant=acme", "tenant"],
])("explain%s is refused with what is wrong", async (query, message) => {
  const { desk, get } = await started();
  const { status, body } = await get(`/api/explain${query}`);
  expect([status, body.error]).toEqual([400, "invalid-query"]);
  expect(body.message).toContain(message);
  expect(desk.explained).toEqual([]);
});

test("explain of what no route takes is a 404", async () => {
  const { get } = await started();
  const { status, body } = await get("/api/explain?target=/nowhere");
  expect([status, body.message]).toEqual([404, "no route takes such a request"]);
});

test("DELETE /api/kill takes a reason as well", async () => {
  const { base, calls } = await started();
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ reason: "mended" });
  expect((await fetch(`${base}/api/kill`, { method: "DELETE", headers, body })).status).toBe(200);
  expect(calls).toEqual(["kill false local, operator: mended"]);
});

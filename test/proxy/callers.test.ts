// Who calls the legacy: the thread's books by themselves, then from a config to the API on real sockets.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request } from "undici";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import type { CallersAnswer } from "../../src/admin/callers-routes.ts";
import { buildSnapshot, RouteSlots } from "../../src/config/snapshot.ts";
import type { CallerDelta } from "../../src/core/callers.ts";
import { productsOf } from "../../src/core/callers.ts";
import { OTHER } from "../../src/core/other.ts";
import { CALLERS_MAX, CALLERS_PER_ROUTE_MAX, CallerBook, RouteCallers } from "../../src/proxy/callers.ts";
import { RequestHead } from "../../src/wire/request-head.ts";
import { loaded, loadText } from "../config/config-file.ts";
import { startHouse } from "../flow/house.ts";
import { exchange, get, ok, startUpstream } from "./sockets.ts";

const ROUTE = `{ name: old, match: { path: /old }, deprecation: { at: 2024-01-01T00:00:00Z } }`;

function headWith(...lines: string[]): RequestHead {
  const head = new RequestHead({ headBytesMax: 8000, targetBytesMax: 100, headerLinesMax: 20 });
  const bytes = Buffer.from(get("/old", ...lines), "latin1");
  expect(head.parse(bytes, 0, bytes.length)).toBe(bytes.length);
  return head;
}

/** `tenant` with the id; the bucket is the test's own. */
const tenant = (id: string) => ({ grounds: () => ({ unit: { kind: "tenant", id } }) });
const nobody = {
  grounds: () => {
    throw new Error("nobody is asked for a unit that there is not");
  },
};

function bookOf(units = "[{ kind: tenant, header: x-tenant }]", book = new CallerBook(), name = "old") {
  const yaml = `upstreams: { legacy: { url: http://a:1 } }\nroutes: [{ name: ${name}, match: { path: /old }, rollout: { units: ${units} } }]\n`;
  const state = { epoch: 1, instanceId: "i", isKilled: false, slots: new RouteSlots() };
  const snapshot = buildSnapshot(loaded(loadText(yaml)), state);
  const [route] = snapshot.routes;
  if (route === undefined) throw new Error("no route");
  return { book, callers: new RouteCallers(route, snapshot, book) };
}

/** The same, and how often it was asked. */
function askedTenant(id: string) {
  const source = {
    asked: 0,
    grounds: () => {
      source.asked++;
      return tenant(id).grounds();
    },
  };
  return source;
}

const counted = (deltas: readonly CallerDelta[]) =>
  deltas.map(({ unitKind, unit, userAgent, requests }) => [unitKind, unit, userAgent, requests]);

describe("a thread's book", () => {
  test("counts requests by unit and user agent, and asks for a unit's name once", () => {
    const { book, callers } = bookOf();
    const acme = askedTenant("acme");
    for (let n = 0; n < 3; n++) callers.note(headWith("User-Agent: app/1"), 7, acme);
    callers.note(headWith("User-Agent: app/2"), 7, acme);
    callers.note(headWith("User-Agent: app/1"), -1, nobody);
    callers.note(headWith(), -1, nobody);
    expect(counted(book.take())).toEqual([
      ["tenant", "acme", "app/1", 3],
      ["tenant", "acme", "app/2", 1],
      ["", "", "app/1", 1],
      ["", "", "", 1],
    ]);
    expect(acme.asked).toBe(2);
  });

  test("says what is new since it said so last, and forgets who calls no more", () => {
    const { book, callers } = bookOf();
    const acme = askedTenant("acme");
    const call = () => callers.note(headWith("User-Agent: app/1"), 7, acme);
    call();
    expect(counted(book.take())).toHaveLength(1);
    call();
    expect(counted(book.take())).toEqual([["tenant", "acme", "app/1", 1]]);
    expect(acme.asked).toBe(1);
    expect(book.take()).toEqual([]);
    call();
    expect(acme.asked).toBe(2);
  });

  test("tells a request without a unit from the unit in the last bucket: both hash alike", () => {
    const { book, callers } = bookOf();
    callers.note(headWith(), -1, nobody);
    callers.note(headWith(), 2 ** 32 - 1, tenant("last"));
    expect(
      counted(book.take())
        .map(([, unit]) => unit)
        .sort(),
    ).toEqual(["", "last"]);
  });

  test("reads 120 bytes of a user agent, and no further", () => {
    const { book, callers } = bookOf();
    const long = "a".repeat(120);
    callers.note(headWith(`User-Agent: ${long}`), -1, nobody);
    callers.note(headWith(`User-Agent: ${long}b`), -1, nobody);
    callers.note(headWith(`User-Agent: ${long.slice(1)}`), -1, nobody);
    expect(counted(book.take())).toEqual([
      ["", "", long, 2],
      ["", "", long.slice(1), 1],
    ]);
  });

  test("keeps a route's callers apart up to its limit, and counts the rest as one", () => {
    const { book, callers } = bookOf();
    const head = headWith();
    for (let n = 0; n < CALLERS_PER_ROUTE_MAX + 2; n++) callers.note(head, n, tenant(`t${n}`));
    callers.note(head, 0, nobody);
    const deltas = book.take();
    expect(deltas).toHaveLength(CALLERS_PER_ROUTE_MAX + 1);
    expect(counted(deltas).at(0)).toEqual(["tenant", "t0", "", 2]);
    expect(counted(deltas).at(-1)).toEqual([OTHER, OTHER, OTHER, 2]);
  });

  test("keeps a thread's callers apart up to its limit, whatever the routes", () => {
    const book = new CallerBook();
    const head = headWith();
    for (let route = 0; route * CALLERS_PER_ROUTE_MAX <= CALLERS_MAX; route++) {
      const { callers } = bookOf("[]", book, `r${route}`);
      for (let n = 0; n < CALLERS_PER_ROUTE_MAX; n++) callers.note(head, n, tenant(`t${n}`));
    }
    const deltas = book.take();
    expect(deltas.filter(({ unit }) => unit !== OTHER)).toHaveLength(CALLERS_MAX);
    expect(deltas.reduce((sum, { requests }) => sum + requests, 0)).toBe(CALLERS_MAX + CALLERS_PER_ROUTE_MAX);
  });

  test.each(["cookie: session", "header: Authorization", "query: access_token"])(
    "never has in clear what is a secret by where it stands: %s",
    (from) => {
      const { book, callers } = bookOf(`[{ kind: tenant, ${from} }]`);
      callers.note(headWith(), 7, tenant("hunter2"));
      callers.note(headWith(), 8, tenant("hunter3"));
      expect(counted(book.take()).map(([, unit]) => unit)).toEqual(["[redacted]", "[redacted]"]);
    },
  );
});

test.each([
  [
    "Mozilla/5.0 (X11; Linux (deep) x86_64) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 Gecko/20100101 Firefox/128.0",
  ],
  ["curl/8.5.0", "curl/8.5.0"],
  ["app/1 (bob@example.com", "app/1"],
  [")app/2\t(x)  lib/3", "app/2 lib/3"],
  ["", ""],
])("of %j the products are %j", (agent, products) => expect(productsOf(agent)).toBe(products));

describe("from a config to the API", () => {
  async function house(routes: string, dataDirectory?: string) {
    const upstream = await startUpstream(({ peer }) => peer.send(ok("here")));
    const upstreams = { legacy: { url: `http://127.0.0.1:${upstream.port}` } };
    const parallax = await startHouse({ upstreams, routes: parse(routes) }, "error", dataDirectory);
    let stopping: Promise<void> | undefined;
    const stop = () => {
      stopping ??= parallax.stop();
      return stopping;
    };
    onTestFinished(stop);
    const call = (path: string, ...lines: string[]) =>
      exchange(parallax.port, get(path, ...lines, "Connection: close"));
    const callers = async (query = "") => {
      const { body } = await request(`${parallax.admin}/api/callers${query}`);
      return (await body.json()) as CallersAnswer;
    };
    /** Threads say it every two seconds. */
    const until = async (isDone: (answer: CallersAnswer) => boolean) => {
      for (;;) {
        const answer = await callers();
        if (isDone(answer)) return answer;
      }
    };
    return { ...parallax, stop, call, callers, until };
  }

  test("callers of a deprecated route are listed, redacted, and others' are not", async () => {
    const { call, until } = await house(
      `[{ name: old, match: { path: /old }, deprecation: { at: 2024-01-01T00:00:00Z }, rollout: { units: [{ kind: tenant, header: x-tenant }] } }, { name: rest, match: { path: /** } }]`,
    );
    await call("/other", "User-Agent: other/1");
    await call("/old", "x-tenant: acme", "User-Agent: app/1 (bob@example.com)");
    await call("/old", "x-tenant: acme", "User-Agent: app/1 (eve@example.com)");
    await call("/old", "x-tenant: ann@example.com");
    await call("/old", "x-parallax-role: shadow", "User-Agent: mirror/1");
    const { callers } = await until(({ callers }) => callers.length >= 2);
    const seen = callers.map(({ route, unit, userAgent, requests }) => [
      route,
      unit?.id,
      userAgent,
      requests,
    ]);
    expect(seen.sort()).toEqual([
      ["old", "[redacted email]", null, 1],
      ["old", "acme", "app/1", 2],
    ]);
  });

  test("they are there after a restart: what was counted when it stopped is written", async () => {
    const dataDirectory = mkdtempSync(join(tmpdir(), "parallax-callers-"));
    onTestFinished(() => rmSync(dataDirectory, { recursive: true, force: true }));
    const first = await house(`[${ROUTE}]`, dataDirectory);
    await first.call("/old", "User-Agent: app/1");
    await first.stop();
    const second = await house(`[${ROUTE}]`, dataDirectory);
    expect((await second.callers("?route=old")).callers).toMatchObject([
      { unit: null, userAgent: "app/1", requests: 1 },
    ]);
  });

  test("a client that a brownout turned away is one that calls; one under the kill switch is not", async () => {
    const { admin, call, until } = await house(
      `[{ name: old, match: { path: /old }, deprecation: { at: 2024-01-01T00:00:00Z, brownouts: [{ every: day, at: "00:00", minutes: 1440 }] } }]`,
    );
    await (await request(`${admin}/api/kill`, { method: "POST" })).body.dump();
    expect(await call("/old", "User-Agent: killed/1")).toContain("here");
    await (await request(`${admin}/api/kill`, { method: "DELETE" })).body.dump();
    expect(await call("/old", "User-Agent: browned/1")).toMatch(/^HTTP\/1\.1 503 /);
    const { callers } = await until(({ total }) => total > 0);
    expect(callers.map(({ userAgent }) => userAgent)).toEqual(["browned/1"]);
  });
});

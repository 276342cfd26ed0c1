import { describe, expect, test } from "vitest";
import { checkAdminExposure } from "../../src/admin/access.ts";
import { API_ROUTES } from "../../src/admin/api.ts";
import {
  ADDRESSES_MAX,
  ATTEMPTS_FREE,
  FailedAttempts,
  FORGOTTEN_MS,
  WAIT_MS_MAX,
} from "../../src/admin/failed-attempts.ts";
import type { TrustedProxy } from "../../src/admin/identity.ts";
import { ROLLOUT_ACTIONS } from "../../src/admin/rollout-schemas.ts";
import { startAdminServer } from "../../src/admin/server.ts";
import { ROLES } from "../../src/core/role.ts";
import { movableClock, OPEN, ROLE_TOKENS, ROLES_ACCESS, send, startAdmin, TOKEN } from "./fixtures.ts";

/** From the table, so that none can be forgotten. */
const MUTATIONS = API_ROUTES.filter(({ method }) => method !== "get").map(
  ({ method, path }) => [method.toUpperCase(), path.replace("{id}", "some")] as const,
);
const READS = [
  "/",
  "/metrics",
  "/status",
  ...API_ROUTES.filter(({ method }) => method === "get").map(({ path }) => path.replace("{id}", "some")),
] as const;

describe("binding", () => {
  test.each(["127.0.0.1", "127.9.9.9", "::1", "localhost"])("loopback %s needs no token", (host) => {
    expect(checkAdminExposure(host, OPEN).kind).toBe("allowed");
  });

  test.each(["0.0.0.0", "::", "10.0.0.1", "example.test", "127.0.0.1.example.test", ""])(
    "%s is refused without a token, allowed with one",
    (host) => {
      expect(checkAdminExposure(host, OPEN)).toMatchObject({
        kind: "refused",
        message: expect.stringContaining("without a token"),
      });
      expect(checkAdminExposure(host, { ...OPEN, token: TOKEN }).kind).toBe("allowed");
      expect(checkAdminExposure(host, ROLES_ACCESS).kind).toBe("allowed");
    },
  );

  test("a token that can be guessed is refused", () => {
    const kind = (token: string) => [
      checkAdminExposure("127.0.0.1", { ...OPEN, token }).kind,
      checkAdminExposure("127.0.0.1", { ...OPEN, tokens: [{ name: "n", role: "viewer", token }] }).kind,
    ];
    expect(kind("x".repeat(15))).toEqual(["refused", "refused"]);
    expect(kind("x".repeat(16))).toEqual(["allowed", "allowed"]);
    expect(kind("")).toEqual(["refused", "refused"]);
  });

  test("the listener does not start where that is refused, nor on a taken port", async () => {
    const { port } = await startAdmin();
    const options = { host: "0.0.0.0", port: 0, access: OPEN, curlBase: "", dependencies: {} as never };
    expect(await startAdminServer(options)).toMatchObject({ kind: "failed", exitCode: 2 });
    expect(await startAdminServer({ ...options, host: "127.0.0.1", port })).toMatchObject({
      kind: "failed",
      exitCode: 3,
      message: expect.stringContaining("EADDRINUSE"),
    });
  });
});

describe("with a token", () => {
  const basic = (password: string) => `Basic ${Buffer.from(`any:${password}`).toString("base64")}`;

  test.each([
    ["none", undefined],
    ["a wrong one", `Bearer ${TOKEN}x`],
    ["a prefix of it", `Bearer ${TOKEN.slice(0, -1)}`],
    ["an empty one", "Bearer "],
    ["the token alone", TOKEN],
    ["another scheme", `Digest ${TOKEN}`],
    ["a wrong password", basic("wrong")],
  ])("%s opens no path and changes nothing", async (_name, authorization) => {
    const clock = movableClock();
    const { port, calls } = await startAdmin({ access: { ...OPEN, token: TOKEN } }, { clock });
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    const paths = [
      ...READS.map((path) => ["GET", path] as const),
      ...MUTATIONS,
      ["GET", "/no-such"] as const,
    ];
    for (const [method, path] of paths) {
      const answer = await send(port, path, { method, headers });
      // Nobody is held up for the last one.
      clock.advance(FORGOTTEN_MS);
      expect([method, path, answer.status]).toEqual([method, path, 401]);
      expect(answer.headers["www-authenticate"]).toContain("Basic");
      expect(JSON.parse(answer.body)).toMatchObject({ error: "unauthorized" });
    }
    expect(calls).toEqual([]);
  });

  test("the right one opens as Bearer and as a browser's Basic password", async () => {
    const { port, calls } = await startAdmin({ access: { ...OPEN, token: TOKEN } });
    for (const authorization of [`Bearer ${TOKEN}`, `bearer ${TOKEN}`, basic(TOKEN)]) {
      expect((await send(port, "/api/summary", { headers: { authorization } })).status).toBe(200);
      const killed = await send(port, "/api/kill", { method: "POST", headers: { authorization } });
      expect(killed.status).toBe(200);
    }
    expect(calls).toHaveLength(3);
  });

  test.each([
    ["alice", "alice (admin)"],
    ["", "admin"],
    ["a\u0007\nb\u202e", "ab (admin)"],
    ["ü".repeat(101), `${"ü".repeat(100)} (admin)`],
    ["the-operator", "the-operator (admin)"],
  ])("the user name %j of who shares a token is %j: said beside the token's own name", async (user, who) => {
    const { base } = await startAdmin({ access: { ...ROLES_ACCESS, token: TOKEN } });
    const headers = { authorization: `Basic ${Buffer.from(`${user}:${TOKEN}`).toString("base64")}` };
    expect(await (await fetch(`${base}/api/me`, { headers })).json()).toEqual({ who, role: "operator" });
  });

  test("a token with a name is that name, whatever user is given, and has its role", async () => {
    const { base } = await startAdmin({ access: ROLES_ACCESS });
    for (const role of ROLES) {
      const given = `root:${ROLE_TOKENS[role]}`;
      const headers = { authorization: `Basic ${Buffer.from(given).toString("base64")}` };
      expect(await (await fetch(`${base}/api/me`, { headers })).json()).toEqual({ who: `the-${role}`, role });
    }
  });

  test("probes need none", async () => {
    const { port } = await startAdmin({ access: { ...OPEN, token: TOKEN } });
    expect((await send(port, "/healthz")).status).toBe(200);
    expect((await send(port, "/readyz", { headers: { host: "10.0.0.7:9090" } })).status).toBe(200);
  });

  test("a browser that knows the password is still not used by another site", async () => {
    const { port, calls } = await startAdmin({ access: { ...OPEN, token: TOKEN } });
    for (const [method, path] of MUTATIONS) {
      const headers = { authorization: basic(TOKEN), origin: "https://evil.test" };
      expect((await send(port, path, { method, headers })).status).toBe(403);
    }
    expect(calls).toEqual([]);
  });
});

describe("roles", () => {
  const asked = API_ROUTES.flatMap(({ method, path, role }) =>
    ROLES.map((as) => ({
      method: method.toUpperCase(),
      path: path.replace("{id}", "some"),
      needed: role,
      as,
    })),
  );

  test("nothing that changes anything is a viewer's, and what changes traffic or data is an operator's", () => {
    const needed = Object.fromEntries(
      API_ROUTES.map(({ method, path, role }) => [`${method.toUpperCase()} ${path}`, role]),
    );
    for (const [operation, role] of Object.entries(needed))
      expect([operation, role === "viewer"]).toEqual([operation, operation.startsWith("GET ")]);
    expect(Object.keys(needed).filter((operation) => needed[operation] === "operator")).toEqual([
      "POST /api/data/purge",
      "POST /api/data/vacuum",
      ...ROLLOUT_ACTIONS.map((action) => `POST /api/rollout/{id}/${action}`),
      "POST /api/rollout/{id}/extend",
      "POST /api/kill",
      "DELETE /api/kill",
      "POST /api/reload",
    ]);
  });

  test.each(asked.filter(({ as, needed }) => ROLES.indexOf(as) < ROLES.indexOf(needed)))(
    "$method $path is refused to a $as, who is told what it needs",
    async ({ method, path, needed, as }) => {
      const { port, calls, refusals } = await startAdmin({ access: ROLES_ACCESS });
      const answer = await send(port, path, {
        method,
        headers: { authorization: `Bearer ${ROLE_TOKENS[as]}`, "content-type": "application/json" },
      });
      expect(answer.status).toBe(403);
      expect(JSON.parse(answer.body)).toEqual({
        error: "role-needed",
        message: `this needs the role ${needed}; yours is ${as}`,
      });
      expect([calls, refusals.get("role")]).toEqual([[], 1]);
    },
  );

  test.each(asked.filter(({ as, needed }) => ROLES.indexOf(as) >= ROLES.indexOf(needed)))(
    "$method $path is open to a $as",
    async ({ method, path, as }) => {
      const { port } = await startAdmin({ access: ROLES_ACCESS });
      // HEAD of what is a stream would else not end.
      const answer = await send(port, path, {
        method: method === "GET" ? "HEAD" : method,
        headers: { authorization: `Bearer ${ROLE_TOKENS[as]}`, "content-type": "application/json" },
      });
      expect([401, 403, 429]).not.toContain(answer.status);
    },
  );

  test("metrics and pages are a viewer's", async () => {
    const { port } = await startAdmin({ access: ROLES_ACCESS });
    const headers = { authorization: `Bearer ${ROLE_TOKENS.viewer}` };
    for (const path of ["/metrics", "/status", "/"])
      expect([path, (await send(port, path, { headers })).status]).toEqual([path, 200]);
  });
});

describe("a proxy that authenticates", () => {
  const PROXY: TrustedProxy = {
    networks: ["127.0.0.1/32", "fd00::/8"],
    userHeader: "X-Forwarded-Email",
    roleHeader: undefined,
    roles: {},
    defaultRole: "viewer",
  };
  async function meOf(proxy: Partial<TrustedProxy>, headers: Record<string, string | readonly string[]>) {
    const { port } = await startAdmin({ access: { ...OPEN, trustedProxy: { ...PROXY, ...proxy } } });
    const answer = await send(port, "/api/me", { headers: headers as Record<string, string> });
    return answer.status === 200 ? JSON.parse(answer.body) : answer.status;
  }
  const USER = { "x-forwarded-email": "alice@example.com" };

  test("names the user, who has the default role", async () => {
    expect(await meOf({}, USER)).toEqual({ who: "alice@example.com", role: "viewer" });
    expect(await meOf({ defaultRole: "reviewer" }, USER)).toMatchObject({ role: "reviewer" });
  });

  test.each([
    ["from another address", { networks: ["10.0.0.0/8"] }, USER],
    ["with no user", {}, {}],
    ["with an empty user", {}, { "x-forwarded-email": "" }],
    ["with nothing printable", {}, { "x-forwarded-email": "\u0080" }],
    ["with two lines", {}, { "x-forwarded-email": ["mallory@example.com", "alice@example.com"] }],
    ["with a list", {}, { "x-forwarded-email": "mallory@example.com, alice@example.com" }],
    ["with another header's user", { userHeader: "x-user" }, USER],
  ])("%s names nobody, and nobody is let in, from loopback neither", async (_name, proxy, headers) => {
    expect(await meOf(proxy, headers as Record<string, string>)).toBe(401);
  });

  test.each([
    ["a role", "reviewer", {}, "reviewer"],
    ["several roles", "viewer,operator , reviewer", {}, "operator"],
    ["a word that is none", "root", {}, "viewer"],
    ["a group that is mapped", "staff, payments", { payments: "reviewer" }, "reviewer"],
    ["a group that is called like a role, where groups are mapped", "operator", { x: "reviewer" }, "viewer"],
    ["a property of objects", "constructor", { x: "reviewer" }, "viewer"],
    [
      "a group, and the user more",
      "payments",
      { payments: "reviewer", [USER["x-forwarded-email"]]: "operator" },
      "operator",
    ],
    ["two lines", ["operator", "viewer"], {}, "viewer"],
  ] as const)("the role header with %s", async (_name, value, roles, role) => {
    const headers = { ...USER, "x-role": value };
    expect(await meOf({ roleHeader: "X-Role", roles }, headers)).toMatchObject({ role });
  });

  test("without the role header a header of that name says nothing", async () => {
    expect(await meOf({}, { ...USER, "x-parallax-role": "operator" })).toMatchObject({ role: "viewer" });
  });

  test("a user who is called like a role has no more rights by that", async () => {
    const headers = { "x-forwarded-email": "operator" };
    expect(await meOf({ roleHeader: "x-role" }, headers)).toEqual({ who: "operator", role: "viewer" });
  });

  test("who comes past it needs a token, and is not who the header says", async () => {
    const trustedProxy = { ...PROXY, networks: ["10.0.0.0/8"] };
    const { port } = await startAdmin({ access: { ...OPEN, token: TOKEN, trustedProxy } });
    const headers = { ...USER, authorization: `Bearer ${TOKEN}` };
    expect(JSON.parse((await send(port, "/api/me", { headers })).body)).toEqual({
      who: "admin",
      role: "operator",
    });
  });
});

describe("wrong tokens", () => {
  async function started() {
    const clock = movableClock();
    const admin = await startAdmin({ access: { ...ROLES_ACCESS, token: TOKEN } }, { clock });
    const ask = async (token: string | undefined) => {
      const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const answer = await send(admin.port, "/api/me", { headers });
      return answer.status === 429 ? `429 ${answer.headers["retry-after"]}` : String(answer.status);
    };
    const fail = async (times: number) => {
      for (let time = 0; time < times; time++) await ask("a-wrong-one");
    };
    return { ...admin, clock, ask, fail };
  }

  test("past ten the address waits, longer each time, a minute at most; a right one waits as well", async () => {
    const { ask, fail, clock, refusals } = await started();
    await fail(ATTEMPTS_FREE - 1);
    expect(await ask("a-wrong-one")).toBe("401");
    expect([await ask("a-wrong-one"), await ask(TOKEN)]).toEqual(["429 1", "429 1"]);
    clock.advance(1000);
    expect([await ask("a-wrong-one"), await ask("a-wrong-one")]).toEqual(["401", "429 2"]);
    for (const waitMs of [2_000, 4_000, 8_000, 16_000, 32_000, 60_000]) {
      clock.advance(waitMs - 1);
      expect(await ask("a-wrong-one")).toMatch(/^429/);
      clock.advance(1);
      expect(await ask("a-wrong-one")).toBe("401");
    }
    expect(await ask("a-wrong-one")).toBe("429 60");
    expect(refusals.get("wrong-token")).toBe(ATTEMPTS_FREE + 7);
    clock.advance(WAIT_MS_MAX);
    expect(await ask(TOKEN)).toBe("200");
  });

  test("who was let in before from there is not locked out by others behind the same address", async () => {
    const { ask, fail } = await started();
    expect(await ask(ROLE_TOKENS.viewer)).toBe("200");
    await fail(ATTEMPTS_FREE);
    expect([await ask(ROLE_TOKENS.viewer), await ask(ROLE_TOKENS.operator)]).toEqual(["200", "429 1"]);
  });

  test("a right one does not begin the count anew", async () => {
    const { ask, fail } = await started();
    await fail(ATTEMPTS_FREE - 1);
    expect(await ask(ROLE_TOKENS.viewer)).toBe("200");
    await fail(1);
    expect(await ask(TOKEN)).toBe("429 1");
  });

  test("none at all is no attempt; ten minutes later all is forgotten", async () => {
    const { ask, fail, clock, refusals } = await started();
    for (let time = 0; time <= ATTEMPTS_FREE; time++) expect(await ask(undefined)).toBe("401");
    expect([refusals.get("no-token"), refusals.get("wrong-token")]).toEqual([ATTEMPTS_FREE + 1, 0]);
    await fail(ATTEMPTS_FREE);
    clock.advance(FORGOTTEN_MS);
    await fail(ATTEMPTS_FREE - 1);
    expect(await ask(TOKEN)).toBe("200");
  });

  test("are in the log at the first, and when the address has to wait", async () => {
    const { fail, adminLogged } = await started();
    await fail(ATTEMPTS_FREE + 5);
    expect(adminLogged).toEqual([
      { level: "warn", message: "a wrong admin token" },
      { level: "warn", message: "many wrong admin tokens: the address has to wait" },
    ]);
  });

  test("count by IPv4 address, however it is written, and by IPv6 network", () => {
    const attempts = new FailedAttempts(movableClock());
    const fail = (address: string) => {
      for (let time = 0; time < ATTEMPTS_FREE; time++) attempts.add(address);
    };
    fail("::ffff:10.0.0.1");
    fail("2001:db8::1");
    expect(attempts.waitMs("10.0.0.1")).toBeGreaterThan(0);
    expect(attempts.waitMs("10.0.0.2")).toBe(0);
    expect(attempts.waitMs("2001:db8:0:0:5::7")).toBeGreaterThan(0);
    expect(attempts.waitMs("2001:db8:0:1::1")).toBe(0);
  });

  test("are kept of 4,096 addresses: the one that failed longest ago goes, at n - 1, n and n + 1", () => {
    for (const [others, isForgotten] of [
      [ADDRESSES_MAX - 2, false],
      [ADDRESSES_MAX - 1, false],
      [ADDRESSES_MAX, true],
    ] as const) {
      const attempts = new FailedAttempts(movableClock());
      for (let time = 0; time < ATTEMPTS_FREE; time++) attempts.add("192.0.2.1");
      for (let other = 0; other < others; other++) attempts.add(`10.0.${other >> 8}.${other & 255}`);
      expect(attempts.waitMs("192.0.2.1") === 0).toBe(isForgotten);
    }
  });
});

test("another site's page reads nothing, with a password that the browser knows neither; a link may be followed", async () => {
  const { port } = await startAdmin();
  for (const path of ["/api/summary", "/api/events", "/api/export", "/metrics", "/"]) {
    const headers = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" };
    expect([path, (await send(port, path, { headers })).status]).toEqual([path, 403]);
  }
  const link = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
  expect((await send(port, "/", { headers: link })).status).toBe(200);
});

describe("without a token, on loopback", () => {
  test.each([
    "evil.test",
    "evil.test:9090",
    "127.0.0.1.evil.test",
    "localhost.evil.test",
    "[::1",
    "a@localhost",
  ])("DNS rebinding: Host %j is refused on every path", async (host) => {
    const { port, calls } = await startAdmin();
    // 400 where the HTTP layer refuses it before the guard does.
    for (const [method, path] of [...READS.map((path) => ["GET", path] as const), ...MUTATIONS])
      expect([400, 403]).toContain((await send(port, path, { method, headers: { host } })).status);
    expect(calls).toEqual([]);
  });

  test.each(["localhost", "localhost:9090", "127.0.0.1:1", "[::1]:9090", "LOCALHOST"])(
    "Host %s is answered",
    async (host) => {
      const { port } = await startAdmin();
      expect((await send(port, "/api/summary", { headers: { host } })).status).toBe(200);
    },
  );

  test.each([
    ["another site's origin", { origin: "https://evil.test" }],
    ["an opaque origin", { origin: "null" }],
    ["another port's origin", { origin: "http://127.0.0.1:1" }],
    ["fetch metadata cross-site", { "sec-fetch-site": "cross-site" }],
    ["fetch metadata same-site", { "sec-fetch-site": "same-site" }],
  ])("CSRF: %s changes nothing", async (_name, headers) => {
    const { port, calls } = await startAdmin();
    for (const [method, path] of MUTATIONS) {
      const answer = await send(port, path, { method, headers: headers as Record<string, string> });
      expect([path, answer.status]).toEqual([path, 403]);
      expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
    }
    expect(calls).toEqual([]);
  });

  test("a program, and our own page, may", async () => {
    const { port, base, calls } = await startAdmin();
    for (const headers of [{}, { origin: base, "sec-fetch-site": "same-origin" }])
      for (const [method, path] of MUTATIONS)
        expect([401, 403]).not.toContain(
          (await send(port, path, { method, headers: headers as Record<string, string> })).status,
        );
    expect(calls.filter((call) => call === "kill true local, operator")).toHaveLength(2);
  });

  test("no preflight is answered with permission", async () => {
    const { port } = await startAdmin();
    const headers = { origin: "https://evil.test", "access-control-request-method": "DELETE" };
    const answer = await send(port, "/api/kill", { method: "OPTIONS", headers });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control-"))).toEqual([]);
  });
});

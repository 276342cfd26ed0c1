import { execFileSync, spawnSync } from "node:child_process";
import { beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { API_ROUTES } from "../../src/admin/api.ts";
import { curlLine, quoteForShell } from "../../src/admin/curl.ts";
import { PAGE_PATHS } from "../../src/admin/page.ts";
import type { RuleAnswer, SuggestionAnswer } from "../../src/admin/rule-schemas.ts";
import {
  type EndpointAnswer,
  errorSchema,
  type SignatureAnswer,
  type Summary,
} from "../../src/admin/schemas.ts";
import { createAdminApp } from "../../src/admin/server.ts";
import {
  answerOf,
  batch,
  ETAG_ID,
  endpointDelta,
  eventIn,
  OPEN,
  pathDelta,
  ruleHit,
  START_MS,
  SUMMARY,
  sample,
  send,
  signatureDelta,
  startAdmin,
  TOKEN,
} from "./fixtures.ts";

type Admin = Awaited<ReturnType<typeof startAdmin>>;

async function seed(admin: Admin): Promise<void> {
  const signature = signatureDelta();
  admin.store.record(
    batch({
      endpoints: [endpointDelta(), endpointDelta({ endpoint: "GET /quiet", mismatch: 0 })],
      signatures: [signature, signatureDelta({ id: "bb", kind: "removed", path: "/email" }, 1, START_MS + 5)],
      samples: [sample("s1")],
    }),
  );
  await admin.store.flush();
}

/** What the tests look into; each answer has some of it. */
interface Body {
  readonly error: string;
  readonly message: string;
  readonly total: number;
  readonly totals: Summary["totals"];
  readonly endpoints: readonly EndpointAnswer[];
  readonly differences: readonly SignatureAnswer[];
  readonly rules: readonly RuleAnswer[];
  readonly openapi: string;
  readonly paths: Record<string, Record<string, OpenApiOperation>>;
}

interface OpenApiOperation {
  readonly responses: Record<
    string,
    {
      readonly content: Record<
        string,
        {
          readonly schema: z.core.JSONSchema.BaseSchema;
          readonly "x-line-schema"?: z.core.JSONSchema.BaseSchema;
          readonly "x-event-schema"?: z.core.JSONSchema.BaseSchema;
        }
      >;
    }
  >;
}

/** Of the routes that take one. */
const BODIES: Readonly<Record<string, string>> = {
  "/api/rules": '{"rule":{"kind":"ignore","path":"/a"}}',
  "/api/rules/preview": '{"rules":[1]}',
  "/api/triage": '{"ids":["bb"],"state":"fixed","comment":"done"}',
  "/api/data/purge": '{"endpoint":"GET /none","dryRun":true}',
  "/api/rollout/{id}/promote": '{"reason":"it is time","force":true}',
  "/api/rollout/{id}/pause": '{"reason":"a look first"}',
  "/api/rollout/{id}/rollback": '{"reason":"it is slow"}',
  "/api/rollout/{id}/kill": '{"reason":"it is broken"}',
  "/api/rollout/{id}/arm": '{"reason":"it is mended"}',
  "/api/rollout/{id}/extend": '{"reason":"a tenant is late","sunset":"2099-01-01T00:00:00Z"}',
};

/** The JSON texts in an answer; of live events the first summary, after which nobody listens. */
async function jsonTextsOf(
  response: Response,
  streams: (typeof API_ROUTES)[number]["streams"],
): Promise<readonly string[]> {
  if (streams === undefined) return [await response.text()];
  if (streams === "lines") return (await response.text()).trimEnd().split("\n");
  return [await eventIn(response, "summary")];
}

async function getJson(admin: Admin, path: string): Promise<{ status: number; body: Body }> {
  const response = await fetch(admin.base + path);
  expect(response.headers.get("content-type")).toContain("application/json");
  return { status: response.status, body: (await response.json()) as Body };
}

describe("answers", () => {
  let admin: Admin;
  beforeEach(async () => {
    admin = await startAdmin();
    await seed(admin);
  });

  test("the summary adds up and tells of threads and store", async () => {
    const { status, body } = await getJson(admin, "/api/summary");
    expect(status).toBe(200);
    expect(body).toMatchObject({ ...SUMMARY, store: { kind: "ok", failedFlushes: 0 } });
    const { exchanges, match, mismatch, incomparable, skipped, inFlight } = body.totals;
    const skips = Object.values(skipped).reduce((sum, count) => sum + count, 0);
    expect(exchanges).toBe(match + mismatch + incomparable + skips + inFlight);
  });

  test("endpoints carry match rate with its bound, latency percentiles and status mix", async () => {
    const { body } = await getJson(admin, "/api/endpoints");
    expect(body.total).toBe(2);
    expect(body.endpoints[0]).toMatchObject({
      endpoint: "GET /users/{id}",
      exchanges: 10,
      matchRate: { compared: 8, rate: 0.75, low: expect.closeTo(0.409, 2), high: expect.closeTo(0.929, 2) },
      legacy: { status: { "200": 9, "404": 1 } },
      incomparable: { overflow: 1 },
    });
    const { p50, p99 } = body.endpoints[0]?.legacy.latencyMs ?? {};
    expect(p50).toBeGreaterThan(0);
    expect(p99).toBeGreaterThan(p50 ?? Number.NaN);
  });

  test.each([
    ["?kind=removed", ["bb"]],
    ["?kind=removed&endpoint=&route=", ["bb"]],
    ["?part=header", []],
    ["?sort=lastSeen", ["bb", "00000000000000aa"]],
    [`?since=${new Date(START_MS + 5).toISOString()}`, ["bb"]],
    ["?endpoint=GET%20%2Fusers%2F%7Bid%7D&limit=1", ["00000000000000aa"]],
  ])("differences%s", async (query, ids) => {
    const { body } = await getJson(admin, `/api/differences${query}`);
    expect(body.differences.map((d) => d.id)).toEqual(ids);
  });

  test("endpoints and differences count since the time that is asked for, or say null", async () => {
    const since = `?since=${new Date(START_MS).toISOString()}`;
    const window = { fromMs: START_MS, resolution: "minute" };
    const { body } = await getJson(admin, `/api/endpoints${since}`);
    expect(body.endpoints[0]?.window).toEqual({
      ...window,
      ...{ exchanges: 10, match: 6, mismatch: 2, noise: 0, incomparable: 1, skipped: 1 },
      matchRate: { compared: 8, rate: 0.75, low: expect.closeTo(0.409, 2), high: expect.closeTo(0.929, 2) },
    });
    const asked = await getJson(admin, `/api/differences${since}`);
    expect(asked.body.differences[0]?.window).toEqual({ ...window, exchanges: expect.any(Number) });
    expect((await getJson(admin, "/api/endpoints")).body.endpoints[0]?.window).toBeNull();
    expect((await getJson(admin, "/api/differences")).body.differences[0]?.window).toBeNull();
  });

  test("differences carry tier, evidence and both rates with their bounds, and are chosen by tier", async () => {
    admin.store.record(
      batch({
        endpoints: [endpointDelta({ exchanges: 0, match: 0, mismatch: 0, paired: 40, noise: 1 })],
        paths: [
          pathDelta({ candidateOnly: 30, both: 10 }),
          pathDelta({ path: "/email", both: 20, baselineOnly: 5 }),
        ],
      }),
    );
    await admin.store.flush();
    const { body } = await getJson(admin, "/api/differences?sort=tier");
    expect(body.differences).toMatchObject([
      {
        path: "/items/*/price",
        tier: "confirmed",
        paired: 40,
        candidateRate: { count: 40, rate: 1, high: 1 },
        baselineRate: { count: 10, rate: 0.25 },
        noiseShare: 0.25,
        rechecked: 0,
        transient: 0,
      },
      { path: "/email", tier: "noise", noiseShare: 1, candidateRate: { count: 20, rate: 0.5 } },
    ]);
    expect(body.differences[0]?.eValue).toBeGreaterThan(1e6);
    expect(body.differences[0]?.candidateRate.low).toBeCloseTo(0.912, 3);
    const noise = await getJson(admin, "/api/differences?tier=noise");
    expect([noise.body.total, noise.body.differences[0]?.path]).toEqual([1, "/email"]);
    const totals = ["tier=noise&tier=confirmed", "tier=noise&tier=suspect", "tier=suspect"].map(
      async (query) => (await getJson(admin, `/api/differences?${query}`)).body.total,
    );
    const all = (await getJson(admin, "/api/differences")).body.total;
    const suspect = await totals[2];
    expect(await Promise.all(totals)).toEqual([2, 1 + (suspect ?? 0), all - 2]);
    const { endpoints } = (await getJson(admin, "/api/endpoints?endpoint=GET%20/users/%7Bid%7D")).body;
    expect(endpoints).toMatchObject([
      {
        paired: 40,
        noise: 1,
        matchRate: { compared: 8, rate: 0.75 },
        matchRateWithoutNoise: { compared: 8, rate: 0.875 },
      },
    ]);
  });

  test("suggested rules come a page at a time, with their evidence; a store in trouble is a 503", async () => {
    const suggestion = (path: string): SuggestionAnswer => ({
      rule: { kind: "shape", class: "uuid", path },
      endpoint: "GET /users/{id}",
      evidence: { pairs: 9, legacyDiffers: 9, places: [path], text: "it does" },
      explains: { signatureIds: ["aa"], differences: 4 },
    });
    const asked: unknown[] = [];
    const other = await startAdmin(
      {},
      {
        ruleSuggestions: async (endpoint) => {
          asked.push(endpoint);
          if (endpoint === "GET /down") return { kind: "failed", code: "io", message: "" };
          return { kind: "ok", value: [suggestion("/a"), suggestion("/b")] };
        },
      },
    );
    const { status, body } = await getJson(other, "/api/rules/suggestions?limit=1&offset=1");
    expect({ status, ...body }).toEqual({ status: 200, total: 2, suggestions: [suggestion("/b")] });
    expect((await getJson(other, "/api/rules/suggestions?endpoint=GET%20/down")).status).toBe(503);
    expect(asked).toEqual([undefined, "GET /down"]);
  });

  test("a rule comes once with its hits of all routes, one that never hit too", async () => {
    const admin = await startAdmin();
    const hit = ruleHit({ ruleId: ETAG_ID, hits: 3 });
    admin.store.record(
      batch({ ruleHits: [hit, { ...hit, route: "orders", hits: 4 }, ruleHit({ ruleId: "gone" })] }),
    );
    await admin.store.flush();
    const { body } = await getJson(admin, "/api/rules");
    const etag = {
      id: ETAG_ID,
      rule: { kind: "ignore", header: "etag" },
      routes: ["users", "orders"],
      routesTotal: 2,
      hits: 7,
      lastHitMs: START_MS,
      endpoints: [{ endpoint: "GET /users/{id}", hits: 7, share: 7 / 9 }],
      endpointsTotal: 1,
      examples: [],
      flags: [],
      added: null,
    };
    expect(body).toMatchObject({
      total: 2,
      rules: [{ rule: { kind: "ignore", path: "/items/*/at", owner: "me" }, hits: 0, lastHitMs: null }, etag],
    });
    expect(body.rules[1]).toEqual(etag);
    expect((await getJson(admin, "/api/rules?route=users&limit=1&offset=1")).body).toEqual({
      total: 2,
      rules: [etag],
    });
    expect((await getJson(admin, "/api/rules?route=orders")).body.total).toBe(1);
    expect((await getJson(admin, "/api/rules?flagged=true")).body.total).toBe(0);
    admin.store.record(batch({ ruleHits: [ruleHit({ ruleId: ETAG_ID, hits: 20 })] }));
    await admin.store.flush();
    expect((await getJson(admin, "/api/rules?flagged=true")).body.rules).toMatchObject([
      { id: ETAG_ID, flags: [{ kind: "too-broad", endpoint: "GET /users/{id}", share: 27 / 29 }] },
    ]);
    expect((await getJson(admin, "/api/rules?flagged=false")).body.total).toBe(1);
  });

  test("an exchange comes with its differences and a curl line", async () => {
    const { body } = await getJson(admin, "/api/exchanges/s1");
    expect(body).toMatchObject({
      ...sample("s1"),
      curl: expect.stringMatching(/^curl .*'http:\/\/legacy\.test\/users\/7'$/),
    });
  });

  test.each(["/api/exchanges/none", "/api/differences/none", "/api", "/api/", "/nothing", "/..%2fetc"])(
    "%s is a 404 in JSON",
    async (path) => {
      const { status, body } = await getJson(admin, path);
      expect(status).toBe(404);
      expect(body.error).toBe("not-found");
    },
  );

  test.each([
    ["/api/summary", "PUT", "GET, HEAD"],
    ["/api/kill", "GET", "POST, DELETE"],
    ["/api/differences/bb", "DELETE", "GET, HEAD"],
    ["/api/openapi.json", "POST", "GET, HEAD"],
    ["/metrics", "OPTIONS", "GET, HEAD"],
    ["/healthz", "POST", "GET, HEAD"],
  ])("%s refuses %s and tells what it allows", async (path, method, allowed) => {
    const response = await fetch(admin.base + path, { method });
    expect([response.status, response.headers.get("allow")]).toEqual([405, allowed]);
    expect(errorSchema.parse(await response.json()).error).toBe("method-not-allowed");
  });

  test.each([
    ["limit=-1", "limit: a whole number from 1 to 1000"],
    ["limit=1001", "limit: a whole number from 1 to 1000"],
    ["limit=1.5", "limit: a whole number from 1 to 1000"],
    ["limit=x", "limit: a whole number from 1 to 1000"],
    ["offset=-1", "offset: a whole number from 0 to 1000000"],
  ])("differences?%s is told the bounds", async (query, message) => {
    expect((await getJson(admin, `/api/differences?${query}`)).body.message).toBe(message);
  });

  test.each([
    "limit=0",
    "limit=1001",
    "limit=x",
    "offset=-1",
    "kind=other",
    "since=yesterday",
    "sort=path",
    "unknown=1",
  ])("differences?%s is refused with its name, not ignored", async (query) => {
    const { status, body } = await getJson(admin, `/api/differences?${query}`);
    expect(status).toBe(400);
    expect(body.error).toBe("invalid-query");
    expect(body.message).toContain(query.split("=")[0]);
  });

  test("every route has an entry in the OpenAPI document, and answers as its schema says", async () => {
    const { body: document } = await getJson(admin, "/api/openapi.json");
    expect(document.openapi).toBe("3.1.0");
    // The page's own addresses and files are no part of the API.
    const ofThePage = (path: string) =>
      path !== "/" && (path === "/assets/:name" || PAGE_PATHS.some((known) => known === path));
    const served = createAdminApp({ dependencies: {}, access: OPEN } as never).app.routes.filter(
      ({ method, path }) => method !== "ALL" && !ofThePage(path),
    );
    for (const { method, path } of served)
      expect(
        document.paths[path.replace(":id", "{id}")]?.[method.toLowerCase()],
        `${method} ${path}`,
      ).toBeDefined();
    expect(Object.keys(document.paths)).toHaveLength(new Set(served.map((route) => route.path)).size);
    for (const { method, path, body, answer, streams } of API_ROUTES) {
      const id = path.includes("rollout") ? "users" : path.includes("exchanges") ? "s1" : "bb";
      const json = { headers: { "content-type": "application/json" }, body: BODIES[path] ?? "" };
      const query = path === "/api/explain" ? "?route=users" : "";
      const response = await fetch(admin.base + path.replace("{id}", id) + query, {
        method: method.toUpperCase(),
        ...(body === undefined ? {} : json),
      });
      expect(response.status, path).toBe(200);
      const [content] = Object.values(document.paths[path]?.[method]?.responses["200"]?.content ?? {});
      const strict = content?.["x-line-schema"] ?? content?.["x-event-schema"] ?? content?.schema ?? {};
      expect(strict, path).not.toEqual({});
      // The document's own schema is what a tool outside would hold the answer against.
      for (const text of await jsonTextsOf(response, streams))
        expect(z.fromJSONSchema(strict).safeParse(JSON.parse(text)).error?.issues ?? [], path).toEqual([]);
      expect(answer).toBeDefined();
    }
  });
});

test("POST and DELETE /api/kill and POST /api/reload act, and tell who", async () => {
  const { base, calls, adminLogged } = await startAdmin();
  expect(await (await fetch(`${base}/api/kill`, { method: "POST" })).json()).toEqual({
    isKilled: true,
    epoch: 3,
    isDurable: true,
  });
  expect(await (await fetch(`${base}/api/kill`, { method: "DELETE" })).json()).toEqual({
    isKilled: false,
    epoch: 3,
    isDurable: true,
  });
  expect(await (await fetch(`${base}/api/reload`, { method: "POST" })).json()).toEqual({ epoch: 4 });
  expect(calls).toEqual(["kill true local, operator", "kill false local, operator", "reload local"]);
  // Who decides logs it: here it would be in the log twice.
  expect(adminLogged).toEqual([]);
});

test("POST /api/kill takes a reason; what is no such body changes nothing", async () => {
  const { base, calls } = await startAdmin();
  const kill = async (body: string, type = "application/json") => {
    const headers = { "content-type": type };
    const { status } = await fetch(`${base}/api/kill`, { method: "POST", body, headers });
    return status;
  };
  expect(await kill('{"reason":" its disk is full "}')).toBe(200);
  expect(await kill("{}")).toBe(200);
  expect(await kill('{"reason":""}')).toBe(400);
  expect(await kill(JSON.stringify({ reason: "x".repeat(1001) }))).toBe(400);
  expect(await kill("{")).toBe(400);
  expect(await kill("reason=x", "application/x-www-form-urlencoded")).toBe(415);
  expect(calls).toEqual(["kill true local, operator: its disk is full", "kill true local, operator"]);
});

test("a bad config is a 422 with every problem", async () => {
  const problems = ["routes[0].path: …", "limits.x: unknown"];
  const { base } = await startAdmin({}, { reload: async () => ({ ok: false, problems }) });
  const response = await fetch(`${base}/api/reload`, { method: "POST" });
  expect(response.status).toBe(422);
  expect(await response.json()).toMatchObject({ error: "invalid-config", problems });
});

test("a handler that throws is a 500 without its reason, which is in the log", async () => {
  const { base, adminLogged } = await startAdmin(
    {},
    {
      setKilled: async () => {
        throw new Error("secret reason at /some/path");
      },
      metricsText: async () => {
        throw new Error("secret reason");
      },
    },
  );
  for (const [path, method] of [
    ["/api/kill", "POST"],
    ["/metrics", "GET"],
  ] as const) {
    const response = await fetch(base + path, { method });
    expect(response.status).toBe(500);
    const text = await response.text();
    expect(errorSchema.parse(JSON.parse(text)).error).toBe("internal");
    expect(text).not.toMatch(/secret|at |\.ts|node/);
  }
  expect(adminLogged.filter((line) => line.level === "error")).toHaveLength(2);
});

test("a store that cannot be read is a 503, and the page says so", async () => {
  const { base, store } = await startAdmin();
  await store.close();
  for (const path of [
    "/api/endpoints",
    "/api/differences",
    "/api/differences/a",
    "/api/rules",
    "/api/exchanges/a",
  ]) {
    const response = await fetch(base + path);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ error: "store-unavailable" });
  }
  const page = await fetch(`${base}/status`);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain("The store cannot be read");
});

test("readiness follows the program; health and metrics answer", async () => {
  let isReady = false;
  const { base } = await startAdmin({}, { isReady: () => isReady });
  expect((await fetch(`${base}/readyz`)).status).toBe(503);
  expect((await fetch(`${base}/healthz`)).status).toBe(200);
  isReady = true;
  expect((await fetch(`${base}/readyz`)).status).toBe(200);
  const metrics = await fetch(`${base}/metrics`);
  expect(metrics.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(await metrics.text()).toBe("parallax_epoch 3\n");
});

describe("a JSON body", () => {
  const post = (admin: Admin, body: string, headers: Record<string, string> = {}) =>
    send(admin.port, "/api/rules/preview", {
      method: "POST",
      body,
      headers: {
        "content-type": "application/json",
        "content-length": String(Buffer.byteLength(body)),
        ...headers,
      },
    });

  test("is handed on, and what comes back is told", async () => {
    const admin = await startAdmin();
    const asked = { rules: [{ kind: "ignore", path: "/ü" }], route: "r" };
    expect((await post(admin, JSON.stringify(asked))).status).toBe(200);
    expect(admin.calls).toEqual([`preview ${JSON.stringify(asked)}`]);
    const refused = await post(admin, '{"rules":[]}', { "content-type": "Application/JSON; charset=utf-8" });
    expect(refused.status).toBe(422);
    expect(JSON.parse(refused.body)).toMatchObject({
      error: "invalid-rules",
      problems: ["[0]: no", "[1]: no"],
    });
  });

  test.each([
    ["", "body: "],
    ["{", "body: "],
    ["[]", "body: "],
    ['{"rules":1}', "rules: "],
    ['{"rules":[],"frob":1}', "frob"],
    [`${"[".repeat(100_000)}`, "body: "],
  ])("that is none is a 400: %.20s", async (body, message) => {
    const admin = await startAdmin();
    const answer = await post(admin, body);
    expect(answer.status).toBe(400);
    expect(errorSchema.parse(JSON.parse(answer.body))).toMatchObject({
      error: "invalid-body",
      message: expect.stringContaining(message),
    });
    expect(admin.calls).toEqual([]);
  });

  test.each(["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])(
    "as %s is a 415: a page of another site could send that",
    async (type) => {
      const admin = await startAdmin();
      expect((await post(admin, '{"rules":[1]}', { "content-type": type })).status).toBe(415);
      expect(admin.calls).toEqual([]);
    },
  );

  test("of another site, or without the token, is refused", async () => {
    const admin = await startAdmin();
    expect((await post(admin, '{"rules":[1]}', { origin: "http://evil.test" })).status).toBe(403);
    const guarded = await startAdmin({ access: { ...OPEN, token: TOKEN } });
    expect((await post(guarded, '{"rules":[1]}')).status).toBe(401);
    expect([...admin.calls, ...guarded.calls]).toEqual([]);
  });

  test("has at most 1 MiB, at n - 1, n and n + 1", async () => {
    const admin = await startAdmin();
    const bytes = (count: number) => `{"rules":["${"x".repeat(count - 14)}"]}`;
    expect(bytes(100)).toHaveLength(100);
    const statuses: number[] = [];
    for (const count of [-1, 0, 1]) statuses.push((await post(admin, bytes(1024 * 1024 + count))).status);
    expect(statuses).toEqual([200, 200, 413]);
  });

  test("says when another preview is under way", async () => {
    const admin = await startAdmin({}, { previewRules: async () => ({ kind: "busy" }) });
    const answer = await post(admin, '{"rules":[1]}');
    expect([answer.status, JSON.parse(answer.body).error]).toEqual([503, "preview-busy"]);
  });
});

test("a body over the limit is refused", async () => {
  const { port, calls } = await startAdmin();
  const post = (bytes: number) =>
    send(port, "/api/reload", {
      method: "POST",
      body: "x".repeat(bytes),
      headers: { "content-length": String(bytes) },
    });
  expect((await post(16 * 1024 + 1)).status).toBe(413);
  expect(calls).toEqual([]);
  expect((await post(16 * 1024)).status).toBe(200);
  const chunked = { "transfer-encoding": "chunked" };
  expect((await send(port, "/api/reload", { method: "POST", body: "x", headers: chunked })).status).toBe(413);
});

test("every answer carries the security headers and no version", async () => {
  const { base, port } = await startAdmin();
  for (const path of ["/", "/healthz", "/api/summary", "/nothing", "/metrics"]) {
    const { headers } = await fetch(base + path);
    expect(headers.get("content-security-policy"), path).toContain("default-src 'none'");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("cache-control")).toBe("no-store");
    expect([headers.get("server"), headers.get("x-powered-by")]).toEqual([null, null]);
  }
  const refused = await send(port, "/", { headers: { host: "evil.test" } });
  expect(refused.headers["x-frame-options"]).toBe("DENY");
});

describe("the curl line", () => {
  const request = (changes: object) => ({ ...sample("s").request, ...changes });

  test("gives a shell nothing to interpret", () => {
    const hostile = ["it's", "$(id)", "`id`", "a\nb", "\\", "'; id #", "-o/etc/x", "!x", "*", ""];
    for (const text of hostile) {
      const echoed = execFileSync("/bin/sh", ["-c", `printf %s ${quoteForShell(text)}`]).toString();
      expect(echoed).toBe(text);
    }
    const line = curlLine(
      request({
        method: "POST",
        target: "/a?q=';touch x;'&[1-2]",
        headers: [
          ["host", "h.test"],
          ["x-a", "$(id) '"],
          ["content-length", "3"],
          ["x-empty", ""],
        ],
        body: "@'$x",
        bodyBytes: 4,
      }),
      "http://legacy.test",
    );
    // The arguments as the shell would hand them to curl.
    const printed = execFileSync("/bin/sh", ["-c", line.replace(/^curl/, "printf '%s\\n'")]).toString();
    expect(printed.trimEnd().split("\n")).toEqual([
      "--globoff",
      "--path-as-is",
      "--request",
      "POST",
      "--header",
      "host: h.test",
      "--header",
      "x-a: $(id) '",
      "--header",
      "x-empty;",
      "--header",
      "content-type:",
      "--data-raw",
      "@'$x",
      "--url",
      "http://legacy.test/a?q=';touch x;'&[1-2]",
    ]);
  });

  test("brings bodies that are no text, and long ones, byte for byte", () => {
    const bytes = Buffer.from([0, 1, 39, 34, 10, 255, 254, 128]);
    const texts = ["\0 and 'é'\n", "é".repeat(8193), "x".repeat(65_536)];
    const bodies = [
      { body: bytes.toString("base64"), bodyEncoding: "base64", sent: bytes },
      ...texts.map((body) => ({ body, bodyEncoding: "utf8", sent: Buffer.from(body) })),
    ];
    for (const { sent, ...stored } of bodies) {
      const line = curlLine(request({ method: "POST", bodyBytes: sent.length, ...stored }), "http://l");
      expect(line).toContain("| curl ");
      expect(line).toContain("--data-binary @-");
      // What curl would read.
      expect(execFileSync("/bin/sh", ["-c", `curl() { cat; }; ${line}`]).equals(sent)).toBe(true);
    }
  });

  test("does not name a coding that the stored body no longer has", () => {
    const headers = [["Content-Encoding", "gzip"]];
    const line = curlLine(request({ method: "POST", headers, body: "{}", bodyBytes: 2 }), "http://l");
    expect(line).not.toContain("gzip");
  });

  test("does not pretend to hold a body that was cut, or is long, and sends nothing in its place", () => {
    for (const changes of [
      { isBodyCut: true, bodyBytes: 9, body: "part" },
      { bodyBytes: 65_537, body: "part".repeat(16_384).concat("t") },
    ]) {
      const line = curlLine(request(changes), "http://l");
      expect(line).not.toContain("part");
      const shell = spawnSync("/bin/sh", ["-c", `curl() { echo sent; }; ${line}`], { encoding: "utf8" });
      expect([shell.status === 0, shell.stdout]).toEqual([false, ""]);
      expect(shell.stderr).toContain("body-of-the-stored-exchange");
    }
  });
});

test("the store behind the fixtures is the real one", async () => {
  const admin = await startAdmin();
  await seed(admin);
  expect(answerOf(await admin.store.totals()).signatures).toBe(2);
});

import { describe, expect, test } from "vitest";
import { checkAdminExposure } from "../../src/admin/access.ts";
import { startAdminServer } from "../../src/admin/server.ts";
import { send, startAdmin, TOKEN } from "./fixtures.ts";

const MUTATIONS = [
  ["POST", "/api/kill"],
  ["DELETE", "/api/kill"],
  ["POST", "/api/reload"],
] as const;
const READS = [
  "/",
  "/metrics",
  "/api/summary",
  "/api/endpoints",
  "/api/differences",
  "/api/exchanges/x",
] as const;

describe("binding", () => {
  test.each(["127.0.0.1", "127.9.9.9", "::1", "localhost"])("loopback %s needs no token", (host) => {
    expect(checkAdminExposure(host, undefined).kind).toBe("allowed");
  });

  test.each(["0.0.0.0", "::", "10.0.0.1", "example.test", "127.0.0.1.example.test", ""])(
    "%s is refused without a token, allowed with one",
    (host) => {
      expect(checkAdminExposure(host, undefined)).toMatchObject({
        kind: "refused",
        message: expect.stringContaining("without a token"),
      });
      expect(checkAdminExposure(host, TOKEN).kind).toBe("allowed");
    },
  );

  test("a token that can be guessed is refused", () => {
    expect(checkAdminExposure("127.0.0.1", "x".repeat(15)).kind).toBe("refused");
    expect(checkAdminExposure("127.0.0.1", "x".repeat(16)).kind).toBe("allowed");
    expect(checkAdminExposure("127.0.0.1", "").kind).toBe("refused");
  });

  test("the listener does not start where that is refused, nor on a taken port", async () => {
    const { port } = await startAdmin();
    const options = { host: "0.0.0.0", port: 0, token: undefined, curlBase: "", dependencies: {} as never };
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
    const { port, calls } = await startAdmin({ token: TOKEN });
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    const paths = [
      ...READS.map((path) => ["GET", path] as const),
      ...MUTATIONS,
      ["GET", "/no-such"] as const,
    ];
    for (const [method, path] of paths) {
      const answer = await send(port, path, { method, headers });
      expect([method, path, answer.status]).toEqual([method, path, 401]);
      expect(answer.headers["www-authenticate"]).toContain("Basic");
      expect(JSON.parse(answer.body)).toMatchObject({ error: "unauthorized" });
    }
    expect(calls).toEqual([]);
  });

  test("the right one opens as Bearer and as a browser's Basic password", async () => {
    const { port, calls } = await startAdmin({ token: TOKEN });
    for (const authorization of [`Bearer ${TOKEN}`, `bearer ${TOKEN}`, basic(TOKEN)]) {
      expect((await send(port, "/api/summary", { headers: { authorization } })).status).toBe(200);
      const killed = await send(port, "/api/kill", { method: "POST", headers: { authorization } });
      expect(killed.status).toBe(200);
    }
    expect(calls).toHaveLength(3);
  });

  test("probes need none", async () => {
    const { port } = await startAdmin({ token: TOKEN });
    expect((await send(port, "/healthz")).status).toBe(200);
    expect((await send(port, "/readyz", { headers: { host: "10.0.0.7:9090" } })).status).toBe(200);
  });

  test("a browser that knows the password is still not used by another site", async () => {
    const { port, calls } = await startAdmin({ token: TOKEN });
    for (const [method, path] of MUTATIONS) {
      const headers = { authorization: basic(TOKEN), origin: "https://evil.test" };
      expect((await send(port, path, { method, headers })).status).toBe(403);
    }
    expect(calls).toEqual([]);
  });
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
        expect((await send(port, path, { method, headers: headers as Record<string, string> })).status).toBe(
          200,
        );
    expect(calls).toHaveLength(6);
    expect(calls[0]).toMatch(/^kill true admin API, .*127\.0\.0\.1$/);
  });

  test("no preflight is answered with permission", async () => {
    const { port } = await startAdmin();
    const headers = { origin: "https://evil.test", "access-control-request-method": "DELETE" };
    const answer = await send(port, "/api/kill", { method: "OPTIONS", headers });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control-"))).toEqual([]);
  });
});

import { describe, expect, test } from "vitest";
import { compileEndpoints } from "../../src/noise/endpoint.ts";

const byShape = compileEndpoints([]);

describe("without templates, segments are named by shape", () => {
  test.each([
    ["/", "/"],
    ["/users", "/users"],
    ["/users/42?x=/1", "/users/{id}"],
    ["/users/-1", "/users/{id}"],
    ["/users/42/", "/users/{id}/"],
    ["//a", "//a"],
    ["/users/me", "/users/me"],
    ["/v2/oauth2/token", "/v2/oauth2/token"],
    ["/o/6F9619FF-8B86-D011-B42D-00C04FC964FF", "/o/{uuid}"],
    ["/o/507f1f77bcf86cd799439011", "/o/{hex}"],
    ["/o/deadbeef", "/o/deadbeef"],
    ["/o/dead8eef", "/o/{hex}"],
    ["/o/dead8ee", "/o/dead8ee"],
    ["/o/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/o/{ulid}"],
    [`/o/${"ab".repeat(13)}`, `/o/${"ab".repeat(13)}`],
    ["/d/2024-05-17", "/d/{date}"],
    ["/d/2024-13-17", "/d/{token}"],
    ["/d/2024-05", "/d/{date}"],
    ["/d/2024-05-17T10%3A00Z", "/d/{date}"],
    ["/l/en-US", "/l/{locale}"],
    ["/l/en-us", "/l/en-us"],
    ["/v/1.2.3", "/v/1.2.3"],
    ["/p/1.5", "/p/{number}"],
    ["/u/a%40b.example", "/u/{email}"],
    ["/files/42.json", "/files/{id}.json"],
    ["/files/report.json", "/files/report.json"],
    ["/t/eyJhbGciOiJIUzI1NiJ9", "/t/{token}"],
    ["/t/cus_NffrFeUfNV2Hib", "/t/{token}"],
    ["/t/ORD-10023", "/t/{token}"],
    ["/t/sha-256", "/t/sha-256"],
    [`/t/${"a".repeat(49)}`, "/t/{token}"],
    [`/t/${"a".repeat(48)}`, `/t/${"a".repeat(48)}`],
    ["/a%zz", "/a%zz"],
    ["*", "*"],
    ["http://h:1/users/7?q", "/users/{id}"],
    ["http://h", "/"],
  ])("%s → %s", (target, expected) => {
    expect(byShape("GET", target)).toBe(`GET ${expected}`);
  });
});

describe("templates come first", () => {
  const named = compileEndpoints([
    "GET /users/{id}",
    "/users/{name}",
    "/users/me",
    "/users/{id}/orders/{order}",
    "/*/settings",
    "/static/**",
    "/static/js/**",
    "GET /static/app.js",
  ]);
  test.each([
    ["GET", "/users/abc", "/users/{id}"],
    ["POST", "/users/abc", "/users/{name}"],
    ["GET", "/users/me", "/users/me"],
    ["GET", "/users/me/orders/x", "/users/{id}/orders/{order}"],
    ["GET", "/users/settings", "/users/{id}"],
    ["GET", "/x/settings", "/*/settings"],
    ["GET", "/static/a/b/c", "/static/**"],
    ["GET", "/static", "/static/**"],
    ["GET", "/static/js/a/b", "/static/js/**"],
    ["GET", "/static/app.js", "/static/app.js"],
    ["POST", "/static/app.js", "/static/**"],
    ["GET", "/users/", "/users/"],
    ["GET", "/orders/7", "/orders/{id}"],
  ])("%s %s → %s", (method, target, expected) => {
    expect(named(method, target)).toBe(`${method} ${expected}`);
  });

  test("what is no template is refused", () => {
    expect(() => compileEndpoints(["users/{id}"])).toThrow(/endpoint template/);
  });
});

describe("learnt templates come after the config's, before shapes", () => {
  const named = compileEndpoints(
    ["GET /users/{id}"],
    ["GET /users/{user}", "GET /users/me", "GET /blog/{post}"],
  );
  test.each([
    ["/users/me", "/users/{id}"],
    ["/blog/7", "/blog/{post}"],
    ["/orders/7", "/orders/{id}"],
  ])("%s → %s", (target, expected) => {
    expect(named("GET", target)).toBe(`GET ${expected}`);
  });
});

describe("names are bounded", () => {
  test("deep paths end in **", () => {
    expect(byShape("GET", "/a".repeat(16))).toBe(`GET ${"/a".repeat(16)}`);
    expect(byShape("GET", "/a".repeat(17))).toBe(`GET ${"/a".repeat(16)}/**`);
  });

  test("of a long path the segment that is cut is not shown", () => {
    const rest = `/${"x".repeat(3000)}`;
    expect(byShape("GET", `${"/a".repeat(14)}${rest}`)).toBe(`GET ${"/a".repeat(14)}/**`);
    expect(byShape("GET", `${"/a".repeat(15)}${rest}`)).toBe(`GET ${"/a".repeat(15)}/**`);
    expect(byShape("GET", `${"/a".repeat(16)}${rest}`)).toBe(`GET ${"/a".repeat(16)}/**`);
  });

  test("long paths end in **, long methods have no name", () => {
    const endpoint = byShape("M".repeat(17), `/users/${"x".repeat(1_000_000)}`);
    expect(endpoint).toBe("OTHER /users/**");
  });

  test("ten thousand targets later the names are the same", () => {
    for (let id = 0; id < 10_000; id++) byShape("GET", `/users/${id}`);
    expect(byShape("GET", "/users/42?x")).toBe("GET /users/{id}");
  });

  test("templates that could branch at every segment stay fast and right", () => {
    const templates = Array.from({ length: 2 ** 10 }, (_, bits) =>
      Array.from({ length: 10 }, (__, at) => ((bits >> at) & 1 ? "/{x}" : "/a")).join(""),
    );
    const branching = compileEndpoints([...templates, "/a/a/a/a/a/a/a/a/a/a"]);
    expect(branching("GET", "/a".repeat(10))).toBe(`GET ${"/a".repeat(10)}`);
    expect(branching("GET", "/b".repeat(10))).toBe(`GET ${"/{x}".repeat(10)}`);
  });
});

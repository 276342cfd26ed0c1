import { describe, expect, test } from "vitest";
import { ROUTES_MAX } from "../../src/config/schema.ts";
import { loaded, loadText, problemLines, TWO_URLS } from "./config-file.ts";

const MiB = 1024 * 1024;

function upstreamLines(legacy: string, candidate: string, rest = ""): string[] {
  const text = `upstreams:\n  legacy: { url: "${legacy}" }\n  candidate: { url: "${candidate}" }\n${rest}`;
  return problemLines(loadText(text));
}

describe("addresses that would feed Parallax to itself", () => {
  test.each([
    ["http://a.example", "http://a.example:80"],
    ["http://A.example", "http://a.example/"],
    ["https://a.example", "https://a.example:443"],
  ])("the candidate %s is the legacy %s", (legacy, candidate) => {
    expect(upstreamLines(legacy, candidate)).toEqual([
      expect.stringContaining("another address than upstreams.legacy: it would be compared with itself"),
    ]);
  });

  test("http and https on the ports of their own are two services", () => {
    expect(upstreamLines("http://a.example", "https://a.example")).toEqual([]);
  });

  test("the candidate is the baseline", () => {
    const rest = '  baseline: { url: "http://c.example" }\n';
    expect(upstreamLines("http://a.example", "http://c.example", rest).join()).toContain(
      "than upstreams.baseline",
    );
  });

  test("the legacy may be its own baseline", () => {
    expect(
      upstreamLines("http://a.example", "http://c.example", '  baseline: { url: "http://a.example" }\n'),
    ).toEqual([]);
  });

  test("noise from upstreams.baseline, and there is none", () => {
    const upstreams = 'upstreams: { legacy: { url: "http://a.example" } }\n';
    const lines = problemLines(loadText(`${upstreams}noise: { baseline: upstream }\n`));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/noise\.baseline.*without upstreams\.baseline/);
    for (const baseline of ["self", "off"])
      expect(problemLines(loadText(`${upstreams}noise: { baseline: ${baseline} }\n`))).toEqual([]);
  });

  test.each([
    ["0.0.0.0:8080", "http://127.0.0.1:8080", true],
    ["0.0.0.0:8080", "http://localhost:8080", true],
    ["0.0.0.0:8080", "http://[::1]:8080", true],
    ["[::]:8080", "http://127.0.0.1:8080", true],
    ["127.0.0.1:8080", "http://localhost:8080", true],
    ["127.0.0.1:8080", "http://0.0.0.0:8080", true],
    ["10.0.0.1:8080", "http://10.0.0.1:8080", true],
    ["10.0.0.1:8080", "http://127.0.0.1:8080", false],
    ["0.0.0.0:8080", "http://other.example:8080", false],
    ["0.0.0.0:8080", "http://127.0.0.1:8081", false],
    ["0.0.0.0:0", "http://127.0.0.1:8081", false],
  ])("listen %s and an upstream %s: refused %s", (listen, url, isRefused) => {
    const lines = problemLines(loadText(`listen: "${listen}"\nupstreams: { legacy: { url: "${url}" } }\n`));
    expect(lines.join().includes("this is Parallax itself")).toBe(isRefused);
    expect(lines).toHaveLength(isRefused ? 1 : 0);
  });

  test("an upstream that is the admin listener", () => {
    expect(upstreamLines("http://localhost:9090", "http://c.example").join()).toContain("than admin.listen");
  });

  test("one port for clients and admin", () => {
    const rest = "listen: 127.0.0.1:9090\n";
    expect(upstreamLines("http://a.example", "http://b.example", rest).join()).toContain(
      'admin.listen: found "127.0.0.1:9090"; allowed: another address than listen',
    );
  });

  test("tls keys for a URL without TLS", () => {
    const text = 'upstreams: { legacy: { url: "http://a.example", tls: { verify: false } } }\n';
    expect(problemLines(loadText(text)).join()).toContain("tls for an https:// URL alone");
  });
});

describe("sizes that the largest exchange must fit in", () => {
  // Two bodies of 1 MiB, two heads of 32 KiB, 64 KiB for the rest of the record.
  const needed = 2 * MiB + 2 * 32 * 1024 + 64 * 1024;

  test.each([
    ["seam", "bytes", 2 * needed],
    ["shadow", "inFlightBytesMax", needed],
    ["limits", "captureBytesMax", 2 * MiB],
  ])("%s.%s at one less, exactly, one more", (section, key, size) => {
    const lines = [size - 1, size, size + 1].map((bytes) =>
      problemLines(loadText(`${TWO_URLS}${section}: { ${key}: ${bytes} }\n`)),
    );
    expect(lines.map((found) => found.length)).toEqual([1, 0, 0]);
    expect(lines[0]?.[0]).toContain(`${section}.${key}: found ${size - 1}; allowed: at least ${size}`);
    expect(lines[0]?.[0]).toContain(`${2 * MiB} bytes of bodies`);
  });

  test("a route's own sizes count", () => {
    const text = `${TWO_URLS}routes: [{ name: a, match: {}, mirror: { answerBytesMax: ${10 * MiB} } }]\n`;
    expect(problemLines(loadText(text)).join()).toContain("seam.bytes: found 16777216; allowed: at least");
    expect(loadText(`${text}seam: { bytes: ${32 * MiB} }\n`).ok).toBe(true);
  });

  test("a target is smaller than the head that it is a part of", () => {
    expect(problemLines(loadText(`${TWO_URLS}limits: { headBytesMax: 8192 }\n`)).join()).toContain(
      "less than limits.headBytesMax (8192)",
    );
  });
});

describe("routes", () => {
  test("names are unique", () => {
    const text = `${TWO_URLS}routes:\n  - { name: a, match: { path: /a } }\n  - { name: a, match: { path: /b } }\n`;
    expect(problemLines(loadText(text))).toEqual([
      'FILE:6:7: routes[1].name: found "a"; allowed: a name that no other route has',
    ]);
  });

  test.each([
    ["{ path: '/u/{id}' }", "{ path: '/u/{name}' }", false],
    ["{ path: '/u/{id}' }", "{ path: '/u/*' }", false],
    ["{ path: /u, methods: [GET, PUT] }", "{ path: /u, methods: [PUT, GET] }", false],
    ["{ path: /u, hosts: [A.example] }", "{ path: /u, hosts: [a.example] }", false],
    ["{ path: /u }", "{ path: /u/ }", false],
    ["{ path: /u }", "{ path: /u, methods: [GET] }", false],
    ["{ path: /u, methods: [GET] }", "{ path: /u, methods: [GET], hosts: [a] }", false],
    ["{ path: /u, hosts: [a] }", "{ path: /u, methods: [GET], hosts: [a] }", false],
    ["{}", "{}", false],
    ["{}", "{ path: /u }", true],
    ["{ methods: [GET] }", "{ path: /u }", true],
    ["{ path: /u }", "{ path: /v }", true],
    ["{ path: /u, methods: [GET] }", "{ path: /u }", true],
  ])("after %s, %s can match: %s", (first, second, isFine) => {
    const text = `${TWO_URLS}routes:\n  - { name: a, match: ${first} }\n  - { name: b, match: ${second} }\n`;
    const lines = problemLines(loadText(text));
    expect(lines).toHaveLength(isFine ? 0 : 1);
    if (!isFine) expect(lines[0]).toContain("the earlier route a leaves requests for");
  });

  test("as many as there are counter slots, and not one more", () => {
    const routes = (count: number) =>
      `${TWO_URLS}routes:\n${Array.from({ length: count }, (_, i) => `  - { name: r${i}, match: { path: /r${i} } }\n`).join("")}`;
    expect(loaded(loadText(routes(ROUTES_MAX))).settings.routes).toHaveLength(ROUTES_MAX);
    expect(problemLines(loadText(routes(ROUTES_MAX + 1))).join()).toContain(
      `a list of at most ${ROUTES_MAX} entries`,
    );
  });
});

import { describe, expect, test } from "vitest";
import { settingsSchema } from "../../src/config/schema.ts";
import { loaded, loadText, problemLines, TWO_URLS } from "./config-file.ts";

/** The one problem that `text`, below two good URLs, has. */
function problemOf(text: string): string {
  const lines = problemLines(loadText(`${TWO_URLS}${text}\n`));
  expect(lines).toHaveLength(1);
  return lines[0] ?? "";
}

describe("every problem at once", () => {
  test("each with its place, its path, what was found and what is allowed", () => {
    const text = `${TWO_URLS}listen: 8080
mirror:
  samplePercent: 101
  deadlineMs: 5s
routes:
  - name: a
    match: { path: users }
  - name: b
    match: {}
    mirror: { samplePercent: -1 }
`;
    expect(problemLines(loadText(text))).toEqual([
      "FILE:4:1: listen: found 8080; allowed: HOST:PORT, such as 0.0.0.0:8080, [::1]:8080 or localhost:8080",
      "FILE:6:3: mirror.samplePercent: found 101; allowed: a number from 0 to 100 (percent)",
      'FILE:7:3: mirror.deadlineMs: found "5s"; allowed: a whole number of milliseconds from 1 to 3600000',
      'FILE:10:14: routes[0].match.path: found "users"; allowed: a path template that begins with /, such as /users/{id}',
      "FILE:13:15: routes[1].mirror.samplePercent: found -1; allowed: a number from 0 to 100 (percent)",
    ]);
  });

  test("what the schema refuses and what keys refuse each other", () => {
    const text = `${TWO_URLS}listen: 127.0.0.1:3001\nseam: { bytes: 100000 }\nlog: { level: loud }\n`;
    const lines = problemLines(loadText(text)).join("\n");
    expect(lines).toContain("log.level");
    expect(lines).toContain("seam.bytes");
    expect(lines).toContain("upstreams.legacy.url");
  });
});

describe("unknown keys", () => {
  test.each([
    ["mirorr: {}", "FILE:4:1: mirorr: found an unknown key", "did you mean mirror?"],
    ["mirror: { sampelPercent: 1 }", "mirror.sampelPercent", "did you mean samplePercent?"],
    ["timeouts: { headms: 1 }", "timeouts.headms", "did you mean headMs?"],
    ["routes: [{ name: a, match: {}, stge: off }]", "routes[0].stge", "did you mean stage?"],
    ["shadow: { breaker: { open: 1 } }", "shadow.breaker.open", "did you mean openMs?"],
  ])("%s is refused with the key it may have meant", (text, where, meant) => {
    const line = problemOf(text);
    expect(line).toContain(where);
    expect(line).toContain(meant);
  });

  test("one like none gets the list alone", () => {
    expect(problemOf("frobnicate: 1")).not.toContain("did you mean");
  });

  test("__proto__ is a key like others", () => {
    expect(problemOf("__proto__: { listen: x }")).toContain("__proto__: found an unknown key");
  });
});

describe("numbers have bounds", () => {
  test.each([
    ["mirror.samplePercent", 0, 100, 0.001],
    ["limits.headerLinesMax", 1, 4096, 1],
    ["timeouts.drainMs", 0, 3_600_000, 1],
    ["threads.shadow", 1, 64, 1],
    ["threads.serving", 1, 64, 1],
  ])("%s from %d to %d", (path, min, max, step) => {
    const [section, key] = path.split(".");
    const isFine = (value: number) => loadText(`${TWO_URLS}${section}: { ${key}: ${value} }\n`).ok;
    expect([min - step, min, max, max + step].map(isFine)).toEqual([false, true, true, false]);
  });

  test.each([".inf", ".nan", "1.5", "1e99", '"5"', "true", "null", "[]", "{}"])(
    "%s milliseconds",
    (value) => {
      expect(problemOf(`timeouts: { headMs: ${value} }`)).toContain(
        "allowed: a whole number of milliseconds",
      );
    },
  );
});

describe("values that cannot work", () => {
  test.each([
    ["mirror: { methods: [get] }", "in upper case: GET"],
    ["mirror: { methods: ['G ET'] }", "a token"],
    ["mirror: { methods: [CONNECT] }", "other than CONNECT"],
    ["mirror: { setHeaders: { Content-Length: '1' } }", "framing and hop-by-hop headers"],
    ["mirror: { setHeaders: { TE: trailers } }", "framing and hop-by-hop headers"],
    ["mirror: { setHeaders: { transfer-encoding: chunked } }", "framing and hop-by-hop headers"],
    ["mirror: { setHeaders: { Host: a } }", "mirror.hostHeader"],
    ["mirror: { setHeaders: { x-parallax-role: a } }", "Parallax's own marks"],
    ["mirror: { setHeaders: { 'x y': a } }", "a token (RFC 9110"],
    ['mirror: { setHeaders: { x-a: "1\\r\\nx-b: 2" } }', "without line breaks"],
    ["mirror: { setHeaders: { x-a: 5 } }", "in quotes"],
    ["mirror: { setHeaders: { X-A: a, x-a: b } }", "each header once"],
    ["mirror: { removeHeaders: [content-length] }", "framing and hop-by-hop headers"],
    ["mirror: { pathRewrite: { from: a, to: /b } }", "a path prefix that begins with /"],
    ["mirror: { pathRewrite: { from: /a, to: '/b?c' } }", "without ? and #"],
    ["mirror: { hostHeader: 'a b' }", "preserve"],
    ["compare: { headers: ['content type'] }", "a token"],
    ["redact: { pointers: [user/name] }", "a JSON pointer that begins with /"],
    ["redact: { pointers: ['/a~2'] }", "~0 for a tilde"],
    ["rules: [{ kind: ignore }]", "either path or header"],
    ["rules: [{ kind: ignore, path: /a, header: b }]", "either path or header"],
    ["rules: [{ kind: ignore, path: a }]", "a JSON pointer that begins with /"],
    ["rules: [{ kind: ignore, path: /a, expires: soon }]", "a date"],
    ["rules: [{ kind: ignore, path: /a, expires: 2027-02-30 }]", "a date"],
    ["routes: [{ name: '*other*', match: {} }]", "letters, digits"],
    ["routes: [{ name: a, match: {}, stage: live }]", "one of off, shadow"],
    ["routes: [{ name: a, match: { hosts: ['*.example'] } }]", "without port and wildcards"],
    ["routes: [{ name: a, match: { hosts: ['a.example:80'] } }]", "without port and wildcards"],
    ["endpoints: ['get /a']", "an upper-case method"],
    ["endpoints: ['GET a']", "begins with /"],
    ["trustedProxies: [10.0.0.0/33]", "CIDR"],
    ["trustedProxies: [localhost]", "CIDR"],
    ["servedByHeader: yes", "true or false"],
    ["shadow:", "a section with keys"],
  ])("%s", (text, allowed) => {
    expect(problemOf(text)).toContain(allowed);
  });

  test.each([
    ["localhost:3001", "a URL with scheme and host"],
    ["http:localhost", "a URL with scheme and host"],
    ["http://", "a URL with scheme and host"],
    ["http://a b", "a URL with scheme and host"],
    ["ws://a", "a URL with scheme and host"],
    ["http://a:99999", "a URL with scheme and host"],
    ["http://a:0", "a port from 1 to 65535"],
    ["http://a/v1", "mirror.pathRewrite changes the path of the shadow leg"],
    ["http://a?x=1", "without query"],
    ["http://a/?", "without query"],
    ["http://a#x", "without query and fragment"],
    ["http://user:pw@a", "without user information"],
  ])("the upstream URL %s", (url, allowed) => {
    const lines = problemLines(loadText(`upstreams: { legacy: { url: "${url}" } }\n`));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(allowed);
    expect(lines[0]).not.toContain("pw");
  });

  test.each(["http://a", "http://a/", "https://[::1]:8443", "HTTP://A.example:80", "http://10.0.0.1"])(
    "the upstream URL %s is fine",
    (url) => {
      expect(problemLines(loadText(`upstreams: { legacy: { url: "${url}" } }\n`))).toEqual([]);
    },
  );
});

test("the defaults accept themselves", () => {
  expect(settingsSchema.parse(settingsSchema.parse({}))).toEqual(settingsSchema.parse({}));
});

test("setHeaders are not shown in a problem: they may hold credentials", () => {
  expect(problemOf('mirror: { setHeaders: { authorization: "Bearer s3cret\\n" } }')).not.toContain("s3cret");
});

test("a route takes what it does not override from the global section", () => {
  const text = `${TWO_URLS}mirror: { deadlineMs: 7 }\nroutes: [{ name: a, match: {}, mirror: { samplePercent: 5 } }]\n`;
  const { settings } = loaded(loadText(text));
  expect(settings.routes[0]?.mirror).toEqual({ samplePercent: 5 });
});

import { describe, expect, test } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import {
  buildSnapshot,
  changesThatNeedRestart,
  configInForce,
  RouteSlots,
} from "../../src/config/snapshot.ts";
import { OTHER_SLOT, ROUTE_SLOTS } from "../../src/core/counters.ts";
import type { Snapshot } from "../../src/core/snapshot.ts";
import { loaded, loadText, TWO_URLS } from "./config-file.ts";

function snapshotOf(text: string, slots = new RouteSlots()): Snapshot {
  return buildSnapshot(loaded(loadText(text)), { epoch: 3, instanceId: "i", isKilled: false, slots });
}

describe("routes", () => {
  const stages = (snapshot: Snapshot) => snapshot.routes.map(({ name, stage, slot }) => [name, stage, slot]);

  test("without any and with a candidate, everything is in stage shadow", () => {
    expect(stages(snapshotOf(TWO_URLS))).toEqual([
      ["default", "shadow", 1],
      ["*other*", "off", OTHER_SLOT],
    ]);
    expect(snapshotOf(TWO_URLS).routes[0]?.match).toEqual({ path: "/**", methods: [], hosts: [] });
  });

  test("without any and without a candidate, everything is off", () => {
    const text = 'upstreams: { legacy: { url: "http://a" } }\n';
    expect(stages(snapshotOf(text))[0]).toEqual(["default", "off", 1]);
  });

  test("with some, what matches none is off, in slot 0, and last", () => {
    const text = `${TWO_URLS}routes: [{ name: a, match: { path: /a } }, { name: b, match: { path: /b }, stage: off }]\n`;
    expect(stages(snapshotOf(text))).toEqual([
      ["a", "shadow", 1],
      ["b", "off", 2],
      ["*other*", "off", OTHER_SLOT],
    ]);
  });

  test("keep their slots when others come and go", () => {
    const slots = new RouteSlots();
    const routes = (...names: string[]) =>
      `${TWO_URLS}routes: [${names.map((name) => `{ name: ${name}, match: { path: /${name} } }`).join(", ")}]\n`;
    const slotsOf = (text: string) =>
      Object.fromEntries(snapshotOf(text, slots).routes.map((r) => [r.name, r.slot]));
    expect(slotsOf(routes("a", "b"))).toMatchObject({ a: 1, b: 2 });
    expect(slotsOf(routes("c", "b"))).toMatchObject({ c: 3, b: 2 });
    expect(slotsOf(routes("b", "a", "c"))).toMatchObject({ a: 1, b: 2, c: 3 });
  });

  test("past the last slot they are served, not mirrored, and counted as *other*", () => {
    const slots = new RouteSlots();
    for (let i = 1; i < ROUTE_SLOTS - 1; i++) slots.slotOf(`r${i}`);
    expect(slots.slotOf("last")).toBe(ROUTE_SLOTS - 1);
    expect(slots.slotOf("late")).toBe(OTHER_SLOT);
    expect(slots.slotOf("last")).toBe(ROUTE_SLOTS - 1);
    const text = `${TWO_URLS}routes: [{ name: later, match: { path: /a } }, { name: last, match: { path: /b } }]\n`;
    expect(stages(snapshotOf(text, slots))).toEqual([
      ["later", "off", OTHER_SLOT],
      ["last", "shadow", ROUTE_SLOTS - 1],
      ["*other*", "off", OTHER_SLOT],
    ]);
  });

  test("override single keys of mirror and compare, and put their rules first", () => {
    const text = `${TWO_URLS}mirror: { deadlineMs: 7, setHeaders: { X-One: "1" } }
compare: { depthMax: 5 }
rules: [{ kind: ignore, header: ETag }]
routes:
  - name: a
    match: { path: /a, methods: [GET, GET], hosts: [A.Example] }
    mirror: { samplePercent: 2.5, methods: [GET, POST, GET] }
    compare: { headers: [Content-Type, content-type, ETag], status: class }
    rules: [{ kind: ignore, path: /t, owner: me }]
`;
    const [route] = snapshotOf(text).routes;
    expect(route?.match).toEqual({ path: "/a", methods: ["GET"], hosts: ["a.example"] });
    expect(route?.mirror).toMatchObject({ deadlineMs: 7, samplePercent: 2.5, methods: ["GET", "POST"] });
    expect(route?.mirror.setHeaders).toEqual([["x-one", "1"]]);
    expect(route?.compare).toMatchObject({
      depthMax: 5,
      headers: ["content-type", "etag"],
      status: "class",
    });
    expect(route?.compare.rules).toMatchObject([
      { kind: "ignore", path: "/t", owner: "me" },
      { kind: "ignore", header: "etag" },
    ]);
  });
});

test("noise is measured with upstreams.baseline where there is one, and nothing is read twice unasked", () => {
  const withBaseline = TWO_URLS.replace("upstreams:", 'upstreams:\n  baseline: { url: "http://b.example" }');
  expect(snapshotOf(TWO_URLS).noise.baseline).toBe("off");
  expect(snapshotOf(withBaseline).noise.baseline).toBe("upstream");
  expect(snapshotOf(`${withBaseline}noise: { baseline: self }\n`).noise.baseline).toBe("self");
  expect(snapshotOf(TWO_URLS).noise).toMatchObject({ samplePercent: 5, recheck: { samplePercent: 0 } });
});

describe("upstreams", () => {
  test("host, port and TLS come from the URL", () => {
    const text = `upstreams:
  legacy: { url: "https://[::1]" }
  candidate: { url: "https://c.example:8443", tls: { verify: false } }
  baseline: { url: "http://b.example" }
`;
    const { legacy, candidate, baseline } = snapshotOf(text).upstreams;
    expect(legacy).toMatchObject({ host: "::1", port: 443, tls: { ca: "", servername: "", verify: true } });
    expect(candidate).toMatchObject({
      host: "c.example",
      port: 8443,
      tls: { servername: "c.example", verify: false },
    });
    expect(baseline).toMatchObject({ host: "b.example", port: 80, tls: undefined });
  });

  test("the legacy gets the client's Host, the candidate its own", () => {
    const snapshot = snapshotOf(TWO_URLS);
    expect(snapshot.upstreams.legacy.hostHeader).toBe("preserve");
    expect(snapshot.upstreams.candidate?.hostHeader).toBe("127.0.0.1:3002");
    expect(snapshot.routes[0]?.mirror.hostHeader).toBe("127.0.0.1:3002");
  });

  test("the Host of a URL leaves out its scheme's own port, and takes a text as given", () => {
    const text = `upstreams:
  legacy: { url: "http://a.example", hostHeader: api.example }
  candidate: { url: "https://c.example:443" }
mirror: { hostHeader: preserve }
`;
    const snapshot = snapshotOf(text);
    expect(snapshot.upstreams.legacy.hostHeader).toBe("api.example");
    expect(snapshot.upstreams.candidate?.hostHeader).toBe("c.example");
    expect(snapshot.routes[0]?.mirror.hostHeader).toBe("preserve");
  });
});

test("what is redacted is never less than credentials and cookies", () => {
  const { redact } = snapshotOf(
    `${TWO_URLS}redact: { headers: [X-Tenant], queryParameters: [otp], pointers: [/p] }\n`,
  );
  for (const name of [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "x-api-key",
    "x-tenant",
  ])
    expect(redact.headers).toContain(name);
  expect(redact.queryParameters).toEqual(expect.arrayContaining(["access_token", "otp"]));
  expect(redact.pointers).toEqual(["/p"]);
});

test("plain addresses become networks", () => {
  const snapshot = snapshotOf(`${TWO_URLS}trustedProxies: [10.0.0.1, "fd00::1", 10.0.0.0/8]\n`);
  expect(snapshot.trustedProxies).toEqual(["10.0.0.1/32", "fd00::1/128", "10.0.0.0/8"]);
});

test("the snapshot is frozen all the way down and can be cloned to a thread", () => {
  const snapshot = snapshotOf(TWO_URLS);
  expect(Object.isFrozen(snapshot.routes[0]?.mirror.methods)).toBe(true);
  expect(Object.isFrozen(snapshot.upstreams.legacy)).toBe(true);
  expect(structuredClone(snapshot)).toEqual(snapshot);
});

test("the same config gives the same snapshot", () => {
  expect(snapshotOf(TWO_URLS)).toEqual(snapshotOf(TWO_URLS));
  expect(snapshotOf(TWO_URLS)).toMatchObject({ epoch: 3, instanceId: "i", isKilled: false });
});

describe("a reload", () => {
  const running = () => loaded(loadText(TWO_URLS));

  test.each([
    ["listen: 0.0.0.0:8081", ["listen"]],
    ["admin: { listen: 127.0.0.1:9091 }", ["admin"]],
    ["admin: { token: 0123456789abcdef }", ["admin"]],
    ["data: { sampleAgeDaysMax: 1 }", ["data"]],
    ["threads: { shadow: 2 }", ["threads"]],
    ["seam: { bytes: 33554432 }", ["seam"]],
    ["log: { level: debug }", ["log"]],
    ["mirror: { samplePercent: 1 }", []],
    ["limits: { endpointsMax: 10 }", ["limits"]],
    ["limits: { headBytesMax: 65536 }", ["limits"]],
    ["routes: [{ name: a, match: {} }]", []],
  ])("with %s needs a restart for %j", (text, keys) => {
    expect(changesThatNeedRestart(running(), loaded(loadText(`${TWO_URLS}${text}\n`)))).toEqual(keys);
  });

  test("leaves in force what takes effect at the next start only, and takes the rest", () => {
    const fixed = [
      "listen: 0.0.0.0:8081",
      "admin: { listen: 127.0.0.1:9091, token: 0123456789abcdef }",
      "data: { samplesPerSignature: 1 }",
      "threads: { shadow: 2 }",
      "seam: { bytes: 33554432 }",
      "log: { level: debug }",
      "limits: { endpointsMax: 10 }",
    ];
    const before = running();
    const after = loaded(loadText(`${TWO_URLS}${fixed.join("\n")}\nmirror: { samplePercent: 1 }\n`));
    const inForce = configInForce(before, after);
    expect(inForce).toEqual({
      ...before,
      file: after.file,
      folder: after.folder,
      settings: { ...before.settings, mirror: after.settings.mirror },
    });
    expect(changesThatNeedRestart(before, inForce)).toEqual([]);
    expect(changesThatNeedRestart(inForce, after)).toHaveLength(fixed.length);
  });

  test("with another legacy needs none", () => {
    const after = loaded(loadConfig({ legacy: "http://x", candidate: "http://y" }, {}));
    expect(changesThatNeedRestart(running(), after)).toEqual([]);
  });
});

test("added rules count after those of the config, on their route or on all", () => {
  const text = `${TWO_URLS}rules: [{ kind: ignore, path: /all }]
routes:
  - { name: a, match: { path: /a }, stage: shadow, rules: [{ kind: ignore, path: /own }] }
  - { name: b, match: { path: /b }, stage: shadow }
`;
  const ignore = (path: string) => ({ kind: "ignore", path }) as const;
  const snapshot = buildSnapshot(loaded(loadText(text)), {
    epoch: 3,
    instanceId: "i",
    isKilled: false,
    slots: new RouteSlots(),
    addedRules: [
      { route: "a", rule: ignore("/added") },
      { route: undefined, rule: ignore("/everywhere") },
      { route: "gone", rule: ignore("/gone") },
    ],
  });
  const paths = snapshot.routes.map(({ name, compare }) => [
    name,
    ...compare.rules.map((rule) => ("path" in rule ? rule.path : "")),
  ]);
  expect(paths).toEqual([
    ["a", "/own", "/all", "/added", "/everywhere"],
    ["b", "/all", "/everywhere"],
    ["*other*", "/all", "/everywhere"],
  ]);
});

import { describe, expect, test } from "vitest";
import { type StoredPlace, type StoredSignature, suggestRules } from "../../src/noise/suggest.ts";

const ENDPOINT = "GET /orders/{id}";

/** A place where both always differ, a hundred times. */
function place(path: string, shapes: readonly string[], more: Partial<StoredPlace> = {}): StoredPlace {
  const shapePairs = more.shapePairs ?? 100;
  return {
    endpoint: ENDPOINT,
    part: "body",
    path,
    candidateOnly: 0,
    baselineOnly: 0,
    both: 100,
    shapes: Object.fromEntries(shapes.map((shape) => [shape, shapePairs])),
    shapePairs,
    shapeBroken: 0,
    pairs: 100,
    ...more,
  };
}

function signature(id: string, path: string, more: Partial<StoredSignature> = {}): StoredSignature {
  return { id, endpoint: ENDPOINT, part: "body", path, kind: "changed", count: 10, ...more };
}

function rulesOf(places: readonly StoredPlace[]) {
  return suggestRules({ places, signatures: [] }).map(({ rule }) => rule);
}

describe("the narrowest rule that fits", () => {
  test.each([
    ["uuid", ["string", "token", "uuid"], {}, { kind: "shape", class: "uuid", path: "/a" }],
    ["integer", ["number", "integer"], {}, { kind: "shape", class: "integer", path: "/a" }],
    ["token", ["string", "token"], {}, { kind: "shape", class: "token", path: "/a" }],
    ["hex", ["string", "token", "hex"], {}, { kind: "shape", class: "hex", path: "/a" }],
    [
      "close times",
      ["string", "iso-time"],
      { timeApartMsMax: 900 },
      { kind: "timestamp", withinMs: 2000, path: "/a" },
    ],
    ["times at once", ["epoch"], { timeApartMsMax: 0 }, { kind: "timestamp", withinMs: 1000, path: "/a" }],
    [
      "times a day apart",
      ["iso-time"],
      { timeApartMsMax: 86_400_000 },
      { kind: "timestamp", withinMs: 86_400_000, path: "/a" },
    ],
    [
      "times farther apart",
      ["iso-time"],
      { timeApartMsMax: 86_400_001 },
      { kind: "shape", class: "iso-time", path: "/a" },
    ],
    ["close numbers", ["number"], { numberApartMax: 0.004 }, { kind: "tolerance", rel: "0.01", path: "/a" }],
    ["far numbers", ["number"], { numberApartMax: 0.4 }, { kind: "shape", class: "number", path: "/a" }],
    ["another order", ["reordered"], {}, { kind: "array", mode: "unordered", path: "/a" }],
    ["nothing in common", ["string"], {}, { kind: "ignore", path: "/a" }],
  ] as const)("for %s", (_, shapes, more, rule) => {
    expect(rulesOf([place("/a", shapes, more)])).toEqual([rule]);
  });

  test("a shape that the values had all but once does not fit", () => {
    expect(rulesOf([place("/a", [], { shapes: { uuid: 99, token: 100 } })])).toMatchObject([
      { class: "token" },
    ]);
  });

  test("for a header", () => {
    expect(rulesOf([place("x-request-id", ["string", "uuid"], { part: "header" })])).toEqual([
      { kind: "shape", class: "uuid", header: "x-request-id" },
    ]);
  });
});

describe("none is suggested", () => {
  test.each([
    ["where the candidate is confirmed to differ", { candidateOnly: 9, both: 0 }],
    ["where the legacy hardly ever differs", { shapePairs: 3, both: 3, pairs: 1000 }],
    ["where the legacy differed twice", { shapePairs: 2, both: 2, pairs: 2 }],
    ["for a status", { part: "status" }],
    ["for what is counted together", { path: "*other*" }],
  ] as const)("%s", (_, more) => {
    expect(rulesOf([place("/a", ["uuid"], more)])).toEqual([]);
  });

  test("but a narrow one is, however rare the noise", () => {
    const rare = { shapePairs: 3, both: 3, pairs: 1000 };
    expect(rulesOf([place("/a", ["reordered"], rare)])).toHaveLength(1);
    expect(rulesOf([place("/a", ["iso-time"], { ...rare, timeApartMsMax: 5 })])).toHaveLength(1);
    expect(rulesOf([place("/a", ["string"], rare)])).toEqual([]);
  });
});

describe("siblings share a rule", () => {
  const times = (paths: readonly string[]) =>
    paths.map((path, index) => place(path, ["iso-time"], { timeApartMsMax: 1000 * index }));

  test("two parents do not", () => {
    expect(
      rulesOf(times(["/a/updatedAt", "/b/updatedAt"])).map((rule) => "path" in rule && rule.path),
    ).toEqual(["/a/updatedAt", "/b/updatedAt"]);
  });

  test("three that differ in one segment: that segment is any", () => {
    expect(rulesOf(times(["/a/updatedAt", "/b/updatedAt", "/c/updatedAt"]))).toEqual([
      { kind: "timestamp", withinMs: 5000, path: "/*/updatedAt" },
    ]);
  });

  test("three of different depth: the key at any depth", () => {
    expect(rulesOf(times(["/updatedAt", "/b/updatedAt", "/items/*/updatedAt"]))).toEqual([
      { kind: "timestamp", withinMs: 5000, path: "/**/updatedAt" },
    ]);
  });

  test("not where that would cover a place that is confirmed", () => {
    const confirmed = place("/d/updatedAt", ["iso-time"], { candidateOnly: 50 });
    const rules = rulesOf([...times(["/a/updatedAt", "/b/updatedAt", "/c/updatedAt"]), confirmed]);
    expect(rules.map((rule) => "path" in rule && rule.path)).toEqual([
      "/a/updatedAt",
      "/b/updatedAt",
      "/c/updatedAt",
    ]);
  });

  test("never to ignore", () => {
    expect(rulesOf(["/a/x", "/b/x", "/c/x"].map((path) => place(path, [])))).toHaveLength(3);
  });

  test("within one endpoint", () => {
    const [a, b, c] = times(["/a/x", "/b/x", "/c/x"]) as [StoredPlace, StoredPlace, StoredPlace];
    expect(rulesOf([a, b, { ...c, endpoint: "GET /other" }])).toHaveLength(3);
  });
});

describe("what a rule explains", () => {
  const places = [
    place("/id", ["uuid"], { example: { legacy: "a", candidate: "b" } }),
    ...["/a/at", "/b/at", "/c/at"].map((path) => place(path, ["iso-time"], { timeApartMsMax: 7 })),
  ];
  const signatures = [
    signature("1", "/id"),
    signature("2", "/id", { kind: "removed" }),
    signature("3", "/id", { endpoint: "GET /other" }),
    signature("4", "/id", { part: "header" }),
    signature("5", "/a/at", { count: 30 }),
    signature("6", "/b/at", { count: 40 }),
  ];

  test("are the differences of its kind at its places; most first", () => {
    const found = suggestRules({ places, signatures });
    expect(found.map(({ explains }) => explains)).toEqual([
      { signatureIds: ["5", "6"], differences: 70 },
      { signatureIds: ["1"], differences: 10 },
    ]);
    expect(found[0]?.evidence).toMatchObject({
      pairs: 100,
      legacyDiffers: 100,
      places: ["/a/at", "/b/at", "/c/at"],
    });
    expect(found[0]?.evidence.text).toContain(
      "at each of 3 places in 100 of 100 pairs or more; both values were times, at most 7 ms apart",
    );
    expect(found[1]?.evidence).toMatchObject({ example: { legacy: "a", candidate: "b" } });
  });

  test("is the same in any order", () => {
    expect(suggestRules({ places: [...places].reverse(), signatures: [...signatures].reverse() })).toEqual(
      suggestRules({ places, signatures }),
    );
  });
});

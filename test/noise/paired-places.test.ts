import { describe, expect, test } from "vitest";
import type { PathDelta } from "../../src/core/batch.ts";
import { OTHER } from "../../src/core/other.ts";
import type { Difference } from "../../src/core/verdict.ts";
import { PairedPlaces } from "../../src/noise/paired-places.ts";
import { SHAPE_PAIRS_MIN } from "../../src/noise/place.ts";
import { changed, isoTime, uuidOf } from "./differences.ts";

const ENDPOINT = "GET /users/{id}";

function newPlaces(pathsPerEndpointMax = 10, endpointsMax = 10): PairedPlaces {
  return new PairedPlaces({ pathsPerEndpointMax, endpointsMax });
}

function add(places: PairedPlaces, candidate: readonly Difference[], baseline: readonly Difference[]): void {
  places.add(ENDPOINT, { candidate, baseline, atMs: 5 });
}

/** The legacy changes `path` in so many pairs, and so does the candidate. */
function learnUuids(places: PairedPlaces, pairs: number, path = "/id"): void {
  for (let index = 0; index < pairs; index++)
    add(
      places,
      [changed(path, uuidOf(index), uuidOf(index + 5000))],
      [changed(path, uuidOf(index), uuidOf(index + 9000))],
    );
}

function countsOf(deltas: readonly PathDelta[], path: string) {
  const delta = deltas.find((one) => one.path === path);
  return delta && [delta.candidateOnly, delta.baselineOnly, delta.both];
}

describe("counts", () => {
  test("each pair once per place, whatever the kind and however many elements", () => {
    const places = newPlaces();
    const differs = changed("/a", "1", "2");
    add(places, [differs], []);
    add(places, [], [{ ...differs, kind: "type" }]);
    add(places, [{ ...differs, kind: "removed", candidate: undefined }], [differs]);
    add(places, [changed("/items/0/id", "1", "2"), changed("/items/1/id", "1", "2")], []);
    add(places, [], []);
    const taken = places.take();
    expect(countsOf(taken, "/a")).toEqual([1, 1, 1]);
    expect(countsOf(taken, "/items/*/id")).toEqual([1, 0, 0]);
    expect(taken.every(({ lastSeenMs }) => lastSeenMs === 5)).toBe(true);
  });

  test("are sums since they were last taken", () => {
    const places = newPlaces();
    add(places, [changed("/a", "1", "2")], []);
    expect(places.take()).toHaveLength(1);
    expect(places.take()).toEqual([]);
    add(places, [changed("/a", "1", "2")], []);
    expect(countsOf(places.take(), "/a")).toEqual([1, 0, 0]);
  });

  test("a header and a member of the same name are two places", () => {
    const places = newPlaces();
    add(places, [{ part: "header", path: "etag", kind: "changed", legacy: "a", candidate: "b" }], []);
    add(places, [changed("etag", "1", "2")], []);
    expect(places.take().map(({ part, path }) => [part, path])).toEqual([
      ["header", "etag"],
      ["body", "etag"],
    ]);
  });

  test("a broken contract is no comparison, and never noise", () => {
    const places = newPlaces();
    learnUuids(places, 50);
    places.take();
    const violation: Difference = { ...changed("/id", uuidOf(1), uuidOf(2)), kind: "violation" };
    add(places, [violation], []);
    expect(places.take()).toEqual([]);
    expect(places.isNoise(ENDPOINT, violation)).toBe(false);
  });
});

describe("shapes", () => {
  test("what the legacy's own values always are is learnt from the pairs in which they differ", () => {
    const places = newPlaces();
    learnUuids(places, 3);
    add(places, [changed("/id", uuidOf(1), "null")], []);
    const [delta] = places.take();
    expect(delta).toMatchObject({ shapePairs: 3, shapes: { uuid: 3, token: 3, string: 3 } });
    add(places, [], [changed("/id", uuidOf(1), "7")]);
    expect(places.take()[0]).toMatchObject({ shapePairs: 1, shapes: {} });
  });

  test("times are learnt with the farthest that two were apart", () => {
    const places = newPlaces();
    for (const apart of [40, 1500, 3])
      add(places, [], [changed("/at", isoTime(1e12), isoTime(1e12 + apart))]);
    expect(places.take()[0]).toMatchObject({ timeApartMsMax: 1500, numberApartMax: undefined });
  });

  test("numbers are learnt with the share that two were apart", () => {
    const places = newPlaces();
    add(places, [], [changed("/n", "100.0", "99.0")]);
    expect(places.take()[0]?.numberApartMax).toBeCloseTo(0.01, 12);
  });

  test("the same elements in another order are a shape too", () => {
    const places = newPlaces();
    const moved: Difference = {
      part: "body",
      path: "/tags",
      kind: "moved",
      legacy: "[1,2]",
      candidate: "[2,1]",
    };
    add(places, [moved], [moved]);
    expect(places.take()[0]).toMatchObject({ shapePairs: 1, shapes: { reordered: 1 } });
  });

  test.each([
    [SHAPE_PAIRS_MIN - 1, [0, 0, 1], 0],
    [SHAPE_PAIRS_MIN, [1, 0, 0], 1],
    [SHAPE_PAIRS_MIN + 1, [1, 0, 0], 1],
  ])("after %i pairs a candidate without the shape counts as %j", (pairs, counts, broken) => {
    const places = newPlaces();
    learnUuids(places, pairs);
    places.take();
    add(places, [changed("/id", uuidOf(1), "null")], [changed("/id", uuidOf(1), uuidOf(2))]);
    const taken = places.take();
    expect(countsOf(taken, "/id")).toEqual(counts);
    expect(taken[0]?.shapeBroken).toBe(broken);
  });

  test("a legacy that breaks its own shape counts for itself, and the shape is forgotten", () => {
    const places = newPlaces();
    learnUuids(places, SHAPE_PAIRS_MIN);
    places.take();
    add(places, [changed("/id", uuidOf(1), uuidOf(2))], [changed("/id", uuidOf(1), "null")]);
    add(places, [changed("/id", uuidOf(1), "null")], [changed("/id", uuidOf(1), uuidOf(2))]);
    expect(countsOf(places.take(), "/id")).toEqual([0, 1, 1]);
  });

  test("a time that is an hour off is broken where the legacy's own are a second apart", () => {
    const places = newPlaces();
    const own = changed("/at", isoTime(1e12), isoTime(1e12 + 1000));
    for (let pair = 0; pair < SHAPE_PAIRS_MIN; pair++) add(places, [own], [own]);
    places.take();
    add(places, [changed("/at", isoTime(1e12), isoTime(1e12 + 60_000))], [own]);
    add(places, [changed("/at", isoTime(1e12), isoTime(1e12 + 60_001))], [own]);
    expect(countsOf(places.take(), "/at")).toEqual([1, 0, 1]);
  });

  test("unpaired mismatches are checked, and are no evidence", () => {
    const places = newPlaces();
    learnUuids(places, SHAPE_PAIRS_MIN);
    places.take();
    places.checkShapes(ENDPOINT, [changed("/id", uuidOf(1), "null"), changed("/new", "1", "2")]);
    places.checkShapes(ENDPOINT, [changed("/id", uuidOf(1), uuidOf(2))]);
    places.checkShapes("GET /never", [changed("/id", uuidOf(1), "null")]);
    expect(places.take()).toMatchObject([{ path: "/id", shapeBroken: 1, candidateOnly: 0, both: 0 }]);
  });
});

describe("noise", () => {
  test("is what the legacy does too, in the shape that it has", () => {
    const places = newPlaces();
    const fine = changed("/id", uuidOf(1), uuidOf(2));
    learnUuids(places, 2);
    expect(places.isNoise(ENDPOINT, fine)).toBe(false);
    learnUuids(places, 1);
    expect(places.isNoise(ENDPOINT, fine)).toBe(true);
    expect(places.isNoise(ENDPOINT, changed("/id", uuidOf(1), "null"))).toBe(false);
    expect(places.isNoise(ENDPOINT, { ...fine, kind: "removed", candidate: undefined })).toBe(false);
    expect(places.isNoise(ENDPOINT, changed("/other", "1", "2"))).toBe(false);
    expect(places.isNoise("GET /other", fine)).toBe(false);
  });

  test("is what is no time like the others, where the legacy has no times alone", () => {
    const places = newPlaces();
    const own = changed("/at", isoTime(0), isoTime(1000));
    for (let pair = 0; pair < SHAPE_PAIRS_MIN; pair++) add(places, [own], [own]);
    add(places, [], [changed("/at", '"never"', '"soon"')]);
    expect(places.isNoise(ENDPOINT, changed("/at", isoTime(0), isoTime(86_400_000)))).toBe(true);
  });

  test("is never what is counted together", () => {
    const places = newPlaces(1);
    learnUuids(places, 50, "/a");
    for (let pair = 0; pair < 5; pair++) add(places, [changed("/b", "1", "2")], [changed("/b", "1", "3")]);
    expect(places.isNoise(ENDPOINT, changed("/b", "1", "2"))).toBe(false);
    expect(places.isNoise(ENDPOINT, changed(OTHER, "1", "2"))).toBe(false);
  });
});

describe("limits", () => {
  test.each([
    [2, []],
    [3, []],
    [4, [OTHER]],
  ])("%i places where 3 are kept apart", (count, others) => {
    const places = newPlaces(3);
    for (let index = 0; index < count; index++) add(places, [changed(`/p${index}`, "1", "2")], []);
    const taken = places.take();
    expect(taken.filter(({ path }) => path === OTHER).map(({ path }) => path)).toEqual(others);
    expect(taken.reduce((sum, { candidateOnly }) => sum + candidateOnly, 0)).toBe(count);
  });

  test.each([
    [3, 0],
    [4, 1],
  ])("%i endpoints where 3 are kept apart", (count, others) => {
    const places = newPlaces(3, 3);
    for (let index = 0; index < count; index++)
      places.add(`GET /e${index}`, { candidate: [changed("/a", "1", "2")], baseline: [], atMs: 1 });
    expect(places.take().filter(({ endpoint }) => endpoint === OTHER)).toHaveLength(others);
  });

  test.each([
    [511, false],
    [512, false],
    [513, true],
  ])("a path of %i characters is not kept apart: %s", (length, isOther) => {
    const places = newPlaces();
    add(places, [changed(`/${"k".repeat(length - 1)}`, "1", "2")], []);
    expect(places.take()[0]?.path === OTHER).toBe(isOther);
  });

  test("a place that becomes heavy takes the place of a light one, and no count is lost", () => {
    const places = newPlaces(2);
    for (let pair = 0; pair < 3; pair++) {
      add(places, [changed("/light", "1", "2")], []);
      add(places, [changed("/middle", "1", "2")], []);
    }
    for (let pair = 0; pair < 40; pair++) add(places, [changed("/heavy", "1", "2")], []);
    const taken = places.take();
    expect(taken.map(({ path }) => path)).toContain("/heavy");
    expect(taken.reduce((sum, { candidateOnly }) => sum + candidateOnly, 0)).toBe(46);
    expect(countsOf(taken, "/heavy")?.[0]).toBeGreaterThan(30);
  });

  test.each([
    [7, 1, false],
    [8, 1, true],
    [39, 20, false],
    [40, 20, true],
  ])("a place that came %i times takes the place of one that came %i times: %s", (challenger, kept, isIn) => {
    const places = newPlaces(2);
    for (let pair = 0; pair < kept; pair++)
      add(places, [changed("/one", "1", "2"), changed("/two", "1", "2")], []);
    for (let pair = 0; pair < challenger; pair++) add(places, [changed("/new", "1", "2")], []);
    expect(places.take().some(({ path }) => path === "/new")).toBe(isIn);
  });

  test("who comes second takes the lightest place that is left", () => {
    const places = newPlaces(2);
    add(places, [changed("/one", "1", "2"), changed("/two", "1", "2")], []);
    for (const path of ["/new", "/next"])
      for (let pair = 0; pair < (path === "/new" ? 30 : 8); pair++)
        add(places, [changed(path, "1", "2")], []);
    const paths = places.take().map(({ path }) => path);
    expect(paths).toContain("/new");
    expect(paths).toContain("/next");
  });

  test("what was heavy long ago is overtaken by half as much", () => {
    const places = newPlaces(1);
    const times = (count: number, pathOf: (index: number) => string) => {
      for (let index = 0; index < count; index++) add(places, [changed(pathOf(index), "1", "2")], []);
    };
    times(1000, () => "/old");
    times(8, () => "/late");
    times(65_536, (index) => `/once/k${index}`);
    times(1002, () => "/late");
    expect(places.take().map(({ path }) => path)).toContain("/late");
  });

  test("ten thousand keys that come once do not push out what comes always", () => {
    const places = newPlaces(20);
    for (let pair = 0; pair < 10_000; pair++)
      add(places, [changed("/always", "1", "2"), changed(`/byId/k${pair}`, "1", "2")], []);
    const taken = places.take();
    expect(taken.length).toBeLessThanOrEqual(21);
    expect(countsOf(taken, "/always")).toEqual([10_000, 0, 0]);
  });
});

test("sums are the same in any order of the pairs", () => {
  const pairs = Array.from({ length: 60 }, (_, index) => ({
    candidate: index % 2 === 0 ? [changed(`/p${index % 3}`, "1", uuidOf(index))] : [],
    baseline: index % 3 === 0 ? [changed(`/p${index % 3}`, "1", "3")] : [],
    atMs: index,
  }));
  const sumsOf = (ordered: typeof pairs) => {
    const places = newPlaces();
    for (const pair of ordered) places.add(ENDPOINT, pair);
    return [...places.take()].sort((a, b) => (a.path < b.path ? -1 : 1));
  };
  expect(sumsOf([...pairs].reverse())).toEqual(sumsOf(pairs));
});

import { describe, expect, test } from "vitest";
import { BUCKETING_VERSION } from "../../../src/core/decision.ts";
import { Bucketing, basisPointsFrom, thresholdOf } from "../../../src/rollout/decide/bucket.ts";
import { read, tableRows } from "../../house/source-tree.ts";

const VECTORS = tableRows(read("docs/bucketing.md").replaceAll("`", "")).filter(
  (row) => row.length === 6 && /^\d+$/.test(row[4] ?? ""),
);

function bucketOf(salt: string, kind: string, id: Uint8Array): number {
  return new Bucketing(salt, kind).bucketOf(id, 0, id.length);
}

describe("docs/bucketing.md", () => {
  test("publishes vectors, of short, long, foreign and empty ids, for the version in force", () => {
    expect(VECTORS.length).toBeGreaterThanOrEqual(20);
    expect(read("docs/bucketing.md")).toContain(`This is version ${BUCKETING_VERSION},`);
  });

  test.each(VECTORS)("%s %s %s", (salt, kind, _id, hex, bucket, from) => {
    const id = Buffer.from(hex === "-" ? "" : hex, "hex");
    expect(bucketOf(salt, kind, id)).toBe(Number(bucket));
    expect(basisPointsFrom(Number(bucket))).toBe(Math.round(Number(from) * 100));
  });
});

test("an id gets the same bucket wherever it lies in the bytes", () => {
  const id = Buffer.from("acme");
  const around = Buffer.from("xxxacmeyyy");
  const bucketing = new Bucketing("parallax", "tenant");
  expect(bucketing.bucketOf(around, 3, 7)).toBe(bucketing.bucketOf(id, 0, 4));
});

describe("thresholds", () => {
  test("0 % is below every bucket, 100 % above every one", () => {
    expect(thresholdOf(0)).toBe(0);
    expect(thresholdOf(10_000)).toBe(2 ** 32);
    expect(thresholdOf(1)).toBe((1 / 10_000) * 2 ** 32);
  });

  test("the share from which a unit is served is the smallest one that serves it", () => {
    const edges = [0, 1, 429_496, 429_497, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 429_497, 2 ** 32 - 1];
    for (let basisPoints = 1; basisPoints <= 10_000; basisPoints += 37)
      edges.push(Math.floor(thresholdOf(basisPoints)) - 1, Math.ceil(thresholdOf(basisPoints)));
    for (const bucket of edges) {
      const from = basisPointsFrom(Math.min(bucket, 2 ** 32 - 1));
      expect(Math.min(bucket, 2 ** 32 - 1)).toBeLessThan(thresholdOf(from));
      expect(Math.min(bucket, 2 ** 32 - 1)).toBeGreaterThanOrEqual(thresholdOf(from - 1));
    }
  });
});

describe("a million units", () => {
  const UNITS = 1_000_000;
  const STEPS = [1, 100, 500, 2500, 5000, 10_000];

  function buckets(salt: string, idOf: (index: number) => string): Uint32Array {
    const bucketing = new Bucketing(salt, "user");
    const id = Buffer.alloc(64);
    return Uint32Array.from({ length: UNITS }, (_, index) =>
      bucketing.bucketOf(id, 0, id.write(idOf(index), "latin1")),
    );
  }

  const counting = buckets("parallax", String);
  const padded = buckets("parallax", (index) => `user-${String(index).padStart(8, "0")}@example.org`);

  test.each([
    ["ids that count up", counting],
    ["addresses that count up", padded],
  ])("%s: the share at each step is within three standard deviations", (_name, all) => {
    for (const basisPoints of STEPS) {
      const share = basisPoints / 10_000;
      const served = all.reduce((sum, bucket) => sum + (bucket < thresholdOf(basisPoints) ? 1 : 0), 0);
      const deviation = Math.sqrt(UNITS * share * (1 - share));
      expect(Math.abs(served - UNITS * share)).toBeLessThanOrEqual(3 * deviation);
    }
  });

  test("none ever leaves as the percentage grows, in any step of 0.01 %", () => {
    for (let basisPoints = 1; basisPoints <= 10_000; basisPoints++)
      expect(thresholdOf(basisPoints)).toBeGreaterThan(thresholdOf(basisPoints - 1));
    let before = new Uint8Array(UNITS);
    for (const basisPoints of STEPS) {
      const now = Uint8Array.from(counting, (bucket) => (bucket < thresholdOf(basisPoints) ? 1 : 0));
      expect(before.findIndex((was, index) => was > (now[index] ?? 0))).toBe(-1);
      before = now;
    }
    expect(before.every((is) => is === 1)).toBe(true);
  });

  test("each gets the same bucket on every call", () => {
    expect(buckets("parallax", String)).toEqual(counting);
  });

  test("every bit of the bucket is set for half of them, and flips for half when the id is the next one", () => {
    for (let bit = 0; bit < 32; bit++) {
      let set = 0;
      let flipped = 0;
      for (let index = 1; index < UNITS; index++) {
        set += ((counting[index] as number) >>> bit) & 1;
        flipped += (((counting[index] as number) ^ (counting[index - 1] as number)) >>> bit) & 1;
      }
      expect(Math.abs(set / UNITS - 0.5)).toBeLessThan(0.0025);
      expect(Math.abs(flipped / UNITS - 0.5)).toBeLessThan(0.0025);
    }
  });

  test.each([
    ["another salt", buckets("parallax2", String)],
    ["a salt that is longer by one block", buckets("parallax-next", String)],
  ])("%s orders them anew", (_name, other) => {
    for (const basisPoints of [100, 500, 2500, 5000]) {
      const share = basisPoints / 10_000;
      const threshold = thresholdOf(basisPoints);
      let both = 0;
      for (let index = 0; index < UNITS; index++)
        if ((counting[index] as number) < threshold && (other[index] as number) < threshold) both++;
      const expected = UNITS * share * share;
      expect(Math.abs(both - expected)).toBeLessThanOrEqual(4 * Math.sqrt(expected * (1 - share * share)));
    }
  });
});

import { expect, test } from "vitest";
import type { EndpointDelta } from "../../src/core/batch.ts";
import { latencyBucket } from "../../src/core/latency-buckets.ts";
import { ENDPOINTS_LABELLED_MAX, EndpointBooks } from "../../src/telemetry/endpoint-books.ts";

const MINUTE_MS = 60_000;

function delta(changes: Partial<EndpointDelta> = {}): EndpointDelta {
  return {
    endpoint: "GET /a",
    route: "r",
    exchanges: 10,
    match: 4,
    mismatch: 1,
    incomparable: { overflow: 2 },
    skipped: { method: 1, "seam-full": 2 },
    legacyStatus: {},
    candidateStatus: {},
    legacyLatency: { [latencyBucket(10)]: 3 },
    candidateLatency: { [latencyBucket(20)]: 3 },
    noise: 0,
    paired: 0,
    lastSeenMs: 0,
    ...changes,
  };
}

test("sums outcomes of batches by endpoint, over its routes", () => {
  const books = new EndpointBooks();
  books.see([delta(), delta({ route: "other" }), delta({ endpoint: "GET /b", match: 1 })], 0);
  expect(books.endpoints(0).map(({ endpoint, outcomes }) => ({ endpoint, ...outcomes }))).toEqual([
    { endpoint: "GET /a", match: 8, mismatch: 2, incomparable: 4, skipped: 6 },
    { endpoint: "GET /b", match: 1, mismatch: 1, incomparable: 2, skipped: 3 },
  ]);
});

test.each([
  [ENDPOINTS_LABELLED_MAX - 1, 0],
  [ENDPOINTS_LABELLED_MAX, 0],
  [ENDPOINTS_LABELLED_MAX + 1, 4],
])("of %i endpoints, those past the limit are *other*, and no label moves", (number, inOther) => {
  const books = new EndpointBooks();
  books.see(
    Array.from({ length: number }, (_, n) => delta({ endpoint: `GET /${n}` })),
    0,
  );
  books.see([delta({ endpoint: "GET /0", match: 100 })], 0);
  const found = new Map(books.endpoints(0).map(({ endpoint, outcomes }) => [endpoint, outcomes.match]));
  expect(found.get("GET /0")).toBe(104);
  expect(found.get("*other*") ?? 0).toBe(inOther);
  expect(found.size).toBe(Math.min(number, ENDPOINTS_LABELLED_MAX) + (inOther > 0 ? 1 : 0));
});

test("quantiles are of the last five to ten minutes", () => {
  const books = new EndpointBooks();
  books.see([delta()], 0);
  const p99 = (atMs: number) => books.endpoints(atMs)[0]?.quantileSeconds("legacy", 0.99);
  expect(p99(0)).toBeCloseTo(0.01, 2);
  expect(p99(9 * MINUTE_MS)).toBeCloseTo(0.01, 2);
  expect(p99(10 * MINUTE_MS)).toBeUndefined();
  books.see([delta({ legacyLatency: { [latencyBucket(500)]: 1 } })], 60 * MINUTE_MS);
  expect(p99(60 * MINUTE_MS)).toBeGreaterThan(0.4);
  expect(p99(120 * MINUTE_MS)).toBeUndefined();
});

test("latencies of a route are kept since the start, of both services", () => {
  const books = new EndpointBooks();
  books.see([delta(), delta({ endpoint: "GET /b" })], 0);
  books.see([delta({ route: "s" })], 60 * MINUTE_MS);
  expect(
    books.routes().map(({ route, latency }) => [route, [...latency.legacy], [...latency.candidate]]),
  ).toEqual([
    ["r", [[latencyBucket(10), 6]], [[latencyBucket(20), 6]]],
    ["s", [[latencyBucket(10), 3]], [[latencyBucket(20), 3]]],
  ]);
});

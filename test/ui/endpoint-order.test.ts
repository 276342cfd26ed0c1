// Order and filters of endpoints: what is not known comes last either way.
import { expect, test } from "vitest";
import { endpointAnswer } from "../../src/admin/rows.ts";
import type { EndpointAnswer } from "../../src/admin/schemas.ts";
import { filterEndpoints, sortEndpoints } from "../../src/ui/endpoints/order.ts";

const none = { status: new Map(), latency: new Map() };
const EMPTY = endpointAnswer({
  endpoint: "",
  route: "all",
  exchanges: 0,
  match: 0,
  mismatch: 0,
  incomparable: new Map(),
  skipped: new Map(),
  noise: 0,
  paired: 0,
  legacy: none,
  candidate: none,
  lastSeenMs: 0,
  openSignatures: 0,
  window: undefined,
});

function endpoint(name: string, rate: number | null, mismatch = 0): EndpointAnswer {
  return { ...EMPTY, endpoint: name, mismatch, matchRate: { ...EMPTY.matchRate, rate } };
}
const ROWS = [endpoint("GET /a", null), endpoint("GET /b", 0.5, 1), endpoint("POST /c", 0.9)];
const names = (rows: readonly EndpointAnswer[]) => rows.map((row) => row.endpoint);

test("puts what was never compared last, whichever way it is sorted", () => {
  const sorted = (isDescending: boolean) => names(sortEndpoints(ROWS, { key: "match", isDescending }));
  expect(sorted(false)).toEqual(["GET /b", "POST /c", "GET /a"]);
  expect(sorted(true)).toEqual(["POST /c", "GET /b", "GET /a"]);
});

test("finds names that have every word, in any order and case", () => {
  expect(
    filterEndpoints(ROWS, { search: "", endpoint: ROWS[0]?.endpoint, route: undefined, show: "all" }),
  ).toEqual([ROWS[0]]);
  const found = (search: string) => names(filterEndpoints(ROWS, { search, route: undefined, show: "all" }));
  expect(found("/ get")).toEqual(["GET /a", "GET /b"]);
  expect(found("get /c")).toEqual([]);
});

import { expect, test } from "vitest";
import { requestsDue } from "../../src/demo/load.ts";
import { createTraffic, type DemoRequest, MIX } from "../../src/demo/traffic.ts";

function take(seed: number, count: number): readonly DemoRequest[] {
  const next = createTraffic(seed);
  return Array.from({ length: count }, () => next());
}

/** `/posts/12/comments?x` → `GET /posts/{id}/comments` */
function endpointOf(request: DemoRequest): string {
  const path = request.target.split("?")[0] ?? "";
  return `${request.method} ${path.replaceAll(/\/\d+/g, "/{id}")}`;
}

test("the same seed gives the same requests, another seed others", () => {
  expect(take(3, 200)).toEqual(take(3, 200));
  expect(take(4, 200)).not.toEqual(take(3, 200));
});

test("every entry's requests belong to the endpoint it names", () => {
  const named = new Set(MIX.map((entry) => entry.endpoint));
  const seen = new Set(take(5, 4000).map(endpointOf));
  expect([...seen].sort()).toEqual([...named].sort());
});

test("entries come as often as their weights say", () => {
  const count = 20_000;
  const weightTotal = MIX.reduce((sum, entry) => sum + entry.weight, 0);
  const weight = MIX.filter((entry) => entry.endpoint === "GET /products/{id}").reduce(
    (s, e) => s + e.weight,
    0,
  );
  const seen = take(6, count).filter((request) => endpointOf(request) === "GET /products/{id}").length;
  expect(seen / count).toBeCloseTo(weight / weightTotal, 1.5);
});

test("only writes carry a body, and no read touches what is written", () => {
  for (const request of take(7, 4000)) {
    const isWrite = request.method === "POST" || request.method === "PATCH";
    expect(request.body !== undefined).toBe(isWrite);
    expect(request.target.startsWith("/carts")).toBe(isWrite);
  }
});

test("requests fall due evenly", () => {
  expect(requestsDue(0, 150)).toBe(0);
  expect(requestsDue(6, 150)).toBe(0);
  expect(requestsDue(7, 150)).toBe(1);
  expect(requestsDue(1000, 150)).toBe(150);
});

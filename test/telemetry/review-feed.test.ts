import { expect, test } from "vitest";
import { ReviewFeed } from "../../src/telemetry/review-feed.ts";
import type { SignatureNumbers } from "../../src/telemetry/signature-books.ts";

const row = (changes: Partial<SignatureNumbers> = {}): SignatureNumbers => ({
  route: "r",
  endpoint: "GET /a",
  tier: "confirmed",
  state: "new",
  signatures: 2,
  ...changes,
});

function feedOf(readings: readonly (readonly SignatureNumbers[] | undefined)[]) {
  let nowMs = 0;
  let reads = 0;
  const feed = new ReviewFeed({
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
    countSignatures: async () => readings[reads++],
  });
  return {
    feed,
    readsSoFar: () => reads,
    later: async (ms: number) => {
      nowMs += ms;
      await feed.refresh();
      return feed.source().signatures();
    },
  };
}

test("sums signatures by route, tier and state, and the open ones by endpoint", async () => {
  const { feed, later } = feedOf([
    [
      row(),
      row({ endpoint: "GET /b", signatures: 3 }),
      row({ state: "accepted", signatures: 7 }),
      row({ state: "bug", tier: "suspect", signatures: 1 }),
    ],
  ]);
  const seen = {
    match: 0,
    mismatch: 0,
    incomparable: {},
    skipped: {},
    legacyLatency: {},
    candidateLatency: {},
  };
  feed.see({ endpoints: [{ ...seen, endpoint: "GET /a", route: "r" } as never] });
  const { byRoute, openByEndpoint } = await later(0);
  expect(byRoute).toEqual([
    { route: "r", tier: "confirmed", state: "new", signatures: 5 },
    { route: "r", tier: "confirmed", state: "accepted", signatures: 7 },
    { route: "r", tier: "suspect", state: "bug", signatures: 1 },
  ]);
  // An endpoint that no batch named has no label.
  expect(openByEndpoint).toEqual([
    { endpoint: "GET /a", tier: "confirmed", signatures: 2 },
    { endpoint: "*other*", tier: "confirmed", signatures: 3 },
    { endpoint: "GET /a", tier: "suspect", signatures: 1 },
  ]);
});

test("counts new signatures from the first reading on, and never back", async () => {
  const { later } = feedOf([
    [row({ signatures: 5 })],
    [row({ signatures: 7 }), row({ route: "s", signatures: 1 })],
    [row({ signatures: 1 })],
    [row({ signatures: 2 })],
  ]);
  expect([...(await later(0)).found]).toEqual([["r", 0]]);
  expect([...(await later(10_000)).found]).toEqual([
    ["r", 2],
    ["s", 1],
  ]);
  expect((await later(10_000)).found.get("r")).toBe(2);
  expect((await later(10_000)).found.get("r")).toBe(3);
});

test("asks the store at most every ten seconds, and keeps what it said when it fails", async () => {
  const { later, readsSoFar } = feedOf([[row()], undefined, [row({ signatures: 9 })]]);
  await later(0);
  await later(9_999);
  expect(readsSoFar()).toBe(1);
  expect((await later(1)).byRoute).toHaveLength(1);
  expect(readsSoFar()).toBe(2);
  expect((await later(10_000)).byRoute[0]?.signatures).toBe(9);
});

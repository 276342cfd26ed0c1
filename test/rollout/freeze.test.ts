// When nothing is promoted: windows with their zone, to the millisecond.
import { expect, test } from "vitest";
import { frozenUntil } from "../../src/rollout/freeze.ts";

const CHRISTMAS = { name: "christmas", from: "2026-12-24T18:00:00+01:00", to: "2026-12-27T00:00:00+01:00" };
const from = Date.UTC(2026, 11, 24, 17);
const to = Date.UTC(2026, 11, 26, 23);

test("is open from its first moment until the first after it", () => {
  const frozen = { name: "christmas", untilMs: to };
  expect(frozenUntil([CHRISTMAS], from - 1)).toBeNull();
  expect(frozenUntil([CHRISTMAS], from)).toEqual(frozen);
  expect(frozenUntil([CHRISTMAS], to - 1)).toEqual(frozen);
  expect(frozenUntil([CHRISTMAS], to)).toBeNull();
  expect(frozenUntil([], from)).toBeNull();
});

test("tells the end of all windows that overlap or follow at once, in any order", () => {
  const follows = { name: "inventory", from: "2026-12-26T23:00:00Z", to: "2026-12-31T00:00:00Z" };
  const within = { name: "shop", from: "2026-12-25T00:00:00Z", to: "2026-12-25T01:00:00Z" };
  const later = { name: "later", from: "2026-12-31T00:00:00.001Z", to: "2027-01-02T00:00:00Z" };
  expect(frozenUntil([later, follows, within, CHRISTMAS], from)).toEqual({
    name: "inventory",
    untilMs: Date.UTC(2026, 11, 31),
  });
});

test("takes no window that ends before it begins", () => {
  expect(frozenUntil([{ ...CHRISTMAS, from: CHRISTMAS.to, to: CHRISTMAS.from }], from)).toBeNull();
});

import { expect, test } from "vitest";
import { quoteFor } from "../../src/demo/quotes.ts";

const chance = (next: number) => ({ quoteId: "q", nowMs: 0, next: () => next });

test("the candidate forgets the surcharge of every other product, and differs in nothing else", () => {
  expect(quoteFor(7, "candidate", chance(0))).toEqual(quoteFor(7, "legacy", chance(0)));
  const legacy = quoteFor(8, "legacy", chance(0));
  expect(legacy).toMatchObject({ price: 17.4, validUntil: "1970-01-02T00:00:00.000Z" });
  expect(quoteFor(8, "candidate", chance(0))).toEqual({ ...legacy, price: 4.9 });
});

test("the order of the carriers is thrown, and none is lost", () => {
  const falling = () => {
    let at = 1;
    return () => (at -= 0.1);
  };
  const kept = quoteFor(1, "legacy", chance(0)).carriers;
  const turned = quoteFor(1, "legacy", { ...chance(0), next: falling() }).carriers;
  expect(turned).toEqual([...kept].reverse());
});

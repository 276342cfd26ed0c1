import { expect, test } from "vitest";
import { COUNTS, FIRST_ORDER_ID, generateDataSet } from "../../src/demo/data-set.ts";

test("the same seed gives the same bytes, another seed others", () => {
  const first = JSON.stringify(generateDataSet(7));
  expect(JSON.stringify(generateDataSet(7))).toBe(first);
  expect(JSON.stringify(generateDataSet(8))).not.toBe(first);
});

test("every reference leads to a record, so that no difference comes from the data", () => {
  const data = generateDataSet(7);
  const idsOf = (records: readonly Readonly<Record<string, unknown>>[]) =>
    new Set(records.map((record) => record["id"]));
  const users = idsOf(data.users);
  const posts = idsOf(data.posts);
  const products = idsOf(data.products);
  expect(users.size).toBe(COUNTS.users);
  expect(posts.size).toBe(COUNTS.posts);
  for (const post of data.posts) expect(users).toContain(post["userId"]);
  for (const comment of data.comments) {
    expect(posts).toContain(comment["postId"]);
    expect(users).toContain(comment["userId"]);
  }
  for (const order of data.orders)
    for (const item of order["items"] as readonly { readonly productId: string }[])
      expect(products).toContain(item.productId);
});

test("orders alone have numbers as ids", () => {
  const { settings: _, orders, ...others } = generateDataSet(7);
  expect(orders[0]?.["id"]).toBe(FIRST_ORDER_ID);
  expect(orders.every((order) => typeof order["id"] === "number")).toBe(true);
  for (const records of Object.values(others))
    expect(records.every((record) => typeof record["id"] === "string")).toBe(true);
});

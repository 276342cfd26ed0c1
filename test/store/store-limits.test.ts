// Limits that follow from others.
import { expect, test } from "vitest";
import { STORE_LIMITS, storeLimits } from "../../src/store/store.ts";

const GiB = 1024 ** 3;

test("lets the file hold whatever samples may take, and counts beside them", () => {
  expect(storeLimits()).toEqual(STORE_LIMITS);
  expect(storeLimits().fileBytesMax).toBe(2 * GiB);
  expect(storeLimits({ samplesBytesMax: 10 * GiB }).fileBytesMax).toBe(21 * GiB);
  expect(storeLimits({ samplesBytesMax: 10 * GiB, fileBytesMax: GiB }).fileBytesMax).toBe(GiB);
});

// The target as the candidate knows it: whole segments only, one slash where the two meet.
import { describe, expect, test } from "vitest";
import { rewriteTarget } from "../../src/wire/rewrite-target.ts";

describe("the target", () => {
  for (const [from, to, target, expected] of [
    ["/v1", "/v2", "/v1/items?q=/v1", "/v2/items?q=/v1"],
    ["/v1", "/v2", "/v1", "/v2"],
    ["/v1", "/v2", "/v1?q", "/v2?q"],
    // Not a whole segment, not at the beginning, other bytes: as it was.
    ["/v1", "/v2", "/v10/items", "/v10/items"],
    ["/v1", "/v2", "/api/v1", "/api/v1"],
    ["/v1", "/v2", "/V1/a", "/V1/a"],
    ["/v1/", "/v2/", "/v1/a", "/v2/a"],
    ["/v1/", "/v2/", "/v1", "/v1"],
    ["/", "/base/", "/a", "/base/a"],
    // Never a target without its slash.
    ["/v1", "/", "/v1?q", "/?q"],
    ["/v1", "", "/v1", "/"],
    ["/v1", "", "/v1?q", "/?q"],
    ["/v1", "", "/v1/a", "/a"],
    // One slash where the two meet, however they were written.
    ["/v1", "/", "/v1/a", "/a"],
    ["/v1", "/v2/", "/v1/a", "/v2/a"],
    ["/", "/base", "/a", "/base/a"],
    ["/", "/base", "/?q", "/base?q"],
    ["/v1/", "/v2", "/v1/a?q", "/v2/a?q"],
    ["/v1", "/", "/v1//a", "//a"],
    ["/v1/", "/v2/", "/v1/", "/v2/"],
    ["/v1", "/v2", "*", "*"],
  ] as const) {
    test(`rewrites ${from} → ${to || "nothing"}: ${target} becomes ${expected}`, () => {
      expect(rewriteTarget(target, { from, to })).toBe(expected);
    });
  }
});

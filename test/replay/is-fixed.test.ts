import { describe, expect, test } from "vitest";
import type { Signature } from "../../src/core/batch.ts";
import type { Difference, Verdict } from "../../src/core/verdict.ts";
import { signatureOf } from "../../src/diff/signature.ts";
import type { ReplayOutcome } from "../../src/replay/exchange.ts";
import { findingOf, verdictOf, whyNotReplayable } from "../../src/replay/is-fixed.ts";
import { sample } from "../store/fixtures.ts";

const ENDPOINT = "GET /users/{id}";
const at = (
  path: string,
  kind: Difference["kind"] = "changed",
  part: Difference["part"] = "body",
): Difference => ({
  part,
  path,
  kind,
  legacy: "1",
  candidate: "2",
});
const price = at("/items/0/price");
const wanted: Signature = signatureOf(ENDPOINT, { ...price, erasedPath: "/items/*/price" });
const stored = sample("s1");

function judged(
  found: readonly Difference[],
  changes: Partial<Extract<ReplayOutcome, { kind: "judged" }>> = {},
) {
  const verdict: Verdict =
    found.length === 0
      ? { kind: "match", how: "values" }
      : { kind: "mismatch", differences: found, isCut: false };
  return {
    kind: "judged",
    judgement: {
      verdict,
      differences: found.map((difference) => ({ signature: signatureOf(ENDPOINT, difference), difference })),
    },
    legacyStatus: stored.legacy.status,
    candidateStatus: stored.legacy.status,
    legacyLatencyMs: 1,
    candidateLatencyMs: 1,
    ...changes,
  } as const;
}

const kindOf = (outcome: ReplayOutcome, signature = wanted) => findingOf(signature, stored, outcome).kind;

describe("one answer says of a signature", () => {
  test("that it is still there, at any index", () => {
    expect(kindOf(judged([{ ...at("/items/7/price"), erasedPath: "/items/*/price" }]))).toBe("still");
  });

  test("that it is gone, where nothing or something elsewhere differs", () => {
    expect(kindOf(judged([]))).toBe("gone");
    expect(kindOf(judged([at("/items/0/priceless"), at("/debug", "added")]))).toBe("gone");
  });

  test.each([
    ["the same place in another way", { ...at("/items/0/price", "removed"), erasedPath: "/items/*/price" }],
    ["what is around the place", at("/items", "removed")],
    ["the whole body", at("", "unparseable")],
  ])("that it differs otherwise: %s", (_, difference) => {
    expect(kindOf(judged([difference]))).toBe("otherwise");
  });

  test("nothing, where the statuses differ that did not: the bodies are others", () => {
    const failing = judged([at("", "changed", "status"), at("/error", "added")], { candidateStatus: 500 });
    expect(findingOf(wanted, stored, failing)).toEqual({
      kind: "unknown",
      why: `the candidate answers 500 where the legacy answers ${stored.legacy.status}`,
    });
  });

  test("nothing, where the legacy does not answer as it did", () => {
    expect(findingOf(wanted, stored, judged([], { legacyStatus: 404, candidateStatus: 404 }))).toEqual({
      kind: "unknown",
      why: `the legacy answers 404 now, it was ${stored.legacy.status}`,
    });
  });

  test.each<[string, ReplayOutcome]>([
    ["not sent", { kind: "skipped", reason: "redacted", detail: "x" }],
    ["not answered", { kind: "failed", reason: "candidate-timeout", detail: "" }],
    [
      "incomparable",
      judged([], {
        judgement: { verdict: { kind: "incomparable", reason: "overflow", detail: "" }, differences: [] },
      }),
    ],
    [
      "cut",
      judged([], {
        judgement: { verdict: { kind: "mismatch", differences: [], isCut: true }, differences: [] },
      }),
    ],
  ])("nothing, where it was %s", (_, outcome) => {
    expect(kindOf(outcome)).toBe("unknown");
  });

  test("of a header even where the bodies cannot be compared", () => {
    const header = signatureOf(ENDPOINT, at("etag", "changed", "header"));
    const incomparable = judged([], {
      judgement: { verdict: { kind: "incomparable", reason: "overflow", detail: "" }, differences: [] },
    });
    expect(kindOf(incomparable, header)).toBe("gone");
  });
});

test("one that differs outweighs all that do not; what tells nothing is no proof", () => {
  const found = { signature: wanted, difference: price };
  const gone = { kind: "gone" } as const;
  const unknown = { kind: "unknown", why: "" } as const;
  expect(verdictOf([gone, { kind: "still", found }, unknown])).toBe("still-differs");
  expect(verdictOf([gone, { kind: "otherwise", found }])).toBe("still-differs");
  expect(verdictOf([unknown, gone])).toBe("fixed");
  expect(verdictOf([unknown])).toBe("cannot-tell");
  expect(verdictOf([])).toBe("cannot-tell");
});

test("a signature that stands for many cannot be replayed", () => {
  expect(whyNotReplayable({ path: "*other*" })).toMatch(/signaturesPerEndpointMax/);
  expect(whyNotReplayable(wanted)).toBeUndefined();
});

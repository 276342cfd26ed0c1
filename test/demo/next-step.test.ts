import { expect, test } from "vitest";
import type { SuggestionAnswer } from "../../src/admin/rule-schemas.ts";
import { nextStepText } from "../../src/demo/next-step.ts";

const suggestion = {
  rule: { kind: "array", path: "/a b/~1c", mode: "unordered" },
  endpoint: "GET /quotes/{id}",
  evidence: {
    pairs: 9,
    legacyDiffers: 8,
    places: ["/a b"],
    text: "the legacy differed \u001b[31mhere; both did",
  },
  explains: { signatureIds: ["1"], differences: 1234 },
} as unknown as SuggestionAnswer;

test("a suggested rule reads as a line of a config, and cannot drive the terminal", () => {
  const text = nextStepText([suggestion], 1);
  expect(text).toContain('    - { kind: array, path: "/a b/~1c", mode: unordered }\n');
  expect(text).toContain("here;\nboth did.\nThis rule in the config would explain 1,234 differences:\n");
  expect(text).not.toContain("\u001b");
  expect(text).not.toContain("suggestions");
});

test("how many more there are is said", () => {
  expect(nextStepText([suggestion], 3)).toContain("2 more: GET /api/rules/suggestions.");
});

test("nothing is said where nothing is suggested", () => {
  expect(nextStepText([], 0)).toBe("");
});

import { expect, test } from "vitest";
import { signatureIdOf } from "../../src/core/signature-id.ts";

const SIGNATURE = { endpoint: "GET /a", part: "body", path: "/b", kind: "changed" } as const;

// Links, decisions and comments hang on it: another id for the same signature loses them.
test("is what it was in every version before", () => {
  expect(signatureIdOf(SIGNATURE)).toBe("96745dc6064a4e95");
});

test("differs with each of what it groups", () => {
  const others = [{ endpoint: "GET /c" }, { part: "header" }, { path: "/c" }, { kind: "added" }] as const;
  const ids = [SIGNATURE, ...others.map((other) => ({ ...SIGNATURE, ...other }))].map(signatureIdOf);
  expect(new Set(ids).size).toBe(5);
  expect(ids.every((id) => /^[0-9a-f]{16}$/.test(id))).toBe(true);
});

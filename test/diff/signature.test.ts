import { expect, test } from "vitest";
import type { Difference } from "../../src/core/verdict.ts";
import { judge } from "../../src/diff/judge.ts";
import { compileCompare } from "../../src/diff/judging.ts";
import { signatureOf } from "../../src/diff/signature.ts";
import { makeAnswer, makeSettings } from "./support/answers.ts";

function differencesOf(legacy: string, candidate: string): readonly Difference[] {
  const { verdict } = judge(makeAnswer(legacy), makeAnswer(candidate), compileCompare(makeSettings()));
  return verdict.kind === "mismatch" ? verdict.differences : [];
}

test("elements of one array share a signature; its id never changes", () => {
  const found = differencesOf('{"items":[{"p":1},{"p":1}]}', '{"items":[{"p":2},{"p":3}]}');
  const signatures = found.map((difference) => signatureOf("GET /users/{id}", difference));
  expect(signatures).toHaveLength(2);
  expect(signatures[1]).toEqual(signatures[0]);
  // The id is in stores and links: whoever changes how it is made loses them.
  expect(signatures[0]).toEqual({
    id: "8fc46057907c048d",
    endpoint: "GET /users/{id}",
    part: "body",
    path: "/items/*/p",
    kind: "changed",
  });
});

test("a member named like an index is no index", () => {
  const [inObject] = differencesOf('{"a":{"0":1}}', '{"a":{"0":2}}');
  const [inArray] = differencesOf('{"a":[1]}', '{"a":[2]}');
  expect(inObject?.path).toBe(inArray?.path);
  const paths = [inObject, inArray].map((difference) => signatureOf("GET /", difference as Difference).path);
  expect(paths).toEqual(["/a/0", "/a/*"]);
});

test("endpoint, part, path and kind each make another signature", () => {
  const base: Difference = { part: "body", path: "/a", kind: "changed", legacy: "1", candidate: "2" };
  const ids = [
    signatureOf("GET /a", base),
    signatureOf("GET /b", base),
    signatureOf("GET /a", { ...base, part: "header" }),
    signatureOf("GET /a", { ...base, path: "/b" }),
    signatureOf("GET /a", { ...base, kind: "type" }),
  ].map(({ id }) => id);
  expect(new Set(ids).size).toBe(5);
  expect(signatureOf("GET /a", { ...base, legacy: "3" }).id).toBe(ids[0]);
});

test("a long path is cut for display and still told apart", () => {
  const long = `/${"k".repeat(5000)}`;
  const base: Difference = { part: "body", path: long, kind: "changed", legacy: "1", candidate: "2" };
  const one = signatureOf("GET /a", base);
  const other = signatureOf("GET /a", { ...base, path: `${long}x` });
  expect(one.path).toHaveLength(513);
  expect(other.path).toBe(one.path);
  expect(other.id).not.toBe(one.id);
});

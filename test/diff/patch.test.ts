import fc from "fast-check";
import jsonPatch, { type Operation } from "fast-json-patch";
import { describe, expect, test } from "vitest";
import { patchText } from "../../src/diff/patch.ts";

function patchOf(legacy: string, candidate: string): readonly Operation[] | undefined {
  const text = patchText(Buffer.from(legacy), Buffer.from(candidate));
  return text === undefined ? undefined : (JSON.parse(text) as Operation[]);
}

/** A null root throws in fast-json-patch: both documents become a member. */
function applyWrapped(document: unknown, patch: readonly Operation[]): unknown {
  const wrapped = patch.map((operation) => ({ ...operation, path: `/root${operation.path}` }));
  return jsonPatch.applyPatch({ root: structuredClone(document) }, wrapped, true, false).newDocument.root;
}

const keys = fc.constantFrom("a", "b", "", "/", "~", "~1", "0", "1", "-", "toString", "é");
const documents = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom<unknown>(null, true, false, 0, 1, 2, "a", "b", 1.5),
    fc.array(tie("value"), { maxLength: 8 }),
    fc.array(fc.tuple(keys, tie("value")), { maxLength: 5 }).map((list) => Object.fromEntries(list)),
  ),
})).value;

describe("the patch applied to the legacy document gives the candidate's", () => {
  test("for any two documents", () => {
    fc.assert(
      fc.property(documents, documents, (legacy, candidate) => {
        const patch = patchOf(JSON.stringify(legacy), JSON.stringify(candidate));
        expect(applyWrapped(legacy, patch ?? [])).toEqual(candidate);
      }),
      { numRuns: 400 },
    );
  });

  test("for arrays of arrays with elements put in and taken out", () => {
    const rows = fc.array(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 5 }), { maxLength: 8 });
    fc.assert(
      fc.property(rows, rows, (legacy, candidate) => {
        const patch = patchOf(JSON.stringify(legacy), JSON.stringify(candidate));
        expect(applyWrapped(legacy, patch ?? [])).toEqual(candidate);
      }),
      { numRuns: 600 },
    );
  });

  test.each([
    ["null", "{}"],
    ["[]", "{}"],
    ["1", "null"],
    ['{"a":[1,2,3]}', '{"a":[0,1,3,4],"b":null}'],
  ])("%s to %s", (legacy, candidate) => {
    expect(applyWrapped(JSON.parse(legacy), patchOf(legacy, candidate) ?? [])).toEqual(JSON.parse(candidate));
  });
});

test("digits are kept in the patch text", () => {
  expect(patchText(Buffer.from('{"a":1}'), Buffer.from('{"a":9007199254740993.10}'))).toBe(
    '[{"op":"replace","path":"/a","value":9007199254740993.10}]',
  );
});

test("equal values need no operation", () => {
  expect(patchText(Buffer.from("[1e2]"), Buffer.from("[100]"))).toBe("[]");
});

test.each([
  ["a side that is not JSON", "{}", "{"],
  ["duplicate keys", '{"a":1,"a":2}', '{"a":3,"a":2}'],
  ["values deeper than a writer could write", "[]", "[".repeat(501) + "]".repeat(501)],
  ["a patch larger than its bound", "{}", JSON.stringify({ a: "x".repeat(256 * 1024) })],
])("there is no patch for %s", (_, legacy, candidate) => {
  expect(patchOf(legacy, candidate)).toBeUndefined();
});

test.each([
  ["a value", '{"a":1}', '{"a":"\xff"}'],
  ["a key", '{"\xff":1}', "{}"],
])("there is no patch for %s that is not UTF-8: as text it would be another", (_, legacy, candidate) => {
  expect(patchText(Buffer.from(legacy, "latin1"), Buffer.from(candidate, "latin1"))).toBeUndefined();
});

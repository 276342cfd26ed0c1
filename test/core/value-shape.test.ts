import { describe, expect, test } from "vitest";
import { SHAPED_CHARS_MAX, shapeValue } from "../../src/core/value-shape.ts";

function shapes(text: string | undefined): string[] {
  return [...shapeValue("body", text).shapes];
}

test.each([
  [undefined, []],
  ["null", ["null"]],
  ["true", ["boolean"]],
  ["[1]", ["array"]],
  ["{}", ["object"]],
  ['"a b"', ["string"]],
  ["-12", ["integer", "number"]],
  ["1.50", ["number"]],
  ["1e400", ["number"]],
  ["01", ["string"]],
  ['"42"', ["string", "integer", "number"]],
  ["1718000000", ["epoch", "integer", "number", "hex"]],
  ["1718000000123", ["epoch", "integer", "number", "hex"]],
  ['"6F9619FF-8B86-D011-B42D-00C04FC964FF"', ["string", "uuid", "token"]],
  ['"2024-05-17T10:00:00.123Z"', ["string", "iso-time"]],
  ['"2024-02-29"', ["string", "iso-time"]],
  ['"2024-02-30"', ["string"]],
  ['"2024-05-17T24:00:00Z"', ["string"]],
  ['"2024-05-17T23:59:60Z"', ["string", "iso-time"]],
  ['"2024-05-17T23:59:61Z"', ["string"]],
  ['"2024-05-17T23:60:00Z"', ["string"]],
  ['"507f1f77bcf86cd7"', ["string", "hex", "token"]],
  ['"\\u0061bcd1234"', ["string", "hex"]],
  ['"word-after-word-after-word"', ["string"]],
  ['"g23456789012345"', ["string"]],
  ['"g234567890123456"', ["string", "token"]],
  ['"eyJhbGciOiJIUzI1NiJ9.e30"', ["string", "token"]],
])("%s has the shapes %j", (text, expected) => {
  expect(shapes(text)).toEqual(expected);
});

test("a header's value has no quotes", () => {
  expect([...shapeValue("header", "6f9619ff-8b86-d011-b42d-00c04fc964ff").shapes]).toContain("uuid");
  expect([...shapeValue("header", '"abc"').shapes]).toEqual(["string"]);
  expect([...shapeValue("status", "200").shapes]).toEqual([]);
});

describe("times", () => {
  test.each([
    ['"2024-05-17T10:00:00Z"', Date.UTC(2024, 4, 17, 10)],
    ['"2024-05-17T10:00:00.250+02:00"', Date.UTC(2024, 4, 17, 8, 0, 0, 250)],
    ['"2024-05-17T10:00:00-0130"', Date.UTC(2024, 4, 17, 11, 30)],
    ["1718000000", 1_718_000_000_000],
    ["1718000000123", 1_718_000_000_123],
    ["42", undefined],
  ])("%s is %s", (text, expected) => {
    expect(shapeValue("body", text).timeMs).toBe(expected);
  });
});

test.each([
  [SHAPED_CHARS_MAX - 1, true],
  [SHAPED_CHARS_MAX, true],
  [SHAPED_CHARS_MAX + 1, false],
])("a value of %i characters is looked into: %s", (length, isLookedInto) => {
  expect(shapes(`"${"a1".repeat(length).slice(0, length - 2)}"`).includes("token")).toBe(isLookedInto);
});

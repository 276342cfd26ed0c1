import { expect, test } from "vitest";
import { FieldLineTable, INCOMPLETE, REFUSED } from "../../src/wire/field-lines.ts";

function parse(text: string): string {
  const table = new FieldLineTable(4);
  const bytes = Buffer.from(text, "latin1");
  const end = table.parse(bytes, 0, bytes.length);
  return end === REFUSED ? table.error : end === INCOMPLETE ? "incomplete" : `${table.count} lines`;
}

test.each([
  ["\r\n", "0 lines"],
  ["A: b\r\nC:\r\n\r\nrest", "2 lines"],
  ["A: b\r\n", "incomplete"],
  ["A: b\r\n\r", "incomplete"],
  ["A", "incomplete"],
  ["A: b\r\n c\r\n\r\n", "obs-fold"],
  ["\tA: b\r\n\r\n", "obs-fold"],
  [": b\r\n\r\n", "bad-header-name"],
  ["A : b\r\n\r\n", "bad-header-name"],
  ["A\0: b\r\n\r\n", "bad-header-name"],
  ["\xe9: b\r\n\r\n", "bad-header-name"],
  ["A: \0\r\n\r\n", "bad-header-value"],
  ["A: \x7f\r\n\r\n", "bad-header-value"],
  ["A: \x1b[0m\r\n\r\n", "bad-header-value"],
  ["A: b\n\r\n", "bad-line-ending"],
  ["A: b\rc\r\n\r\n", "bad-line-ending"],
  ["A: b\r\n\n", "bad-line-ending"],
  ["A: b\r\n\rx", "bad-line-ending"],
  [`${"A:\r\n".repeat(4)}\r\n`, "4 lines"],
  [`${"A:\r\n".repeat(5)}\r\n`, "too-many-headers"],
])("%j: %s", (text, expected) => expect(parse(text)).toBe(expected));

test("white space around a value is not its part, that inside is", () => {
  const table = new FieldLineTable(4);
  const bytes = Buffer.from("A: \t b  c\t \r\n\r\n");
  table.parse(bytes, 0, bytes.length);
  expect(bytes.toString("latin1", table.valueStart(0), table.valueEnd(0))).toBe("b  c");
});

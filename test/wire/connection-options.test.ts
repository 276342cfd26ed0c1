import { expect, test } from "vitest";
import { ConnectionOptions } from "../../src/wire/connection-options.ts";
import { BAD_LENGTH, parseContentLength } from "../../src/wire/content-length.ts";

const bytesOf = (text: string): Buffer => Buffer.from(text, "latin1");

function options(text: string): { options: ConnectionOptions; isValid: boolean; bytes: Buffer } {
  const read = new ConnectionOptions();
  const bytes = bytesOf(text);
  return { options: read, isValid: read.add(bytes, 0, bytes.length), bytes };
}

test("Connection says close, keep-alive and upgrade in any case and order, with empty elements", () => {
  const { isClose, isKeepAlive, isUpgrade } = options(" ,Upgrade ,\tKEEP-alive,, close,").options;
  expect([isClose, isKeepAlive, isUpgrade]).toEqual([true, true, true]);
  const none = options("closed, keep-alives, xupgrade").options;
  expect([none.isClose, none.isKeepAlive, none.isUpgrade]).toEqual([false, false, false]);
});

test("Connection nominates the names it lists, whatever their case, and no others", () => {
  const { options: read, bytes } = options("x-One, X-TWO. close. x-three".replaceAll(".", ","));
  const header = Buffer.concat([bytes, bytesOf("X-oneX-Threex-four")]);
  const at = bytes.length;
  expect(read.nominates(header, at, at + 5)).toBe(true);
  expect(read.nominates(header, at + 5, at + 12)).toBe(true);
  expect(read.nominates(header, at + 12, at + 18)).toBe(false);
  read.reset();
  expect(read.nominates(header, at, at + 5)).toBe(false);
});

test.each(["Host", "content-length", "TRANSFER-ENCODING", "a b", "a;b", "a=b", '"a"', "a\x80"])(
  "Connection: %s is refused",
  (text) => expect(options(text).isValid).toBe(false),
);

test.each([
  [15, true],
  [16, true],
  [17, false],
])("Connection that nominates %i names: accepted %s", (count, isValid) => {
  expect(options(Array.from({ length: count }, (_, index) => `x${index}`).join(",")).isValid).toBe(isValid);
});

test.each([
  ["0", 0],
  ["007", 7],
  ["99999999999999", 99999999999999],
  ["999999999999999", 999999999999999],
  ["1000000000000000", BAD_LENGTH],
  ["", BAD_LENGTH],
  ["+1", BAD_LENGTH],
  ["-1", BAD_LENGTH],
  ["1 ", BAD_LENGTH],
  ["1,1", BAD_LENGTH],
  ["0x1", BAD_LENGTH],
  ["1e1", BAD_LENGTH],
  ["\xb2", BAD_LENGTH],
])("Content-Length %j is %i", (text, length) => {
  expect(parseContentLength(bytesOf(text), 0, text.length)).toBe(length);
});

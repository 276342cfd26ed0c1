import { describe, expect, test } from "vitest";
import { encodeChunk, encodeLastChunk } from "../../src/wire/trailers.ts";

const lastChunk = (trailer: string): string | undefined =>
  encodeLastChunk(Buffer.from(trailer, "latin1"))?.toString("latin1");

describe("a chunk as it leaves", () => {
  test("carries its size in hexadecimal, and just the range that was asked for", () => {
    expect(encodeChunk(Buffer.from("0123456789abcdefghijklmn"), 1, 18).toString()).toBe(
      "11\r\n123456789abcdefgh\r\n",
    );
    expect(encodeChunk(Buffer.from("x"), 0, 1).toString()).toBe("1\r\nx\r\n");
  });
});

describe("the last chunk", () => {
  test("has no trailer where there was none", () => {
    expect(lastChunk("\r\n")).toBe("0\r\n\r\n");
    expect(lastChunk("")).toBe("0\r\n\r\n");
  });

  test("keeps trailer lines byte for byte, in their order", () => {
    expect(lastChunk("X-Sum:  1\t\r\nx-sum: 2\r\n\r\n")).toBe("0\r\nX-Sum:  1\t\r\nx-sum: 2\r\n\r\n");
  });

  test("leaves out the header that chooses an upstream, in any letter case", () => {
    const trailer = Buffer.from("X-Parallax-UPSTREAM: candidate\r\nA: 1\r\nx-parallax-upstreams: b\r\n\r\n");
    expect(encodeLastChunk(trailer, "x-parallax-upstream")?.toString()).toBe(
      "0\r\nA: 1\r\nx-parallax-upstreams: b\r\n\r\n",
    );
  });

  test("leaves out what routes and who asks", () => {
    expect(lastChunk("Host: evil\r\nA: 1\r\nCookie: c\r\nVia: x\r\nB: 2\r\n\r\n")).toBe(
      "0\r\nA: 1\r\nB: 2\r\n\r\n",
    );
  });

  test.each([
    "Content-Length: 5",
    "content-length:",
    "Transfer-Encoding: chunked",
    "TRANSFER-ENCODING:",
    "Connection: close",
    "Upgrade: h2c",
  ])("is refused with %s in the trailer", (line) =>
    expect(lastChunk(`A: 1\r\n${line}\r\n\r\n`)).toBeUndefined(),
  );

  test.each([
    "no colon\r\n\r\n",
    ": no name\r\n\r\n",
    "a : b\r\n\r\n",
    " folded\r\n\r\n",
    "a: \0\r\n\r\n",
    "a: b\r\n",
  ])("is refused with the malformed trailer %j", (trailer) => expect(lastChunk(trailer)).toBeUndefined());

  test.each([
    [63, true],
    [64, true],
    [65, false],
  ])("with %i trailer lines: accepted %s", (count, isAccepted) => {
    expect(lastChunk(`${"a: b\r\n".repeat(count)}\r\n`) !== undefined).toBe(isAccepted);
  });
});

import { describe, expect, test } from "vitest";
import { CHUNK_BAD, CHUNK_DATA, CHUNK_END, CHUNK_MORE, ChunkedDecoder } from "../../src/wire/chunked.ts";

interface Decoded {
  readonly data: string;
  readonly end: "end" | "more" | "bad";
  readonly trailer: string;
  /** What is left behind the body. */
  readonly rest: string;
}

function decode(parts: readonly string[]): Decoded {
  const decoder = new ChunkedDecoder();
  let data = "";
  for (const [index, part] of parts.entries()) {
    const bytes = Buffer.from(part, "latin1");
    decoder.position = 0;
    for (;;) {
      const found = decoder.next(bytes, bytes.length);
      if (found === CHUNK_DATA) data += bytes.toString("latin1", decoder.dataStart, decoder.dataEnd);
      else if (found === CHUNK_MORE) break;
      else if (found === CHUNK_BAD) return { data, end: "bad", trailer: "", rest: "" };
      else if (found === CHUNK_END) {
        const rest = part.slice(decoder.position) + parts.slice(index + 1).join("");
        return { data, end: "end", trailer: Buffer.from(decoder.trailer()).toString("latin1"), rest };
      }
    }
  }
  return { data, end: "more", trailer: "", rest: "" };
}

const endOf = (text: string): string => decode([text]).end;

describe("chunks", () => {
  const TEXT = '5\r\nhello\r\nA;x="y z";w\r\n0123456789\r\n000\r\nX: 1\r\nY: 2\r\n\r\nrest';
  const WHOLE: Decoded = {
    data: "hello0123456789",
    end: "end",
    trailer: "X: 1\r\nY: 2\r\n\r\n",
    rest: "rest",
  };

  test("give their data, the trailer, and what lies behind", () => expect(decode([TEXT])).toEqual(WHOLE));

  test("do so wherever the bytes are parted", () => {
    for (let at = 1; at < TEXT.length; at++)
      expect(decode([TEXT.slice(0, at), TEXT.slice(at)])).toEqual(WHOLE);
    expect(decode([...TEXT])).toEqual(WHOLE);
  });

  test("are read again after a reset, whatever was before", () => {
    const decoder = new ChunkedDecoder();
    decoder.next(Buffer.from("5;a=b\r\nhel"), 10);
    decoder.reset();
    decoder.position = 0;
    const bytes = Buffer.from("0\r\n\r\n");
    expect(decoder.next(bytes, bytes.length)).toBe(CHUNK_END);
    expect(Buffer.from(decoder.trailer()).toString()).toBe("\r\n");
  });
});

describe("the limits", () => {
  test.each([
    [12, "end"],
    [13, "end"],
    [14, "bad"],
  ])("on a size of %i digits: %s", (digits, end) => {
    expect(endOf(`${"1".padStart(digits, "0")}\r\nx\r\n0\r\n\r\n`)).toBe(end);
  });

  test("a size of 2^52 is still exact", () => {
    expect(decode(["fffffffffffff\r\nhello"])).toMatchObject({ data: "hello", end: "more" });
  });

  test.each([
    [255, "end"],
    [256, "end"],
    [257, "bad"],
  ])("on %i bytes of extensions: %s", (length, end) => {
    // The semicolon is counted with the size, the CR with the extension.
    expect(endOf(`1;${"a".repeat(length - 1)}\r\nx\r\n0\r\n\r\n`)).toBe(end);
  });

  test("on extensions is per chunk", () => {
    expect(endOf(`${`1;${"a".repeat(200)}\r\nx\r\n`.repeat(3)}0\r\n\r\n`)).toBe("end");
  });

  test.each([
    [8191, "end"],
    [8192, "end"],
    [8193, "bad"],
  ])("on a trailer section of %i bytes: %s", (length, end) => {
    expect(endOf(`0\r\nX: ${"y".repeat(length - 7)}\r\n\r\n`)).toBe(end);
  });
});

test.each([
  "\r\n",
  "g\r\n",
  "-1\r\n",
  "+1\r\n",
  "0x1\r\n",
  " 1\r\n",
  "1 \r\n",
  "1\t\r\n",
  "1\n",
  "1\rx",
  "1;\r\n",
  "1;a=\r\n",
  '1;a="b\r\n',
  '1;a="\\""\r\n',
  "1;a =b\r\n",
  "1\r\nxy",
  "1\r\nx\n",
  "1\r\nx\rz",
  "0\r\nX: y\n",
  "0\r\nX: y\rz",
])("%j is bad", (text) => expect(endOf(text)).toBe("bad"));

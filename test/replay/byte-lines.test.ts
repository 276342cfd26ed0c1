import { expect, test } from "vitest";
import { type ByteLine, byteLines } from "../../src/replay/byte-lines.ts";

async function read(chunks: readonly string[], lineBytesMax = 100) {
  const lines: (ByteLine & { readonly number: number })[] = [];
  async function* source() {
    for (const chunk of chunks) yield Buffer.from(chunk, "latin1");
  }
  for await (const line of byteLines(source(), lineBytesMax)) lines.push(line);
  return lines;
}
const line = (text: string, endByte: number, number: number) => ({ kind: "line", text, endByte, number });

test("lines are the same however the bytes are cut", async () => {
  const text = "one\ntwo\n\n three \nlast";
  const whole = await read([text]);
  expect(whole).toEqual([line("one", 4, 1), line("two", 8, 2), line("three", 17, 4), line("last", 21, 5)]);
  for (let at = 1; at < text.length; at++)
    expect(await read([text.slice(0, at), text.slice(at)]), `cut at ${at}`).toEqual(whole);
  expect(await read([...text])).toEqual(whole);
});

test("a character that is cut in two is whole again", async () => {
  const [first = "", second = ""] = [...Buffer.from("é").toString("latin1")];
  expect(await read([`"${first}`, `${second}"\n`])).toEqual([line('"é"', 5, 1)]);
});

test("a line may be as long as the limit, at n - 1, n and n + 1, in one piece or many", async () => {
  for (const [length, kind] of [
    [9, "line"],
    [10, "line"],
    [11, "too-long"],
  ] as const) {
    const text = "x".repeat(length);
    const expected = [
      { ...(kind === "line" ? { kind, text } : { kind }), endByte: length + 1, number: 1 },
      line("next", length + 6, 2),
    ];
    expect(await read([`${text}\nnext\n`], 10)).toEqual(expected);
    expect(await read([...`${text}\nnext\n`], 10)).toEqual(expected);
  }
});

test("what is too long at the end is told as well; nothing after the last line end is no line", async () => {
  expect(await read(["a\n", "x".repeat(11)], 10)).toEqual([
    line("a", 2, 1),
    { kind: "too-long", endByte: 13, number: 2 },
  ]);
  expect(await read(["a\n"])).toHaveLength(1);
  expect(await read([])).toEqual([]);
});

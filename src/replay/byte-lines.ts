// A stream of bytes as lines, in bounded memory: a line over the limit is told, not gathered.
const NEWLINE = 0x0a;

export type ByteLine =
  | { readonly kind: "line"; readonly text: string; readonly endByte: number }
  | { readonly kind: "too-long"; readonly endByte: number };

/** Empty lines are left out, as numbers go on: `number` counts from 1. */
export async function* byteLines(
  source: AsyncIterable<Buffer>,
  lineBytesMax: number,
): AsyncGenerator<ByteLine & { readonly number: number }> {
  let parts: Buffer[] = [];
  let length = 0;
  let endByte = 0;
  let number = 0;
  const take = (): (ByteLine & { readonly number: number }) | undefined => {
    number++;
    const isLong = length > lineBytesMax;
    const text = isLong ? "" : Buffer.concat(parts).toString("utf8").trim();
    parts = [];
    length = 0;
    if (isLong) return { kind: "too-long", endByte, number };
    return text === "" ? undefined : { kind: "line", text, endByte, number };
  };
  for await (const chunk of source) {
    let start = 0;
    for (;;) {
      const newline = chunk.indexOf(NEWLINE, start);
      const end = newline < 0 ? chunk.length : newline;
      length += end - start;
      if (length <= lineBytesMax) parts.push(chunk.subarray(start, end));
      else parts = [];
      endByte += end - start + (newline < 0 ? 0 : 1);
      if (newline < 0) break;
      start = newline + 1;
      const line = take();
      if (line !== undefined) yield line;
    }
  }
  const last = length === 0 ? undefined : take();
  if (last !== undefined) yield last;
}

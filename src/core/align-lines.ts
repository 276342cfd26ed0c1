// Two lists of lines, aligned so that one inserted line is one row. Pure; bounded by the size of its table.

/** Cells of the table that aligns lines of text; longer texts are paired by line number. */
const ALIGN_CELLS_MAX = 4_000_000;

/** Places of two lines that stand in one row: -1 where one side has none. Lines that differ may be a pair, too. */
export type LinePair = readonly [left: number, right: number];

/** How many of the first lines are the same. */
function commonLines(lefts: readonly string[], rights: readonly string[]): number {
  let at = 0;
  while (at < lefts.length && at < rights.length && lefts[at] === rights[at]) at++;
  return at;
}

/** The longest common subsequence of lines, as a table of lengths from each pair of places on. */
function alignmentTable(
  lefts: readonly string[],
  rights: readonly string[],
): (l: number, r: number) => number {
  const width = rights.length + 1;
  const table = new Uint32Array((lefts.length + 1) * width);
  for (let l = lefts.length - 1; l >= 0; l--)
    for (let r = rights.length - 1; r >= 0; r--)
      table[l * width + r] =
        lefts[l] === rights[r]
          ? (table[(l + 1) * width + r + 1] as number) + 1
          : Math.max(table[(l + 1) * width + r] as number, table[l * width + r + 1] as number);
  return (l, r) => table[l * width + r] as number;
}

/** Runs that differ, side by side from their beginnings. */
function* zipped(from: LinePair, until: LinePair): Generator<LinePair> {
  for (let l = from[0], r = from[1]; l < until[0] || r < until[1]; l++, r++)
    yield [l < until[0] ? l : -1, r < until[1] ? r : -1];
}

function* alignedMiddle(lefts: readonly string[], rights: readonly string[]): Generator<LinePair> {
  if (lefts.length * rights.length > ALIGN_CELLS_MAX) {
    yield* zipped([0, 0], [lefts.length, rights.length]);
    return;
  }
  const lengthFrom = alignmentTable(lefts, rights);
  let l = 0;
  let r = 0;
  while (l < lefts.length || r < rights.length) {
    const from: LinePair = [l, r];
    while (l < lefts.length || r < rights.length) {
      if (l < lefts.length && r < rights.length && lefts[l] === rights[r]) break;
      if (r >= rights.length || (l < lefts.length && lengthFrom(l + 1, r) >= lengthFrom(l, r + 1))) l++;
      else r++;
    }
    yield* zipped(from, [l, r]);
    if (l < lefts.length && r < rights.length) yield [l++, r++];
  }
}

/** Every line of both sides, once and in order. */
export function* alignLines(lefts: readonly string[], rights: readonly string[]): Generator<LinePair> {
  const head = commonLines(lefts, rights);
  const tail = commonLines(lefts.slice(head).reverse(), rights.slice(head).reverse());
  for (let at = 0; at < head; at++) yield [at, at];
  const middleL = lefts.slice(head, lefts.length - tail);
  const middleR = rights.slice(head, rights.length - tail);
  for (const [l, r] of alignedMiddle(middleL, middleR)) yield [l < 0 ? -1 : l + head, r < 0 ? -1 : r + head];
  for (let at = tail; at > 0; at--) yield [lefts.length - at, rights.length - at];
}

/** A line end closes a line, and begins none. */
export function linesOf(text: string): readonly string[] {
  return text.replace(/\n$/, "").split("\n");
}

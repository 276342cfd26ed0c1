// What of a long value is shown in its row: where two begin to differ is moved into sight, and marked.

/** Characters of a value in a row. */
const SHOWN_MAX = 300;
/** Of what is equal before the difference. */
const CONTEXT = 24;

export interface Part {
  readonly before: string;
  /** Empty where nothing is to be marked. */
  readonly differing: string;
  readonly after: string;
}

const plain = (text: string): Part => ({
  before: text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text,
  differing: "",
  after: "",
});

function commonStart(left: string, right: string): number {
  const end = Math.min(left.length, right.length);
  let at = 0;
  while (at < end && left.charCodeAt(at) === right.charCodeAt(at)) at++;
  return at;
}

function commonEnd(left: string, right: string, start: number): number {
  const most = Math.min(left.length, right.length) - start;
  let length = 0;
  while (
    length < most &&
    left.charCodeAt(left.length - 1 - length) === right.charCodeAt(right.length - 1 - length)
  )
    length++;
  return length;
}

function partOf(text: string, start: number, length: number): Part {
  const from = start > SHOWN_MAX / 2 ? start - CONTEXT : 0;
  const differing = text.slice(start, text.length - length);
  const cut = differing.length > SHOWN_MAX ? `${differing.slice(0, SHOWN_MAX)}…` : differing;
  const after = text.slice(text.length - length);
  return {
    before: `${from > 0 ? "…" : ""}${text.slice(from, start)}`,
    differing: cut,
    after: after.length > SHOWN_MAX ? `${after.slice(0, SHOWN_MAX)}…` : after,
  };
}

/** What of two values is shown; with `isMarked`, in what they differ. */
export function differingPart(left: string, right: string, isMarked: boolean): readonly [Part, Part] {
  if (!isMarked || left === right) return [plain(left), plain(right)];
  const start = commonStart(left, right);
  const end = commonEnd(left, right, start);
  return [partOf(left, start, end), partOf(right, start, end)];
}

// `parallax diff` for people: a verdict, then both bodies side by side around what differs. Pure.
// Invariant: what stands in a body cannot drive the terminal, and every difference is shown, or counted as not shown.
import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { assertNever } from "../core/assert.ts";
import type { Difference, Judgement } from "../core/verdict.ts";
import { printable } from "../report/printable.ts";
import { jsonRows, type Mark, type Row, textRows } from "./diff-rows.ts";

/** Equal rows around one that differs. */
const CONTEXT_ROWS = 3;
/** A terminal's worth of pages; the rest is a number. */
const ROWS_SHOWN_MAX = 2000;
const DIFFERENCES_LISTED_MAX = 100;
/** Narrower terminals get the two sides one below the other. */
const COLUMNS_SIDE_BY_SIDE_MIN = 60;
const VALUE_CHARACTERS_MAX = 60;
const PATH_CHARACTERS_MAX = 200;
const SEPARATOR = " │ ";
/** Of one row: it fits half a terminal. */
const HEX_BYTES = 8;

export interface DiffView {
  readonly judgement: Judgement;
  readonly legacy: Uint8Array;
  readonly candidate: Uint8Array;
  /** Of the terminal. */
  readonly columns: number;
  readonly isColored: boolean;
}

type Style = "red" | "green" | "yellow" | "dim" | "bold";
const CODES: Readonly<Record<Style, string>> = { red: "31", green: "32", yellow: "33", dim: "2", bold: "1" };
type Paint = (style: Style | undefined, text: string) => string;

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const ZERO = /\p{M}/u;

/** Columns that a character takes in a terminal. */
function widthOf(character: string): number {
  if (ZERO.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** The text in exactly `columns` columns: cut with `…`, filled with spaces. */
function fitted(text: string, columns: number): string {
  const characters = [...text];
  const total = characters.reduce((sum, character) => sum + widthOf(character), 0);
  if (total <= columns) return text + " ".repeat(columns - total);
  let shown = "";
  let width = 0;
  for (const character of characters) {
    if (width + widthOf(character) > columns - 1) break;
    shown += character;
    width += widthOf(character);
  }
  return `${shown}…${" ".repeat(Math.max(0, columns - 1 - width))}`;
}

/** Where two long lines begin to differ is moved into sight. */
function window(left: string, right: string, columns: number): readonly [string, string] {
  if (Math.max(left.length, right.length) <= columns) return [left, right];
  let at = 0;
  while (at < left.length && left[at] === right[at]) at++;
  const from = at - Math.floor(columns / 3);
  if (at < columns - 4 || from <= 0) return [left, right];
  return [`…${left.slice(from)}`, `…${right.slice(from)}`];
}

const STYLES: Readonly<Record<Mark, readonly [Style | undefined, Style | undefined]>> = {
  "=": [undefined, undefined],
  "≈": ["dim", "dim"],
  "~": ["red", "green"],
  "-": ["red", undefined],
  "+": [undefined, "green"],
};

class Layout {
  readonly lines: string[] = [];
  readonly #paint: Paint;
  readonly #columns: number;
  readonly #kinds: ReadonlyMap<string, string>;
  readonly shownPaths = new Set<string>();
  #waiting: Extract<Row, { kind: "row" }>[] = [];
  #folded = 0;
  #after = 0;
  #heading: string | undefined;
  #rows = 0;
  notShown = 0;

  constructor(paint: Paint, columns: number, differences: readonly Difference[]) {
    this.#paint = paint;
    this.#columns = columns;
    this.#kinds = new Map(differences.map(({ path, kind }) => [path, kind]));
  }

  add(row: Row): void {
    if (row.kind === "fold") {
      this.#folded += this.#waiting.length + row.lines;
      this.#waiting = [];
      this.#after = 0;
      return;
    }
    if (row.mark === "=" || row.mark === "≈") {
      if (this.#after > 0) {
        this.#after--;
        this.#write(row);
        return;
      }
      this.#waiting.push(row);
      if (this.#waiting.length <= CONTEXT_ROWS) return;
      this.#waiting.shift();
      this.#folded++;
      return;
    }
    this.#fold();
    for (const before of this.#waiting) this.#write(before);
    this.#waiting = [];
    this.#writeHeading(row.path);
    this.#write(row);
    this.#after = CONTEXT_ROWS;
  }

  end(): void {
    this.#folded += this.#waiting.length;
    this.#waiting = [];
    this.#fold();
    if (this.notShown > 0)
      this.lines.push(this.#paint("dim", `… ${counted(this.notShown, "more line")} not shown`));
  }

  #fold(): void {
    if (this.#folded > 0 && this.#rows < ROWS_SHOWN_MAX)
      this.lines.push(this.#paint("dim", `… ${counted(this.#folded, "equal line")}`));
    this.#folded = 0;
  }

  #writeHeading(path: string | undefined): void {
    if (path === undefined || path === this.#heading || this.#rows >= ROWS_SHOWN_MAX) return;
    this.#heading = path;
    this.shownPaths.add(path);
    const kind = this.#kinds.get(path);
    const text = `${path === "" ? "(root)" : path}${kind === undefined ? "" : `  ${kind}`}`;
    this.lines.push(this.#paint("bold", `── ${printable(text, Math.max(20, this.#columns - 3))}`));
  }

  #write({ mark, left, right }: Extract<Row, { kind: "row" }>): void {
    if (++this.#rows > ROWS_SHOWN_MAX) {
      this.notShown++;
      return;
    }
    const sign = mark === "=" ? " " : mark;
    const [leftStyle, rightStyle] = STYLES[mark];
    const safe = (text: string | undefined) => printable(text ?? "", Number.MAX_SAFE_INTEGER);
    if (this.#columns < COLUMNS_SIDE_BY_SIDE_MIN) {
      this.#writeStacked(mark, safe(left), safe(right));
      return;
    }
    const column = Math.floor((this.#columns - SEPARATOR.length) / 2) - 2;
    const texts = [safe(left), safe(right)] as const;
    const [shownLeft, shownRight] = mark === "~" ? window(...texts, column) : texts;
    const cell = (has: boolean, style: Style | undefined, text: string) =>
      this.#paint(style, `${has ? sign : " "} ${fitted(text, column)}`);
    const row =
      cell(left !== undefined, leftStyle, shownLeft) +
      SEPARATOR +
      cell(right !== undefined, rightStyle, shownRight);
    this.lines.push(row.trimEnd());
  }

  #writeStacked(mark: Mark, left: string, right: string): void {
    const column = Math.max(10, this.#columns - 2);
    const line = (sign: string, style: Style | undefined, text: string) =>
      this.lines.push(this.#paint(style, `${sign} ${fitted(text, column).trimEnd()}`));
    if (mark === "=") line(" ", undefined, left);
    else if (mark === "≈") line("≈", "dim", left === "" ? right : left);
    else {
      const [shownLeft, shownRight] = mark === "~" ? window(left, right, column) : [left, right];
      if (mark !== "+") line("-", "red", shownLeft);
      if (mark !== "-") line("+", "green", shownRight);
    }
  }
}

/** `1 line`, `2 lines`. */
function counted(count: number, one: string): string {
  return `${count.toLocaleString("en-US")} ${one}${count === 1 ? "" : "s"}`;
}

function hexLine(bytes: Uint8Array, from: number): string {
  const part = Buffer.from(bytes.buffer, bytes.byteOffset + from, Math.min(HEX_BYTES, bytes.length - from));
  const hex = part.toString("hex").replace(/../g, "$& ").trimEnd();
  return `${from.toString(16).padStart(8, "0")}  ${hex}`;
}

function* binaryRows(legacy: Uint8Array, candidate: Uint8Array): Generator<Row> {
  const row = (left: string | undefined, right: string | undefined): Row => {
    const mark = left === right ? "=" : left === undefined ? "+" : right === undefined ? "-" : "~";
    return { kind: "row", mark, left, right, path: undefined };
  };
  const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  yield row(`${legacy.length} bytes`, `${candidate.length} bytes`);
  yield row(`sha256 ${hash(legacy)}`, `sha256 ${hash(candidate)}`);
  let at = 0;
  while (at < legacy.length && at < candidate.length && legacy[at] === candidate[at]) at++;
  const from = at - (at % HEX_BYTES);
  for (let line = from; line < from + 4 * HEX_BYTES; line += HEX_BYTES) {
    const left = line < legacy.length ? hexLine(legacy, line) : undefined;
    const right = line < candidate.length ? hexLine(candidate, line) : undefined;
    if (left !== undefined || right !== undefined) yield row(left, right);
  }
}

function rowsOf({ legacy, candidate }: DiffView, differences: readonly Difference[]): Iterable<Row> {
  const json = jsonRows(legacy, candidate, differences);
  if (json !== undefined) return json;
  if (!isUtf8(legacy) || !isUtf8(candidate)) return binaryRows(legacy, candidate);
  return textRows(Buffer.from(legacy).toString("utf8"), Buffer.from(candidate).toString("utf8"));
}

function differenceLine({ part, path, kind, legacy, candidate }: Difference): string {
  const value = (text: string | undefined) =>
    text === undefined ? "(nothing)" : printable(text, VALUE_CHARACTERS_MAX);
  const place = part === "body" ? path || "(root)" : part === "status" ? "status" : `header ${path}`;
  return `${kind.padEnd(13)} ${printable(place, PATH_CHARACTERS_MAX)}  ${value(legacy)} → ${value(candidate)}`;
}

function mismatchLines(
  view: DiffView,
  differences: readonly Difference[],
  isCut: boolean,
): readonly string[] {
  const paint: Paint = (style, text) =>
    view.isColored && style !== undefined ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text;
  const layout = new Layout(paint, view.columns, differences);
  for (const row of rowsOf(view, differences)) layout.add(row);
  layout.end();
  const isText = layout.shownPaths.size === 0;
  // What has no place among the rows: a moved member, a key that is there twice, a status.
  const others = isText ? differences : differences.filter(({ path }) => !layout.shownPaths.has(path));
  const listed = others.slice(0, DIFFERENCES_LISTED_MAX).map(differenceLine);
  const more = others.length - listed.length;
  const moreText = isCut ? " or more" : "";
  const one = differences.length === 1 && !isCut ? "difference" : "differences";
  return [
    paint("bold", `mismatch: ${differences.length}${moreText} ${one}, legacy → candidate`),
    ...(isText ? listed : []),
    ...layout.lines,
    ...(isText || listed.length === 0 ? [] : [paint("bold", "── elsewhere"), ...listed]),
    ...(more > 0 ? [paint("dim", `… ${counted(more, "more difference")}; --json has them all`)] : []),
  ];
}

/** The whole answer, without a line end. */
export function renderDiffText(view: DiffView): string {
  const { verdict } = view.judgement;
  switch (verdict.kind) {
    case "match":
      return `match (${verdict.how})`;
    case "incomparable":
      return `incomparable: ${verdict.reason} (${printable(verdict.detail, PATH_CHARACTERS_MAX)})`;
    case "mismatch":
      return mismatchLines(view, verdict.differences, verdict.isCut).join("\n");
    default:
      return assertNever(verdict);
  }
}

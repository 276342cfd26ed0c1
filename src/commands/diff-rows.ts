// Two bodies side by side as rows, for `parallax diff`: JSON printed from its raw text, digits kept, members that
// belong together in one row; other text line by line. What differs is the judge's word, never this file's.

import { alignLines, linesOf } from "../core/align-lines.ts";
import { systemClock } from "../core/clock.ts";
import type { Difference } from "../core/verdict.ts";
import { Deadline } from "../diff/deadline.ts";
import { ARRAY, OBJECT, STRIDE, Tape } from "../diff/json/tape.ts";
import { tokenize } from "../diff/json/tokenize.ts";
import { escapeToken } from "../diff/pointer.ts";
import { segmentText } from "../diff/text.ts";

/** `=` the same; `≈` another text that is the same under the rules; `~` both differ; `-` legacy alone; `+` candidate alone. */
export type Mark = "=" | "≈" | "~" | "-" | "+";

export type Row =
  | {
      readonly kind: "row";
      readonly mark: Mark;
      readonly left: string | undefined;
      readonly right: string | undefined;
      /** Of the value that the row is a part of; undefined in text that is not JSON. */
      readonly path: string | undefined;
    }
  /** So many rows that are the same. */
  | { readonly kind: "fold"; readonly lines: number };

/** Deeper values are shown on one line: the walk recurses. */
const DEPTH_SHOWN_MAX = 64;
/** Lines of one value that differs as a whole. */
const VALUE_LINES_MAX = 20;
/** An equal value of more lines is folded where it stands. */
const EQUAL_LINES_MAX = 8;
/** Raw text of one line; the layout cuts it to the column. */
const LINE_BYTES_MAX = 64 * 1024;
const TOKENIZE_MS_MAX = 60_000;

/** A value on one side. */
interface Side {
  readonly tape: Tape;
  readonly node: number;
  readonly path: string;
}

function parse(body: Uint8Array): Tape | undefined {
  const tape = new Tape();
  const deadline = new Deadline(systemClock, TOKENIZE_MS_MAX);
  return tokenize(tape, body, { depthMax: 1_000_000, deadline }) === "ok" ? tape : undefined;
}

function rawLine({ tape, node }: Side): string {
  const end = Math.min(tape.end(node), tape.start(node) + LINE_BYTES_MAX);
  return tape.bytes.toString("utf8", tape.start(node), end).replace(/\s*[\r\n]\s*/g, " ");
}

const isContainer = ({ tape, node }: Side) => tape.kind(node) === OBJECT || tape.kind(node) === ARRAY;

/** Lines that the value takes when each element has its own: a bracket that closes is one too. */
function lineCountOf({ tape, node }: Side): number {
  let lines = 0;
  for (let at = node; at < tape.next(node); at += STRIDE) {
    lines++;
    const kind = tape.kind(at);
    const count = kind === OBJECT || kind === ARRAY ? tape.count(at) : 0;
    if (count > 0) lines++;
    // Keys are nodes of their own, on the line of their value.
    if (kind === OBJECT) lines -= count;
  }
  return lines;
}

interface Child extends Side {
  /** `"name": `, or nothing for an element. */
  readonly label: string;
  readonly name: string;
}

function childrenOf({ tape, node, path }: Side): readonly Child[] {
  const children: Child[] = [];
  const isObject = tape.kind(node) === OBJECT;
  let at = node + STRIDE;
  while (at < tape.next(node)) {
    const name = isObject ? segmentText(tape, at) : String(children.length);
    const label = isObject ? `${rawLine({ tape, node: at, path })}: ` : "";
    const value = isObject ? tape.next(at) : at;
    children.push({ tape, node: value, path: `${path}/${escapeToken(name)}`, label, name });
    at = tape.next(value);
  }
  return children;
}

/** The lines of one value, at most `max` and a mark that there are more. */
function printed(
  side: Side,
  label: string,
  { depth, max }: { readonly depth: number; readonly max: number },
): string[] {
  const lines: string[] = [];
  const print = (value: Side, name: string, level: number): void => {
    if (lines.length > max) return;
    const indent = "  ".repeat(level);
    const children = isContainer(value) && level < DEPTH_SHOWN_MAX && value.tape.count(value.node) > 0;
    if (!children) {
      lines.push(`${indent}${name}${rawLine(value)}`);
      return;
    }
    const isObject = value.tape.kind(value.node) === OBJECT;
    lines.push(`${indent}${name}${isObject ? "{" : "["}`);
    for (const child of childrenOf(value)) {
      if (lines.length > max) return;
      print(child, child.label, level + 1);
    }
    lines.push(`${indent}${isObject ? "}" : "]"}`);
  };
  print(side, label, depth);
  return lines.length > max ? [...lines.slice(0, max), `${"  ".repeat(depth)}…`] : lines;
}

/** Places on one side: those of differences, and those above them. */
class Places {
  readonly exact = new Set<string>();
  readonly above = new Set<string>();

  add(path: string): void {
    this.exact.add(path);
    const segments = path.split("/");
    // The walk goes no deeper.
    for (let length = 1; length < Math.min(segments.length, DEPTH_SHOWN_MAX + 3); length++)
      this.above.add(segments.slice(0, length).join("/"));
  }

  has(path: string): boolean {
    return this.exact.has(path) || this.above.has(path);
  }
}

class JsonRows {
  /** A path leads into the legacy's body; that of something added, into the candidate's. */
  readonly #legacy = new Places();
  readonly #candidate = new Places();
  readonly #removed = new Set<string>();

  constructor(differences: readonly Difference[]) {
    for (const { part, path, kind } of differences) {
      if (part !== "body") continue;
      (kind === "added" ? this.#candidate : this.#legacy).add(path);
      if (kind === "removed") this.#removed.add(path);
    }
  }

  *pair(
    left: Side,
    right: Side,
    { label, depth }: { readonly label: string; readonly depth: number },
  ): Generator<Row> {
    const isTouched = this.#legacy.has(left.path) || this.#candidate.has(right.path);
    if (!isTouched) {
      yield* equalRows(left, right, { label, depth });
      return;
    }
    const kind = left.tape.kind(left.node);
    const isSameContainer = isContainer(left) && kind === right.tape.kind(right.node);
    const isWhole = !this.#legacy.above.has(left.path) && !this.#candidate.above.has(right.path);
    if (!isSameContainer || isWhole || depth >= DEPTH_SHOWN_MAX) {
      yield* wholeRows(left, right, { label, depth });
      return;
    }
    const indent = "  ".repeat(depth);
    const [open, close] = kind === OBJECT ? ["{", "}"] : ["[", "]"];
    const row = (text: string): Row => same(indent + text, left.path);
    yield row(label + open);
    if (kind === OBJECT) yield* this.#members(childrenOf(left), childrenOf(right), depth + 1);
    else yield* this.#elements(childrenOf(left), childrenOf(right), depth + 1);
    yield row(close);
  }

  /** Members by name, in the legacy's order; a name that is there again stands alone. */
  *#members(lefts: readonly Child[], rights: readonly Child[], depth: number): Generator<Row> {
    const byName = new Map<string, Child>();
    for (const child of rights) if (!byName.has(child.name)) byName.set(child.name, child);
    const paired = new Set<Child>();
    for (const left of lefts) {
      const right = byName.get(left.name);
      if (right === undefined || paired.has(right)) yield* this.#alone(left, "-", depth);
      else {
        paired.add(right);
        yield* this.pair(left, right, { label: left.label, depth });
      }
    }
    for (const right of rights) if (!paired.has(right)) yield* this.#alone(right, "+", depth);
  }

  /** Elements in their order: those that the judge found on one side alone stand alone, the rest in pairs. */
  *#elements(lefts: readonly Child[], rights: readonly Child[], depth: number): Generator<Row> {
    let l = 0;
    let r = 0;
    for (;;) {
      const left = lefts[l];
      const right = rights[r];
      if (left === undefined && right === undefined) return;
      if (left !== undefined && (right === undefined || this.#removed.has(left.path))) {
        yield* this.#alone(left, "-", depth);
        l++;
      } else if (right !== undefined && (left === undefined || this.#candidate.exact.has(right.path))) {
        yield* this.#alone(right, "+", depth);
        r++;
      } else if (left !== undefined && right !== undefined) {
        yield* this.pair(left, right, { label: "", depth });
        l++;
        r++;
      }
    }
  }

  *#alone(child: Child, mark: "-" | "+", depth: number): Generator<Row> {
    // A rule may hide it: then it is no difference.
    const places = mark === "+" ? this.#candidate : this.#legacy;
    const shown: Mark = places.has(child.path) ? mark : "≈";
    for (const text of printed(child, child.label, { depth, max: VALUE_LINES_MAX }))
      yield {
        kind: "row",
        mark: shown,
        left: mark === "-" ? text : undefined,
        right: mark === "+" ? text : undefined,
        path: child.path,
      };
  }
}

const same = (text: string, path: string | undefined): Row => ({
  kind: "row",
  mark: "=",
  left: text,
  right: text,
  path,
});

interface Place {
  readonly label: string;
  readonly depth: number;
}

function* equalRows(left: Side, right: Side, { label, depth }: Place): Generator<Row> {
  const lines = lineCountOf(left);
  if (lines > EQUAL_LINES_MAX) {
    yield { kind: "fold", lines };
    return;
  }
  const lefts = printed(left, label, { depth, max: EQUAL_LINES_MAX });
  const rights = printed(right, label, { depth, max: EQUAL_LINES_MAX });
  yield* zipped(lefts, rights, { path: left.path, differs: "≈" });
}

function* wholeRows(left: Side, right: Side, { label, depth }: Place): Generator<Row> {
  const lefts = printed(left, label, { depth, max: VALUE_LINES_MAX });
  const rights = printed(right, label, { depth, max: VALUE_LINES_MAX });
  for (const row of zipped(lefts, rights, { path: left.path, differs: "~" }))
    yield row.kind === "row" && row.mark === "=" ? { ...row, mark: "~" } : row;
}

function* zipped(
  lefts: readonly string[],
  rights: readonly string[],
  { path, differs }: { readonly path: string | undefined; readonly differs: "~" | "≈" },
): Generator<Row> {
  for (let at = 0; at < Math.max(lefts.length, rights.length); at++) {
    const left = lefts[at];
    const right = rights[at];
    if (left === right) yield same(left ?? "", path);
    else {
      const alone: Mark = left === undefined ? "+" : "-";
      const isPair = left !== undefined && right !== undefined;
      yield { kind: "row", mark: isPair || differs === "≈" ? differs : alone, left, right, path };
    }
  }
}

/** The rows of two JSON bodies; undefined where one of them is none. */
export function jsonRows(
  legacy: Uint8Array,
  candidate: Uint8Array,
  differences: readonly Difference[],
): Iterable<Row> | undefined {
  const left = parse(legacy);
  const right = left === undefined ? undefined : parse(candidate);
  if (left === undefined || right === undefined) return undefined;
  const rows = new JsonRows(differences);
  const place = { label: "", depth: 0 };
  return rows.pair({ tape: left, node: 0, path: "" }, { tape: right, node: 0, path: "" }, place);
}

/** The rows of two texts, line by line. */
export function* textRows(legacy: string, candidate: string): Generator<Row> {
  const lefts = linesOf(legacy);
  const rights = linesOf(candidate);
  for (const [l, r] of alignLines(lefts, rights)) {
    const left = lefts[l];
    const right = rights[r];
    if (left === right) yield same(left ?? "", undefined);
    else if (left !== undefined && right !== undefined)
      yield { kind: "row", mark: "~", left, right, path: undefined };
    else yield { kind: "row", mark: left === undefined ? "+" : "-", left, right, path: undefined };
  }
}

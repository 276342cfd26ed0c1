// Two bodies that are no tree as rows: texts by lines, forms by fields, and what is neither as one row of the whole.
// What differs is the judge's word; the alignment is this page's own.
import { alignLines, linesOf } from "../../core/align-lines.ts";
import type { ExchangeDifference } from "./exchange.ts";
import { tokensOf } from "./places.ts";
import {
  type Cell,
  EQUAL_SHOWN_MAX,
  type Folding,
  type Mark,
  markOf,
  ROWS_MAX,
  type Row,
  type Rows,
} from "./rows.ts";

export interface TextRow extends Row {
  readonly legacy?: Cell | undefined;
  readonly candidate?: Cell | undefined;
}

export interface TextBodies {
  readonly legacy: string;
  readonly candidate: string;
  readonly differences: readonly ExchangeDifference[];
  readonly isAllListed: boolean;
}

interface Found {
  /** First token of the path → differences. */
  readonly legacy: Map<string, number[]>;
  readonly candidate: Map<string, number[]>;
  readonly whole: number[];
}

function foundBy(
  differences: readonly ExchangeDifference[],
  nameOf: (tokens: readonly string[]) => string,
): Found {
  const found: Found = { legacy: new Map(), candidate: new Map(), whole: [] };
  for (const [index, { part, path, legacy }] of differences.entries()) {
    if (part !== "body") continue;
    const tokens = tokensOf(path);
    if (tokens.length === 0) {
      found.whole.push(index);
      continue;
    }
    const side = legacy === undefined ? found.candidate : found.legacy;
    const name = nameOf(tokens);
    const known = side.get(name);
    if (known === undefined) side.set(name, [index]);
    else known.push(index);
  }
  return found;
}

interface Marking {
  readonly found: Found;
  readonly bodies: TextBodies;
}

function textRow(
  legacy: Cell | undefined,
  candidate: Cell | undefined,
  { found, bodies, names }: Marking & { readonly names: readonly [string | undefined, string | undefined] },
): TextRow {
  const own = [
    ...((names[0] === undefined ? undefined : found.legacy.get(names[0])) ?? []),
    ...((names[1] === undefined ? undefined : found.candidate.get(names[1])) ?? []),
  ];
  const isSame = legacy !== undefined && candidate !== undefined && legacy.text === candidate.text;
  const unlisted: Mark = isSame ? "=" : bodies.isAllListed ? "≈" : "?";
  const listed = markOf(own, bodies.differences);
  // What the judge saw leave and come may stand side by side here.
  const isBoth = legacy !== undefined && candidate !== undefined && listed !== undefined;
  return { mark: isBoth ? "~" : (listed ?? unlisted), depth: 0, differences: own, legacy, candidate };
}

/** Differences of the whole: nothing in it can be pointed at. */
function wholeRows(found: Found, differences: readonly ExchangeDifference[]): readonly TextRow[] {
  return found.whole.map((index) => {
    const difference = differences[index] as ExchangeDifference;
    const cellOf = (text: string | undefined): Cell | undefined =>
      text === undefined ? undefined : { label: "whole body", text };
    return {
      mark: markOf([index], differences) ?? "~",
      depth: 0,
      differences: [index],
      legacy: cellOf(difference.legacy),
      candidate: cellOf(difference.candidate),
    };
  });
}

function lineRows(bodies: TextBodies): readonly TextRow[] {
  const found = foundBy(bodies.differences, ([line]) => line as string);
  const lefts = bodies.legacy === "" ? [] : linesOf(bodies.legacy);
  const rights = bodies.candidate === "" ? [] : linesOf(bodies.candidate);
  const rows = [...wholeRows(found, bodies.differences)];
  // A whole that differs has no differing lines: they are shown as they are.
  const marking = { found, bodies: found.whole.length > 0 ? { ...bodies, isAllListed: false } : bodies };
  for (const [l, r] of alignLines(lefts, rights)) {
    const cellOf = (line: string | undefined, at: number): Cell | undefined =>
      line === undefined ? undefined : { label: String(at + 1), text: line };
    const names = [l < 0 ? undefined : String(l), r < 0 ? undefined : String(r)] as const;
    rows.push(textRow(cellOf(lefts[l], l), cellOf(rights[r], r), { ...marking, names }));
  }
  return rows;
}

function decoded(part: string): string {
  const spaced = part.replaceAll("+", " ");
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced; // no percent-encoding of UTF-8: as it stands
  }
}

interface Field {
  readonly name: string;
  readonly nth: number;
  readonly value: string;
}

function fieldsOf(text: string): readonly Field[] {
  const counts = new Map<string, number>();
  return text
    .trim()
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const equals = pair.indexOf("=");
      const name = decoded(equals < 0 ? pair : pair.slice(0, equals));
      const nth = counts.get(name) ?? 0;
      counts.set(name, nth + 1);
      return { name, nth, value: equals < 0 ? "" : decoded(pair.slice(equals + 1)) };
    });
}

const fieldKey = ({ name, nth }: Pick<Field, "name" | "nth">): string => `${nth} ${name}`;

function formRows(bodies: TextBodies): readonly TextRow[] {
  const found = foundBy(bodies.differences, ([name, nth]) =>
    fieldKey({ name: name as string, nth: Number(nth ?? 0) }),
  );
  const lefts = fieldsOf(bodies.legacy);
  const rights = new Map(fieldsOf(bodies.candidate).map((field) => [fieldKey(field), field]));
  const rows = [...wholeRows(found, bodies.differences)];
  const cellOf = (field: Field | undefined): Cell | undefined =>
    field === undefined ? undefined : { label: field.name, text: field.value };
  for (const left of lefts) {
    const key = fieldKey(left);
    const right = rights.get(key);
    rights.delete(key);
    rows.push(textRow(cellOf(left), cellOf(right), { found, bodies, names: [key, key] }));
  }
  for (const [key, right] of rights)
    rows.push(textRow(undefined, cellOf(right), { found, bodies, names: [undefined, key] }));
  return rows;
}

/** Aligned once; folded anew at each change. */
export function alignText(bodies: TextBodies, form: "lines" | "form" | "whole"): readonly TextRow[] {
  switch (form) {
    case "lines":
      return lineRows(bodies);
    case "form":
      return formRows(bodies);
    case "whole":
      return wholeRows(
        foundBy(bodies.differences, () => ""),
        bodies.differences,
      );
  }
}

const isQuiet = ({ mark }: TextRow): boolean => mark === "=" || mark === "≈";

/** Rows with runs of equal ones folded. */
export function foldText(aligned: readonly TextRow[], folding: Folding): Rows<TextRow> {
  const rows: TextRow[] = [];
  for (let at = 0; at < aligned.length && rows.length < ROWS_MAX; ) {
    let end = at;
    while (end < aligned.length && isQuiet(aligned[end] as TextRow)) end++;
    const fold = `run ${at}`;
    const isRun = end - at > EQUAL_SHOWN_MAX && !folding.isAllOpen;
    const isOpen = folding.toggled.has(fold);
    if (isRun) {
      const note = `${(end - at).toLocaleString("en-US")} equal lines`;
      rows.push({ mark: "=", depth: 0, differences: [], fold, isOpen, note });
    }
    const until = Math.max(end, at + 1);
    if (!isRun || isOpen) for (const row of aligned.slice(at, until)) rows.push(row);
    at = until;
  }
  return {
    rows: rows.slice(0, ROWS_MAX),
    isLimited: rows.length > ROWS_MAX,
    cell: (row, side) => row[side],
  };
}

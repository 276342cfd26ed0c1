// The rows of two bodies side by side: the ones in sight alone are drawn, so that any number costs the same.
// One stop for Tab: arrows move, Enter folds and unfolds. The mark is a sign and a word; its colour only helps.
import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { formatNumber } from "../format.ts";
import { useViewOf } from "../parts/view-of.ts";
import { type Cell, MARK_WORDS, type Row, type Rows, type SideName } from "./rows.ts";
import { differingPart, type Part } from "./value-window.ts";

const ROW_PX = 24;
/** Drawn beyond the edges, so that a fast wheel shows no holes. */
const OVERSCAN_ROWS = 12;
/** Deeper rows are indented no further, and say how deep they are. */
const INDENT_MAX = 24;
const NARROW = "(max-width: 720px)";

/** Are the sides one below the other? */
function useNarrow(): boolean {
  const [isNarrow, setNarrow] = useState(() => matchMedia(NARROW).matches);
  useEffect(() => {
    const media = matchMedia(NARROW);
    const update = () => setNarrow(media.matches);
    media.addEventListener("change", update);
    return () => media.removeEventListener("change", update);
  }, []);
  return isNarrow;
}

/** Rows whose sides are worth a line each. */
function isTall(row: Row): boolean {
  return row.mark !== "=" && row.mark !== "-" && row.mark !== "+" && row.note === undefined;
}

/** Where each row begins, and where the last one ends. */
function topsOf(rows: readonly Row[], isNarrow: boolean): Int32Array {
  const tops = new Int32Array(rows.length + 1);
  for (const [at, row] of rows.entries())
    tops[at + 1] = (tops[at] as number) + (isNarrow && isTall(row) ? 2 * ROW_PX : ROW_PX);
  return tops;
}

/** The last row that begins at or before `px`. */
function rowAt(tops: Int32Array, px: number): number {
  let low = 0;
  let high = Math.max(0, tops.length - 2);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((tops[middle] as number) <= px) low = middle;
    else high = middle - 1;
  }
  return low;
}

export interface RowGridProps {
  readonly label: string;
  readonly rows: Rows;
  /** The row that keys act on. */
  readonly cursor: number;
  /** Does the address point at it? Then the page shows it, too. */
  readonly isPointedAt: boolean;
  readonly onCursor: (row: number) => void;
  readonly onToggle: (fold: string) => void;
  /** What stands above each side. */
  readonly heads: Readonly<Record<SideName, string>>;
}

export function RowGrid({ label, rows, cursor, isPointedAt, onCursor, onToggle, heads }: RowGridProps) {
  const grid = useRef<HTMLTableElement>(null);
  const view = useViewOf(grid);
  const id = useId();
  const isNarrow = useNarrow();
  const tops = useMemo(() => topsOf(rows.rows, isNarrow), [rows, isNarrow]);
  const count = rows.rows.length;
  // What is pointed at is brought into sight, with some rows around it.
  useLayoutEffect(() => {
    const element = grid.current;
    if (element === null || cursor < 0 || cursor >= count) return;
    const top = tops[cursor] as number;
    const bottom = tops[cursor + 1] as number;
    const viewPx = element.clientHeight - ROW_PX;
    if (top < element.scrollTop || bottom > element.scrollTop + viewPx)
      element.scrollTop = Math.max(0, top - viewPx / 3);
    if (isPointedAt) element.scrollIntoView({ block: "nearest" });
  }, [cursor, tops]);

  const from = Math.max(0, rowAt(tops, view.topPx) - OVERSCAN_ROWS);
  const to = Math.min(count, rowAt(tops, view.topPx + view.heightPx) + OVERSCAN_ROWS);
  const moveTo = (row: number) => onCursor(Math.max(0, Math.min(count - 1, row)));
  const page = Math.max(1, Math.floor(view.heightPx / ROW_PX) - 2);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = rows.rows[cursor];
    const act = actOf(event.key, { row, rows: rows.rows, cursor, count, page, moveTo, onToggle });
    if (act === undefined) return;
    event.preventDefault();
    act();
  };
  return (
    <table
      ref={grid}
      class="rows"
      role="treegrid"
      tabIndex={0}
      aria-activedescendant={cursor >= from && cursor < to ? `${id}-${cursor}` : undefined}
      aria-label={`${label}, ${formatNumber(count)} rows`}
      aria-rowcount={count + 1}
      aria-colcount={3}
      onKeyDown={onKeyDown}
    >
      <thead class="rows-head">
        <tr aria-rowindex={1}>
          <th scope="col" class="sign">
            <span class="unseen">Mark</span>
          </th>
          <th scope="col" class="side legacy">
            {heads.legacy}
          </th>
          <th scope="col" class="side candidate">
            {heads.candidate}
          </th>
        </tr>
      </thead>
      <tbody class="rows-body" style={{ height: `${tops[count]}px` }}>
        {rows.rows.slice(from, to).map((row, offset) => (
          <GridRow
            key={from + offset}
            id={`${id}-${from + offset}`}
            index={from + offset}
            row={row}
            rows={rows}
            isCurrent={from + offset === cursor}
            topPx={tops[from + offset] as number}
            isStacked={isNarrow && isTall(row)}
            onClick={() => {
              onCursor(from + offset);
              if (row.fold !== undefined && getSelection()?.type !== "Range") onToggle(row.fold);
            }}
          />
        ))}
      </tbody>
    </table>
  );
}

interface Acting {
  readonly row: Row | undefined;
  readonly rows: readonly Row[];
  readonly cursor: number;
  readonly count: number;
  readonly page: number;
  readonly moveTo: (row: number) => void;
  readonly onToggle: (fold: string) => void;
}

function actOf(
  key: string,
  { row, rows, cursor, count, page, moveTo, onToggle }: Acting,
): (() => void) | undefined {
  const { fold, isOpen } = row ?? {};
  switch (key) {
    case "ArrowDown":
      return () => moveTo(cursor + 1);
    case "ArrowUp":
      return () => moveTo(cursor - 1);
    case "PageDown":
      return () => moveTo(cursor + page);
    case "PageUp":
      return () => moveTo(cursor - page);
    case "Home":
      return () => moveTo(0);
    case "End":
      return () => moveTo(count - 1);
    case "Enter":
    case " ":
      return fold === undefined ? undefined : () => onToggle(fold);
    case "ArrowRight":
      return fold === undefined || isOpen === true ? () => moveTo(cursor + 1) : () => onToggle(fold);
    case "ArrowLeft":
      return fold !== undefined && isOpen === true
        ? () => onToggle(fold)
        : () => moveTo(parentOf(rows, cursor));
    default:
      return undefined;
  }
}

function parentOf(rows: readonly Row[], cursor: number): number {
  const depth = rows[cursor]?.depth ?? 0;
  let at = cursor;
  while (at > 0 && (rows[at]?.depth ?? 0) >= depth) at--;
  return at;
}

const MARK_NAMES = {
  "=": "same",
  "≈": "alike",
  "?": "untold",
  "~": "changed",
  "-": "removed",
  "+": "added",
  "↕": "moved",
  "!": "broken",
} as const;

interface GridRowProps {
  readonly id: string;
  readonly index: number;
  readonly row: Row;
  readonly rows: Rows;
  readonly isCurrent: boolean;
  readonly isStacked: boolean;
  readonly topPx: number;
  readonly onClick: () => void;
}

function GridRow({ id, index, row, rows, isCurrent, isStacked, topPx, onClick }: GridRowProps) {
  const { mark, depth, note, fold, isOpen } = row;
  const legacy = rows.cell(row, "legacy");
  const candidate = rows.cell(row, "candidate");
  const isChanged = mark === "~" && legacy !== undefined && candidate !== undefined;
  const [partL, partR] = differingPart(legacy?.text ?? "", candidate?.text ?? "", isChanged);
  const classes = ["row-line", MARK_NAMES[mark]];
  if (isCurrent) classes.push("current");
  if (isStacked) classes.push("stacked");
  if (fold !== undefined) classes.push("folds");
  const indent = `${Math.min(depth, INDENT_MAX) * 0.9}rem`;
  return (
    <tr
      id={id}
      class={classes.join(" ")}
      aria-rowindex={index + 2}
      aria-level={depth + 1}
      aria-expanded={fold === undefined ? undefined : isOpen === true}
      aria-selected={isCurrent}
      style={{ top: `${topPx}px`, height: `${isStacked ? 2 * ROW_PX : ROW_PX}px` }}
      onClick={onClick}
    >
      <td class="sign" title={MARK_WORDS[mark]}>
        <span aria-hidden="true">{mark === "=" ? "" : mark === "-" ? "−" : mark}</span>
        <span class="unseen">{MARK_WORDS[mark]}</span>
      </td>
      {note === undefined ? (
        <>
          <Side name="legacy" cell={legacy} part={partL} {...{ depth, indent, fold, isOpen }} />
          <Side name="candidate" cell={candidate} part={partR} {...{ depth, indent, fold, isOpen }} />
        </>
      ) : (
        <td class="note" colSpan={2} style={{ paddingLeft: indent }}>
          <Twist isOpen={isOpen === true} />… {note}
        </td>
      )}
    </tr>
  );
}

function Twist({ isOpen }: { readonly isOpen: boolean }) {
  return (
    <span class="twist" aria-hidden="true">
      {isOpen ? "▾" : "▸"}
    </span>
  );
}

interface SideProps {
  readonly name: SideName;
  readonly cell: Cell | undefined;
  readonly part: Part;
  readonly depth: number;
  readonly indent: string;
  readonly fold: string | undefined;
  readonly isOpen: boolean | undefined;
}

function Side({ name, cell, part, depth, indent, fold, isOpen }: SideProps) {
  if (cell === undefined)
    return (
      <td class={`side nothing ${name}-side`}>
        <span class="unseen">nothing</span>
      </td>
    );
  return (
    <td class={`side ${name}-side`} style={{ paddingLeft: `calc(${indent} + 0.4rem)` }}>
      {fold === undefined ? null : <Twist isOpen={isOpen === true} />}
      {depth > INDENT_MAX ? <span class="deep">level {formatNumber(depth)} </span> : null}
      {cell.label === "" ? null : <span class="label">{cell.label}: </span>}
      <bdi class={part.differing === "" ? "value" : "value with-part"}>
        {part.before}
        {part.differing === "" ? null : <mark>{part.differing}</mark>}
        {part.after}
      </bdi>
    </td>
  );
}

// A table that draws the rows in sight alone: ten thousand cost as much as forty. Every row is as high as any other.
// One stop for Tab: arrows, Home, End, PageUp and PageDown move the current row, Enter opens it, Space selects it.
import type { ComponentChild } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { formatNumber } from "../format.ts";
import { useKeys } from "./keys.tsx";
import { useViewOf } from "./view-of.ts";

export interface Column<Row> {
  readonly key: string;
  readonly title: string;
  /** Explains the title, on hover. */
  readonly hint?: string;
  readonly widthRem: number;
  readonly isNumber?: boolean;
  readonly isSortable?: boolean;
  /** Links in it get tabIndex -1: Enter opens the row. */
  readonly render: (row: Row) => ComponentChild;
}

export interface SortOrder {
  readonly key: string;
  readonly isDescending: boolean;
}

export interface VirtualTableProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  readonly sort?: SortOrder;
  /** A header was pressed; the rows come sorted already. */
  readonly onSort?: (key: string) => void;
  readonly onOpen?: (row: Row) => void;
  readonly isSelected?: (row: Row) => boolean;
  readonly onToggle?: (row: Row) => void;
  readonly rowHeightPx?: number;
}

const ROW_HEIGHT_PX = 36;
/** Drawn beyond the edges, so that a fast wheel shows no holes. */
const OVERSCAN_ROWS = 10;

/** The window of rows in sight. */
function useWindow(count: number, rowHeightPx: number) {
  const scroller = useRef<HTMLDivElement>(null);
  const view = useViewOf(scroller);
  const inSight = Math.ceil(view.heightPx / rowHeightPx);
  const from = Math.max(0, Math.min(Math.floor(view.topPx / rowHeightPx), count - inSight) - OVERSCAN_ROWS);
  const to = Math.min(count, from + inSight + 2 * OVERSCAN_ROWS);
  return { scroller, from, to, inSight };
}

export function VirtualTable<Row>(props: VirtualTableProps<Row>) {
  const { rows, columns, keyOf, onOpen, onToggle, isSelected, rowHeightPx = ROW_HEIGHT_PX } = props;
  const { scroller, from, to, inSight } = useWindow(rows.length, rowHeightPx);
  const table = useRef<HTMLTableElement>(null);
  const [currentKey, setCurrentKey] = useState<string>();
  const id = useId();
  const current = currentKey === undefined ? -1 : rows.findIndex((row) => keyOf(row) === currentKey);

  const moveTo = (wanted: number) => {
    const index = Math.max(0, Math.min(rows.length - 1, wanted));
    const row = rows[index];
    const element = scroller.current;
    if (row === undefined || element === null) return;
    setCurrentKey(keyOf(row));
    const headPx = table.current?.tHead?.offsetHeight ?? 0;
    const topPx = index * rowHeightPx;
    const lowestPx = topPx + rowHeightPx + headPx - element.clientHeight;
    if (element.scrollTop > topPx) element.scrollTop = topPx;
    else if (element.scrollTop < lowestPx) element.scrollTop = lowestPx;
  };
  const moves: Readonly<Record<string, () => void>> = {
    ArrowDown: () => moveTo(current + 1),
    ArrowUp: () => moveTo(current - 1),
    PageDown: () => moveTo(current + inSight - 2),
    PageUp: () => moveTo(current - inSight + 2),
    Home: () => moveTo(0),
    End: () => moveTo(rows.length - 1),
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== table.current || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = rows[current];
    const act =
      moves[event.key] ??
      (row !== undefined && event.key === "Enter" ? onOpen && (() => onOpen(row)) : undefined) ??
      (row !== undefined && event.key === " " ? onToggle && (() => onToggle(row)) : undefined);
    if (act === undefined) return;
    event.preventDefault();
    act();
  };
  const step = (by: number) => {
    table.current?.focus({ preventScroll: true });
    moveTo(current + by);
  };
  useKeys({
    j: { text: "Next row", run: () => step(1) },
    k: { text: "Previous row", run: () => step(-1) },
    ...(onOpen === undefined
      ? {}
      : {
          o: {
            text: "Open the row (or Enter)",
            run: () => {
              const row = rows[current];
              if (row !== undefined) onOpen(row);
            },
          },
        }),
  });
  const order = `${props.sort?.key} ${props.sort?.isDescending}`;
  // Another order begins at its top.
  useEffect(() => {
    if (scroller.current !== null) scroller.current.scrollTop = 0;
  }, [order, scroller]);

  const widthRem = columns.reduce((sum, column) => sum + column.widthRem, 0);
  return (
    <div class="table-scroll" ref={scroller}>
      <table
        ref={table}
        class="virtual"
        role="grid"
        aria-label={`${props.label}, ${formatNumber(rows.length)} rows`}
        aria-rowcount={rows.length + 1}
        aria-colcount={columns.length}
        aria-multiselectable={onToggle === undefined ? undefined : true}
        aria-activedescendant={current >= from && current < to ? `${id}-${current}` : undefined}
        tabIndex={0}
        style={{ minWidth: `${widthRem}rem`, "--row-height": `${rowHeightPx}px` }}
        onKeyDown={onKeyDown}
      >
        <colgroup>
          {columns.map((column) => (
            <col key={column.key} style={{ width: `${(100 * column.widthRem) / widthRem}%` }} />
          ))}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <Header key={column.key} column={column} sort={props.sort} onSort={props.onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          <Spacer heightPx={from * rowHeightPx} columns={columns.length} />
          {rows.slice(from, to).map((row, offset) => (
            <tr
              key={keyOf(row)}
              id={`${id}-${from + offset}`}
              class={`${onOpen === undefined ? "" : "opens"} ${from + offset === current ? "current" : ""}`}
              aria-rowindex={from + offset + 2}
              aria-selected={onToggle === undefined ? undefined : isSelected?.(row) === true}
              onClick={(event) => {
                setCurrentKey(keyOf(row));
                if (isOfItsOwn(event.target) || getSelection()?.type === "Range") return;
                onOpen?.(row);
              }}
            >
              {columns.map((column) => (
                <td key={column.key} class={column.isNumber ? "number" : undefined}>
                  {column.render(row)}
                </td>
              ))}
            </tr>
          ))}
          <Spacer heightPx={(rows.length - to) * rowHeightPx} columns={columns.length} />
        </tbody>
      </table>
    </div>
  );
}

/** Links, buttons and fields in a row do what they do themselves. */
function isOfItsOwn(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("a, button, input, label, select") !== null;
}

interface HeaderProps<Row> {
  readonly column: Column<Row>;
  readonly sort: SortOrder | undefined;
  readonly onSort: ((key: string) => void) | undefined;
}

function Header<Row>({ column, sort, onSort }: HeaderProps<Row>) {
  const { key, title, hint, isNumber, isSortable } = column;
  const isSorted = sort?.key === key;
  return (
    <th
      scope="col"
      class={isNumber ? "number" : undefined}
      title={hint}
      aria-sort={
        isSorted ? (sort.isDescending ? "descending" : "ascending") : isSortable ? "none" : undefined
      }
    >
      {isSortable ? (
        <button type="button" onClick={() => onSort?.(key)}>
          {title}
        </button>
      ) : (
        <span>{title}</span>
      )}
    </th>
  );
}

/** As high as the rows that are not drawn. */
function Spacer({ heightPx, columns }: { readonly heightPx: number; readonly columns: number }) {
  if (heightPx <= 0) return null;
  return (
    <tr class="spacer" role="presentation">
      <td role="presentation" colSpan={columns} style={{ height: `${heightPx}px` }} />
    </tr>
  );
}

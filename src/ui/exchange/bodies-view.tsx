// Both bodies as rows, with what folds and unfolds them. Reads them in steps after the page stands.
import { useEffect, useMemo, useState } from "preact/hooks";
import { formatNumber } from "../format.ts";
import { Loading } from "../parts/loading.tsx";
import type { Exchange } from "./exchange.ts";
import { missingIn, type Prepared, prepare, rowsOf } from "./prepare.ts";
import { RowGrid } from "./row-grid.tsx";
import { AS_FOUND, type Folding, ROWS_MAX, rowsByDifference } from "./rows.ts";
import { sizeWords, statusWords } from "./words.ts";

/** Undefined until both bodies are read. */
function usePrepared(exchange: Exchange): Prepared | undefined {
  const [state, setState] = useState<{ readonly of: Exchange; readonly prepared: Prepared }>();
  useEffect(() => {
    const steps = prepare(exchange);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const step = () => {
      const { done, value } = steps.next();
      if (done === true) setState({ of: exchange, prepared: value });
      else timer = setTimeout(step);
    };
    timer = setTimeout(step);
    return () => clearTimeout(timer);
  }, [exchange]);
  return state?.of === exchange ? state.prepared : undefined;
}

function toggled(folding: Folding, fold: string): Folding {
  const set = new Set(folding.toggled);
  if (!set.delete(fold)) set.add(fold);
  return { ...folding, toggled: set };
}

export interface BodiesViewProps {
  readonly exchange: Exchange;
  /** The difference that is looked at. */
  readonly current: number | undefined;
}

export function BodiesView({ exchange, current }: BodiesViewProps) {
  const prepared = usePrepared(exchange);
  if (prepared === undefined) return <Loading label="both bodies" lines={12} />;
  return <Bodies key={exchange.id} {...{ exchange, current, prepared }} />;
}

function Bodies({ exchange, current, prepared }: BodiesViewProps & { readonly prepared: Prepared }) {
  const [folding, setFolding] = useState(AS_FOUND);
  const [cursor, setCursor] = useState(0);
  const rows = useMemo(() => rowsOf(prepared, folding), [prepared, folding]);
  const byDifference = useMemo(() => rowsByDifference(rows.rows), [rows]);
  const { legacy, candidate } = exchange;
  useEffect(() => {
    if (current === undefined) return;
    const row = byDifference.get(current);
    if (row !== undefined) setCursor(row);
    // Somebody folded what it stands in.
    else if (folding !== AS_FOUND) setFolding(AS_FOUND);
  }, [current, prepared]);
  useEffect(() => {
    if (current !== undefined && folding === AS_FOUND) setCursor(byDifference.get(current) ?? 0);
  }, [folding]);
  const missing = useMemo(() => missingIn(prepared, exchange), [prepared]);
  const isMissing = current !== undefined && missing.has(current);
  if (rows.rows.length === 0)
    return (
      <p class="muted">
        {legacy.bodyBytes === 0 && candidate.bodyBytes === 0
          ? "Neither answer has a body."
          : `The bodies are no text that could be shown here: legacy ${sizeWords(legacy)}, candidate ${sizeWords(candidate)}.`}
      </p>
    );
  return (
    <div class="bodies">
      <div class="ends">
        <p class="small muted legend">
          <b>~</b> differs <b>−</b> legacy alone <b>+</b> candidate alone <b>↕</b> moved <b>≈</b> equal to the
          judge <b>?</b> not told
        </p>
        <div class="row end">
          <button
            type="button"
            disabled={folding.isAllOpen}
            onClick={() => setFolding({ ...AS_FOUND, isAllOpen: true })}
          >
            Unfold all
          </button>
          <button type="button" disabled={folding === AS_FOUND} onClick={() => setFolding(AS_FOUND)}>
            Fold what is equal
          </button>
        </div>
      </div>
      {isMissing ? (
        <p class="notice" role="status">
          This difference stands at a place that is not in what is stored of the bodies; its values are above.
        </p>
      ) : null}
      {rows.isLimited ? (
        <p class="notice" role="status">
          These are the first {formatNumber(ROWS_MAX)} rows. Fold what you do not need, or see the raw view.
        </p>
      ) : null}
      <RowGrid
        label="Both bodies"
        rows={rows}
        cursor={Math.min(cursor, rows.rows.length - 1)}
        isPointedAt={current !== undefined}
        onCursor={setCursor}
        onToggle={(fold) => setFolding((before) => toggled(before, fold))}
        heads={{
          legacy: `Legacy · ${statusWords(legacy)} · ${sizeWords(legacy)}`,
          candidate: `Candidate · ${statusWords(candidate)} · ${sizeWords(candidate)}`,
        }}
      />
    </div>
  );
}

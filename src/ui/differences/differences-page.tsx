// The list of differences: what needs somebody first, the rest a filter away; all of it by keyboard.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { SignatureAnswer } from "../../admin/schemas.ts";
import { useApi } from "../api.ts";
import { formatCount, formatNumber } from "../format.ts";
import { Choice } from "../parts/choice.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Failure } from "../parts/failure.tsx";
import { useKeys } from "../parts/keys.tsx";
import { Loading } from "../parts/loading.tsx";
import { navigate, useAddressQuery } from "../router.tsx";
import "./differences.css";
import { FilterBar } from "./filter-bar.tsx";
import { FILTERS, type Filters, PAGE_ROWS, pagePath, shownOrder } from "./filters.ts";
import { LeftAside } from "./left-aside.tsx";
import { NothingDiffers } from "./nothing-differs.tsx";
import { useRights } from "./rights.ts";
import { rowLinkId, SignatureTable } from "./signature-table.tsx";
import type { Decision } from "./triage-form.ts";
import { TriagePanel } from "./triage-panel.tsx";

interface Answer {
  readonly total: number;
  readonly differences: readonly SignatureAnswer[];
}

/** Which row was current in a list, so that who comes back from one goes on there. */
const currentRows = new Map<string, string>();
const NO_ROWS: readonly SignatureAnswer[] = [];

interface Triaging {
  readonly ids: readonly string[];
  readonly decision: Decision | undefined;
}

export function DifferencesPage() {
  const query = useAddressQuery();
  const filters = Object.fromEntries(
    FILTERS.flatMap((name) => {
      const value = query.get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  ) as Filters;
  const page = Math.max(1, Number.parseInt(query.get("page") ?? "1", 10) || 1);
  const [turn, setTurn] = useState(0);
  // A span of time begins anew with each question, and not with each drawing.
  const nowMs = useMemo(() => Date.now(), [query.text, turn]);
  const { value, failure, isLoading, reload } = useApi<Answer>(
    pagePath(filters, { page, sort: query.get("sort"), nowMs }),
  );
  const refresh = () => {
    setTurn((before) => before + 1);
    reload();
  };
  const rows = value?.differences ?? NO_ROWS;
  const isFlat = query.get("layout") === "flat";
  const [currentId, setCurrentId] = useState(currentRows.get(query.text));
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [triaging, setTriaging] = useState<Triaging>();
  const { mayReview, whyNot } = useRights();

  const goTo = (id: string) => {
    setCurrentId(id);
    currentRows.set(query.text, id);
    const link = document.getElementById(rowLinkId(id));
    link?.focus({ preventScroll: true });
    link?.closest("tr")?.scrollIntoView({ block: "nearest" });
  };
  // Back from one signature: the row is where it was, and has the focus.
  const isFirst = useRef(true);
  useEffect(() => {
    if (!isFirst.current || rows.length === 0) return;
    isFirst.current = false;
    if (currentId !== undefined && rows.some(({ id }) => id === currentId)) goTo(currentId);
  }, [rows]);
  // What is no longer on the page cannot be decided about by accident.
  useEffect(() => {
    setChosen((before) => new Set(rows.filter(({ id }) => before.has(id)).map(({ id }) => id)));
  }, [rows]);

  const step = (by: number) => {
    const ids = shownOrder(rows, isFlat).map(({ id }) => id);
    const at = currentId === undefined ? -1 : ids.indexOf(currentId);
    const next = ids[Math.min(ids.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
    if (next !== undefined) goTo(next);
  };
  const choose = (id: string) =>
    setChosen((before) => {
      const next = new Set(before);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  const triage = (decision: Decision | undefined) => {
    const ids = chosen.size > 0 ? [...chosen] : currentId === undefined ? [] : [currentId];
    if (ids.length > 0 && mayReview) setTriaging({ ids, decision });
  };
  const withCurrent = (act: (id: string) => void) => () => {
    if (currentId !== undefined) act(currentId);
  };
  useKeys({
    j: { text: "Next signature", run: () => step(1) },
    k: { text: "Previous signature", run: () => step(-1) },
    ArrowDown: { text: "Next signature", run: () => step(1) },
    ArrowUp: { text: "Previous signature", run: () => step(-1) },
    o: {
      text: "Open the signature (or Enter)",
      run: withCurrent((id) => navigate(`/differences/${encodeURIComponent(id)}`)),
    },
    x: { text: "Choose the signature, for several at once", run: withCurrent(choose) },
    a: { text: "Accept", run: () => triage("accepted") },
    b: { text: "Call it a bug", run: () => triage("bug") },
    f: { text: "Call it fixed", run: () => triage("fixed") },
    n: { text: "Put it back to new", run: () => triage("new") },
    r: { text: "Ask again", run: refresh },
    "/": { text: "Search", run: () => document.getElementById("search-differences")?.focus() },
  });

  const total = value?.total ?? 0;
  const owned = triaging?.ids.length === 1 ? rows.find(({ id }) => id === triaging.ids[0]) : undefined;
  return (
    <>
      <h1>Differences</h1>
      <FilterBar query={query} filters={filters} />
      <div class="row spread list-head">
        <p>
          <strong>{value === undefined ? "…" : formatCount(total, "signature")}</strong>
          {isDefaultView(filters) ? " need somebody" : " with these filters"}{" "}
          <LeftAside filters={filters} nowMs={nowMs} query={query} />
        </p>
        <div class="row">
          <Choice
            label="Layout"
            value={isFlat ? "flat" : "grouped"}
            options={[
              { value: "grouped", text: "By endpoint" },
              { value: "flat", text: "Flat" },
            ]}
            onChoose={(layout) =>
              query.set({ layout: layout === "flat" ? "flat" : undefined }, { replace: true })
            }
          />
          <button type="button" onClick={refresh} title="Ask again (r)">
            Refresh
          </button>
        </div>
      </div>
      {failure === undefined ? null : <Failure failure={failure} />}
      <div aria-busy={isLoading}>
        {value === undefined ? (
          failure === undefined ? (
            <Loading label="differences" />
          ) : null
        ) : rows.length === 0 ? (
          <NothingDiffers filters={filters} page={page} />
        ) : (
          <SignatureTable
            rows={rows}
            isFlat={isFlat}
            currentId={currentId}
            chosen={chosen}
            onChoose={choose}
            onCurrent={(id) => {
              setCurrentId(id);
              currentRows.set(query.text, id);
            }}
          />
        )}
      </div>
      {rows.length === 0 ? null : (
        <div class="row spread list-foot">
          <Decide
            count={chosen.size}
            whyNot={whyNot}
            onTriage={triage}
            onClear={() => setChosen(new Set())}
          />
          <Pages
            page={page}
            total={total}
            onGo={(to) => query.set({ page: to === 1 ? undefined : String(to) })}
          />
        </div>
      )}
      {triaging === undefined ? null : (
        <Dialog
          title={
            triaging.ids.length === 1
              ? "Decide about one signature"
              : `Decide about ${triaging.ids.length} signatures`
          }
          onClose={() => setTriaging(undefined)}
        >
          <TriagePanel
            ids={triaging.ids}
            decision={triaging.decision}
            owner={owned?.owner}
            onCancel={() => setTriaging(undefined)}
            onDone={() => {
              setTriaging(undefined);
              setChosen(new Set());
              refresh();
            }}
          />
        </Dialog>
      )}
    </>
  );
}

const isDefaultView = ({ state, tier, ...rest }: Filters) =>
  state === undefined && tier === undefined && Object.keys(rest).length === 0;

interface DecideProps {
  readonly count: number;
  readonly whyNot: string | undefined;
  readonly onTriage: (decision: Decision | undefined) => void;
  readonly onClear: () => void;
}

const DECISIONS = [
  { decision: "accepted", text: "Accept", key: "a" },
  { decision: "bug", text: "Bug", key: "b" },
  { decision: "fixed", text: "Fixed", key: "f" },
  { decision: "new", text: "Back to new", key: "n" },
] as const;

/** For the chosen ones; without any, says how to choose. */
function Decide({ count, whyNot, onTriage, onClear }: DecideProps) {
  if (count === 0)
    return (
      <p class="muted small">
        <kbd>j</kbd> <kbd>k</kbd> go, <kbd>Enter</kbd> opens, <kbd>x</kbd> chooses, <kbd>a</kbd> <kbd>b</kbd>{" "}
        <kbd>f</kbd> decide, <kbd>?</kbd> all keys
      </p>
    );
  return (
    <fieldset class="bare row decide" disabled={whyNot !== undefined} title={whyNot}>
      <legend class="unseen">Decide about the chosen ones</legend>
      <strong>{formatNumber(count)} chosen</strong>
      {DECISIONS.map(({ decision, text, key }) => (
        <button key={key} type="button" onClick={() => onTriage(decision)}>
          {text} <kbd>{key}</kbd>
        </button>
      ))}
      <button type="button" class="quiet" onClick={onClear}>
        Choose none
      </button>
    </fieldset>
  );
}

interface PagesProps {
  readonly page: number;
  readonly total: number;
  readonly onGo: (page: number) => void;
}

function Pages({ page, total, onGo }: PagesProps) {
  const from = (page - 1) * PAGE_ROWS;
  const to = Math.min(total, from + PAGE_ROWS);
  if (page === 1 && to >= total) return null;
  return (
    <nav class="row" aria-label="Pages">
      <button type="button" disabled={page === 1} onClick={() => onGo(page - 1)}>
        Previous
      </button>
      <span>
        {formatNumber(from + 1)} to {formatNumber(to)} of {formatNumber(total)}
      </span>
      <button type="button" disabled={to >= total} onClick={() => onGo(page + 1)}>
        Next
      </button>
    </nav>
  );
}

// The journal of a route as a timeline: who, when, why, from where to where, and the evidence of that moment.
import { useState } from "preact/hooks";
import type { JournalEntryAnswer } from "../../admin/rollout-schemas.ts";
import { Badge } from "../parts/badge.tsx";
import { Failure } from "../parts/failure.tsx";
import { Loading } from "../parts/loading.tsx";
import { Time } from "../parts/time.tsx";
import { Link } from "../router.tsx";
import { GateTable, VerdictBadge } from "./gate.tsx";
import { useLiveAnswer } from "./load.tsx";
import { routeAddress } from "./route-card.tsx";
import { doneWords, gateWords, isOfSomebody } from "./words.ts";

const PAGE_ENTRIES = 20;

interface Journal {
  readonly entries: readonly JournalEntryAnswer[];
  readonly before: number | null;
}

export function JournalPanel({ route }: { readonly route: string }) {
  const [before, setBefore] = useState<number>();
  const asked = new URLSearchParams({ route, limit: String(PAGE_ENTRIES) });
  if (before !== undefined) asked.set("before", String(before));
  const { value, failure } = useLiveAnswer<Journal>(`/api/journal?${asked}`);
  return (
    <section class="panel">
      <h2>Journal</h2>
      {failure === undefined ? null : <Failure failure={failure} />}
      {value === undefined ? (
        failure === undefined ? (
          <Loading label="the journal" />
        ) : null
      ) : value.entries.length === 0 ? (
        <p class="muted">Nothing happened yet: it stands where the config began it.</p>
      ) : (
        <Entries entries={value.entries} isOfOneRoute />
      )}
      {before === undefined && (value?.before ?? null) === null ? null : (
        <nav class="row" aria-label="Pages of the journal">
          <button type="button" disabled={before === undefined} onClick={() => setBefore(undefined)}>
            Newest
          </button>
          <button
            type="button"
            disabled={value === undefined || value.before === null}
            onClick={() => setBefore(value?.before ?? undefined)}
          >
            Older
          </button>
        </nav>
      )}
    </section>
  );
}

interface EntriesProps {
  readonly entries: readonly JournalEntryAnswer[];
  /** The view is about it: no link there. */
  readonly isOfOneRoute?: boolean;
}

export function Entries({ entries, isOfOneRoute = false }: EntriesProps) {
  return (
    <ol class="timeline">
      {entries.map((entry) => (
        <li key={entry.sequence} class={isOfSomebody(entry) ? entry.action : "acknowledged muted small"}>
          <p>
            {isOfOneRoute ? null : (
              <>
                <Link to={routeAddress(entry.route)}>{entry.route}</Link>:{" "}
              </>
            )}
            <strong>{entry.who}</strong> {doneWords(entry.action)}
            {entry.from === entry.to ? null : (
              <>
                {" "}
                from {entry.from} to <strong>{entry.to}</strong>
              </>
            )}{" "}
            {entry.isForced ? <Badge tone="warn">forced</Badge> : null}{" "}
            <span class="muted small">
              <Time atMs={entry.atMs} /> · epoch {entry.epoch}
            </span>
          </p>
          {entry.reason === "" || !isOfSomebody(entry) ? null : <p class="reason">“{entry.reason}”</p>}
          {entry.gate === null ? null : isOfOneRoute ? (
            <details>
              <summary>
                The evidence then: <VerdictBadge verdict={entry.gate.verdict} />{" "}
                <span class="muted small">{gateWords(entry.gate)}</span>
              </summary>
              <GateTable gate={entry.gate} />
            </details>
          ) : (
            <p class="small">
              <VerdictBadge verdict={entry.gate.verdict} /> <span class="muted">{gateWords(entry.gate)}</span>
            </p>
          )}
        </li>
      ))}
    </ol>
  );
}

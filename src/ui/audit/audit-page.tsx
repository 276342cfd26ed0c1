// Who did what and when: each change by a person, newest first.
import type { AuditAnswer } from "../../admin/review-schemas.ts";
import { useApi } from "../api.ts";
import { EmptyState } from "../parts/empty-state.tsx";
import { Failure } from "../parts/failure.tsx";
import { Loading } from "../parts/loading.tsx";
import { Link, useAddressQuery } from "../router.tsx";
import "./audit.css";
import { ACTIONS } from "./audit-words.ts";
import { EntryLine } from "./entry-line.tsx";

const PAGE_ENTRIES = 50;

export function AuditPage() {
  const query = useAddressQuery();
  const asked = new URLSearchParams({ limit: String(PAGE_ENTRIES) });
  for (const name of ["action", "subject", "before"]) {
    const value = query.get(name);
    if (value !== undefined) asked.set(name, value);
  }
  const { value, failure } = useApi<AuditAnswer>(`/api/audit?${asked}`);
  const isFiltered = query.get("action") !== undefined || query.get("subject") !== undefined;
  const subject = query.get("subject");
  return (
    <>
      <h1>Audit log</h1>
      <search class="filters" aria-label="Filters">
        <label>
          <span>What</span>
          <select
            value={query.get("action") ?? ""}
            onChange={(event) =>
              query.set({ action: event.currentTarget.value, before: undefined }, { replace: true })
            }
          >
            <option value="">everything</option>
            {ACTIONS.map(({ value: action, text }) => (
              <option key={action} value={action}>
                {text}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span>Signature, rule, endpoint</span>
          <input
            type="search"
            value={subject ?? ""}
            placeholder="its id or name"
            onChange={(event) =>
              query.set({ subject: event.currentTarget.value.trim(), before: undefined }, { replace: true })
            }
          />
        </label>
      </search>
      {failure === undefined ? null : <Failure failure={failure} />}
      {value === undefined ? (
        failure === undefined ? (
          <Loading label="the audit log" />
        ) : null
      ) : value.entries.length === 0 ? (
        <NoEntries isFiltered={isFiltered} isPast={query.get("before") !== undefined} />
      ) : (
        <>
          <ol class="plain history panel">
            {value.entries.map((entry) => (
              <EntryLine key={entry.id} entry={entry} />
            ))}
          </ol>
          <Pages
            isFirst={query.get("before") === undefined}
            last={value.entries.length < PAGE_ENTRIES ? undefined : value.entries.at(-1)?.id}
            onGo={(before) => query.set({ before: before === undefined ? undefined : String(before) })}
          />
        </>
      )}
    </>
  );
}

function NoEntries({ isFiltered, isPast }: { readonly isFiltered: boolean; readonly isPast: boolean }) {
  if (isFiltered || isPast)
    return (
      <EmptyState title="No entry is like this">
        <p>
          Look at <Link to="/audit">the whole log</Link>.
        </p>
      </EmptyState>
    );
  return (
    <EmptyState title="Nobody has changed anything yet">
      <p>
        Decisions, comments, rules, the kill switch, reloads and deletions are written here: who, what and
        when. Begin with <Link to="/differences">the differences</Link>.
      </p>
    </EmptyState>
  );
}

interface PagesProps {
  readonly isFirst: boolean;
  readonly last: number | undefined;
  readonly onGo: (before: number | undefined) => void;
}

function Pages({ isFirst, last, onGo }: PagesProps) {
  if (isFirst && last === undefined) return null;
  return (
    <nav class="row" aria-label="Pages">
      <button type="button" disabled={isFirst} onClick={() => onGo(undefined)}>
        Newest
      </button>
      <button type="button" disabled={last === undefined} onClick={() => onGo(last)}>
        Older
      </button>
    </nav>
  );
}

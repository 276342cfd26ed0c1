// What people decided and said about a signature, newest first.
import { useEffect } from "preact/hooks";
import type { AuditAnswer } from "../../admin/review-schemas.ts";
import { useApi } from "../api.ts";
import { EntryLine } from "../audit/entry-line.tsx";
import { Failure } from "../parts/failure.tsx";

const ENTRIES_MAX = 50;

interface HistoryProps {
  readonly id: string;
  /** Another one: something was decided since. */
  readonly version: string;
}

export function History({ id, version }: HistoryProps) {
  const { value, failure, reload } = useApi<AuditAnswer>(
    `/api/audit?${new URLSearchParams({ subject: id, limit: String(ENTRIES_MAX) })}`,
  );
  useEffect(reload, [version]);
  return (
    <section class="panel">
      <h2>Comments and history</h2>
      {failure === undefined ? null : <Failure failure={failure} />}
      {value === undefined ? null : value.entries.length === 0 ? (
        <p class="muted">Nobody has decided or said anything yet.</p>
      ) : (
        <ol class="plain history">
          {value.entries.map((entry) => (
            <EntryLine key={entry.id} entry={entry} isOfOneSubject />
          ))}
        </ol>
      )}
    </section>
  );
}

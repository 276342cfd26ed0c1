// What gave no evidence, and why: exchanges that were skipped, and those that could not be compared.
import { formatNumber } from "../format.ts";
import type { Reason } from "../reasons.ts";

export interface ReasonsPanelProps {
  /** What links to it name. */
  readonly id: string;
  readonly title: string;
  /** Where there are none. */
  readonly none: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly reasons: Readonly<Record<string, Reason>>;
  /** Of which the counts are a share. */
  readonly exchanges: number;
}

export function ReasonsPanel({ id, title, none, counts, reasons, exchanges }: ReasonsPanelProps) {
  const rows = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a);
  const sum = rows.reduce((all, [, count]) => all + count, 0);
  return (
    <section class="panel" aria-labelledby={id}>
      <h2 id={id}>
        {title} <span class="muted">{formatNumber(sum)}</span>
      </h2>
      {rows.length === 0 ? (
        <p class="muted">{none}</p>
      ) : (
        <ul class="reasons">
          {rows.map(([name, count]) => (
            <li key={name}>
              <div class="row spread">
                <strong>{name}</strong>
                <span>
                  {formatNumber(count)} <span class="muted">{shareText(count / exchanges)}</span>
                </span>
              </div>
              <div>{reasons[name]?.means}</div>
              <div class="muted">
                <span aria-hidden="true">→ </span>
                {reasons[name]?.advice}
              </div>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function shareText(share: number): string {
  return share < 0.001 ? "< 0.1\u00a0%" : `${(100 * share).toFixed(1)}\u00a0%`;
}

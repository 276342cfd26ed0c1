// How both answered, at a glance: status, size and time of each.
import { formatMs } from "../format.ts";
import type { Exchange, ExchangeAnswer } from "./exchange.ts";
import type { SideName } from "./rows.ts";
import { ratioWords, sizeWords, statusWords } from "./words.ts";

export function SummaryStrip({ exchange }: { readonly exchange: Exchange }) {
  const { legacy, candidate } = exchange;
  const longestMs = Math.max(legacy.latencyMs, candidate.latencyMs, 0.001);
  return (
    <div class="panel summary-strip">
      <Line side="legacy" label="Legacy" answer={legacy} longestMs={longestMs} />
      <Line side="candidate" label="Candidate" answer={candidate} longestMs={longestMs} />
      <p class="small muted">
        {exchange.servedBy === "candidate" ? "The candidate served the client. " : ""}
        {legacy.status === candidate.status ? "The same status. " : "Another status. "}
        {candidate.status === 0 ? "" : ratioWords(legacy.latencyMs, candidate.latencyMs)}
      </p>
    </div>
  );
}

interface LineProps {
  readonly side: SideName;
  readonly label: string;
  readonly answer: ExchangeAnswer;
  readonly longestMs: number;
}

function Line({ side, label, answer, longestMs }: LineProps) {
  return (
    <div class="answer-line">
      <strong class={side}>{label}</strong>
      <span class="status">{statusWords(answer)}</span>
      <span class="time">{formatMs(answer.latencyMs)}</span>
      <span class="bar-track" aria-hidden="true">
        <span class={`bar-fill ${side}-fill`} style={{ width: `${(100 * answer.latencyMs) / longestMs}%` }} />
      </span>
      <span class="muted small">{sizeWords(answer)}</span>
    </div>
  );
}

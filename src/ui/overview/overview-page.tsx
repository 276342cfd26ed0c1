// What is going on, in one look: outcomes, traffic and latency over time, what gave no evidence, health. Live.
import type { Summary } from "../../admin/schemas.ts";
import { useEvents } from "../events.ts";
import { EmptyState } from "../parts/empty-state.tsx";
import { Loading } from "../parts/loading.tsx";
import { INCOMPARABLE, SKIPPED } from "../reasons.ts";
import { HealthPanel } from "./health-panel.tsx";
import { LatencyPanel } from "./latency-panel.tsx";
import { NextPanel } from "./next-panel.tsx";
import { OutcomeBar } from "./outcome-bar.tsx";
import { ReasonsPanel } from "./reasons-panel.tsx";
import { TrendPanel } from "./trend-panel.tsx";

export function OverviewPage() {
  const { summary } = useEvents();
  return (
    <>
      <h1>Overview</h1>
      {summary === undefined ? <Loading label="the overview" lines={14} /> : <Overview summary={summary} />}
    </>
  );
}

function Overview({ summary }: { readonly summary: Summary }) {
  const { totals } = summary;
  return (
    <>
      {totals.exchanges === 0 ? <NothingYet summary={summary} /> : <OutcomeBar totals={totals} />}
      {totals.exchanges === 0 ? null : <NextPanel summary={summary} />}
      <div class="overview">
        <TrendPanel uptimeSeconds={summary.uptime} />
        <LatencyPanel />
        <HealthPanel summary={summary} />
        <ReasonsPanel
          id="skipped"
          title="Skipped"
          none="Nothing was skipped: every exchange was mirrored and compared."
          counts={totals.skipped}
          reasons={SKIPPED}
          exchanges={totals.exchanges}
        />
        <ReasonsPanel
          id="incomparable"
          title="Mirrored, but not comparable"
          none="Every mirrored exchange could be compared."
          counts={totals.incomparableByReason}
          reasons={INCOMPARABLE}
          exchanges={totals.exchanges}
        />
      </div>
    </>
  );
}

function NothingYet({ summary }: { readonly summary: Summary }) {
  const hasCandidate = summary.upstreams.some(({ name }) => name === "candidate");
  return (
    <EmptyState title="Nothing came through since the start">
      {hasCandidate ? null : (
        <p>
          There is no candidate to compare with: set <code>upstreams.candidate.url</code> in the config file,
          or start with <code>--candidate URL</code>.
        </p>
      )}
      <p>Send a request where clients will, and it is compared within a second:</p>
      <pre>curl -i http://localhost:8080/</pre>
      <p>
        The address is that of <code>--listen</code>. To see all of this page with made-up traffic first, run{" "}
        <code>npm run demo -- --keep</code>.
      </p>
    </EmptyState>
  );
}

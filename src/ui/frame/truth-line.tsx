// The line of truth above every view, and a banner where it is not the truth of now.
import { useEvents } from "../events.ts";
import { formatCount, formatNumber } from "../format.ts";
import { Link } from "../router.tsx";
import { useTotals } from "./totals.ts";
import { truthOf } from "./truth.ts";

export function TruthLine() {
  const { summary, before, failure, silentMs, isStale } = useEvents();
  const totals = useTotals();
  const truth = summary === undefined ? undefined : truthOf(summary, { before, totals });
  const isSilent = failure !== undefined || isStale;
  const silence = silentMs === undefined ? undefined : formatCount(Math.floor(silentMs / 1000), "second");
  return (
    <>
      <p class="truth">
        {truth === undefined ? (
          <span class="muted">Asking Parallax …</span>
        ) : (
          <>
            <span title={`${formatNumber(summary?.totals.exchanges ?? 0)} since the start`}>
              {truth.exchanges}
            </span>
            <span>{truth.match}</span>
            {truth.signatures === undefined ? null : (
              <span>
                <Link to="/differences">{truth.signatures}</Link>
              </span>
            )}
            <strong class={truth.tone}>
              {(totals?.serving ?? 0) + (totals?.held ?? 0) === 0 ? (
                truth.state
              ) : (
                <Link to="/rollout">{truth.state}</Link>
              )}
            </strong>
          </>
        )}
        <span class={isSilent ? "live bad" : "live muted"}>
          {silence === undefined ? "" : isSilent ? `last heard ${silence} ago` : "live"}
        </span>
      </p>
      {isSilent ? (
        <p class="banner" role="alert">
          <strong>{failure?.message ?? "Nothing was heard from Parallax for a while."}</strong>
          {silence === undefined ? " Trying again." : " What is shown is old. Trying again."}
        </p>
      ) : null}
    </>
  );
}

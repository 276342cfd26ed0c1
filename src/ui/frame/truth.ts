// The line of truth: how much, how alike, what is open, and what clients get of all this. Pure.
import type { RolloutTotals } from "../../admin/rollout-schemas.ts";
import type { Summary } from "../../admin/schemas.ts";
import { formatCount, formatPercent, formatShort } from "../format.ts";

export interface Truth {
  readonly exchanges: string;
  readonly match: string;
  readonly signatures: string | undefined;
  readonly state: string;
  readonly tone: "good" | "warn" | "bad";
}

/** Fewer are single mishaps; ParallaxServesErrors alerts at the same share. */
const FAILED_SHARE_MIN = 0.01;

/** The share of the exchanges since `before` that who served gave no whole answer to; undefined while it is small. */
export function failureShare(summary: Summary, before: Summary | undefined): number | undefined {
  if (before === undefined) return undefined;
  const failedIn = ({ totals }: Summary) => totals.skipped["primary-failed"] ?? 0;
  const exchanges = summary.totals.exchanges - before.totals.exchanges;
  const share = (failedIn(summary) - failedIn(before)) / exchanges;
  return exchanges > 0 && share >= FAILED_SHARE_MIN ? share : undefined;
}

type State = Pick<Truth, "state" | "tone">;

/** Who serves clients; of a Parallax whose rollouts are not known, nothing is claimed. */
function servedWords(totals: RolloutTotals | undefined): string | undefined {
  if (totals === undefined) return undefined;
  const { routes, serving, percentMax } = totals;
  if (serving === 0) return "legacy path untouched";
  const share = percentMax === 0 ? "chosen cohorts" : `up to ${percentMax}\u00a0%`;
  const where = routes === 1 ? "" : ` on ${serving} of ${formatCount(routes, "route")}`;
  return `the candidate serves ${share}${where}`;
}

function healthyState(totals: RolloutTotals | undefined): State {
  const held = totals?.held ?? 0;
  const served = servedWords(totals);
  if (held > 0) {
    const back = totals?.routes === 1 ? "the route is held back" : `${formatCount(held, "route")} held back`;
    return { state: totals?.serving === 0 ? back : `${back}, ${served}`, tone: "warn" };
  }
  return { state: served ?? "all threads run", tone: "good" };
}

/** What holds for clients, and whether evidence is being gathered: the worst that is true. */
function stateOf(summary: Summary, { before, totals }: TruthContext): State {
  const { isKilled, upstreams, threads, store } = summary;
  const failed = failureShare(summary, before);
  if (failed !== undefined) {
    const who = totals?.serving === 0 || isKilled ? "the legacy fails" : "clients are failed";
    return { state: `${who}: no whole answer to ${formatPercent(failed)} of late`, tone: "bad" };
  }
  if (isKilled) return { state: "kill switch on: the legacy serves all, nothing is mirrored", tone: "bad" };
  const candidate = upstreams.find(({ name }) => name === "candidate");
  if (candidate === undefined) return { state: "no candidate: nothing is mirrored", tone: "warn" };
  const served = servedWords(totals);
  if (candidate.breaker === "open") {
    const still =
      served === undefined || totals?.serving === 0 ? "" : `, and ${served.replace("the candidate", "it")}`;
    return { state: `the candidate fails: its breaker is open, nothing is mirrored${still}`, tone: "bad" };
  }
  if (threads.some(({ kind, state }) => kind === "serving" && state === "lost"))
    return { state: "a serving thread is lost, and is being replaced", tone: "bad" };
  if (threads.some(({ kind, state }) => kind === "shadow" && state === "lost"))
    return { state: worded(served, "a shadow thread is being replaced"), tone: "warn" };
  if (store.kind === "failing")
    return { state: worded(served, "the store fails: evidence is not kept"), tone: "warn" };
  return healthyState(totals);
}

const worded = (served: string | undefined, trouble: string) =>
  served === undefined ? trouble : `${served}, ${trouble}`;

export interface TruthContext {
  /** A summary of a short while ago. */
  readonly before?: Summary | undefined;
  /** Of the rollouts; undefined while they are not known. */
  readonly totals?: RolloutTotals | undefined;
}

export function truthOf(summary: Summary, context: TruthContext = {}): Truth {
  const { totals, signatures } = summary;
  const compared = totals.match + totals.mismatch;
  return {
    exchanges: `${formatShort(totals.exchanges)} ${totals.exchanges === 1 ? "exchange" : "exchanges"}`,
    match: compared === 0 ? "nothing compared yet" : `${formatPercent(totals.match / compared)} match`,
    signatures: signatures === null ? undefined : formatCount(signatures.open, "open signature"),
    ...stateOf(summary, context),
  };
}

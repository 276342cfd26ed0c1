// The words of the board: what a verdict means, what people should know of a route, what was done. Pure.
import type { JournalEntryAnswer, RolloutAction, RolloutRouteAnswer } from "../../admin/rollout-schemas.ts";
import { formatAgo, formatCount, formatTime } from "../format.ts";
import type { Tone } from "../parts/badge.tsx";
import type { BoardRoute } from "./board-route.ts";
import type { Check, Gate } from "./bullet.ts";

export type Verdict = Gate["verdict"];

/** The sign tells them apart without colour. */
export const VERDICTS: Readonly<
  Record<Verdict, { readonly tone: Tone; readonly sign: string; readonly means: string }>
> = {
  pass: { tone: "good", sign: "✓", means: "everything that the step asks for is shown" },
  insufficient: { tone: "info", sign: "…", means: "nothing speaks against it, and not enough for it yet" },
  unhealthy: { tone: "warn", sign: "!", means: "it cannot be told: what it is measured by is in trouble" },
  fail: { tone: "bad", sign: "✗", means: "the evidence speaks against it: the route is rolled back" },
};

const CHECK_WORDS: Readonly<Record<Check["name"], string>> = {
  hold: "Time in the step",
  pairs: "Compared exchanges",
  units: "Distinct units",
  mismatches: "Mismatch rate",
  "discordant-failures": "Failures of the candidate alone",
  errors: "Errors above the legacy's",
  latency: "Latency ratio",
  rescues: "Rescue rate",
  confirmed: "Undecided signatures",
  "request-share": "Share of the requests",
  "sample-ratio": "Units by arm",
  "burn-rate": "Burn rate",
  kpi: "KPI",
};

export const checkTitle = ({ name, subject }: Pick<Check, "name" | "subject">): string =>
  subject === "" ? CHECK_WORDS[name] : `${CHECK_WORDS[name]} ${subject}`;

/** Of what holds a gate up, in a row of a table. */
const SHORT_SHOWN = 2;

/** From the worst: what decides stands first. */
const WORST_FIRST: readonly Verdict[] = ["fail", "unhealthy", "insufficient", "pass"];
export function worstFirst(checks: readonly Check[]): readonly Check[] {
  return checks.toSorted((a, b) => WORST_FIRST.indexOf(a.verdict) - WORST_FIRST.indexOf(b.verdict));
}

/** A step that just began has a gate, and nobody looked at it yet. */
export const noGateWords = ({ stage }: Pick<BoardRoute, "stage">): string =>
  stage === "off" || stage === "complete" ? "no gate" : "gate not looked at yet";

/** `KPI orders` stays as it is. */
const uncapitalised = (title: string) =>
  /^[A-Z][a-z]/.test(title) ? title.charAt(0).toLowerCase() + title.slice(1) : title;

/** What holds the gate up, the worst first: `compared exchanges, distinct units and 3 more`; empty where all pass. */
export function shortWords(gate: NonNullable<BoardRoute["gate"]>): string {
  const order = (check: { readonly verdict: Verdict }) => WORST_FIRST.indexOf(check.verdict);
  const short = gate.checks
    .filter(({ verdict }) => verdict !== "pass")
    .toSorted((a, b) => order(a) - order(b));
  const more = (gate.notPassed ?? short.length) - SHORT_SHOWN;
  const names = short.slice(0, SHORT_SHOWN).map((check) => uncapitalised(checkTitle(check)));
  return `${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** `8 pass, 2 insufficient: compared exchanges, distinct units`. */
export function gateWords({ checks }: Gate): string {
  const parts = WORST_FIRST.flatMap((verdict) => {
    const those = checks.filter((check) => check.verdict === verdict);
    if (those.length === 0) return [];
    const names = verdict === "pass" ? "" : `: ${those.map(checkTitle).join(", ")}`;
    return [`${those.length} ${verdict}${names}`];
  });
  return parts.join("; ");
}

/** Request share beside unit share: so many times, and so many points, apart is worth a mark. */
const APART_TIMES = 1.5;
const APART_POINTS = 0.02;

/** How many times one is of the other; undefined where they are about the same, or not both measured. */
export function sharesApart({ units, requests }: RolloutRouteAnswer["shares"]): string | undefined {
  if (units === null || requests === null) return undefined;
  const [low, high] = [Math.min(units, requests), Math.max(units, requests)];
  if (high - low < APART_POINTS || high < APART_TIMES * low) return undefined;
  const isMore = requests > units;
  if (low === 0) return isMore ? "requests, and hardly a unit" : "units, and hardly a request";
  const times = `${(high / low).toFixed(1)}×`;
  return isMore
    ? `${times} as large a share of the requests: few units ask for much`
    : `${times} as large a share of the units: they ask for little`;
}

export interface Concern {
  readonly tone: "bad" | "warn" | "info";
  readonly text: string;
}

/** What people should know before anything else, the gravest first. */
export function concernsOf(route: BoardRoute, nowMs: number): readonly Concern[] {
  const { latch, stragglers, isKilled, isPaused, gate, clockAtMs, enteredAtMs, warnings } = route;
  const concerns: Concern[] = [];
  if (isKilled)
    concerns.push({ tone: "bad", text: "Killed: the legacy serves all of it, until it is armed again" });
  if (latch !== null)
    concerns.push({
      tone: "bad",
      text: `Rolled back from ${latch.from} by ${latch.who} ${formatAgo(latch.atMs, nowMs)}: ${latch.reason}. Nothing is promoted until it is armed again`,
    });
  if (gate?.verdict === "fail" && latch === null)
    concerns.push({ tone: "bad", text: "The gate fails: a rollback is due" });
  if (stragglers.length > 0)
    concerns.push({
      tone: "warn",
      text: `${formatCount(stragglers.length, "thread")} without the decision yet: ${stragglers.join(", ")}`,
    });
  else if (clockAtMs === null && enteredAtMs !== null)
    concerns.push({ tone: "warn", text: "The step's clock has not begun" });
  if (isPaused) concerns.push({ tone: "warn", text: "Paused: it stays where it is" });
  for (const text of warnings) concerns.push({ tone: "warn", text });
  return concerns;
}

/** That the legacy goes: since when, until when, and whether its clients are turned away meanwhile. */
export function goesWords(
  { atMs, sunsetMs, brownout, brownoutStatus }: NonNullable<RolloutRouteAnswer["deprecation"]>,
  nowMs: number,
): readonly Concern[] {
  const began = atMs <= nowMs ? "Deprecated since" : "To be deprecated from";
  const lines: Concern[] = [{ tone: "info", text: `${began} ${formatTime(atMs)}` }];
  if (sunsetMs === null) lines.push({ tone: "info", text: "Its sunset is not decided" });
  else if (sunsetMs <= nowMs)
    lines.push({ tone: "warn", text: `Its sunset has passed: it was ${formatTime(sunsetMs)}` });
  else lines.push({ tone: "info", text: `Sunset ${formatTime(sunsetMs)}` });
  const until =
    brownout?.untilMs === undefined || brownout.untilMs === null ? "" : formatTime(brownout.untilMs);
  if (brownout?.isOn === true)
    lines.push({
      tone: "bad",
      text: `Browned out now: clients of the legacy get ${brownoutStatus}${until === "" ? "" : ` until ${until}`}`,
    });
  else if (until !== "" && atMs <= nowMs)
    lines.push({ tone: "info", text: `The next brownout begins ${until}` });
  return lines;
}

export const ACTION_WORDS: Readonly<
  Record<RolloutAction, { readonly button: string; readonly done: string; readonly does: string }>
> = {
  promote: {
    button: "Promote",
    done: "promoted it",
    does: "The candidate gets the next share of the clients.",
  },
  pause: {
    button: "Pause",
    done: "paused it",
    does: "It stays at its step: no gate and nobody moves it on. A failing gate still rolls it back.",
  },
  resume: { button: "Resume", done: "resumed it", does: "Gates and people may move it on again." },
  rollback: {
    button: "Roll back",
    done: "rolled it back",
    does: "Clients go back to the legacy as the step says, and nothing is promoted until somebody arms it again.",
  },
  kill: {
    button: "Kill",
    done: "killed it",
    does: "The legacy serves every client of this route, at once, until somebody arms it again.",
  },
  arm: {
    button: "Arm again",
    done: "armed it again",
    does: "The latch is taken off: it may be promoted again from where it stands.",
  },
};

/** Of the journal; an action that this page does not know is told by its name. */
export function doneWords(action: string): string {
  if (action in ACTION_WORDS) return ACTION_WORDS[action as RolloutAction].done;
  if (action === "tripped") return "tripped: took it back to the legacy";
  if (action === "extend") return "extended its window";
  return action === "acknowledged" ? "saw every thread at its step" : `${action}`;
}

/** Something was decided; not that every thread has it by now. */
export const isOfSomebody = ({ action }: Pick<JournalEntryAnswer, "action">): boolean =>
  action !== "acknowledged";

/** `dana rolled it back 3 seconds ago: errors`. */
export function entryWords(entry: JournalEntryAnswer, nowMs: number): string {
  const why = entry.reason === "" ? "" : `: ${entry.reason}`;
  return `${entry.who} ${doneWords(entry.action)} ${formatAgo(entry.atMs, nowMs)}${why}`;
}

/** When the gate would let it go on; the moment itself for a title. */
export function etaWords(
  route: Pick<BoardRoute, "eta" | "gate" | "next">,
  nowMs: number,
): { text: string; title?: string } {
  const { eta, gate, next } = route;
  if (gate?.verdict === "pass" && next !== null) return { text: "certified" };
  if (eta === null) return { text: next === null ? "nothing is next" : "not known yet" };
  const text = eta.text.replace(/\.$/, "");
  return eta.kind === "in" && eta.ms !== null
    ? { text, title: `${text}: ${formatTime(nowMs + eta.ms)}` }
    : { text, title: text };
}

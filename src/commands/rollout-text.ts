// `parallax rollout ls` and `show` as text for a terminal. Pure.
import type { JournalEntryAnswer, RolloutRouteAnswer } from "../admin/rollout-schemas.ts";
import {
  duration,
  etaText,
  instant,
  marksOf,
  name,
  quantity,
  rate,
  sentence,
  table,
} from "./rollout-words.ts";

/** Above all else where it is on: no route's line says so. */
const KILLED = "The kill switch is on: legacy only, nothing mirrored, until: parallax rollout arm --all";

/** Every route in a line, in the order of the config. */
export function renderRoutes(routes: readonly RolloutRouteAnswer[], isKilled: boolean): string {
  const head = ["ROUTE", "STEP", "UNITS", "REQUESTS", "GATE", "CERTIFIED", "MARKS"];
  const rows = routes.map((route) => [
    name(route.route),
    name(route.step),
    rate(route.shares.units),
    rate(route.shares.requests),
    route.gate?.verdict ?? "–",
    etaText(route.eta),
    marksOf(route).join(", "),
  ]);
  const isHeld = routes.some(({ gate }) => gate !== null && gate.verdict !== "pass");
  return lines([
    ...(isKilled ? [KILLED, ""] : []),
    ...table([head, ...rows], [2, 3]),
    ...(isHeld ? ["", "What a gate waits for, and what to do: parallax rollout show ROUTE"] : []),
  ]);
}

/** Beside where the route stands. */
export interface Around {
  /** The newest of its journal. */
  readonly entries: readonly JournalEntryAnswer[];
  /** The kill switch of all routes. */
  readonly isKilled: boolean;
}

/** All there is to know of one route. */
export function renderRoute(route: RolloutRouteAnswer, { entries, isKilled }: Around): string {
  const { gate, eta } = route;
  return lines([
    ...(isKilled ? [KILLED, ""] : []),
    ...standingLines(route),
    "",
    gate === null
      ? "Gate: none, or not looked at yet"
      : `Gate: ${gate.verdict}, ${duration(gate.elapsedMs)} into the step, looked at ${instant(gate.atMs)}`,
    ...(gate === null ? [] : checkLines(gate.checks)),
    ...(eta === null
      ? []
      : [`Certified: ${etaText(eta)}${eta.text === "" ? "" : ` (${sentence(eta.text)})`}`]),
    "",
    route.next === null
      ? "Next: nowhere"
      : `Next: ${name(route.next.step)}${route.next.needsApproval ? ", by a person" : ", by itself once the gate passes"}`,
    `Back: ${route.back === null ? "nowhere" : name(route.back.step)}`,
    ...actionLines(route),
    ...(route.warnings.length === 0 ? [] : ["", "To know:"]),
    ...route.warnings.map((warning) => `  ${sentence(warning)}`),
    "",
    entries.length === 0 ? "Journal: nothing yet" : "Journal, newest first:",
    ...journalLines(entries, false),
  ]);
}

function standingLines(route: RolloutRouteAnswer): readonly string[] {
  const { stragglers, enteredAtMs, clockAtMs, shares, latch, approvers } = route;
  const since = enteredAtMs === null ? "since it began" : `since ${instant(enteredAtMs)}`;
  const clock = clockAtMs === null ? "its clock has not begun" : `its clock began ${instant(clockAtMs)}`;
  const people = approvers.length === 0 ? "any operator" : approvers.map(name).join(", ");
  const marks = marksOf({ ...route, stragglers: [], warnings: [] });
  return [
    [name(route.route), name(route.step), `epoch ${route.epoch}`, ...marks].join(" · "),
    `  there ${since}; ${clock}`,
    stragglers.length === 0
      ? "  every thread has it"
      : `  not acknowledged yet by ${stragglers.map(name).join(", ")}`,
    `  the candidate serves ${rate(shares.units)} of the units, ${rate(shares.requests)} of the requests`,
    `  policy ${route.policy}; promoted ${route.advance === "automatic" ? "by itself, or " : ""}by ${people}`,
    ...(latch === null
      ? []
      : [
          `  latched ${instant(latch.atMs)} by ${name(latch.who)}, from ${name(latch.from)}: ${sentence(latch.reason)}`,
        ]),
  ];
}

function checkLines(checks: NonNullable<RolloutRouteAnswer["gate"]>["checks"]): readonly string[] {
  const head = ["CHECK", "VERDICT", "VALUE", "BOUND", "THRESHOLD", "SAMPLES"];
  const rows = checks.map((check) => [
    name(check.subject === "" ? check.name : `${check.name} ${check.subject}`),
    check.verdict,
    quantity(check.value, check.unit),
    // Odds have no bound of their own: it is that of the failures beyond the legacy's.
    quantity(check.bound, check.unit === "e-value" ? "rate" : check.unit),
    quantity(check.threshold, check.unit),
    quantity(check.samples, "count"),
  ]);
  const laid = table([head, ...rows], [2, 3, 4, 5]);
  return [
    laid[0] ?? "",
    ...checks.flatMap((check, index) => [laid[index + 1] ?? "", ...whyLines(check)]),
  ].map((line) => `  ${line}`);
}

/** A check that passed needs no words. */
function whyLines({ verdict, text }: { readonly verdict: string; readonly text: string }): readonly string[] {
  return verdict === "pass" || text === "" ? [] : [`    ${sentence(text)}`];
}

function actionLines({ actions }: RolloutRouteAnswer): readonly string[] {
  const allowed = actions.filter(({ isAllowed }) => isAllowed);
  const refused = actions.filter(({ isAllowed }) => !isAllowed);
  return [
    `May be done: ${allowed.length === 0 ? "nothing" : allowed.map(({ action }) => action).join(", ")}`,
    // Allowed with a why: with force alone.
    ...allowed.filter(({ why }) => why !== "").map(({ action, why }) => `  ${action}: ${sentence(why)}`),
    ...refused.filter(isWorthSaying).map(({ action, why }) => `  not ${action}: ${sentence(why)}`),
  ];
}

/** That what is not paused cannot be resumed, or killed twice, helps nobody at night. */
function isWorthSaying({ action }: RolloutRouteAnswer["actions"][number]): boolean {
  return action === "promote" || action === "rollback";
}

/** Oldest or newest first, as they are given. */
export function renderJournal(entries: readonly JournalEntryAnswer[], before: number | null): string {
  if (entries.length === 0) return "nothing was done yet\n";
  const more = before === null ? [] : [`… and older ones: --before ${before}`];
  return lines([...journalLines(entries, true), ...more]);
}

function journalLines(entries: readonly JournalEntryAnswer[], isOfAll: boolean): readonly string[] {
  const rows = entries.map((entry) => [
    ...(isOfAll ? [String(entry.sequence)] : []),
    instant(entry.atMs),
    ...(isOfAll ? [name(entry.route)] : []),
    name(entry.action) + (entry.isForced ? " (forced)" : ""),
    entry.from === entry.to ? name(entry.to) : `${name(entry.from)} → ${name(entry.to)}`,
    entry.gate === null ? "–" : entry.gate.verdict,
    `${name(entry.who)}: ${sentence(entry.reason)}`,
  ]);
  return table(rows, isOfAll ? [0] : []).map((line) => `  ${line}`);
}

const lines = (all: readonly string[]) => `${all.join("\n")}\n`;

// What `parallax rollout` does to a route, or to all: a reason always, a question where somebody is there to answer.
// Invariant: what was asked about is what is done: the route must still stand where it was shown to (its epoch).
import type { RolloutAction, RolloutRouteAnswer } from "../admin/rollout-schemas.ts";
import type { KillResult } from "../admin/schemas.ts";
import { CommandError } from "../core/errors.ts";
import { deleteJson, getJson, postJson } from "../report/admin-client.ts";
import type { RolloutOptions } from "./rollout-options.ts";
import { name, sentence } from "./rollout-words.ts";
import type { Terminal } from "./terminal.ts";

/** Those that move clients: asked about. */
const MOVES: readonly RolloutAction[] = ["promote", "rollback", "kill"];
/** Those that mean the step that was looked at: refused when it is another by now. Killing is never too late. */
const COMPARED: readonly RolloutAction[] = ["promote", "rollback", "arm"];
const NOTHING_CHANGED = "nothing was changed\n";

interface Changed {
  readonly route: RolloutRouteAnswer;
  readonly epoch: number;
}

/** The text to print. Throws a CommandError: 1 where it is refused as things stand. */
export async function act(
  action: RolloutAction,
  options: RolloutOptions,
  terminal: Terminal,
): Promise<string> {
  if (options.route === undefined)
    throw new CommandError(
      2,
      action === "kill" || action === "arm"
        ? `say which: parallax rollout ${action} ROUTE, or --all for the kill switch of all routes`
        : `say which: parallax rollout ${action} ROUTE`,
    );
  const path = `/api/rollout/${encodeURIComponent(options.route)}`;
  const before = await getJson<RolloutRouteAnswer>(options, path, {});
  const reason = action === "resume" ? options.reason : await reasonOf(options, terminal);
  if (MOVES.includes(action) && !(await isWanted(questionOf(action, before, options), options, terminal)))
    return NOTHING_CHANGED;
  const { to, force } = options;
  const body = { reason, to, force, epoch: COMPARED.includes(action) ? before.epoch : undefined };
  const changed = await postJson<Changed>(options, `${path}/${action}`, body);
  return options.format === "json" ? json(changed) : changedText(before, changed);
}

/** The kill switch: on with kill, off with arm. */
export async function actOnAll(
  action: "kill" | "arm",
  options: RolloutOptions,
  terminal: Terminal,
): Promise<string> {
  if (options.route !== undefined) throw new CommandError(2, "a route or --all, not both");
  const reason = await reasonOf(options, terminal);
  const question =
    action === "kill"
      ? "every route: served by the legacy alone, nothing mirrored. Kill? [y/N] "
      : "kill switch off: every route goes on where it stands. Go on? [y/N] ";
  if (!(await isWanted(question, options, terminal))) return NOTHING_CHANGED;
  const send = action === "kill" ? postJson : deleteJson;
  const result = await send<KillResult>(options, "/api/kill", { reason });
  if (options.format === "json") return json(result);
  const { isKilled, epoch, message } = result;
  const state = isKilled
    ? "the kill switch is on: legacy only, nothing mirrored"
    : "the kill switch is off: every route goes on where it stands, but for those that are latched or killed";
  return `${state}; epoch ${epoch}${message === undefined ? "" : `; ${sentence(message)}`}\n`;
}

/** Puts off the end of a deprecated route's legacy. */
export async function extend(options: RolloutOptions, terminal: Terminal): Promise<string> {
  const { route = "", sunset = "" } = options;
  const asked = Date.parse(sunset);
  if (Number.isNaN(asked))
    throw new CommandError(2, `--sunset is a date or a time, such as 2027-06-30: ${JSON.stringify(sunset)}`);
  const reason = await reasonOf(options, terminal);
  const path = `/api/rollout/${encodeURIComponent(route)}/extend`;
  const changed = await postJson<Changed>(options, path, { sunset: new Date(asked).toISOString(), reason });
  if (options.format === "json") return json(changed);
  return `${name(route)}: the sunset is ${new Date(asked).toISOString()}; epoch ${changed.epoch}\n`;
}

async function reasonOf({ reason }: RolloutOptions, { ask }: Terminal): Promise<string> {
  const given = (reason ?? (await ask?.("Reason: ")) ?? "").trim();
  if (given === "") throw new CommandError(2, "say why, with --reason TEXT: the journal keeps it");
  return given;
}

/** Without a terminal nobody can be asked, and the reason is the confirmation. */
async function isWanted(question: string, { yes }: RolloutOptions, { ask }: Terminal): Promise<boolean> {
  if (yes === true || ask === undefined) return true;
  return /^y(es)?$/i.test((await ask(question)).trim());
}

function questionOf(
  action: RolloutAction,
  { route, step, next, back, gate }: RolloutRouteAnswer,
  { to, force }: RolloutOptions,
): string {
  const from = `${name(route)}: ${name(step)}`;
  if (action === "kill") return `${from} → off: the legacy alone, nothing mirrored. Kill? [y/N] `;
  const target = (to === undefined ? (action === "promote" ? next : back)?.step : to) ?? "nowhere";
  if (action === "rollback") return `${from} → ${name(target)}. Roll back? [y/N] `;
  const missing = (gate?.checks ?? []).filter(({ verdict }) => verdict !== "pass").map((check) => check.name);
  const against = missing.length === 0 ? "" : `: ${[...new Set(missing)].join(", ")}`;
  const verdict = `${gate?.verdict ?? "nothing yet"}${against}`;
  return `${from} → ${name(target)}; the gate says ${verdict}. ${force === true ? "Force it" : "Promote"}? [y/N] `;
}

function changedText(before: RolloutRouteAnswer, { route, epoch }: Changed): string {
  const moved =
    before.step === route.step ? `at ${name(route.step)}` : `${name(before.step)} → ${name(route.step)}`;
  const states = [
    ...(route.isKilled ? ["killed: the legacy alone, nothing mirrored"] : []),
    ...(route.latch === null ? [] : [`latched until: parallax rollout arm ${name(route.route)}`]),
    ...(route.isPaused ? [`paused until: parallax rollout resume ${name(route.route)}`] : []),
    ...(route.stragglers.length === 0
      ? []
      : [`not acknowledged yet by ${route.stragglers.map(name).join(", ")}`]),
  ];
  return `${[`${name(route.route)}: ${moved}`, `epoch ${epoch}`, ...states].join("; ")}\n`;
}

const json = (answer: object) => `${JSON.stringify(answer, undefined, 2)}\n`;

// `parallax rollout`: where routes stand, what is next, what was done; and what people do to them (rollout-act.ts).
// All of it through the admin API, which decides; this words the question and the answer.
import type { JournalEntryAnswer, PlanAnswer, RolloutRouteAnswer } from "../admin/rollout-schemas.ts";
import type { Summary } from "../admin/schemas.ts";
import { assertNever } from "../core/assert.ts";
import { CommandError } from "../core/errors.ts";
import { type AdminAddress, getJson, NotFound } from "../report/admin-client.ts";
import { act, actOnAll, extend } from "./rollout-act.ts";
import type { RolloutOptions, RolloutVerb } from "./rollout-options.ts";
import { renderPlan } from "./rollout-plan-text.ts";
import { renderJournal, renderRoute, renderRoutes } from "./rollout-text.ts";
import { STANDARD_TERMINAL, type Terminal } from "./terminal.ts";

/** Entries of the journal that `show` ends with. */
const SHOWN_ENTRIES = 10;

interface JournalAnswer {
  readonly entries: readonly JournalEntryAnswer[];
  readonly before: number | null;
}

/** The exit code: 0 done, 1 refused as things stand, 2 usage, 3 it could not be asked or done. */
export async function runRollout(
  verb: RolloutVerb,
  options: RolloutOptions,
  terminal = STANDARD_TERMINAL,
): Promise<number> {
  try {
    terminal.write(await answerTo(verb, options, terminal));
    return 0;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    // A name that no route has is the caller's mistake, and the answer tells the names there are.
    const isName = error instanceof NotFound && error.told !== "";
    terminal.writeError(`parallax rollout ${verb}: ${isName ? error.told : error.message}\n`);
    return isName ? 2 : error.exitCode;
  }
}

function answerTo(verb: RolloutVerb, options: RolloutOptions, terminal: Terminal): Promise<string> {
  switch (verb) {
    case "ls":
      return list(options);
    case "show":
      return show(options);
    case "plan":
      return plan(options);
    case "journal":
      return journal(options);
    case "kill":
    case "arm":
      return options.all === true ? actOnAll(verb, options, terminal) : act(verb, options, terminal);
    case "extend":
      return extend(options, terminal);
    case "promote":
    case "pause":
    case "resume":
    case "rollback":
      return act(verb, options, terminal);
    default:
      return assertNever(verb);
  }
}

async function list(options: RolloutOptions): Promise<string> {
  const answer = await getJson<{ routes: readonly RolloutRouteAnswer[] }>(options, "/api/rollout", {});
  return options.format === "json" ? json(answer) : renderRoutes(answer.routes, await isKilled(options));
}

async function show(options: RolloutOptions): Promise<string> {
  const { route = "" } = options;
  const found = await getJson<RolloutRouteAnswer>(options, `/api/rollout/${encodeURIComponent(route)}`, {});
  const { entries } = await getJson<JournalAnswer>(options, "/api/journal", { route, limit: SHOWN_ENTRIES });
  if (options.format === "json") return json({ route: found, journal: entries });
  return renderRoute(found, { entries, isKilled: await isKilled(options) });
}

async function isKilled(options: AdminAddress): Promise<boolean> {
  return (await getJson<Pick<Summary, "isKilled">>(options, "/api/summary", {})).isKilled;
}

async function plan(options: RolloutOptions): Promise<string> {
  const path = `/api/rollout/${encodeURIComponent(options.route ?? "")}/plan`;
  const answer = await getJson<PlanAnswer>(options, path, {});
  return options.format === "json" ? json(answer) : renderPlan(answer);
}

async function journal({ route, limit, before, ...options }: RolloutOptions): Promise<string> {
  const answer = await getJson<JournalAnswer>(options, "/api/journal", { route, limit, before });
  return options.format === "json" ? json(answer) : renderJournal(answer.entries, answer.before);
}

const json = (answer: object) => `${JSON.stringify(answer, undefined, 2)}\n`;

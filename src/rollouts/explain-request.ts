// Who serves a request that somebody describes, now or at a time past: the route as the snapshot has it, or as the
// journal had it then. What the config said then is not known: that is among the notes.
import type { ExplainAnswer, ExplainBody } from "../admin/rollout-schemas.ts";
import type { RolloutJournal } from "../control/rollout-journal.ts";
import type { RouteSettings, Snapshot } from "../core/snapshot.ts";
import { DescribedRoutes } from "../proxy/described-routes.ts";
import { explain } from "../rollout/decide/explain.ts";
import { stepText } from "../rollout/step.ts";
import type { RouteState } from "../rollout/terms.ts";

export interface ExplainParts {
  readonly snapshot: Snapshot;
  readonly journal: RolloutJournal;
}

const CONFIG_NOTE =
  "Cohorts, lists and units are as they are configured now: the journal keeps stages alone.";

function asIn(route: RouteSettings, { at, isKilled, since, salt }: RouteState): RouteSettings {
  const { rollout } = route;
  return {
    ...route,
    stage: isKilled ? "off" : at.stage,
    rollout: { ...rollout, basisPoints: at.basisPoints, since, salt: salt ?? rollout.salt },
  };
}

/** Undefined for a route that is not there. */
export async function explainRequest(
  asked: ExplainBody,
  { snapshot, journal }: ExplainParts,
): Promise<ExplainAnswer | undefined> {
  const routes = new DescribedRoutes(snapshot);
  const now = asked.route === undefined ? routes.matching(asked) : routes.named(asked.route);
  if (now === undefined) return undefined;
  const past = asked.atMs === undefined ? undefined : await journal.stateAt(now.name, asked.atMs);
  const notes: string[] = asked.atMs === undefined ? [] : [CONFIG_NOTE];
  if (past === null) notes.push("The journal has nothing of the route at that time or before: as it is now.");
  const isThen = past !== undefined && past !== null && !("ok" in past);
  if (past !== undefined && past !== null && "ok" in past) notes.push(past.message);
  const route = isThen ? asIn(now, past) : now;
  // The kill switch is in the audit log, not in the journal of routes.
  const explained = explain({
    route,
    snapshot: asked.atMs === undefined ? snapshot : { ...snapshot, isKilled: false },
    request: asked,
  });
  const { stage, rollout } = route;
  return {
    ...explained,
    step: stepText({ stage, basisPoints: rollout.basisPoints }),
    epoch: rollout.since,
    isFromJournal: isThen,
    notes: [...explained.notes, ...notes],
  };
}

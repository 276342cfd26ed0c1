// The page in front of the real admin listener, with rollouts in memory.
import type { RolloutRouteAnswer } from "../../src/admin/rollout-schemas.ts";
import { startAdmin } from "../admin/fixtures.ts";
import { MemoryRollout } from "../admin/memory-rollout.ts";
import { startBrowser, type Visit, type VisitOptions } from "./browser.ts";
import { JOURNAL, ROUTES } from "./rollout-routes.ts";

export interface BoardVisit extends Visit {
  readonly desk: MemoryRollout;
  readonly base: string;
  /** As somebody else would, through the API. */
  act(path: string, body: object): Promise<Response>;
}

/** Once a file; each visit has a listener and a desk of its own. */
export async function startBoards() {
  let origin = "";
  const open = await startBrowser(() => origin);
  return async (
    path: string,
    options: VisitOptions = {},
    routes: readonly RolloutRouteAnswer[] = ROUTES,
  ): Promise<BoardVisit> => {
    const desk = new MemoryRollout([...routes], [...JOURNAL]);
    const { base } = await startAdmin({}, { rollout: desk });
    origin = base;
    const act = (address: string, body: object) =>
      fetch(`${base}/api/rollout/${address}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    return { ...(await open(path, options)), desk, base, act };
  };
}

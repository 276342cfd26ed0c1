// The API of what can go now.
import type { StoreRead } from "../store/store.ts";
import { answerFrom, ok, route, STORE_DOWN } from "./api-route.ts";
import { cleanupSchema, findCleanups } from "./cleanup.ts";
import type { AdminDependencies } from "./dependencies.ts";
import { NO_QUERY } from "./query-schemas.ts";

export const CLEANUP_ROUTES = [
  route({
    method: "get",
    path: "/api/cleanup",
    summary: "What can go now: dead rules, finished routes, unused overrides, legacies past their sunset",
    role: "viewer",
    query: NO_QUERY,
    answer: cleanupSchema,
    failures: STORE_DOWN,
    handle: async ({ dependencies }) => {
      const { clock, rollout } = dependencies;
      const rules = await dependencies.rules();
      if (rules.kind === "failed") return answerFrom(rules, ok);
      const called = await calledSinceSunset(dependencies);
      return answerFrom(called, (calledSince) =>
        ok({
          items: findCleanups({
            nowMs: clock.nowMs(),
            uptimeSeconds: dependencies.summary().uptime,
            rules: rules.value,
            rollouts: rollout.routes(),
            inUse: dependencies.inUse(),
            calledSinceSunset: calledSince,
          }),
        }),
      );
    },
  }),
];

async function calledSinceSunset({
  inUse,
  clock,
  store,
}: AdminDependencies): Promise<StoreRead<ReadonlyMap<string, boolean>>> {
  const called = new Map<string, boolean>();
  for (const { route: name, sunsetMs } of inUse().routes) {
    if (sunsetMs === undefined || sunsetMs > clock.nowMs()) continue;
    const read = await store.callers({ route: name, sinceMs: sunsetMs, limit: 1 });
    if (read.kind === "failed") return read;
    called.set(name, read.value.total > 0);
  }
  return { kind: "ok", value: called };
}

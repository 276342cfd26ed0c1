// What must hold between the keys of adapters and others: conditions that can be asked, statuses that are mapped
// once, and bodies that fit into what a thread may keep.
import type { CrossFault } from "./problem.ts";
import { type AskedValue, claimFaults, pathFaults } from "./rollout-checks.ts";
import type { AdaptersConfig } from "./schema-adapters.ts";
import type { RouteConfig } from "./schema-routes.ts";

function statusFaults({ response }: AdaptersConfig, route: number): CrossFault[] {
  const seen = new Set<number | string>();
  return response.flatMap((operation, index) => {
    if (operation.kind !== "status") return [];
    const isSeen = seen.has(operation.from);
    seen.add(operation.from);
    return isSeen
      ? [
          {
            path: ["routes", route, "adapters", "response", index, "from"],
            found: String(operation.from),
            allowed: "a status that no operation before it maps: the first one counts",
          },
        ]
      : [];
  });
}

/** A route, or the section beside it, is undefined where the schema refuses it. */
export function adapterFaults(
  routes: readonly (RouteConfig | undefined)[],
  {
    hasTokens,
    captureBytesMax,
  }: { readonly hasTokens: boolean; readonly captureBytesMax: number | undefined },
): CrossFault[] {
  return routes.flatMap((route, index) => {
    if (route?.adapters === undefined) return [];
    const path = ["routes", index, "adapters"];
    const { when, bodyBytesMax } = route.adapters;
    const asked = when.map((value, at): AskedValue => ({ value, path: [...path, "when", at] }));
    const isTooLarge = captureBytesMax !== undefined && bodyBytesMax > captureBytesMax;
    return [
      ...pathFaults(asked, [route.match.path]),
      ...(hasTokens ? [] : claimFaults(asked)),
      ...statusFaults(route.adapters, index),
      ...(isTooLarge
        ? [
            {
              path: [...path, "bodyBytesMax"],
              found: String(bodyBytesMax),
              allowed: `at most limits.captureBytesMax (${captureBytesMax}), which it is taken from`,
            },
          ]
        : []),
    ];
  });
}

// What must hold between the keys of rollouts: sources that exist, names once, an order of routes without a circle, and
// an override header that is nobody else's.
import type { CrossFault, KeyPath } from "./problem.ts";
import { segmentOf } from "./rollout-settings.ts";
import type { RolloutConfig, RouteRolloutConfig, ValueConfig } from "./schema-rollout.ts";
import type { RouteConfig } from "./schema-routes.ts";

/** The override header is taken out of every request: these are not to be. */
const KEPT_HEADERS: readonly string[] = [
  "accept",
  "authorization",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "cookie",
  "expect",
  "forwarded",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "traceparent",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "via",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-parallax-role",
  "x-parallax-served-by",
];
const LISTS = ["deny", "allow", "cohorts"] as const;

/** A value of a request that the config asks for, and where it does so. */
export interface AskedValue {
  readonly value: ValueConfig;
  readonly path: KeyPath;
}

type Routes = readonly (RouteConfig | undefined)[];

function unitsOf(units: RolloutConfig["units"] | undefined, path: KeyPath): AskedValue[] {
  return (units ?? []).map((value, index) => ({ value, path: [...path, "units", index] }));
}

function askedBy(rollout: RouteRolloutConfig, path: KeyPath): AskedValue[] {
  const ofLists = LISTS.flatMap((list) =>
    rollout[list].flatMap(({ where }, cohort) =>
      where.map((value, index) => ({ value, path: [...path, list, cohort, "where", index] })),
    ),
  );
  return [...unitsOf(rollout.units, path), ...ofLists];
}

export function pathFaults(asked: readonly AskedValue[], templates: readonly string[]): CrossFault[] {
  return asked.flatMap(({ value, path }) => {
    if (value.path === undefined || templates.some((template) => segmentOf(template, value.path ?? "") >= 0))
      return [];
    const [template = "/**"] = templates;
    const which = templates.length > 1 ? "one of the routes' templates" : `the route's template ${template}`;
    return [
      {
        path: [...path, "path"],
        found: value.path,
        allowed: `a parameter that ${which} has, {${value.path}}`,
      },
    ];
  });
}

export function claimFaults(asked: readonly AskedValue[]): CrossFault[] {
  return asked.flatMap(({ value, path }) =>
    value.claim === undefined
      ? []
      : [
          {
            path: [...path, "claim"],
            found: value.claim,
            allowed: "a claim only with rollout.jwt, which says how tokens are read",
          },
        ],
  );
}

function jwtFaults({ jwt }: RolloutConfig): CrossFault[] {
  if (jwt === undefined) return [];
  const path = ["rollout", "jwt", "keysFile"];
  if (jwt.trust === "verified" && jwt.keysFile === undefined)
    return [
      { path, found: undefined, allowed: "the path of a JSON Web Key Set, which trust: verified needs" },
    ];
  if (jwt.trust === "unverified" && jwt.keysFile !== undefined)
    return [
      {
        path,
        found: jwt.keysFile,
        allowed: "no key set with trust: unverified; or trust: verified, to use it",
      },
    ];
  return [];
}

function overrideFaults({ override }: RolloutConfig): CrossFault[] {
  if (!KEPT_HEADERS.includes(override.header.toLowerCase())) return [];
  return [
    {
      path: ["rollout", "override", "header"],
      found: override.header,
      allowed: "a header of its own, such as x-parallax-upstream: it is taken out of every request",
    },
  ];
}

function nameFaults(rollout: RouteRolloutConfig, path: KeyPath): CrossFault[] {
  const seen = new Map<string, string>();
  return LISTS.flatMap((list) =>
    rollout[list].flatMap(({ name }, index) => {
      const before = seen.get(name);
      seen.set(name, before ?? list);
      if (before === undefined) return [];
      const allowed = `a name that no other entry of the route's lists has; ${before} has it already`;
      return [{ path: [...path, list, index, "name"], found: name, allowed }];
    }),
  );
}

/** Routes that are named and are not there, and each circle once, said where it closes. */
function afterFaults(routes: Routes): CrossFault[] {
  const places = new Map<string, { readonly index: number; readonly after: readonly string[] }>();
  for (const [index, route] of routes.entries())
    if (route !== undefined && !places.has(route.name))
      places.set(route.name, { index, after: route.rollout.after });
  const faults: CrossFault[] = [];
  const state = new Map<string, "open" | "done">();
  for (const first of places.keys()) {
    // Depth first, without recursion: thousands of routes may stand in one line.
    const trail: { readonly name: string; next: number }[] = [{ name: first, next: 0 }];
    while (trail.length > 0) {
      const step = trail.at(-1) as { readonly name: string; next: number };
      const place = places.get(step.name);
      if (state.get(step.name) === "done" || place === undefined || step.next >= place.after.length) {
        state.set(step.name, "done");
        trail.pop();
        continue;
      }
      state.set(step.name, "open");
      const at = step.next++;
      const name = place.after[at] as string;
      const path = ["routes", place.index, "rollout", "after", at];
      if (state.get(name) === "open") {
        const from = trail.findIndex((other) => other.name === name);
        const circle = [...trail.slice(from).map((other) => other.name), name].join(" → ");
        faults.push({ path, found: name, allowed: `an order of routes without a circle (${circle})` });
      } else if (places.has(name)) trail.push({ name, next: 0 });
      // A route that the schema refuses has its own fault.
      else if (routes.every((route) => route !== undefined))
        faults.push({ path, found: name, allowed: "the name of another route of this config" });
    }
  }
  return faults;
}

/** `rollout` is undefined where the schema refuses it; a route likewise. */
export function rolloutFaults(rollout: RolloutConfig | undefined, routes: Routes): CrossFault[] {
  const known = [...routes.entries()].flatMap(([index, route]) =>
    route === undefined ? [] : [{ route, path: ["routes", index, "rollout"] as KeyPath }],
  );
  const faults = known.flatMap(({ route, path }) => [
    ...pathFaults(askedBy(route.rollout, path), [route.match.path]),
    ...nameFaults(route.rollout, path),
  ]);
  faults.push(...afterFaults(routes));
  if (rollout === undefined) return faults;
  const ofAll = unitsOf(rollout.units, ["rollout"]);
  // Those that one route has not are no unit of it; those that none has are a slip.
  const templates = known.map(({ route }) => route.match.path);
  if (known.length === routes.length) faults.push(...pathFaults(ofAll, templates));
  if (rollout.jwt === undefined)
    faults.push(
      ...claimFaults([...ofAll, ...known.flatMap(({ route, path }) => askedBy(route.rollout, path))]),
    );
  return [...faults, ...jwtFaults(rollout), ...overrideFaults(rollout)];
}

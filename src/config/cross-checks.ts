// What must hold between keys: addresses that would feed Parallax to itself, sizes that could never fit, names
// twice. Runs beside the schema, so that one report has every problem; it skips what the schema refused.
import type * as z from "zod";
import { adapterFaults } from "./adapter-checks.ts";
import { adminFaults } from "./admin-checks.ts";
import { parseAddress, reaches, upstreamAddress } from "./grammar.ts";
import type { CrossFault, KeyPath } from "./problem.ts";
import { rolloutFaults } from "./rollout-checks.ts";
import { ruleListFaults } from "./rule-list.ts";
import { settingsSchema, type UpstreamConfig } from "./schema.ts";
import { type RouteConfig, routeSchema } from "./schema-routes.ts";

/** Heads of request and answer in a record of the seam, beside the bodies; and the record's own fields. */
const RECORD_OVERHEAD_BYTES = 64 * 1024;

/** A record lies in one piece, so that wherever the ring stands, one of half its size surely fits. */
const RECORD_SHARE = 2;

type Shape = typeof settingsSchema.shape;

/** One section by itself; undefined when the schema refuses it. */
function section<K extends keyof Shape>(
  tree: Record<string, unknown>,
  key: K,
): z.output<Shape[K]> | undefined {
  const outcome = settingsSchema.shape[key].safeParse(tree[key]);
  return outcome.success ? (outcome.data as z.output<Shape[K]>) : undefined;
}

const UPSTREAM_NAMES = ["legacy", "candidate", "baseline"] as const;

/** The upstreams that the schema accepts, each by itself. */
function upstreamsOf(given: unknown): Partial<Record<(typeof UPSTREAM_NAMES)[number], UpstreamConfig>> {
  if (typeof given !== "object" || given === null) return {};
  const shape = settingsSchema.shape.upstreams.unwrap().shape;
  const upstreams: Partial<Record<(typeof UPSTREAM_NAMES)[number], UpstreamConfig>> = {};
  for (const name of UPSTREAM_NAMES) {
    const upstream = shape[name].safeParse((given as Record<string, unknown>)[name]).data;
    if (upstream !== undefined) upstreams[name] = upstream;
  }
  return upstreams;
}

function upstreamFaults(tree: Record<string, unknown>): CrossFault[] {
  const faults: CrossFault[] = [];
  const given = tree["upstreams"] ?? {};
  const upstreams = upstreamsOf(given);
  if (typeof given === "object" && !("legacy" in given))
    faults.push({
      path: ["upstreams", "legacy", "url"],
      found: undefined,
      allowed: "the legacy's URL, which is missing: --legacy URL, PARALLAX_LEGACY or this key",
    });
  const listen = parseAddress(section(tree, "listen") ?? "");
  const admin = parseAddress(section(tree, "admin")?.listen ?? "");
  for (const name of UPSTREAM_NAMES) {
    const upstream = upstreams[name];
    if (upstream === undefined) continue;
    const path = ["upstreams", name, "url"];
    const to = upstreamAddress(upstream.url);
    if (listen !== undefined && reaches(to, listen))
      faults.push({
        path,
        found: upstream.url,
        allowed: "another address than listen: this is Parallax itself",
      });
    if (admin !== undefined && reaches(to, admin))
      faults.push({ path, found: upstream.url, allowed: "another address than admin.listen" });
    if (upstream.tls !== undefined && !to.isTls)
      faults.push({
        path: ["upstreams", name, "tls"],
        found: undefined,
        allowed: "tls for an https:// URL alone; make the URL https:// or remove this key",
      });
  }
  const { legacy, candidate, baseline } = upstreams;
  if (candidate === undefined) return faults;
  for (const other of [legacy, baseline]) {
    if (other === undefined || !isSameAddress(other.url, candidate.url)) continue;
    faults.push({
      path: ["upstreams", "candidate", "url"],
      found: candidate.url,
      allowed: `another address than upstreams.${other === legacy ? "legacy" : "baseline"}: it would be compared with itself`,
    });
  }
  return faults;
}

function isSameAddress(one: string, other: string): boolean {
  const a = upstreamAddress(one);
  const b = upstreamAddress(other);
  return a.host === b.host && a.port === b.port;
}

/** `baseline` is looked at as it was given: one that the schema refuses is there, and has its own fault. */
function noiseFaults(tree: Record<string, unknown>): CrossFault[] {
  if (section(tree, "noise")?.baseline !== "upstream") return [];
  const upstreams = tree["upstreams"] ?? {};
  const isGiven = typeof upstreams === "object" && Object.hasOwn(upstreams, "baseline");
  if (isGiven && (upstreams as Record<string, unknown>)["baseline"] !== undefined) return [];
  return [
    {
      path: ["noise", "baseline"],
      found: "upstream",
      allowed: "self or off without upstreams.baseline; or give that one's URL (--baseline URL)",
    },
  ];
}

function routesOf(tree: Record<string, unknown>): (RouteConfig | undefined)[] {
  const routes = tree["routes"];
  if (!Array.isArray(routes)) return [];
  return routes.map((route: unknown) => routeSchema.safeParse(route).data);
}

function sizeFaults(
  tree: Record<string, unknown>,
  routes: readonly (RouteConfig | undefined)[],
): CrossFault[] {
  const faults: CrossFault[] = [];
  const limits = section(tree, "limits");
  const mirror = section(tree, "mirror");
  if (limits === undefined) return faults;
  if (limits.targetBytesMax >= limits.headBytesMax)
    faults.push({
      path: ["limits", "targetBytesMax"],
      found: limits.targetBytesMax,
      allowed: `less than limits.headBytesMax (${limits.headBytesMax}), which the target is a part of`,
    });
  if (mirror === undefined) return faults;
  let bodies = mirror.requestBytesMax + mirror.answerBytesMax;
  for (const route of routes) {
    if (route === undefined) continue;
    const { requestBytesMax = mirror.requestBytesMax, answerBytesMax = mirror.answerBytesMax } = route.mirror;
    bodies = Math.max(bodies, requestBytesMax + answerBytesMax);
  }
  const exchange = bodies + 2 * limits.headBytesMax + RECORD_OVERHEAD_BYTES;
  const holders = [
    { path: ["seam", "bytes"], size: section(tree, "seam")?.bytes, needs: RECORD_SHARE * exchange },
    { path: ["limits", "captureBytesMax"], size: limits.captureBytesMax, needs: bodies },
    {
      path: ["shadow", "inFlightBytesMax"],
      size: section(tree, "shadow")?.inFlightBytesMax,
      needs: exchange,
    },
  ];
  for (const { path, size, needs } of holders) {
    if (size === undefined || size >= needs) continue;
    faults.push({
      path,
      found: size,
      allowed: `at least ${needs}: mirror.requestBytesMax and mirror.answerBytesMax allow exchanges with ${bodies} bytes of bodies; raise this, or lower those`,
    });
  }
  return faults;
}

/** The routes that would leave nothing for this one, as texts: the same path for the same or all methods and hosts. */
function matchTexts({ match }: RouteConfig): [itself: string, ...wider: string[]] {
  const segments = match.path.split("/").filter((segment) => segment !== "");
  const path = segments.map((segment) => (segment.startsWith("{") ? "*" : segment)).join("/");
  const methods = [...match.methods].sort().join(" ");
  const hosts = match.hosts
    .map((host) => host.toLowerCase())
    .sort()
    .join(" ");
  const text = (...parts: readonly string[]) => JSON.stringify([path, ...parts]);
  return [text(methods, hosts), text("", hosts), text(methods, ""), text("", "")];
}

function routeFaults(routes: readonly (RouteConfig | undefined)[]): CrossFault[] {
  const faults: CrossFault[] = [];
  const names = new Set<string>();
  const matches = new Map<string, string>();
  for (const [index, route] of routes.entries()) {
    if (route === undefined) continue;
    if (names.has(route.name))
      faults.push({
        path: ["routes", index, "name"],
        found: route.name,
        allowed: "a name that no other route has",
      });
    names.add(route.name);
    const texts = matchTexts(route);
    const before = texts.map((text) => matches.get(text)).find((name) => name !== undefined);
    if (before !== undefined)
      faults.push({
        path: ["routes", index, "match"],
        found: route.match.path,
        allowed: `a match that the earlier route ${before} leaves requests for: of equal paths the first takes them`,
      });
    else matches.set(texts[0], route.name);
  }
  return faults;
}

function headerFaults(
  tree: Record<string, unknown>,
  routes: readonly (RouteConfig | undefined)[],
): CrossFault[] {
  const faults: CrossFault[] = [];
  const check = (path: KeyPath, headers: Readonly<Record<string, string>> | undefined) => {
    const seen = new Set<string>();
    for (const name of Object.keys(headers ?? {})) {
      const lower = name.toLowerCase();
      if (seen.has(lower))
        faults.push({
          path: [...path, name],
          found: undefined,
          allowed: "each header once; letter case does not count",
        });
      seen.add(lower);
    }
  };
  check(["mirror", "setHeaders"], section(tree, "mirror")?.setHeaders);
  for (const [index, route] of routes.entries())
    check(["routes", index, "mirror", "setHeaders"], route?.mirror.setHeaders);
  return faults;
}

/** Rules that can do nothing where they stand, list by list; a rule about a header that nobody compares. */
function ruleFaults(
  tree: Record<string, unknown>,
  routes: readonly (RouteConfig | undefined)[],
): CrossFault[] {
  const headers = section(tree, "compare")?.headers;
  const headersOf = (route: RouteConfig | undefined) => route?.compare.headers ?? headers ?? [];
  const all = headers === undefined ? undefined : [...headers, ...routes.flatMap(headersOf)];
  const faults = ruleListFaults(tree["rules"], {
    path: ["rules"],
    headers: all,
    headersKey: "compare.headers",
  });
  for (const [index, route] of (Array.isArray(tree["routes"]) ? tree["routes"] : []).entries()) {
    if (typeof route !== "object" || route === null) continue;
    const isKnown = headers !== undefined && routes[index] !== undefined;
    faults.push(
      ...ruleListFaults((route as Record<string, unknown>)["rules"], {
        path: ["routes", index, "rules"],
        headers: isKnown ? headersOf(routes[index]) : undefined,
        headersKey: `routes[${index}].compare.headers`,
      }),
    );
  }
  return faults;
}

/** Every fault between keys of the config as read, before defaults. */
export function crossFaults(given: unknown): CrossFault[] {
  if (typeof given !== "object" || given === null || Array.isArray(given)) return [];
  const tree = given as Record<string, unknown>;
  const routes = routesOf(tree);
  return [
    ...upstreamFaults(tree),
    ...noiseFaults(tree),
    ...adminFaults(section(tree, "admin"), section(tree, "listen")),
    ...sizeFaults(tree, routes),
    ...routeFaults(routes),
    ...headerFaults(tree, routes),
    ...ruleFaults(tree, routes),
    ...rolloutFaults(section(tree, "rollout"), routes),
    ...adapterFaults(routes, {
      // One that the schema refuses has its own fault.
      hasTokens: section(tree, "rollout")?.jwt !== undefined || section(tree, "rollout") === undefined,
      captureBytesMax: section(tree, "limits")?.captureBytesMax,
    }),
  ];
}

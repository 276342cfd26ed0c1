// Config → the frozen snapshot that every thread acts on. Pure: epoch, ids and switches are arguments.
// A route keeps its slot for as long as the process lives, since its counters lie there.
import { isIP } from "node:net";
import type { ContractDocument } from "../contract/contract-document.ts";
import { endpointTemplatesOf } from "../contract/read-contract.ts";
import { assert } from "../core/assert.ts";
import { OTHER_SLOT, ROUTE_SLOTS } from "../core/counters.ts";
import { OTHER } from "../core/other.ts";
import type { Rule } from "../core/rule.ts";
import type {
  CompareSettings,
  JwtSettings,
  MirrorSettings,
  RecordSettings,
  RouteSettings,
  Snapshot,
  Stage,
  UpstreamSettings,
} from "../core/snapshot.ts";
import { adaptersFrom } from "./adapter-settings.ts";
import { deepFreeze } from "./deep-freeze.ts";
import { deprecationFrom } from "./deprecation-settings.ts";
import { parseNetwork, upstreamAddress } from "./grammar.ts";
import type { Config } from "./load.ts";
import { ruleFrom } from "./read-rule.ts";
import { type RoutePosition, routeRolloutFrom } from "./rollout-settings.ts";
import type { Settings, UpstreamConfig } from "./schema.ts";
import type { RouteConfig } from "./schema-routes.ts";
import type { RuleConfig } from "./schema-rules.ts";

/** The route of what no configured route matches: in slot 0, never mirrored. */
export const DEFAULT_ROUTE = "default";

/** Values of these are never stored, whatever the config says: it can only add to them. */
export const REDACTED_HEADERS: readonly string[] = [
  "authorization",
  "cookie",
  "proxy-authorization",
  "set-cookie",
  "x-api-key",
  "x-auth-token",
  "x-csrf-token",
];
export const REDACTED_QUERY_PARAMETERS: readonly string[] = [
  "access_token",
  "api_key",
  "apikey",
  "id_token",
  "password",
  "refresh_token",
  "secret",
  "sig",
  "signature",
  "token",
];

/** Route name → counter slot. Slots are never given to another name; past the last one there is slot 0 alone. */
export class RouteSlots {
  readonly #slots = new Map<string, number>([[OTHER, OTHER_SLOT]]);

  slotOf(name: string): number {
    const known = this.#slots.get(name);
    if (known !== undefined) return known;
    if (this.#slots.size >= ROUTE_SLOTS) return OTHER_SLOT;
    const slot = this.#slots.size;
    this.#slots.set(name, slot);
    return slot;
  }

  /** Every slot that was ever given out. */
  entries(): readonly { readonly slot: number; readonly name: string }[] {
    return [...this.#slots].map(([name, slot]) => ({ slot, name }));
  }
}

export interface SnapshotState {
  readonly epoch: number;
  readonly instanceId: string;
  readonly isKilled: boolean;
  readonly slots: RouteSlots;
  /** Endpoint templates that were learnt from traffic. */
  readonly learnedTemplates?: readonly string[];
  /** Rules that were put to work while running: after those of the config, on their route or on all. */
  readonly addedRules?: readonly SnapshotRule[];
  /** Route → where it stands; those that never moved are left out. */
  readonly positions?: ReadonlyMap<string, RoutePosition> | undefined;
}

interface SnapshotRule {
  readonly route: string | undefined;
  readonly rule: Rule;
}

const lowerCase = (names: readonly string[]) => [...new Set(names.map((name) => name.toLowerCase()))];
const each = (names: readonly string[]) => [...new Set(names)];

/** The Host header that goes with a URL: the port only where it is not the scheme's own. */
function hostOf(url: string): string {
  return new URL(url).host;
}

/** RFC 6066 §3 knows no addresses as server names; without one, the certificate is checked against the address. */
function serverNameOf(host: string): string {
  return isIP(host) === 0 ? host : "";
}

function upstreamSettings(
  name: UpstreamSettings["name"],
  config: UpstreamConfig,
  ca: string,
): UpstreamSettings {
  const { host, port, isTls } = upstreamAddress(config.url);
  const { url, tls, hostHeader, ...rest } = config;
  return {
    name,
    host,
    port,
    tls: isTls
      ? { ca, servername: tls?.servername ?? serverNameOf(host), verify: tls?.verify ?? true }
      : undefined,
    hostHeader: hostHeader === "url" ? hostOf(url) : hostHeader,
    ...rest,
  };
}

type Overrides<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** `base` with what `overrides` says otherwise. */
function overridden<T extends object>(base: T, overrides: Overrides<T> | undefined): T {
  const said = Object.entries(overrides ?? {}).filter(([, value]) => value !== undefined);
  return { ...base, ...Object.fromEntries(said) };
}

function mirrorSettings(
  mirror: Settings["mirror"],
  overrides: RouteConfig["mirror"] | undefined,
  candidateHost: string,
): MirrorSettings {
  const { methods, setHeaders, removeHeaders, hostHeader, pathRewrite, ...rest } = overridden(
    mirror,
    overrides,
  );
  return {
    ...rest,
    methods: each(methods),
    setHeaders: Object.entries(setHeaders).map(([name, value]) => [name.toLowerCase(), value] as const),
    removeHeaders: lowerCase(removeHeaders),
    hostHeader: hostHeader === "url" ? candidateHost : hostHeader,
    pathRewrite,
  };
}

function compareSettings(
  compare: Settings["compare"],
  overrides: RouteConfig["compare"] | undefined,
  { rules, folder }: { readonly rules: readonly RuleConfig[]; readonly folder: string },
): CompareSettings {
  const { headers, ...rest } = overridden(compare, overrides);
  return { ...rest, headers: lowerCase(headers), rules: rules.map((rule) => ruleFrom(rule, folder)) };
}

function withAdded(route: RouteSettings, added: readonly SnapshotRule[]): RouteSettings {
  const rules = added.filter((rule) => rule.route === undefined || rule.route === route.name);
  if (rules.length === 0) return route;
  const { compare } = route;
  return { ...route, compare: { ...compare, rules: [...compare.rules, ...rules.map(({ rule }) => rule)] } };
}

/** In the order of the file; the last one takes what no other does. */
function routeSettings(
  { settings, contracts, folder }: Config,
  { slots, positions }: Pick<SnapshotState, "slots" | "positions">,
): RouteSettings[] {
  const { upstreams, mirror, compare, rules, routes, rollout } = settings;
  const candidateHost = upstreams.candidate === undefined ? "preserve" : hostOf(upstreams.candidate.url);
  const everything = { path: "/**", methods: [], hosts: [] };
  const globalMirror = mirrorSettings(mirror, undefined, candidateHost);
  const globalCompare = compareSettings(compare, undefined, { rules, folder });
  /** Where a route stands, and who of it is the candidate's. */
  const standing = (name: string, begin: Stage, route?: RouteConfig) => {
    const position = positions?.get(name) ?? { stage: begin, basisPoints: 0, since: 0 };
    const template = route?.match.path ?? everything.path;
    return {
      stage: position.stage,
      rollout: routeRolloutFrom(rollout, route?.rollout, { position, template }),
      deprecation: deprecationFrom(route?.deprecation, position),
      adapters: adaptersFrom(route?.adapters, template),
    };
  };
  const plain = {
    match: everything,
    mirror: globalMirror,
    compare: globalCompare,
    contract: contracts.global,
  };
  const configured: RouteSettings[] = routes.map((route) => ({
    slot: slots.slotOf(route.name),
    name: route.name,
    match: {
      path: route.match.path,
      methods: each(route.match.methods),
      hosts: lowerCase(route.match.hosts),
    },
    // The shadow side finds a route by its slot: without one of its own it is served and not mirrored.
    ...(slots.slotOf(route.name) === OTHER_SLOT
      ? standing(OTHER, "off", route)
      : standing(route.name, route.stage, route)),
    mirror: mirrorSettings(mirror, route.mirror, candidateHost),
    compare: compareSettings(compare, route.compare, { rules: [...route.rules, ...rules], folder }),
    contract: contracts.routes[route.name] ?? contracts.global,
  }));
  if (configured.length === 0) {
    const isUsed = upstreams.candidate !== undefined || settings.record.dir !== undefined;
    configured.push({
      slot: slots.slotOf(DEFAULT_ROUTE),
      name: DEFAULT_ROUTE,
      ...standing(DEFAULT_ROUTE, isUsed ? "shadow" : "off"),
      ...plain,
    });
  }
  return [...configured, { slot: OTHER_SLOT, name: OTHER, ...standing(OTHER, "off"), ...plain }];
}

function recordSettings({ dir, methods, ...rest }: Settings["record"]): RecordSettings | undefined {
  return dir === undefined ? undefined : { ...rest, dir, methods };
}

function jwtSettings({ settings, tokenKeys }: Config): JwtSettings | undefined {
  const { jwt } = settings.rollout;
  if (jwt === undefined) return undefined;
  const { trust, issuer, audience } = jwt;
  return { trust, keys: tokenKeys, issuer, audience };
}

/** What endpoints are called: as the config says, then as the contracts in force say, in the order of the config. */
export function endpointTemplates({ settings, contracts }: Config): readonly string[] {
  const ofContracts = [...Object.values(contracts.routes), contracts.global].flatMap((contract) =>
    // Config made each document itself: core, in between, does not know the type.
    endpointTemplatesOf(contract?.document as ContractDocument | undefined),
  );
  return each([...settings.endpoints, ...ofContracts]);
}

/** The snapshot of epoch `epoch`. Deeply frozen; new routes get slots from `slots`. */
export function buildSnapshot(
  config: Config,
  { epoch, instanceId, isKilled, slots, positions, learnedTemplates = [], addedRules = [] }: SnapshotState,
): Snapshot {
  const { settings, upstreamCaPem } = config;
  const { legacy, candidate, baseline } = settings.upstreams;
  assert(legacy !== undefined, "a loaded config has a legacy");
  return deepFreeze<Snapshot>({
    epoch,
    instanceId,
    isKilled,
    upstreams: {
      legacy: upstreamSettings("legacy", legacy, upstreamCaPem.legacy),
      candidate: candidate && upstreamSettings("candidate", candidate, upstreamCaPem.candidate),
      baseline: baseline && upstreamSettings("baseline", baseline, upstreamCaPem.baseline),
    },
    routes: routeSettings(config, { slots, positions }).map((route) => withAdded(route, addedRules)),
    endpointTemplates: endpointTemplates(config),
    learnedTemplates: [...learnedTemplates],
    // Nothing is sent to the legacy twice unless somebody asked for it.
    noise: {
      ...settings.noise,
      baseline: settings.noise.baseline ?? (baseline === undefined ? "off" : "upstream"),
    },
    limits: { ...settings.limits },
    clientTimeouts: { ...settings.timeouts },
    shadow: { ...settings.shadow },
    redact: {
      headers: lowerCase([...REDACTED_HEADERS, ...settings.redact.headers]),
      pointers: each(settings.redact.pointers),
      queryParameters: each([...REDACTED_QUERY_PARAMETERS, ...settings.redact.queryParameters]),
      detectors: [...settings.redact.detectors],
    },
    record: recordSettings(settings.record),
    jwt: jwtSettings(config),
    override: {
      header: settings.rollout.override.header.toLowerCase(),
      networks: settings.rollout.override.networks.map((text) => parseNetwork(text) ?? text),
    },
    samplesPerSignature: settings.data.samplesPerSignature,
    sampleBytesMax: settings.data.sampleBytesMax,
    trustedProxies: settings.trustedProxies.map((text) => parseNetwork(text) ?? text),
    servedByHeader: settings.servedByHeader,
  });
}

/** What a reload cannot change: it is bound, allocated or opened once. */
const FIXED_KEYS = [
  "listen",
  "listenTls",
  "admin",
  "data",
  "threads",
  "seam",
  "log",
  "limits",
  "record",
] as const;

/** The top-level keys that differ and take effect at the next start only. Compares what files held, too. */
export function changesThatNeedRestart(before: Config, after: Config): string[] {
  const facts = (config: Config): Record<(typeof FIXED_KEYS)[number], unknown> => ({
    listen: config.listen,
    listenTls: config.listenTls,
    admin: [config.adminListen, config.adminToken, config.adminTokens, config.settings.admin.trustedProxy],
    data: config.settings.data,
    threads: config.threads,
    seam: config.settings.seam,
    log: config.settings.log,
    limits: config.settings.limits,
    record: config.settings.record,
  });
  const [was, is] = [facts(before), facts(after)];
  return FIXED_KEYS.filter((key) => JSON.stringify(was[key]) !== JSON.stringify(is[key]));
}

/**
 * What is in force after a reload: `after`, but for what takes effect at the next start only. So that a thread
 * that is replaced later works under the same limits as those beside it.
 */
export function configInForce(before: Config, after: Config): Config {
  const { listen, listenTls, adminListen, adminToken, adminTokens, threads } = before;
  const { settings } = before;
  const fixed = Object.fromEntries(FIXED_KEYS.map((key) => [key, settings[key]]));
  return deepFreeze<Config>({
    ...after,
    listen,
    listenTls,
    adminListen,
    adminToken,
    adminTokens,
    threads,
    settings: { ...after.settings, ...fixed },
  });
}

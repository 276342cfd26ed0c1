// What a replay is made of: config, environment and flags → services, rules, routes, refilled values.
import type { Config } from "../config/load.ts";
import { loadConfig } from "../config/load.ts";
import type { Environment } from "../config/overlays.ts";
import { formatProblem } from "../config/problem.ts";
import { buildSnapshot, RouteSlots } from "../config/snapshot.ts";
import { CommandError } from "../core/errors.ts";
import type { RouteSettings, Snapshot } from "../core/snapshot.ts";
import { compileEndpoints } from "../noise/endpoint.ts";
import { DescribedRoutes } from "../proxy/described-routes.ts";
import { type CustomModules, loadCustomModules, moduleNamesOf } from "../shadow/custom-modules.ts";
import type { PlacedExchange, ReplayParts } from "./exchange.ts";
import { type Fill, Filler, type HeaderPair } from "./fill.ts";
import type { ReplayableExchange } from "./recorded-schema.ts";
import { ReplayJudge } from "./replay-judge.ts";
import { ReplayUpstream } from "./upstream.ts";

/** Stands where no legacy is asked; nothing is ever sent there. */
const NO_LEGACY = "http://recording.invalid";

export interface ReplayFlags {
  readonly config?: string | undefined;
  readonly legacy?: string | undefined;
  readonly candidate?: string | undefined;
  /** `name: value` */
  readonly headers: readonly string[];
  readonly isUnsafeSent: boolean;
  readonly timeoutMs?: number | undefined;
  readonly concurrency: number;
}

/** The config for a replay. Its listeners are not bound: what they say must not be in the way. Throws CommandError 2. */
export function loadReplayConfig(
  { config, legacy, candidate }: Pick<ReplayFlags, "config" | "legacy" | "candidate">,
  environment: Environment,
  isLegacyAsked: boolean,
): Config {
  const flags = { config, legacy, candidate, listen: "127.0.0.1:0", admin: "127.0.0.1:0" };
  const isLegacyKnown = [legacy, environment["PARALLAX_LEGACY"], config, environment["PARALLAX_CONFIG"]].some(
    Boolean,
  );
  const loaded = loadConfig(
    !isLegacyAsked && !isLegacyKnown ? { ...flags, legacy: NO_LEGACY } : flags,
    environment,
  );
  if (!loaded.ok) throw new CommandError(2, loaded.problems.map(formatProblem).join("; "));
  if (loaded.config.settings.upstreams.candidate === undefined)
    throw new CommandError(
      2,
      "no candidate to send to: --candidate URL, PARALLAX_CANDIDATE or a config file",
    );
  return loaded.config;
}

export function snapshotOf(config: Config): Snapshot {
  return buildSnapshot(config, { epoch: 0, instanceId: "replay", isKilled: false, slots: new RouteSlots() });
}

/** The modules of custom rules. Offline there is no other thread to keep them on. Throws CommandError 2. */
async function modulesOf(snapshot: Snapshot): Promise<CustomModules> {
  const problems: string[] = [];
  const names = moduleNamesOf(snapshot.routes.flatMap(({ compare }) => compare.rules));
  const modules = await loadCustomModules(names, (detail) => problems.push(detail));
  if (problems.length > 0) throw new CommandError(2, problems.join("; "));
  return modules;
}

/** `name: value` as curl takes it; an empty value takes the header away. Throws CommandError 2. */
function headerPair(text: string): HeaderPair {
  const [, name, value = ""] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(text) ?? [];
  // The text may hold a secret: it is not said again.
  if (name === undefined)
    throw new CommandError(2, "--header is 'name: value', such as 'authorization: Bearer …'");
  return [name, value];
}

export function fillsOf({ settings }: Config, environment: Environment): readonly Fill[] {
  return settings.replay.fill.map((fill) => ({ ...fill, value: environment[fill.env] || undefined }));
}

export interface ReplaySetUp {
  readonly parts: ReplayParts;
  /** As it is told to people: a URL. */
  readonly candidate: string;
  readonly legacy: string | undefined;
  close(): Promise<void>;
}

export async function setUpReplay(
  config: Config,
  snapshot: Snapshot,
  {
    flags,
    environment,
    isLegacyAsked,
  }: { readonly flags: ReplayFlags; readonly environment: Environment; readonly isLegacyAsked: boolean },
): Promise<ReplaySetUp> {
  const { candidate: candidateSettings, legacy: legacySettings } = snapshot.upstreams;
  if (candidateSettings === undefined) throw new CommandError(2, "no candidate to send to: --candidate URL");
  const filler = new Filler(fillsOf(config, environment), flags.headers.map(headerPair));
  const judge = new ReplayJudge(snapshot, await modulesOf(snapshot));
  const candidate = new ReplayUpstream(candidateSettings, flags.concurrency);
  const legacy = isLegacyAsked ? new ReplayUpstream(legacySettings, flags.concurrency) : undefined;
  return {
    candidate: candidate.origin,
    legacy: legacy?.origin,
    parts: {
      legacy,
      candidate,
      legacyHost: legacySettings.hostHeader,
      filler,
      judge,
      isUnsafeSent: flags.isUnsafeSent,
      deadlineMs: flags.timeoutMs,
    },
    close: async () => {
      await Promise.all([candidate.close(), legacy?.close()]);
    },
  };
}

/** Finds route and endpoint of what is replayed: as the recording says, else as the config does. */
export class Placement {
  readonly #routes: DescribedRoutes;
  readonly #endpointOf: (method: string, target: string) => string;

  constructor(snapshot: Snapshot) {
    this.#routes = new DescribedRoutes(snapshot);
    this.#endpointOf = compileEndpoints(snapshot.endpointTemplates, snapshot.learnedTemplates);
  }

  routeOf({
    route,
    request,
  }: { readonly route: string | undefined } & Pick<ReplayableExchange, "request">): RouteSettings {
    // What is no request has no route, and is not sent either.
    return (route === undefined ? undefined : this.#routes.named(route)) ?? this.#routes.matching(request);
  }

  place(exchange: ReplayableExchange): PlacedExchange {
    const { endpoint, request } = exchange;
    return {
      stored: exchange,
      route: this.routeOf(exchange),
      endpoint: endpoint ?? this.#endpointOf(request.method, request.target),
    };
  }
}

// The one reader of files and environment: flags beat the environment, which beats the file.
// Says every problem at once, as values; never throws for what a user wrote.
import { X509Certificate } from "node:crypto";
import { availableParallelism } from "node:os";
import { dirname, resolve } from "node:path";
import { createSecureContext } from "node:tls";
import { assert } from "../core/assert.ts";
import type { GateSettings } from "../core/gate-settings.ts";
import type { Role } from "../core/role.ts";
import type { ContractSettings, JwtSettings } from "../core/snapshot.ts";
import { type ContractConfig, ContractFiles } from "./contract-files.ts";
import { crossFaults } from "./cross-checks.ts";
import { deepFreeze } from "./deep-freeze.ts";
import { gateFaults, gateSettingsFrom } from "./gate-policies.ts";
import { type Address, parseAddress } from "./grammar.ts";
import { readKeySet } from "./key-set.ts";
import { type Environment, overlay, type RunFlags } from "./overlays.ts";
import { formatProblem, type KeyPath, type Problem, renderFound, renderPath } from "./problem.ts";
import { settingsModuleFaults } from "./rules.ts";
import { type Settings, settingsSchema } from "./schema.ts";
import { schemaFaults } from "./schema-faults.ts";
import { readTextFile } from "./text-file.ts";
import { adminToken } from "./values.ts";
import { readYaml } from "./yaml-document.ts";

export type { RunFlags };

/** A larger one is a mistake, or an attack. */
export const CONFIG_BYTES_MAX = 1024 * 1024;
/** PEM bundles are the largest of them. */
const NAMED_FILE_BYTES_MAX = 1024 * 1024;
/** `auto` leaves a processor to control and shadow; past eight, more listeners were not worth their memory. */
const SERVING_THREADS_AUTO_MAX = 8;

/** A valid config with all that it names read in. Frozen. */
export interface Config {
  /** Undefined when flags and environment were all. */
  readonly file: string | undefined;
  /** Absolute: what paths of modules in rules are relative to. The file's own, or the working directory. */
  readonly folder: string;
  readonly settings: Settings;
  readonly listen: Address;
  readonly adminListen: Address;
  readonly adminToken: string | undefined;
  readonly adminTokens: readonly { readonly name: string; readonly role: Role; readonly token: string }[];
  /** PEM texts. */
  readonly listenTls: { readonly cert: string; readonly key: string } | undefined;
  /** PEM text of the extra authorities; empty for none. */
  readonly upstreamCaPem: { readonly legacy: string; readonly candidate: string; readonly baseline: string };
  readonly threads: { readonly serving: number; readonly shadow: number };
  /** Read in; by route name where the route has its own. */
  readonly contracts: {
    readonly global: ContractSettings | undefined;
    readonly routes: Readonly<Record<string, ContractSettings>>;
  };
  /** Each of them usable; empty without a key set. */
  readonly tokenKeys: JwtSettings["keys"];
  /** With their policies and the tokens of their KPIs; by route name. */
  readonly gates: {
    readonly global: GateSettings;
    readonly routes: Readonly<Record<string, GateSettings>>;
  };
}

export type LoadResult =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Gathers problems and knows where each value came from. */
class Report {
  readonly problems: Problem[] = [];
  readonly #said = new Set<string>();
  readonly #file: string | undefined;
  readonly #sources: ReadonlyMap<string, string>;
  readonly #placeOf: PlaceOf;

  constructor(file: string | undefined, sources: ReadonlyMap<string, string>, placeOf: PlaceOf) {
    this.#file = file;
    this.#sources = sources;
    this.#placeOf = placeOf;
  }

  add(path: KeyPath, found: string, allowed: string): void {
    const problem = { path: renderPath(path), source: this.#sourceOf(path), found, allowed };
    // One value can break several checks that say the same.
    const text = formatProblem(problem);
    if (this.#said.has(text)) return;
    this.#said.add(text);
    this.problems.push(problem);
  }

  #sourceOf(path: KeyPath): string {
    // A flag may hold a list: what is wrong with an entry is said of the flag.
    const overlaid = this.#sources.get(renderPath(path)) ?? this.#sources.get(renderPath(path.slice(0, -1)));
    if (overlaid !== undefined) return overlaid;
    if (this.#file === undefined) return "config";
    const place = this.#placeOf(path);
    return place === undefined ? this.#file : `${this.#file}:${place.line}:${place.column}`;
  }
}

type PlaceOf = (path: KeyPath) => { readonly line: number; readonly column: number } | undefined;

interface FileTree {
  readonly tree: unknown;
  readonly placeOf: PlaceOf;
  readonly problems: readonly Problem[];
}

function readTree(file: string): FileTree {
  const fault = (source: string, allowed: string): Problem => ({ path: "", source, found: "", allowed });
  const failed = (problems: readonly Problem[]) => ({ tree: {}, placeOf: () => undefined, problems });
  const content = readTextFile(file, CONFIG_BYTES_MAX);
  if (!content.ok) return failed([fault(file, `the config must be ${content.allowed}`)]);
  const yaml = readYaml(content.text);
  if (yaml.ok) return { tree: yaml.value, placeOf: yaml.placeOf, problems: [] };
  return failed(
    yaml.faults.map(({ line, column, message }) =>
      fault(line === undefined ? file : `${file}:${line}:${column}`, `the config must be ${message}`),
    ),
  );
}

/** The files that the settings name, read in; what is wrong with one is reported at its key. */
class NamedFiles {
  readonly #report: Report;
  readonly #contracts: ContractFiles;

  constructor(report: Report, configFile: string | undefined) {
    this.#report = report;
    this.#contracts = new ContractFiles(configFile);
  }

  read(path: KeyPath, file: string | undefined): string | undefined {
    if (file === undefined) return undefined;
    const content = readTextFile(file, NAMED_FILE_BYTES_MAX);
    if (content.ok) return content.text;
    this.#report.add(path, JSON.stringify(file), content.allowed);
    return undefined;
  }

  token(path: KeyPath, file: string | undefined): string | undefined {
    const text = this.read(path, file)?.trim();
    if (text === undefined) return undefined;
    const outcome = adminToken.safeParse(text);
    if (outcome.success) return text;
    this.#report.add(path, JSON.stringify(file), `a file that holds ${outcome.error.issues[0]?.message}`);
    return undefined;
  }

  /** All of them; two that are the same would be one person's and the other's. */
  tokens({ tokens }: Settings["admin"], shared: string | undefined): Config["adminTokens"] {
    const seen = new Set(shared === undefined ? [] : [shared]);
    return tokens.flatMap(({ name, role, token: given, tokenFile }, index) => {
      const path = ["admin", "tokens", index];
      const token = given ?? this.token([...path, "tokenFile"], tokenFile);
      if (token === undefined) return [];
      if (seen.has(token)) this.#report.add(path, "", "a token that no other entry, nor admin.token, has");
      seen.add(token);
      return [{ name, role, token }];
    });
  }

  authorities(path: KeyPath, file: string | undefined): string {
    const pem = this.read(path, file);
    if (pem === undefined) return "";
    try {
      new X509Certificate(pem);
      return pem;
    } catch {
      // Which part of it is malformed does not help: the file is not what it should be.
      this.#report.add(path, JSON.stringify(file), "a PEM file that begins with a certificate");
      return "";
    }
  }

  contract(path: KeyPath, contract: ContractConfig | undefined): ContractSettings | undefined {
    if (contract === undefined) return undefined;
    const settings = this.#contracts.settingsOf(contract);
    if ("digest" in settings) return settings;
    for (const { where, what } of settings) this.#report.add([...path, "file"], "", `${where}: ${what}`);
    return undefined;
  }

  contracts({ contract, routes }: Settings): Config["contracts"] {
    const own = routes.flatMap((route, index) => {
      const settings = this.contract(["routes", index, "contract"], route.contract);
      return settings === undefined ? [] : [[route.name, settings] as const];
    });
    return { global: this.contract(["contract"], contract), routes: Object.fromEntries(own) };
  }

  tokenKeys(jwt: Settings["rollout"]["jwt"]): Config["tokenKeys"] {
    const path = ["rollout", "jwt", "keysFile"];
    const text = this.read(path, jwt?.keysFile);
    if (text === undefined) return [];
    const result = readKeySet(text);
    if (result.ok) return result.keys;
    for (const allowed of result.allowed) this.#report.add(path, JSON.stringify(jwt?.keysFile), allowed);
    return [];
  }

  listenTls(tls: Settings["listenTls"]): Config["listenTls"] {
    if (tls === undefined) return undefined;
    const cert = this.read(["listenTls", "certFile"], tls.certFile);
    const key = this.read(["listenTls", "keyFile"], tls.keyFile);
    if (cert === undefined || key === undefined) return undefined;
    try {
      createSecureContext({ cert, key });
      return { cert, key };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#report.add(
        ["listenTls"],
        "",
        `a PEM certificate and the unencrypted key that belongs to it (${why})`,
      );
      return undefined;
    }
  }
}

function addressOf(text: string): Address {
  const address = parseAddress(text);
  assert(address !== undefined, "the schema accepts addresses alone");
  return address;
}

function servingThreads(serving: Settings["threads"]["serving"]): number {
  if (serving !== "auto") return serving;
  return Math.max(1, Math.min(SERVING_THREADS_AUTO_MAX, availableParallelism() - 1));
}

function gatesFrom({ rollout, routes }: Settings, environment: Environment): Config["gates"] {
  const own = routes.map(
    (route) => [route.name, gateSettingsFrom(rollout, route.rollout, environment)] as const,
  );
  return { global: gateSettingsFrom(rollout, undefined, environment), routes: Object.fromEntries(own) };
}

/**
 * The config from flags, environment (`process.env` in the program) and the file that one of them names, if any.
 * Reads that file and the PEM and token files it names, synchronously: it runs at start and on reload, on control.
 */
export function loadConfig(flags: RunFlags, environment: Environment): LoadResult {
  const file = flags.config ?? (environment["PARALLAX_CONFIG"] || undefined);
  const read = file === undefined ? { tree: {}, placeOf: () => undefined, problems: [] } : readTree(file);
  if (read.problems.length > 0) return { ok: false, problems: read.problems };
  const { tree, sources } = overlay(read.tree, flags, environment);
  const report = new Report(file, sources, read.placeOf);
  for (const { path, found, allowed } of schemaFaults(tree)) report.add(path, found, allowed);
  for (const { path, found, allowed } of crossFaults(tree))
    report.add(path, found === undefined ? "" : renderFound(path, found), allowed);
  const { data: settings } = settingsSchema.safeParse(tree);
  if (settings === undefined || report.problems.length > 0) return { ok: false, problems: report.problems };

  const { listen, admin, upstreams, threads } = settings;
  const files = new NamedFiles(report, file);
  const authorities = (name: keyof typeof upstreams) =>
    files.authorities(["upstreams", name, "tls", "caFile"], upstreams[name]?.tls?.caFile);
  const folder = file === undefined ? process.cwd() : dirname(resolve(file));
  for (const { path, found, allowed } of settingsModuleFaults(settings, folder))
    report.add(path, renderFound(path, found), allowed);
  for (const { path, found, allowed } of gateFaults(settings, environment))
    report.add(path, renderFound(path, found), allowed);
  const sharedToken = admin.token ?? files.token(["admin", "tokenFile"], admin.tokenFile);
  const config: Config = {
    file,
    folder,
    settings,
    listen: addressOf(listen),
    adminListen: addressOf(admin.listen),
    adminToken: sharedToken,
    adminTokens: files.tokens(admin, sharedToken),
    listenTls: files.listenTls(settings.listenTls),
    upstreamCaPem: {
      legacy: authorities("legacy"),
      candidate: authorities("candidate"),
      baseline: authorities("baseline"),
    },
    threads: { serving: servingThreads(threads.serving), shadow: threads.shadow },
    contracts: files.contracts(settings),
    tokenKeys: files.tokenKeys(settings.rollout.jwt),
    gates: gatesFrom(settings, environment),
  };
  if (report.problems.length > 0) return { ok: false, problems: report.problems };
  return { ok: true, config: deepFreeze(config) };
}

// Flags and environment variables, laid over the tree that the file gave: flags beat the environment.
import { type KeyPath, renderPath } from "./problem.ts";

/** What `parallax run` or `parallax record` was given on the command line, as text. */
export interface RunFlags {
  readonly config?: string | undefined;
  readonly legacy?: string | undefined;
  readonly candidate?: string | undefined;
  readonly baseline?: string | undefined;
  readonly listen?: string | undefined;
  readonly admin?: string | undefined;
  readonly data?: string | undefined;
  readonly threads?: string | undefined;
  readonly logLevel?: string | undefined;
  readonly recordDir?: string | undefined;
  readonly recordSample?: string | undefined;
  /** Parted by commas, or `all`. */
  readonly recordMethods?: string | undefined;
  readonly recordFileBytes?: string | undefined;
  readonly recordFiles?: string | undefined;
  readonly recordCompress?: string | undefined;
}

interface Overlay {
  readonly path: readonly string[];
  readonly flag: keyof RunFlags | undefined;
  readonly flagText: string;
  readonly variable?: string;
  /** Text → the value of the key. What it cannot read stays text, for the schema to refuse. */
  readonly read?: (text: string) => unknown;
}

const numberIn = (text: string): unknown =>
  /^[0-9]{1,12}(?:\.[0-9]{1,9})?$/.test(text) ? Number(text) : text;
const methodsIn = (text: string): unknown =>
  text === "all" ? text : text.split(",").map((method) => method.trim());
const flagIn = (text: string): unknown => (text === "true" || text === "false" ? text === "true" : text);

const OVERLAYS: readonly Overlay[] = [
  { path: ["upstreams", "legacy", "url"], flag: "legacy", flagText: "--legacy", variable: "PARALLAX_LEGACY" },
  {
    path: ["upstreams", "candidate", "url"],
    flag: "candidate",
    flagText: "--candidate",
    variable: "PARALLAX_CANDIDATE",
  },
  {
    path: ["upstreams", "baseline", "url"],
    flag: "baseline",
    flagText: "--baseline",
    variable: "PARALLAX_BASELINE",
  },
  { path: ["listen"], flag: "listen", flagText: "--listen", variable: "PARALLAX_LISTEN" },
  { path: ["admin", "listen"], flag: "admin", flagText: "--admin", variable: "PARALLAX_ADMIN" },
  // No flag: a command line is there for everyone to read.
  { path: ["admin", "token"], flag: undefined, flagText: "", variable: "PARALLAX_ADMIN_TOKEN" },
  { path: ["data", "dir"], flag: "data", flagText: "--data", variable: "PARALLAX_DATA" },
  {
    path: ["threads", "serving"],
    flag: "threads",
    flagText: "--threads",
    variable: "PARALLAX_THREADS",
    read: numberIn,
  },
  { path: ["log", "level"], flag: "logLevel", flagText: "--log-level", variable: "PARALLAX_LOG_LEVEL" },
  // Of one command alone, which has no other settings of its own.
  { path: ["record", "dir"], flag: "recordDir", flagText: "--out" },
  { path: ["record", "samplePercent"], flag: "recordSample", flagText: "--sample", read: numberIn },
  { path: ["record", "methods"], flag: "recordMethods", flagText: "--methods", read: methodsIn },
  { path: ["record", "fileBytesMax"], flag: "recordFileBytes", flagText: "--file-bytes", read: numberIn },
  { path: ["record", "filesMax"], flag: "recordFiles", flagText: "--files", read: numberIn },
  { path: ["record", "compress"], flag: "recordCompress", flagText: "--no-compress", read: flagIn },
];

/** A variable that is set to nothing is not set: compose files and manifests leave them so. */
function givenText(
  overlay: Overlay,
  flags: RunFlags,
  environment: Environment,
): { readonly text: string; readonly source: string } | undefined {
  const given = overlay.flag === undefined ? undefined : flags[overlay.flag];
  if (given !== undefined) return { text: given, source: overlay.flagText };
  if (overlay.variable === undefined) return undefined;
  const text = environment[overlay.variable];
  return text === undefined || text === "" ? undefined : { text, source: overlay.variable };
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `--baseline self` names no address: the legacy itself is asked twice. */
function pathOf({ path, flag }: Overlay, text: string): readonly string[] {
  return flag === "baseline" && text === "self" ? ["noise", "baseline"] : path;
}

/** A copy of `tree` with `value` at `path`. What stands in the way and is no mapping stays, for the schema to refuse. */
function withValue(tree: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (tree !== undefined && tree !== null && !isMapping(tree)) return tree;
  return { ...tree, [key]: withValue(tree?.[key], rest, value) };
}

export interface Overlaid {
  readonly tree: unknown;
  /** Rendered path → the flag or variable that its value came from. */
  readonly sources: ReadonlyMap<string, string>;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The file's tree with flags and environment on top. */
export function overlay(tree: unknown, flags: RunFlags, environment: Environment): Overlaid {
  let overlaid = tree;
  const sources = new Map<string, string>();
  for (const entry of OVERLAYS) {
    const value = givenText(entry, flags, environment);
    if (value === undefined) continue;
    const path = pathOf(entry, value.text);
    overlaid = withValue(overlaid, path, entry.read === undefined ? value.text : entry.read(value.text));
    if (entry.variable === "PARALLAX_ADMIN_TOKEN")
      overlaid = withValue(overlaid, ["admin", "tokenFile"], undefined);
    sources.set(renderPath(path satisfies KeyPath), value.source);
  }
  return { tree: overlaid, sources };
}

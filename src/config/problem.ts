// One thing that is wrong with the config: where, what was found, what is allowed. A value, never thrown.
// Secrets do not get in here: tokens and user information are hidden.

/** Keys and indices from the top: `["routes", 2, "mirror", "samplePercent"]`. */
export type KeyPath = readonly (string | number)[];

export interface Problem {
  /** `routes[2].mirror.samplePercent`; empty for the file as a whole. */
  readonly path: string;
  /** `parallax.yaml:12:5`, `--legacy`, `PARALLAX_LEGACY` or `config` where no file is involved. */
  readonly source: string;
  /** Text, secrets hidden; empty where there is nothing to show. */
  readonly found: string;
  /** What is allowed, or what to do. */
  readonly allowed: string;
}

/** Said of the config as read, by a check beside the schema. */
export interface CrossFault {
  readonly path: KeyPath;
  /** Undefined where the value itself says nothing. */
  readonly found: unknown;
  readonly allowed: string;
}

const FOUND_CHARACTERS_MAX = 80;
const PLAIN_KEY = /^[A-Za-z_*][A-Za-z0-9_*-]*$/;

export function renderPath(path: KeyPath): string {
  let text = "";
  for (const key of path) {
    if (typeof key === "number") text += `[${key}]`;
    else if (!PLAIN_KEY.test(key)) text += `[${cut(JSON.stringify(key))}]`;
    else text += text === "" ? key : `.${key}`;
  }
  return text;
}

function cut(text: string): string {
  return text.length > FOUND_CHARACTERS_MAX ? `${text.slice(0, FOUND_CHARACTERS_MAX)}…` : text;
}

/** A value as a person wrote it, on one line. */
export function renderFound(path: KeyPath, value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "nothing (null)";
  // A token that stands where its entry should is one all the same.
  const isInTokens = path.at(-2) === "tokens" && typeof value === "string";
  if (path.includes("token") || isInTokens || path.includes("setHeaders")) return "a value that is not shown";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  const text = typeof value === "string" ? value.replace(/\/\/[^/@]*@/, "//…@") : String(value);
  return cut(typeof value === "string" ? JSON.stringify(text) : text);
}

/** One line: where, which key, what was found, what is allowed. */
export function formatProblem({ path, source, found, allowed }: Problem): string {
  const where = path === "" ? source : `${source}: ${path}`;
  return found === "" ? `${where}: ${allowed}` : `${where}: found ${found}; allowed: ${allowed}`;
}

// Loads the modules of custom rules. In a running Parallax only shadow threads do: a module that cannot be loaded, or
// never ends loading, costs its rule and nothing else. Modules stay loaded for the life of the thread; a changed file
// is read again.
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import type { Rule } from "../core/rule.ts";
import type { CompareSettings } from "../core/snapshot.ts";
import { within } from "../core/within.ts";
import type { CustomFunction } from "../diff/rules/custom.ts";

/** A module that waits for longer while it is loaded is given up. */
const LOAD_MS_MAX = 5_000;

/** Absolute path → what it exports; nothing for one that could not be loaded. */
export type CustomModules = ReadonlyMap<string, CustomFunction>;

export const NO_MODULES: CustomModules = new Map();

/** Absolute paths, each once. */
export function moduleNamesOf(rules: readonly Rule[]): readonly string[] {
  return [...new Set(rules.flatMap((rule) => (rule.kind === "custom" ? [rule.module] : [])))];
}

async function importModule(module: string): Promise<CustomFunction> {
  const { mtimeMs } = await stat(module);
  // Another address for another version: a module is cached by its address.
  const loaded = (await import(`${pathToFileURL(module).href}?version=${mtimeMs}`)) as { default?: unknown };
  if (typeof loaded.default !== "function") throw new TypeError("it has no function as default export");
  return loaded.default as CustomFunction;
}

function importInTime(module: string): Promise<CustomFunction> {
  return within(LOAD_MS_MAX, importModule(module), () => {
    throw new Error(`not loaded within ${LOAD_MS_MAX} ms`);
  });
}

/** Loads modules by their absolute paths. Never throws; what failed is reported and left out. */
export async function loadCustomModules(
  names: readonly string[],
  reportFailure: (detail: string) => void,
): Promise<CustomModules> {
  const modules = new Map<string, CustomFunction>();
  await Promise.all(
    names.map(async (module) => {
      try {
        modules.set(module, await importInTime(module));
      } catch (error) {
        reportFailure(`custom rule ${basename(module)}: ${String(error)}`);
      }
    }),
  );
  return modules;
}

/** The loaded functions of the custom rules in a list, by rule index. */
export function functionsOf(
  { rules }: Pick<CompareSettings, "rules">,
  modules: CustomModules,
): ReadonlyMap<number, CustomFunction> {
  const functions = new Map<number, CustomFunction>();
  for (const [index, rule] of rules.entries()) {
    const custom = rule.kind === "custom" ? modules.get(rule.module) : undefined;
    if (custom !== undefined) functions.set(index, custom);
  }
  return functions;
}

import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { loadConfig } from "../../src/config/load.ts";
import { configJsonSchema, settingsSchema } from "../../src/config/schema.ts";
import { schemaFaults } from "../../src/config/schema-faults.ts";
import { buildSnapshot, RouteSlots } from "../../src/config/snapshot.ts";
import { routeTermsOf } from "../../src/rollouts/route-terms.ts";
import { configKeys } from "../house/config-keys.ts";
import { filesBelow, ROOT, read } from "../house/source-tree.ts";
import { loadText, problemLines } from "./config-file.ts";

const full = read("config/full.yaml");
/** With what is switched off switched on. */
const fullOn = full.replace(/#:/g, "");

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Mappings whose keys are the user's own. */
const FREE = /(setHeaders|trustedProxy\.roles)$/;

/** Paths of the values in `tree`, as `configKeys` writes them. */
function pathsIn(tree: unknown, path = ""): string[] {
  if (Array.isArray(tree) && tree.some(isMapping)) return tree.flatMap((item) => pathsIn(item, `${path}[]`));
  if (!isMapping(tree) || FREE.test(path)) return [path];
  return Object.entries(tree).flatMap(([key, value]) => pathsIn(value, path === "" ? key : `${path}.${key}`));
}

describe("config/minimal.yaml", () => {
  test("loads, and mirrors everything safe", () => {
    const result = loadConfig({ config: `${ROOT}config/minimal.yaml` }, {});
    expect(problemLines(result)).toEqual([]);
    if (!result.ok) return;
    const state = { epoch: 1, instanceId: "i", isKilled: false, slots: new RouteSlots() };
    expect(buildSnapshot(result.config, state).routes[0]).toMatchObject({ name: "default", stage: "shadow" });
  });
});

describe("config/rollout.yaml", () => {
  const text = read("config/rollout.yaml");

  test("loads, with what is switched off switched on too", () => {
    expect(problemLines(loadText(text))).toEqual([]);
    expect(problemLines(loadText(text.replace(/#:/g, "")))).toEqual([]);
  });

  test("has routes that can be moved: a canary, percentages, and one that waits for another", () => {
    const result = loadText(text);
    if (!result.ok) return;
    const terms = routeTermsOf(result.config);
    expect(terms.get("invoices")).toMatchObject({
      begin: "shadow",
      hasUnits: true,
      hasCohorts: true,
      after: ["profile"],
    });
    expect(terms.get("everything")).toMatchObject({ begin: "off" });
  });
});

describe("config/full.yaml", () => {
  test("loads", () => {
    expect(problemLines(loadText(full))).toEqual([]);
  });

  test("fits the schema with everything switched on", () => {
    expect(schemaFaults(parse(fullOn))).toEqual([]);
  });

  test("names every key of the schema", () => {
    const named = new Set(pathsIn(parse(fullOn)));
    // The same keys as legacy and as the global sections: the comments say so.
    const again =
      /^(upstreams\.(candidate|baseline)\.|routes\[\]\.(mirror|compare|rules|rollout\.(gate|rescue|units|allow|cohorts)|adapters\.(response|when))\b)/;
    const missing = configKeys().filter(({ path }) => !named.has(path) && !again.test(path));
    expect(missing.map(({ path }) => path)).toEqual([]);
  });

  test("has the default wherever it does not say that it is an example", () => {
    const defaults = new Map(configKeys().map((key) => [key.path, key.default]));
    const wrong: string[] = [];
    let checked = 0;
    for (const [path, value] of valuesIn(parse(full))) {
      if (/^(routes|rules|endpoints|replay)\b/.test(path.join("."))) continue;
      if (path.at(-1) === "url") continue;
      checked++;
      const expected = defaults.get(path.join("."));
      if (JSON.stringify(expected) !== JSON.stringify(value)) wrong.push(path.join("."));
    }
    expect(wrong).toEqual([]);
    expect(checked).toBeGreaterThan(45);
  });

  test("marks each route, rule and endpoint as an example", () => {
    for (const marked of ["- name: search", "- name: everything", "- kind:", "endpoints:", "- pointer:"])
      for (const line of full.split("\n").filter((text) => text.trim().startsWith(marked)))
        expect(line).toContain("# example");
  });
});

/** Values with their keys, lists as one value. */
function valuesIn(tree: unknown, path: readonly string[] = []): (readonly [readonly string[], unknown])[] {
  if (!isMapping(tree) || path.at(-1) === "setHeaders") return [[path, tree]];
  return Object.entries(tree).flatMap(([key, value]) => valuesIn(value, [...path, key]));
}

describe("config/parallax.schema.json", () => {
  test("is what `npm run schema` prints", () => {
    expect(JSON.parse(read("config/parallax.schema.json"))).toEqual(configJsonSchema());
  });

  test("is named by the first line of both examples", () => {
    for (const example of ["minimal", "full"])
      expect(read(`config/${example}.yaml`)).toMatch(
        /^# yaml-language-server: \$schema=parallax\.schema\.json\n/,
      );
  });
});

test("every YAML file under config is well formed", () => {
  const files = filesBelow("config").filter((file) => file.endsWith(".yaml"));
  expect(files.length).toBeGreaterThanOrEqual(4);
  for (const file of files)
    for (const document of parseAllDocuments(read(file))) expect([file, document.errors]).toEqual([file, []]);
});

test("the whole of a good config is found again after parsing it twice", () => {
  const once = settingsSchema.parse(parse(full));
  expect(settingsSchema.parse(once)).toEqual(once);
});

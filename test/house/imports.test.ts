// The import table of src/README.md is law: areas import what their row says, and nothing goes in circles.
import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { filesBelow, importsOf, ROOT, read, tableRows } from "./source-tree.ts";

interface Area {
  /** `core/`, or `main.ts`. */
  readonly name: string;
  readonly isWaiting: boolean;
  readonly mayImport: readonly string[] | "anything";
}

function areas(): Area[] {
  return tableRows(read("src/README.md"))
    .filter(([name]) => /^`[a-z-]+(\/|\.ts)`/.test(name ?? ""))
    .flatMap(([names = "", holds = "", imports = ""]) =>
      [...names.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => ({
        name,
        isWaiting: holds.startsWith("waiting"),
        mayImport:
          imports === "anything"
            ? "anything"
            : imports === "nothing"
              ? []
              : imports.split(",").map((word) => word.trim().split(" ")[0] ?? ""),
      })),
    );
}

/** `src/core/errors.ts` → `core/`, `src/main.ts` → `main.ts`. */
function areaOf(file: string): string {
  const [, first = "", ...rest] = file.split("/");
  return rest.length === 0 ? first : `${first}/`;
}

const sources = filesBelow("src").filter((file) => /\.tsx?$/.test(file));
const imports = sources.flatMap(importsOf);

describe("src/README.md", () => {
  const table = areas();

  test("has a row for every folder and file at the top of src, and no other that is not waiting", () => {
    const there = [...new Set(sources.map(areaOf))].sort();
    expect(there.length).toBeGreaterThan(2);
    expect(
      table
        .filter(({ isWaiting }) => !isWaiting)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(there);
  });

  test("lets areas import areas that it has rows for", () => {
    const names = table.map(({ name }) => name.replace("/", ""));
    for (const { mayImport } of table)
      if (mayImport !== "anything") for (const name of mayImport) expect(names).toContain(name);
  });
});

test("areas import what their row allows", () => {
  const table = new Map(areas().map((area) => [area.name, area.mayImport]));
  const broken = imports.filter(({ from, to }) => {
    if (!to.startsWith("src/")) return !to.startsWith("package.json");
    const allowed = table.get(areaOf(from)) ?? [];
    return (
      areaOf(from) !== areaOf(to) && allowed !== "anything" && !allowed.includes(areaOf(to).replace("/", ""))
    );
  });
  expect(broken).toEqual([]);
  expect(imports.length).toBeGreaterThan(30);
});

test("every relative import names a file that exists, with its extension", () => {
  expect(imports.filter(({ to }) => !statSync(join(ROOT, to), { throwIfNoEntry: false })?.isFile())).toEqual(
    [],
  );
});

test("no file imports itself in a circle", () => {
  const next = new Map<string, string[]>();
  for (const { from, to } of imports) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    if (trail.includes(file)) circles.push([...trail.slice(trail.indexOf(file)), file].join(" → "));
    if (done.has(file) || trail.includes(file)) return;
    for (const target of next.get(file) ?? []) visit(target, [...trail, file]);
    done.add(file);
  };
  for (const file of sources) visit(file, []);
  expect(circles).toEqual([]);
});

test("the command line loads a command only when it is asked for", () => {
  const isFlags = (file: string) => file === "src/main.ts" || file.startsWith("src/commands/flags/");
  const AT_START = /^import (?!type )[^;]*?from "([^"]+)"/gm;
  const loaded = sources
    .filter(isFlags)
    .flatMap((file) => [...read(file).matchAll(AT_START)].map(([, path = ""]) => join(dirname(file), path)))
    .filter((path) => path.startsWith("src/") && path.endsWith(".ts"));
  expect([...new Set(loaded)].filter((file) => !isFlags(file))).toEqual(["src/core/errors.ts"]);
});

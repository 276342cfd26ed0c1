// House style that a linter does not know. Each rule names the files that break it.
import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { filesBelow, read } from "./source-tree.ts";

const LINES_MAX = 400;
const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.(ts|tsx|js)$/;
const EMPTY_NAMES = /(^|-)(utils?|helpers?|managers?|common|misc)(-|\.|$)/;

const isCode = (file: string) => /\.(ts|tsx|js)$/.test(file);
const sources = filesBelow("src").filter(isCode);
const tests = filesBelow("test").filter(isCode);
const code = [
  ...sources,
  ...tests,
  ...filesBelow("bin").filter(isCode),
  ...filesBelow("bench").filter(isCode),
];

/** Files of `files` whose text breaks the rule. */
function breaking(files: readonly string[], isBroken: (text: string, file: string) => boolean): string[] {
  return files.filter((file) => isBroken(read(file), file));
}

test("there is code to look at", () => {
  expect(sources.length).toBeGreaterThan(20);
  expect(code.length).toBeGreaterThan(sources.length);
});

describe("files", () => {
  test(`of src are at most ${LINES_MAX} lines long`, () => {
    expect(breaking(sources, (text) => text.split("\n").length > LINES_MAX + 1)).toEqual([]);
  });

  test("are named in kebab-case", () => {
    expect(code.filter((file) => !KEBAB.test(basename(file)) && !file.endsWith(".config.ts"))).toEqual([]);
  });

  test("are named after what they hold", () => {
    const parts = code.flatMap((file) => file.split("/").map((part) => [file, part] as const));
    expect(parts.filter(([, part]) => EMPTY_NAMES.test(part)).map(([file]) => file)).toEqual([]);
  });

  test("of src open with a paragraph of one to three lines", () => {
    const isBroken = (text: string) => {
      const lines = text.replace(/^#!.*\n/, "").split("\n");
      // A picture may follow, after an empty comment line.
      const length = lines.findIndex((line) => !line.startsWith("// "));
      return length < 1 || length > 3;
    };
    expect(breaking(sources, isBroken)).toEqual([]);
  });

  test("of src have no line of over 120 characters in their comments", () => {
    expect(
      breaking(sources, (text) =>
        text.split("\n").some((line) => /^\s*(\/\/|\*)/.test(line) && line.length > 120),
      ),
    ).toEqual([]);
  });
});

describe("code", () => {
  // Written in two parts, so that this file does not break its own rules.
  const LATER = new RegExp(`\\b(${["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"].join("|")})\\b`);
  const SILENCED = new RegExp(`@ts-${"(ignore|nocheck|expect-error)"}|biome-${"ignore"}`);
  const SLEEP = /setTimeout\(\s*\w+,\s*[0-9_]+\s*\)\s*\)/;

  test("has no notes to do something later", () => {
    expect(LATER.test(`// TO${"DO"}: later`)).toBe(true);
    expect(breaking(code, (text) => LATER.test(text))).toEqual([]);
  });

  test("silences neither the compiler nor the linter", () => {
    expect(SILENCED.test(`// biome-${"ignore"} lint: because`)).toBe(true);
    expect(breaking(code, (text) => SILENCED.test(text))).toEqual([]);
  });

  test("of tests does not sleep", () => {
    expect(SLEEP.test(`await new Promise((done) => set${"Timeout"}(done, 100));`)).toBe(true);
    expect(breaking(tests, (text) => SLEEP.test(text))).toEqual([]);
  });

  test("reads the environment in config, commands and the composition root alone", () => {
    const isAllowed = (file: string) => /^src\/(config|commands|demo)\/|^src\/(main|app)\.ts$/.test(file);
    expect(breaking(sources, (text, file) => !isAllowed(file) && /\bprocess\.env\b/.test(text))).toEqual([]);
  });
});

describe("the linter", () => {
  test.each([
    ["style", "noDefaultExport"],
    ["style", "noEnum"],
    ["style", "noNamespace"],
    ["style", "noParameterAssign"],
    ["style", "noNonNullAssertion"],
    ["suspicious", "noExplicitAny"],
    ["suspicious", "noEmptyBlockStatements"],
  ])("refuses %s/%s", (group, rule) => {
    const { linter } = JSON.parse(read("biome.json")) as {
      linter: { rules: Record<string, Record<string, string>> };
    };
    expect(linter.rules[group]?.[rule]).toBe("error");
  });

  test("and the compiler look at every folder with code", () => {
    const { include } = JSON.parse(read("tsconfig.json")) as { include: string[] };
    for (const folder of ["src", "test", "bench"]) expect(include).toContain(folder);
  });
});

// What `parallax diff` shows to people, as data: one folder a case, one expected file a width of the terminal.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type DiffOptions, runDiff } from "../../src/commands/diff.ts";
import { testFile } from "../config/config-file.ts";

const CASES = join(import.meta.dirname, "diff-cases");

async function shown(options: DiffOptions): Promise<string> {
  let text = "";
  await runDiff({
    ...options,
    write: (part) => {
      text += part;
    },
  });
  return text;
}

function inputs(name: string): DiffOptions {
  const folder = join(CASES, name);
  const has = (file: string) => readdirSync(folder).includes(file);
  return {
    legacy: join(folder, "legacy.body"),
    candidate: join(folder, "candidate.body"),
    rulesFile: has("rules.yaml") ? join(folder, "rules.yaml") : undefined,
    contentType: has("type.txt") ? readFileSync(join(folder, "type.txt"), "utf8").trim() : undefined,
  };
}

const expected = readdirSync(CASES).flatMap((name) =>
  readdirSync(join(CASES, name))
    .filter((file) => file.startsWith("expected-"))
    .map((file) => [name, Number(/\d+/.exec(file)?.[0]), join(CASES, name, file)] as const),
);

test("there are cases at several widths", () => {
  expect(expected.length).toBeGreaterThan(10);
  expect(new Set(expected.map(([, columns]) => columns)).size).toBeGreaterThan(2);
});

test.each(expected)("%s in %i columns", async (name, columns, file) => {
  const text = await shown({ ...inputs(name), columns, color: "never" });
  await expect(text).toMatchFileSnapshot(file);
  expect(
    Math.max(
      ...text
        .split("\n")
        .slice(1)
        .map((line) => [...line].length),
    ),
  ).toBeLessThanOrEqual(Math.max(columns, 120));
});

test.each(["json", "text", "binary"])(
  "%s is the same with colours, once they are taken out",
  async (name) => {
    const bare = await shown({ ...inputs(name), columns: 100, color: "never" });
    const colored = await shown({ ...inputs(name), columns: 100, color: "always" });
    expect(bare).not.toContain("\u001b");
    expect(colored).toContain("\u001b[31m");
    const trimmed = (text: string) => text.split("\n").map((line) => line.trimEnd());
    expect(trimmed(stripVTControlCharacters(colored))).toEqual(trimmed(bare));
  },
);

describe("colours", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  const isColored = async (environment: Record<string, string>, color?: DiffOptions["color"]) => {
    vi.stubEnv("NO_COLOR", "");
    vi.stubEnv("FORCE_COLOR", "");
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    return (await shown({ ...inputs("json"), ...(color === undefined ? {} : { color }) })).includes("\u001b");
  };

  test.each([
    [{}, undefined, false],
    [{}, "auto", false],
    [{ FORCE_COLOR: "1" }, undefined, true],
    [{ FORCE_COLOR: "0" }, undefined, false],
    [{ FORCE_COLOR: "1", NO_COLOR: "1" }, undefined, false],
    [{ NO_COLOR: "1" }, "always", true],
    [{ FORCE_COLOR: "1" }, "never", false],
  ] as const)("without a terminal, %j and --color %s: %s", async (environment, color, wanted) => {
    expect(await isColored(environment, color)).toBe(wanted);
  });
});

describe("hostile bodies", () => {
  const HOSTILE = [
    "\u001b]0;title\u0007",
    "\u001b[2J",
    "\u202eevil",
    "\u009b31m",
    "a\rb",
    "\u2028",
    "\u0000",
  ];

  test.each(HOSTILE)("%j never reaches the terminal", async (hostile) => {
    const bodies = [
      [`one ${hostile}\ntwo`, `one\n${hostile}`, "text/plain"],
      [
        JSON.stringify({ a: `${hostile}1`, [hostile]: 1 }),
        JSON.stringify({ a: `${hostile}2` }),
        "application/json",
      ],
      [`{"${hostile}":1}`, `{"${hostile}":2}`, "application/json"],
      [hostile, "{}", "application/json"],
    ] as const;
    for (const [legacy, candidate, contentType] of bodies)
      for (const columns of [40, 100]) {
        const files = { legacy: testFile("l", legacy), candidate: testFile("c", candidate) };
        const text = await shown({ ...files, contentType, columns, color: "never" });
        expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\u2028\u2029]/u);
      }
  });

  test("depth, many differences and long lines are bounded", async () => {
    const nested = (value: string) => testFile("n", "[".repeat(50_000) + value + "]".repeat(50_000));
    const deep = await shown({ legacy: nested("1"), candidate: nested("2"), columns: 80, color: "never" });
    expect(deep.length).toBeLessThan(20_000);
    const many = (sign: number) =>
      testFile("m", JSON.stringify(Array.from({ length: 9000 }, (_, n) => sign * (n + 1))));
    const long = await shown({ legacy: many(1), candidate: many(-1), columns: 80, color: "never" });
    expect(long.split("\n").length).toBeLessThan(4500);
    expect(long).toContain("more lines not shown");
    expect(long).toContain("more differences; --json has them all");
  });

  test("what differs far to the right is in sight", async () => {
    const text = (end: string) => testFile("t", JSON.stringify({ a: "x".repeat(5000) + end }));
    const files = { legacy: text("legacy-end"), candidate: text("candidate-end") };
    const out = await shown({ ...files, columns: 80, color: "never" });
    expect(out).toMatch(/~ ….*legacy-end.*│ ~ ….*candidate-end/);
  });
});

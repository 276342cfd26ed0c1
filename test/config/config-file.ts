// Writes config files for tests to a directory of their own.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Config, type LoadResult, loadConfig } from "../../src/config/load.ts";
import { formatProblem } from "../../src/config/problem.ts";

/** A new directory that is gone after the test. */
export function testDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "parallax-config-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** The path of a new file `name` with `content`. */
export function testFile(name: string, content: string | Uint8Array): string {
  const file = join(testDirectory(), name);
  writeFileSync(file, content);
  return file;
}

export const TWO_URLS = `upstreams:
  legacy: { url: "http://127.0.0.1:3001" }
  candidate: { url: "http://127.0.0.1:3002" }
`;

export function loadText(text: string | Uint8Array, environment: Record<string, string> = {}): LoadResult {
  return loadConfig({ config: testFile("parallax.yaml", text) }, environment);
}

/** The problems as lines, the directory of the file taken out. */
export function problemLines(result: LoadResult): string[] {
  if (result.ok) return [];
  return result.problems.map((problem) => formatProblem(problem).replace(/^\/\S*\/parallax\.yaml/, "FILE"));
}

export function loaded(result: LoadResult): Config {
  if (!result.ok) throw new Error(problemLines(result).join("\n"));
  return result.config;
}

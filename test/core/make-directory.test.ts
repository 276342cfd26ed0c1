import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeDirectory } from "../../src/core/make-directory.ts";

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "parallax-directory-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test("makes what is missing, each with the mode, and leaves what is there", () => {
  const folder = makeFolder();
  makeDirectory(join(folder, "a", "b"), 0o700);
  makeDirectory(join(folder, "a", "b", "c"), 0o750);
  makeDirectory(join(folder, "a", "b", "c"), 0o700);
  const modes = ["a", "a/b", "a/b/c"].map((name) => statSync(join(folder, name)).mode & 0o777);
  expect(modes).toEqual([0o700, 0o700, 0o750]);
});

test("throws where a file or a link to nothing is in the way", () => {
  const folder = makeFolder();
  writeFileSync(join(folder, "file"), "");
  symlinkSync(join(folder, "nothing"), join(folder, "link"));
  expect(() => makeDirectory(join(folder, "file"), 0o700)).toThrow(/EEXIST/);
  expect(() => makeDirectory(join(folder, "file", "a"), 0o700)).toThrow();
  expect(() => makeDirectory(join(folder, "link", "a"), 0o700)).toThrow(/EEXIST/);
});

test.runIf(process.platform === "linux")(
  "throws where a parent refuses children as if it were missing",
  () => {
    expect(() => makeDirectory("/proc/parallax/data", 0o700)).toThrow(/ENOENT/);
  },
);

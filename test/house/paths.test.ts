// Prose that names files which do not exist misleads; every path that the documents name is there.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { filesBelow, ROOT, read } from "./source-tree.ts";

const documents = filesBelow(".").filter((file) =>
  /^(README\.md|src\/README\.md|bench\/README\.md|docs\/.*\.md)$/.test(file),
);
const FROM_ROOT = /^(src|config|test|bench|docs|bin|\.ci)\/[\w./-]*$/;

/** Paths that a document names: in backticks from the root, and targets of relative links. */
function namedPaths(document: string): string[] {
  const text = read(document).replace(/```[\s\S]*?```/g, "");
  const ticked = [...text.matchAll(/`([^`\s]+)`/g)]
    .map(([, path = ""]) => path)
    .filter((path) => FROM_ROOT.test(path));
  const linked = [...text.matchAll(/\]\((?![a-z]+:|#)([^)#\s]+)[^)]*\)/g)].map(([, path = ""]) =>
    join(dirname(document), path),
  );
  return [...ticked, ...linked];
}

test.each(documents)("%s names paths that exist", (document) => {
  expect(namedPaths(document).filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

/** As GitHub makes them: lower case, punctuation away, a hyphen for each space. */
function anchorsOf(document: string): string[] {
  const text = read(document).replace(/```[\s\S]*?```/g, "");
  return [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

test.each(documents)("%s links to headings that exist", (document) => {
  const links = [...read(document).matchAll(/\]\((?![a-z]+:)([^)#\s]*)#([^)\s]+)\)/g)];
  const dead = links.filter(([, path = "", anchor = ""]) => {
    const target = path === "" ? document : join(dirname(document), path);
    return target.endsWith(".md") && !anchorsOf(target).includes(anchor);
  });
  expect(dead.map(([link]) => link)).toEqual([]);
});

test("the documents are looked at and do name paths", () => {
  expect(documents).toContain("src/README.md");
  expect(documents.flatMap(namedPaths).length).toBeGreaterThan(8);
});

test("source comments name files that exist", () => {
  const missing = filesBelow("src")
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) =>
      [...read(file).matchAll(/\b((?:docs|config)\/[\w-]+\.(?:md|yaml|json))\b/g)]
        .map(([, path = ""]) => path)
        .filter((path) => !existsSync(join(ROOT, path)))
        .map((path) => `${file}: ${path}`),
    );
  expect(missing).toEqual([]);
});

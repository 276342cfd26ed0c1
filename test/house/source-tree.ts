// The repository as the house tests see it: tracked and new files, not what is ignored.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Paths below `folder`, from the root, of files that git has or would add. */
export function filesBelow(folder: string): string[] {
  const listed = execFileSync(
    "git",
    ["ls-files", "--cached", "--others", "--exclude-standard", "-z", folder],
    {
      cwd: ROOT,
      encoding: "utf8",
    },
  );
  return listed.split("\0").filter((file) => file !== "" && existsSync(join(ROOT, file)));
}

export function read(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

/** Cells of the rows of each Markdown table in `text`, header and ruler left out. */
export function tableRows(text: string): string[][] {
  const rows: string[][] = [];
  const lines = text.split("\n");
  for (const [index, line] of lines.entries()) {
    const isRow = line.startsWith("|") && !/^\|[\s:|-]+\|$/.test(line);
    const isHeader = /^\|[\s:|-]+\|$/.test(lines[index + 1] ?? "");
    if (isRow && !isHeader)
      rows.push(
        line
          .slice(1, line.lastIndexOf("|"))
          .split(/(?<!\\)\|/)
          .map((cell) => cell.trim().replaceAll("\\|", "|")),
      );
  }
  return rows;
}

/** `from` imports `to`: both paths from the root. Packages and built-ins are left out. */
export interface Import {
  readonly from: string;
  readonly to: string;
}

// Static, re-exported and dynamic imports with a literal path; house style has no other form.
const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*|\bnew URL\(\s*)"(\.{1,2}\/[^"]+)"/g;

/** Source text with block comments and whole-line comments blanked. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
}

export function importsOf(file: string): Import[] {
  return [...withoutComments(read(file)).matchAll(IMPORT)].map(([, path]) => ({
    from: file,
    to: join(dirname(file), path ?? ""),
  }));
}

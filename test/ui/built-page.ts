// Before all tests: the page is built where it was not yet, or where its source is newer than what was built.
import { readdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const SOURCE = fileURLToPath(new URL("../../src/ui/", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../vite.config.ts", import.meta.url));
const BUILT = fileURLToPath(new URL("../../dist/ui/index.html", import.meta.url));

function newestMs(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Math.max(...files.map(({ parentPath, name }) => statSync(`${parentPath}/${name}`).mtimeMs));
}

export async function setup(): Promise<void> {
  const builtMs = statSync(BUILT, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (builtMs < Math.max(newestMs(SOURCE), statSync(CONFIG).mtimeMs)) await build({ configFile: CONFIG });
}

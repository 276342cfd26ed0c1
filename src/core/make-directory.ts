// Makes a directory and its missing parents, step by step: Node's own recursive mkdir spins for ever where a
// parent is there and refuses children with ENOENT, as /proc does.
import { mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Those that it makes get this mode, less the umask. Throws the system's error where one cannot be made. */
export function makeDirectory(path: string, mode: number): void {
  const missing: string[] = [];
  let at = resolve(path);
  while (!isDirectory(at)) {
    missing.push(at);
    if (dirname(at) === at) break;
    at = dirname(at);
  }
  for (const directory of missing.reverse()) {
    try {
      mkdirSync(directory, { mode });
    } catch (error) {
      // Another process may have made it meanwhile.
      if (!isDirectory(directory)) throw error;
    }
  }
}

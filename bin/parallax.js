#!/usr/bin/env node
// Starts the program on the Node.js that is pinned as a dependency, whatever the machine's own is:
// TypeScript runs unbuilt, which Node 20 cannot do. Plain JavaScript, so that any Node can run it.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const MAIN_URL = new URL("../src/main.ts", import.meta.url);
const MAIN = fileURLToPath(MAIN_URL);
const NODE_MAJOR_MIN = 26;

function findPinnedNode() {
  const require = createRequire(import.meta.url);
  const { platform, arch } = process;
  for (const name of [`node-${platform}-${arch}`, `node-bin-${platform}-${arch}`, `node-win-${arch}`]) {
    try {
      const file = join(
        dirname(require.resolve(`${name}/package.json`)),
        "bin",
        platform === "win32" ? "node.exe" : "node",
      );
      if (existsSync(file)) return file;
    } catch {
      // Not installed: npm installs just the package of this platform.
    }
  }
  return undefined;
}

if (Number.parseInt(process.versions.node, 10) >= NODE_MAJOR_MIN) {
  process.argv[1] = MAIN;
  await import(MAIN_URL.href);
} else {
  const node = findPinnedNode();
  if (node === undefined) {
    process.stderr.write(
      `parallax: needs Node.js ${NODE_MAJOR_MIN} or newer, found ${process.versions.node}; reinstall with optional dependencies (npm ci) or run it on a newer Node.js\n`,
    );
    process.exit(3);
  }
  const child = spawn(node, [MAIN, ...process.argv.slice(2)], { stdio: "inherit" });
  // A terminal sends Ctrl-C to both processes already, and a second one would end Parallax at once; what reaches
  // this process alone is passed on.
  const hasTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
  process.on("SIGINT", () => hasTerminal || child.kill("SIGINT"));
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`parallax: cannot start ${node}: ${error.message}\n`);
    process.exit(3);
  });
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

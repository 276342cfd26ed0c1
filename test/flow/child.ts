// `parallax run` as a process of its own: for signals, exit codes and kill -9.
import { type ChildProcess, spawn } from "node:child_process";
import { expect } from "vitest";

export interface Child {
  readonly port: number;
  readonly admin: string;
  readonly process: ChildProcess;
  stderr(): string;
  /** The exit code, or the signal that ended it. */
  readonly exited: Promise<number | string>;
}

function spawnRun(flags: readonly string[]) {
  const child = spawn(process.execPath, ["src/main.ts", "run", ...flags], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { PATH: process.env["PATH"] },
  });
  let stderr = "";
  child.stderr.on("data", (part) => {
    stderr += part;
  });
  const exited = new Promise<number | string>((resolve) =>
    child.on("close", (code, signal) => resolve(code ?? signal ?? "unknown")),
  );
  return { child, exited, stderr: () => stderr };
}

/** Resolves once it serves. `listen` and `admin` are free ports of loopback unless the flags say otherwise. */
export async function startChild(flags: readonly string[]): Promise<Child> {
  const all = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", ...flags];
  const { child, exited, stderr } = spawnRun(all);
  await expect.poll(stderr, { timeout: 20_000 }).toMatch(/"msg":"serving"/);
  const line = stderr()
    .split("\n")
    .find((text) => text.includes('"msg":"serving"'));
  const { listen, admin } = JSON.parse(line ?? "{}") as { readonly listen: string; readonly admin: string };
  return { port: Number(listen.split(":").at(-1)), admin, process: child, stderr, exited };
}

/** Runs it to its end: for starts that are refused. */
export async function runToExit(
  flags: readonly string[],
): Promise<{ code: number | string; stderr: string }> {
  const { exited, stderr } = spawnRun(flags);
  return { code: await exited, stderr: stderr() };
}

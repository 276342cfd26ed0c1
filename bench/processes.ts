// Everything the bench starts, and its end: child processes in groups of their own, temporary folders.
// Invariant: whatever ends the bench (done, Ctrl-C, an error), no process and no folder stays behind.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";

/** The end of what a process wrote: for the error message. */
const LOG_CHARACTERS_MAX = 4_000;
/** From SIGTERM to SIGKILL. */
const STOP_MS_MAX = 3_000;

const running = new Set<ChildProcess>();
const folders = new Set<string>();

export function isInstalled(command: string): boolean {
  try {
    execFileSync("sh", ["-c", `command -v ${command}`], { stdio: "ignore" });
    return true;
  } catch {
    return false; // Not found: the caller says what is left out for it.
  }
}

/** Proxies get the first core, load and upstreams the second: neither steals from the other. */
export const isPinned = process.platform === "linux" && availableParallelism() >= 2 && isInstalled("taskset");
export type Core = "proxy" | "rest";
const CORES: Readonly<Record<Core, string>> = { proxy: "0", rest: "1" };

export interface Started {
  readonly process: ChildProcess;
  readonly pid: number;
  /** The last lines that it wrote. */
  log(): string;
  /** How it ended and its last words; undefined while it runs. */
  ended(): string | undefined;
  stop(): Promise<void>;
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    // The group: an nginx master that is killed leaves its worker behind.
    process.kill(-child.pid, signal);
  } catch {
    // It ended by itself in between.
  }
}

function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => killGroup(child, "SIGKILL"), STOP_MS_MAX);
    child.once("exit", () => {
      clearTimeout(timer);
      resolve();
    });
    killGroup(child, "SIGTERM");
  });
}

/** Starts `command` on a core (where pinning works), with an IPC channel when it is Node.js. */
export function start(core: Core, command: string, args: readonly string[]): Started {
  const line = isPinned ? ["taskset", "-c", CORES[core], command, ...args] : [command, ...args];
  const isNode = command === process.execPath;
  const child = spawn(line[0] as string, line.slice(1), {
    stdio: ["ignore", "pipe", "pipe", ...(isNode ? (["ipc"] as const) : [])],
    detached: true,
  });
  running.add(child);
  let log = "";
  const note = (chunk: Buffer): void => {
    log = (log + chunk.toString("utf8")).slice(-LOG_CHARACTERS_MAX);
  };
  child.stdout?.on("data", note);
  child.stderr?.on("data", note);
  child.once("error", (error) => note(Buffer.from(error.message)));
  child.once("exit", () => running.delete(child));
  const ended = (): string | undefined => {
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) return undefined;
    return `ended with ${child.signalCode ?? `code ${child.exitCode}`}: ${log.trim() || "it said nothing"}`;
  };
  return {
    process: child,
    pid: child.pid ?? -1,
    log: () => log.trim(),
    ended,
    stop: () => stopProcess(child),
  };
}

export function makeFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `parallax-bench-${name}-`));
  folders.add(folder);
  return folder;
}

/** A loopback port that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === "object" ? address.port : 0));
    });
  });
}

/** Polls `isReady` until it holds; rejects with the process's own words when it ends or takes too long. */
export async function untilReady(
  started: Started,
  msMax: number,
  isReady: () => Promise<boolean>,
): Promise<void> {
  const deadlineMs = performance.now() + msMax;
  for (;;) {
    const end = started.ended();
    if (end !== undefined) throw new Error(end);
    if (await isReady()) return;
    if (performance.now() > deadlineMs)
      throw new Error(`not ready within ${msMax / 1000} s: ${started.log() || "it said nothing"}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** True when a GET of `url` answers 200. */
export async function answersOk(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(1_000) });
    await answer.arrayBuffer();
    return answer.status === 200;
  } catch {
    return false; // Not listening yet.
  }
}

/** At once and synchronously: for exit listeners. */
export function endEverything(): void {
  for (const child of running) killGroup(child, "SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

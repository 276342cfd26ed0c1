// The demo's two real upstreams: json-server 0.17.4 and 1.0.0-beta.3 as child processes, each with its own
// copy of the data. Invariant: what is started here ends with stop(), or with this process.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { CommandError } from "../core/errors.ts";
import type { DataSet } from "./data-set.ts";

const LOOPBACK_ONLY = new URL("./loopback-only.ts", import.meta.url).href;
const quotesOf = (name: string) => new URL(`./quotes.ts?of=${name}`, import.meta.url).href;
/** From spawn to the port; a cold start takes about one second. */
const START_MS_MAX = 20_000;
/** From SIGTERM to SIGKILL: the servers have nothing worth waiting for. */
const STOP_MS_MAX = 2_000;
/** The end of what a server wrote, for the error message. */
const LOG_CHARACTERS_MAX = 2_000;

const ENVIRONMENTS = {
  // The older one logs every request but here; --quiet would also swallow why it cannot start.
  legacy: "test",
  // Elsewhere the newer one reads the public folder on every request.
  candidate: "production",
} as const;

export interface DemoUpstream {
  readonly name: "legacy" | "candidate";
  /** `json-server 0.17.4` */
  readonly version: string;
  readonly url: string;
  stop(): Promise<void>;
}

interface ServerFiles {
  readonly binFile: string;
  readonly version: string;
}

/** Finds an installed json-server. Throws a CommandError (3) where it is missing. */
function findServer(packageName: string): ServerFiles {
  try {
    const file = createRequire(import.meta.url).resolve(`${packageName}/package.json`);
    const manifest = JSON.parse(readFileSync(file, "utf8")) as {
      readonly version: string;
      readonly bin: string | Readonly<Record<string, string>>;
    };
    const bin = typeof manifest.bin === "string" ? manifest.bin : manifest.bin["json-server"];
    return { binFile: join(dirname(file), bin ?? ""), version: `json-server ${manifest.version}` };
  } catch {
    throw new CommandError(
      3,
      `the demo needs the development dependency ${packageName}, which is not installed: run it in a clone of the repository after "npm ci"`,
    );
  }
}

/** Resolves with the port that the preload reports; rejects with what the server wrote. */
function portOf(child: ChildProcess, what: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let log = "";
    const note = (chunk: Buffer): void => {
      log = (log + chunk.toString("utf8")).slice(-LOG_CHARACTERS_MAX);
    };
    child.stdout?.on("data", note);
    child.stderr?.on("data", note);
    const fail = (how: string): void => {
      clearTimeout(timer);
      const said = log.trim().replaceAll(/\s*\n\s*/g, " | ");
      reject(new CommandError(3, `${what} did not start: ${how}${said === "" ? "" : `; it said: ${said}`}`));
    };
    const timer = setTimeout(() => fail(`no port within ${START_MS_MAX / 1000} s`), START_MS_MAX);
    child.once("error", (error) => fail(error.message));
    // Not "exit": what it wrote last may come after that.
    child.once("close", (code, signal) => fail(`it ended with ${signal ?? `code ${code}`}`));
    child.once("message", (message: { readonly port: number }) => {
      clearTimeout(timer);
      child.removeAllListeners("close");
      resolve(message.port);
    });
  });
}

function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS_MAX);
    child.once("exit", () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill("SIGTERM");
  });
}

async function startServer(
  name: DemoUpstream["name"],
  folder: string,
  dataSet: DataSet,
): Promise<DemoUpstream> {
  const { binFile, version } = findServer(`json-server-${name}`);
  // The newer one refuses to start in production without a public folder.
  mkdirSync(join(folder, "public"), { recursive: true });
  writeFileSync(join(folder, "db.json"), JSON.stringify(dataSet));
  const child = spawn(
    process.execPath,
    ["--import", LOOPBACK_ONLY, "--import", quotesOf(name), binFile, "db.json"],
    {
      cwd: folder,
      env: { ...process.env, NODE_ENV: ENVIRONMENTS[name] },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      // Its own process group: a Ctrl-C must reach the demo first, which still has a report to write.
      detached: true,
    },
  );
  try {
    const port = await portOf(child, `${version} (the ${name})`);
    return { name, version, url: `http://127.0.0.1:${port}`, stop: () => stopChild(child) };
  } catch (error) {
    await stopChild(child);
    throw error;
  }
}

/**
 * Starts both servers, each in its own folder under `folder`, and waits for their ports.
 * Throws a CommandError (3) when one cannot start; the other is stopped first.
 */
export async function startUpstreams(
  folder: string,
  dataSet: DataSet,
): Promise<{ readonly legacy: DemoUpstream; readonly candidate: DemoUpstream }> {
  const names = ["legacy", "candidate"] as const;
  const started = await Promise.allSettled(
    names.map((name) => startServer(name, join(folder, name), dataSet)),
  );
  const [legacy, candidate] = started;
  if (legacy?.status === "fulfilled" && candidate?.status === "fulfilled")
    return { legacy: legacy.value, candidate: candidate.value };
  for (const each of started) if (each.status === "fulfilled") await each.value.stop();
  throw started.find((each) => each.status === "rejected")?.reason;
}

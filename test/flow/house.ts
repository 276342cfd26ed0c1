// A whole Parallax in this process, on loopback and free ports, with its config in a file of its own.
// What tests of the running program share; it asserts nothing.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { request } from "undici";
import { expect } from "vitest";
import { startParallax } from "../../src/app.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { SkipReason } from "../../src/core/skip.ts";
import type { IncomparableReason } from "../../src/core/verdict.ts";
import { createLog, type LogLevel } from "../../src/telemetry/log.ts";

export interface Totals {
  readonly exchanges: number;
  readonly match: number;
  readonly mismatch: number;
  readonly incomparable: number;
  readonly incomparableByReason: Readonly<Record<IncomparableReason, number>>;
  readonly skipped: Readonly<Record<SkipReason, number>>;
  readonly inFlight: number;
}

export interface Summary {
  readonly epoch: number;
  readonly isKilled: boolean;
  readonly totals: Totals;
  readonly threads: readonly {
    readonly name: string;
    readonly state: string;
    readonly epoch: number;
    readonly restarts: number;
    readonly lastError?: string;
  }[];
  readonly store: { readonly kind: string };
}

export interface House {
  readonly port: number;
  readonly admin: string;
  readonly dataDirectory: string;
  /** Lines of the log so far. */
  readonly log: readonly string[];
  /** The worker that holds this place now, `serving-0`: for faults that only a thread can have. */
  worker(name: string): Worker;
  summary(): Promise<Summary>;
  metrics(): Promise<string>;
  /** The totals once nothing is in flight and `exchanges` of them were begun. */
  settled(exchanges: number): Promise<Totals>;
  /** Writes another config into the file that a reload reads; text is written as it is. */
  rewrite(settings: object | string): void;
  stop(): Promise<void>;
}

/** `settings` as in a config file; the listeners are set here, and the data directory unless the test has its own. */
export async function startHouse(
  settings: object,
  level: LogLevel = "info",
  ownDataDirectory?: string,
): Promise<House> {
  const folder = mkdtempSync(join(tmpdir(), "parallax-house-"));
  const dataDirectory = ownDataDirectory ?? join(folder, "data");
  const file = join(folder, "parallax.yaml");
  const log: string[] = [];
  const flags = { config: file, listen: "127.0.0.1:0", admin: "127.0.0.1:0", data: dataDirectory };
  const rewrite = (to: object | string): void =>
    writeFileSync(file, typeof to === "string" ? to : JSON.stringify(to));
  rewrite(settings);
  const workers = new Map<string | null, Worker>();
  const onWorker = (worker: Worker): void => void workers.set(worker.threadName, worker);
  process.on("worker", onWorker);
  const load = () => loadConfig(flags, {});
  const loaded = load();
  if (!loaded.ok) throw new Error(`the test's config is refused: ${JSON.stringify(loaded.problems)}`);
  const running = await startParallax(loaded.config, {
    log: createLog({ level, isReadable: false, write: (line) => log.push(line) }),
    loadAgain: load,
  });
  const admin = `http://127.0.0.1:${running.adminAddress.port}`;
  const summary = async (): Promise<Summary> => {
    const answer = await request(`${admin}/api/summary`);
    return (await answer.body.json()) as Summary;
  };
  return {
    port: running.address.port,
    admin,
    dataDirectory,
    log,
    worker: (name) => {
      const worker = workers.get(name);
      if (worker === undefined) throw new Error(`no worker ${name}`);
      return worker;
    },
    summary,
    metrics: async () => (await request(`${admin}/metrics`)).body.text(),
    settled: async (exchanges) => {
      await expect
        .poll(
          async () => {
            const { totals } = await summary();
            return [totals.exchanges, totals.inFlight];
          },
          { timeout: 15_000, interval: 20 },
        )
        .toEqual([exchanges, 0]);
      return (await summary()).totals;
    },
    rewrite,
    stop: async () => {
      await running.stop();
      process.off("worker", onWorker);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What is not zero. */
export function nonZero(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
}

export function skippedSum({ skipped }: Totals): number {
  return Object.values(skipped).reduce((sum, count) => sum + count, 0);
}

/** Opens a connection; resolves once it is there. */
export function openSocket(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    socket.once("connect", () => resolve(socket));
    socket.once("error", reject);
  });
}

/** Sends `bytes` on a connection of its own; everything that comes back until the other side closes. */
export async function converse(port: number, bytes: string | Uint8Array): Promise<Buffer> {
  const socket = await openSocket(port);
  socket.write(bytes);
  return readToEnd(socket);
}

/** Everything that comes until the other side closes; a reset ends it too. */
export function readToEnd(socket: Socket): Promise<Buffer> {
  const parts: Buffer[] = [];
  return new Promise((resolve) => {
    socket.on("data", (part: Buffer) => parts.push(part));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => resolve(Buffer.concat(parts)));
  });
}

/** What comes until `text` was seen; the connection stays open. Fails when it closes before. */
export function readUntil(socket: Socket, text: string): Promise<string> {
  let seen = "";
  return new Promise((resolve, reject) => {
    const onData = (part: Buffer): void => {
      seen += part.toString("latin1");
      if (!seen.includes(text)) return;
      socket.off("data", onData);
      socket.off("close", onClose);
      resolve(seen);
    };
    const onClose = (): void => reject(new Error(`closed before ${JSON.stringify(text)}: ${seen}`));
    socket.on("data", onData);
    socket.once("close", onClose);
    socket.on("error", () => socket.destroy());
  });
}

// Recorded exchanges and HAR entries for tests, and files of them in a folder that goes away.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { onTestFinished } from "vitest";
import type { ReplayStreams } from "../../src/commands/replay.ts";
import type { RecordedExchange } from "../../src/core/recording.ts";

type Request = RecordedExchange["request"];

export function storedRequest(changes: Partial<Request> = {}): Request {
  const body = changes.body ?? "";
  return {
    method: "GET",
    target: "/items/1",
    headers: [["host", "shop.example"]],
    body,
    bodyEncoding: "utf8",
    bodyBytes: Buffer.byteLength(body),
    isBodyCut: false,
    ...changes,
  };
}

export function recorded(index: number, changes: Partial<RecordedExchange> = {}): RecordedExchange {
  const body = JSON.stringify({ id: index, price: 1.5 });
  return {
    schemaVersion: 1,
    id: `r${index}`,
    atMs: 1_000_000 + index * 10,
    route: "default",
    endpoint: "GET /items/{id}",
    request: storedRequest({ target: `/items/${index}` }),
    legacy: {
      status: 200,
      latencyMs: 3,
      headers: [["content-type", "application/json"]],
      body,
      bodyEncoding: "utf8",
      bodyBytes: body.length,
      isBodyCut: false,
    },
    ...changes,
  };
}

export const lines = (exchanges: readonly unknown[]): string =>
  exchanges.map((exchange) => `${JSON.stringify(exchange)}\n`).join("");

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "parallax-replay-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function writeIn(folder: string, name: string, content: string | Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

/** Streams that are read by a test; an empty environment unless it is given. */
export function readableStreams(
  environment: Record<string, string> = {},
  stdin: Readable = Readable.from([]),
) {
  const out: string[] = [];
  const err: string[] = [];
  const streams: ReplayStreams = {
    environment,
    stdin,
    write: (text) => void out.push(text),
    writeError: (text) => void err.push(text),
    columns: undefined,
  };
  return { streams, out: () => out.join(""), err: () => err.join("") };
}

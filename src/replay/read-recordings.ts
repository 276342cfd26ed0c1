// Recorded traffic, one exchange after the other, from any number of files, in bounded memory.
// What cannot be read is an entry as well, with its place: it never ends the reading of the rest.
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { byteLines } from "./byte-lines.ts";
import {
  type ParsedExchange,
  parseHarEntry,
  parseRecorded,
  type ReplayableExchange,
} from "./recorded-schema.ts";
import { beginsLikeHar, type RecordingFile } from "./recording-files.ts";

/** One exchange of a recording: a longer line is not read. */
export const LINE_BYTES_MAX = 16 * 1024 * 1024;
/** A HAR file is one JSON document, and is read whole. */
export const HAR_BYTES_MAX = 256 * 1024 * 1024;

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);

interface Place {
  /** Counts from 0 over all files; the same in every reading. */
  readonly index: number;
  /** `traffic.ndjson:12`, `session.har, entry 3`, or a file. */
  readonly where: string;
  /** Of the files' bytes, about how many lie up to its end. */
  readonly bytesDone: number;
}

export type Entry = Place &
  (
    | { readonly kind: "exchange"; readonly exchange: ReplayableExchange }
    | { readonly kind: "unreadable"; readonly what: string }
  );

/** Counts what goes in and out, so that a place in decoded bytes can be told as one in the file. */
class Meter {
  readBytes = 0;
  decodedBytes = 0;

  fileBytesAt(decodedByte: number): number {
    return this.decodedBytes === 0 ? 0 : (decodedByte * this.readBytes) / this.decodedBytes;
  }
}

/** The file's bytes, gzip undone where its first bytes say so. */
async function* decodedBytes(file: RecordingFile, stdin: Readable, meter: Meter): AsyncGenerator<Buffer> {
  const raw = countedChunks(file.name === "-" ? stdin : createReadStream(file.name), meter);
  const first = await firstBytes(raw, (bytes) => bytes.length >= GZIP_MAGIC.length);
  const isGzip = first.subarray(0, GZIP_MAGIC.length).equals(GZIP_MAGIC);
  const whole = startedWith(first, raw);
  for await (const chunk of isGzip ? gunzipped(whole) : whole) {
    meter.decodedBytes += chunk.length;
    yield chunk;
  }
}

async function* countedChunks(source: AsyncIterable<Buffer>, meter: Meter): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    meter.readBytes += chunk.length;
    yield chunk;
  }
}

/** What comes until there is enough of it, or all: a pipe may give a byte at a time. */
async function firstBytes(
  source: AsyncGenerator<Buffer>,
  isEnough: (bytes: Buffer) => boolean,
): Promise<Buffer> {
  let bytes: Buffer = Buffer.alloc(0);
  while (!isEnough(bytes)) {
    const next = await source.next();
    if (next.done === true) break;
    bytes = bytes.length === 0 ? next.value : Buffer.concat([bytes, next.value]);
  }
  return bytes;
}

async function* startedWith(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

/** Members that follow one another are read as one, as gzip does. */
async function* gunzipped(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  const input = Readable.from(source, { objectMode: false });
  input.on("error", (error) => gunzip.destroy(error));
  input.pipe(gunzip);
  try {
    for await (const chunk of gunzip) yield chunk as Buffer;
  } finally {
    input.destroy();
  }
}

/** Every entry of every file, in their order. Never rejects for what is in the files. */
export async function* readRecordings(
  files: readonly RecordingFile[],
  stdin: Readable,
): AsyncGenerator<Entry> {
  let index = 0;
  let bytesBefore = 0;
  for (const file of files) {
    const name = file.name === "-" ? "standard input" : file.name;
    const meter = new Meter();
    const placed = (where: string, parsed: ParsedExchange, fileBytes: number): Entry => {
      const place = { index: index++, where, bytesDone: bytesBefore + Math.min(fileBytes, file.bytes) };
      return parsed.ok
        ? { ...place, kind: "exchange", exchange: parsed.exchange }
        : { ...place, kind: "unreadable", what: parsed.what };
    };
    try {
      const { isHar, source } = await toldApart(file, decodedBytes(file, stdin, meter));
      const entries = isHar ? harEntries(source) : lineEntries(source, meter);
      for await (const { at, parsed, share } of entries) {
        const fileBytes = share.kind === "bytes" ? share.bytes : share.part * file.bytes;
        yield placed(at === "" ? name : `${name}${isHar ? ", entry " : ":"}${at}`, parsed, fileBytes);
      }
    } catch (error) {
      yield placed(name, { ok: false, what: streamFault(error) }, file.bytes);
    }
    bytesBefore += file.bytes;
  }
}

/** As many bytes as white space may stand before a HAR file's first key, and that key. */
const TOLD_APART_BYTES = 1024;

/** Recording or HAR: by name and beginning, or, of what can be read once only, by the first bytes that come. */
async function toldApart(
  { isHar }: RecordingFile,
  source: AsyncGenerator<Buffer>,
): Promise<{ readonly isHar: boolean; readonly source: AsyncIterable<Buffer> }> {
  if (isHar !== undefined) return { isHar, source };
  const head = await firstBytes(source, (bytes) => bytes.length >= TOLD_APART_BYTES || bytes.includes(":"));
  return { isHar: beginsLikeHar(head.toString("utf8")), source: startedWith(head, source) };
}

interface Found {
  /** Line or entry; empty for the whole file. */
  readonly at: string;
  readonly parsed: ParsedExchange;
  readonly share:
    | { readonly kind: "bytes"; readonly bytes: number }
    | { readonly kind: "part"; readonly part: number };
}

async function* lineEntries(source: AsyncIterable<Buffer>, meter: Meter): AsyncGenerator<Found> {
  for await (const line of byteLines(source, LINE_BYTES_MAX)) {
    const parsed: ParsedExchange =
      line.kind === "too-long"
        ? { ok: false, what: `longer than ${LINE_BYTES_MAX / 1024 / 1024} MiB` }
        : parseLine(line.text);
    const bytes = meter.fileBytesAt(line.endByte);
    yield { at: String(line.number), parsed, share: { kind: "bytes", bytes } };
  }
}

function parseLine(text: string): ParsedExchange {
  const value = parseJson(text);
  return value === undefined ? { ok: false, what: "not JSON; is it cut off?" } : parseRecorded(value);
}

async function* harEntries(source: AsyncIterable<Buffer>): AsyncGenerator<Found> {
  const whole = (what: string): Found => ({
    at: "",
    parsed: { ok: false, what },
    share: { kind: "part", part: 1 },
  });
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > HAR_BYTES_MAX) {
      yield whole(`a HAR file of over ${HAR_BYTES_MAX / 1024 / 1024} MiB; split it, or record as NDJSON`);
      return;
    }
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks)
    .toString("utf8")
    .replace(/^\uFEFF/, "");
  const document = parseJson(text) as
    | { readonly log?: { readonly entries?: unknown } | null }
    | null
    | undefined;
  const entries = document?.log?.entries;
  if (!Array.isArray(entries)) {
    yield whole(
      document === undefined ? "not JSON; is it cut off?" : "no HAR file: it has no list log.entries",
    );
    return;
  }
  for (const [index, entry] of entries.entries()) {
    const part = (index + 1) / entries.length;
    yield { at: String(index + 1), parsed: parseHarEntry(entry, index + 1), share: { kind: "part", part } };
  }
}

/** Undefined for what is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // the caller says where
  }
}

function streamFault(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  if (code === "Z_BUF_ERROR") return "ends in the middle of its gzip data; what comes before was read";
  if (code.startsWith("Z_")) return `its gzip data is damaged (${code}); what comes before was read`;
  return `cannot be read (${code})`;
}

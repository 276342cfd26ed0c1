import { mkdirSync } from "node:fs";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { byteLines } from "../../src/replay/byte-lines.ts";
import { type Entry, LINE_BYTES_MAX, readRecordings } from "../../src/replay/read-recordings.ts";
import { findRecordings } from "../../src/replay/recording-files.ts";
import { lines, recorded, temporaryFolder, writeIn } from "./recordings.ts";

async function entriesOf(names: readonly string[], stdin: Readable = Readable.from([])): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of readRecordings(findRecordings(names), stdin)) entries.push(entry);
  return entries;
}

const told = (entries: readonly Entry[], folder: string) =>
  entries.map((entry) =>
    entry.kind === "exchange" ? entry.exchange.id : `${entry.where.replace(`${folder}/`, "")}: ${entry.what}`,
  );

describe("a recording", () => {
  test("is read line by line, plain, in gzip and in gzip of several members, files of a folder by name", async () => {
    const folder = temporaryFolder();
    writeIn(folder, "b.ndjson", lines([recorded(2), recorded(3)]));
    writeIn(
      folder,
      "a.ndjson.gz",
      Buffer.concat([gzipSync(lines([recorded(0)])), gzipSync(lines([recorded(1)]))]),
    );
    writeIn(folder, "notes.txt", "no traffic");
    const entries = await entriesOf([folder]);
    expect(told(entries, folder)).toEqual(["r0", "r1", "r2", "r3"]);
    expect(entries.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
  });

  test.each([1, 7, 1 << 16])(
    "a HAR file on standard input, %i bytes at a time, is known by its beginning",
    async (size) => {
      const document = JSON.stringify({
        log: { entries: [{ request: { method: "GET", url: "http://a/x", headers: [] } }] },
      });
      for (const bytes of [Buffer.from(`\uFEFF\n ${document}`), gzipSync(document)]) {
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
          bytes.subarray(n * size, (n + 1) * size),
        );
        expect(told(await entriesOf(["-"], Readable.from(chunks)), "")).toEqual(["har-1"]);
      }
    },
  );

  test("comes from standard input, in gzip too", async () => {
    const piped = Readable.from([gzipSync(lines([recorded(7)]))]);
    expect(told(await entriesOf(["-"], piped), "")).toEqual(["r7"]);
  });

  test("is read as far as it is written, while it is and after its process was killed", async () => {
    const folder = temporaryFolder();
    const member = gzipSync(lines([recorded(1)]));
    writeIn(
      folder,
      "a.ndjson.gz.part",
      Buffer.concat([gzipSync(lines([recorded(0)])), member.subarray(0, member.length / 2)]),
    );
    expect(told(await entriesOf([folder]), folder)).toEqual([
      "r0",
      "a.ndjson.gz.part: ends in the middle of its gzip data; what comes before was read",
    ]);
  });

  test("tells how far it is in the bytes of the files", async () => {
    const folder = temporaryFolder();
    const text = lines([recorded(0), recorded(1), recorded(2), recorded(3)]);
    const plain = writeIn(folder, "a.ndjson", text);
    const entries = await entriesOf([plain, writeIn(folder, "b.ndjson", text)]);
    const shares = entries.map(({ bytesDone }) => Math.round((bytesDone * 8) / (2 * text.length)));
    expect(shares).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test("has unreadable lines, each told with its place, and the rest is read", async () => {
    const folder = temporaryFolder();
    const hostile = [
      JSON.stringify(recorded(0)),
      "{not json",
      "",
      "null",
      "[1]",
      JSON.stringify({ ...recorded(1), schemaVersion: 2 }),
      JSON.stringify({ ...recorded(1), request: { method: "GET" } }),
      JSON.stringify({ ...recorded(1), request: { ...recorded(1).request, headers: [["a"]] } }),
      JSON.stringify(recorded(8)),
      JSON.stringify(recorded(9)).slice(0, 40),
    ];
    const file = writeIn(folder, "traffic.ndjson", `\uFEFF${hostile.join("\r\n")}`);
    expect(told(await entriesOf([file]), folder)).toMatchInlineSnapshot(`
      [
        "r0",
        "traffic.ndjson:2: not JSON; is it cut off?",
        "traffic.ndjson:4: no recorded exchange: the line: Invalid input: expected object, received null",
        "traffic.ndjson:5: no recorded exchange: the line: Invalid input: expected object, received array",
        "traffic.ndjson:6: schemaVersion 2, this Parallax reads 1",
        "traffic.ndjson:7: no recorded exchange: request.headers: Invalid input: expected array, received undefined",
        "traffic.ndjson:8: no recorded exchange: request.headers.0: Too small: expected array to have >=2 items",
        "r8",
        "traffic.ndjson:10: not JSON; is it cut off?",
      ]
    `);
  });

  test("that is cut in its gzip data is read up to there", async () => {
    const folder = temporaryFolder();
    const many = Array.from({ length: 2000 }, (_, index) => recorded(index));
    const whole = gzipSync(lines(many));
    const file = writeIn(folder, "cut.ndjson.gz", whole.subarray(0, whole.length - 2000));
    const entries = await entriesOf([file]);
    expect(entries.length).toBeGreaterThan(1000);
    expect(told(entries.slice(-1), folder)).toEqual([
      "cut.ndjson.gz: ends in the middle of its gzip data; what comes before was read",
    ]);
  });

  test("whose gzip data is damaged says so", async () => {
    const folder = temporaryFolder();
    const file = writeIn(folder, "bad.gz", Buffer.from([0x1f, 0x8b, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 1]));
    expect(told(await entriesOf([file]), folder)).toEqual([
      "bad.gz: its gzip data is damaged (Z_DATA_ERROR); what comes before was read",
    ]);
  });
});

describe("lines of bytes", () => {
  const read = async (chunks: readonly string[], max: number) => {
    const found: string[] = [];
    for await (const line of byteLines(Readable.from(chunks.map((text) => Buffer.from(text))), max))
      found.push(`${line.number}@${line.endByte} ${line.kind === "line" ? line.text : "too long"}`);
    return found;
  };

  test("are put together over chunks; empty ones are counted and left out", async () => {
    expect(await read(["a", "b\n\nc", "d\n", "e"], 10)).toEqual(["1@3 ab", "3@7 cd", "4@8 e"]);
  });

  test("over the limit are told and not gathered; at it they are read", async () => {
    expect(await read(["aaaa\nb", "bbbb\nc\n"], 4)).toEqual(["1@5 aaaa", "2@11 too long", "3@13 c"]);
    expect(LINE_BYTES_MAX).toBe(16 * 1024 * 1024);
  });
});

describe("a HAR file", () => {
  const entry = (changes: object = {}) => ({
    startedDateTime: "2026-03-01T10:00:00.000Z",
    time: 12.5,
    request: {
      method: "GET",
      url: "https://shop.example/items/1?a=b",
      headers: [
        { name: ":authority", value: "shop.example" },
        { name: "Accept", value: "*/*" },
      ],
    },
    response: {
      status: 200,
      headers: [{ name: "Content-Type", value: "application/json" }],
      content: { size: 2, text: "e30=", encoding: "base64" },
    },
    ...changes,
  });
  const har = (entries: readonly unknown[]) => JSON.stringify({ log: { version: "1.2", entries } });

  test("is read by its extension or by its first bytes", async () => {
    const folder = temporaryFolder();
    const named = writeIn(folder, "a.har", har([entry()]));
    const unnamed = writeIn(folder, "traffic", gzipSync(har([entry()])));
    const [first, second] = await entriesOf([named, unnamed]);
    expect(second).toMatchObject({ kind: "exchange", where: `${unnamed}, entry 1`, index: 1 });
    expect(first).toMatchObject({
      kind: "exchange",
      exchange: {
        atMs: Date.parse("2026-03-01T10:00:00.000Z"),
        endpoint: undefined,
        request: {
          method: "GET",
          target: "/items/1?a=b",
          headers: [
            ["host", "shop.example"],
            ["accept", "*/*"],
          ],
          isBodyCut: false,
        },
        legacy: { status: 200, latencyMs: 12.5, body: "e30=", bodyEncoding: "base64", isBodyCut: false },
      },
    });
  });

  test("without the text of a body says that it is cut; without an answer it has none", async () => {
    const folder = temporaryFolder();
    const answer = (size: number) => ({ status: 200, headers: [], content: { size } });
    const [cut, unread, empty] = [10, -1, 0].map((size) => entry({ response: answer(size) }));
    const unanswered = entry({ response: { status: 0, headers: [] } });
    const post = entry({ request: { method: "POST", url: "http://a/", headers: [], bodySize: 4 } });
    const entries = await entriesOf([writeIn(folder, "a.har", har([cut, unread, empty, unanswered, post]))]);
    expect(entries).toMatchObject([
      { exchange: { legacy: { isBodyCut: true } } },
      { exchange: { legacy: { isBodyCut: true } } },
      { exchange: { legacy: { isBodyCut: false } } },
      { exchange: { legacy: undefined } },
      { exchange: { request: { isBodyCut: true } } },
    ]);
  });

  test.each([
    ['{"log":{"entries":[', "a.har: not JSON; is it cut off?"],
    ["[]", "a.har: no HAR file: it has no list log.entries"],
    [har([7]), "a.har, entry 1: no HAR entry: the line: Invalid input: expected object, received number"],
    [
      har([entry({ request: { method: "GET", url: "/x", headers: [] } })]),
      "a.har, entry 1: no HAR entry: request.url is no URL",
    ],
    [
      har([entry({ request: { method: "GET", url: "data:,x", headers: [] } })]),
      "a.har, entry 1: a request over data: is none of HTTP",
    ],
  ])("that is none is told: %s", async (text, expected) => {
    const folder = temporaryFolder();
    expect(told(await entriesOf([writeIn(folder, "a.har", text)]), folder)).toEqual([expected]);
  });
});

test("files that are not there, and folders without traffic, are told at once", () => {
  const folder = temporaryFolder();
  mkdirSync(`${folder}/empty`);
  expect(() => findRecordings([`${folder}/none.ndjson`])).toThrow(/cannot read .*none\.ndjson: ENOENT/);
  expect(() => findRecordings([`${folder}/empty`])).toThrow(/holds no recordings/);
});

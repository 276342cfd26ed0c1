// Recorded traffic against services on real sockets: what it comes to, pacing, checkpoints, and what goes wrong.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { type ReplayOptions, runReplay } from "../../src/commands/replay.ts";
import type { RecordedExchange } from "../../src/core/recording.ts";
import { closedPort, startHttp } from "../flow/upstreams.ts";
import {
  lines,
  readableStreams,
  recorded,
  storedRequest,
  temporaryFolder,
  writeIn,
} from "../replay/recordings.ts";

/** Targets in the order in which they came. */
async function service(item: (id: number) => object): Promise<{ url: string; targets: string[] }> {
  const targets: string[] = [];
  const started = await startHttp((incoming, answer) => {
    targets.push(incoming.url ?? "");
    answer.setHeader("content-type", "application/json");
    answer.end(JSON.stringify(item(Number(incoming.url?.match(/[0-9]+/)?.[0]))));
  });
  onTestFinished(() => started.stop());
  return { url: started.url, targets };
}

async function serviceOf(listener: RequestListener): Promise<string> {
  const started = await startHttp(listener);
  onTestFinished(() => started.stop());
  return started.url;
}

const right = (id: number) => ({ id, price: 1.5 });

function recordingOf(exchanges: readonly unknown[], folder = temporaryFolder()): string {
  return writeIn(folder, "traffic.ndjson", lines(exchanges));
}

const some = (count: number): RecordedExchange[] =>
  Array.from({ length: count }, (_, index) => recorded(index));

async function replay(options: Omit<ReplayOptions, "admin">, environment: Record<string, string> = {}) {
  const { streams, out, err } = readableStreams(environment);
  const code = await runReplay({ admin: "http://127.0.0.1:1", ...options }, streams);
  return { code, out: out(), err: err() };
}

async function replayJson(options: Omit<ReplayOptions, "admin">, environment: Record<string, string> = {}) {
  const { code, out, err } = await replay({ format: "json", ...options }, environment);
  return {
    code,
    err,
    result: JSON.parse(out) as Record<string, unknown> & { matchRate: { compared: number } },
  };
}

/** Latencies are as they are. */
const steady = (text: string, urls: readonly string[]) =>
  urls
    .reduce(
      (shown, url, index) => shown.replaceAll(url, index === 0 ? "http://legacy" : "http://candidate"),
      text,
    )
    .replaceAll(/[0-9.]+ \/ [0-9.]+ \/ [0-9.]+$/gm, "1.0 / 2.0 / 3.0");

describe("a recording", () => {
  test("is sent to both and summed up for people: exit 1 where something differs", async () => {
    const legacy = await service(right);
    const candidate = await service((id) => (id % 5 === 0 ? { id, price: 2.5 } : right(id)));
    const exchanges = [
      ...some(10),
      recorded(10, { request: storedRequest({ method: "POST", target: "/items" }) }),
      recorded(11, { request: storedRequest({ headers: [["authorization", "[redacted]"]] }) }),
      recorded(12, { request: storedRequest({ isBodyCut: true }) }),
    ];
    const files = [recordingOf(exchanges)];
    const { code, out } = await replay({ files, legacy: legacy.url, candidate: candidate.url });
    expect(steady(out, [legacy.url, candidate.url])).toMatchInlineSnapshot(`
      "10 of 13 exchanges judged · 80.00 % match (95 %: 49.01 % to 94.33 %)
      8 matches · 2 mismatches · 0 incomparable · 3 skipped · 0 failed

      legacy    http://legacy  p50 / p95 / p99 ms: 1.0 / 2.0 / 3.0
      candidate http://candidate  p50 / p95 / p99 ms: 1.0 / 2.0 / 3.0

      1 signature, most exchanges first
             2× changed     GET /items/{id}  body /price
                1.5 → 2.5  e8c94eda8215856f

      Not judged, and why
             1× unsafe-method: POST is sent with --unsafe alone
             1× redacted: authorization is redacted: set replay.fill
             1× body-cut: the request's body was not wholly kept
      "
    `);
    expect(code).toBe(1);
    expect(legacy.targets.sort()).toEqual(candidate.targets.sort());
    expect((await replay({ files, legacy: legacy.url, candidate: candidate.url, failOn: "none" })).code).toBe(
      0,
    );
  });

  test("is sent as it once came, so many times as fast", async () => {
    const arrivedMs: number[] = [];
    const url = await serviceOf((incoming, answer) => {
      arrivedMs.push(performance.now());
      answer.end(incoming.url);
    });
    const exchanges = [0, 1, 2].map((n) => recorded(n, { atMs: 5_000_000 + n * 100_000 }));
    const files = [recordingOf(exchanges)];
    await replay({ files, candidate: url, against: "recording", speed: 1000 });
    expect(arrivedMs).toHaveLength(3);
    // 100 s apart, a thousand times as fast; a timer may be a millisecond early, never more.
    expect((arrivedMs.at(-1) ?? 0) - (arrivedMs[0] ?? 0)).toBeGreaterThan(190);
  });

  test("that matches: exit 0; every entry is counted once", async () => {
    const legacy = await service(right);
    const candidate = await service(right);
    const file = writeIn(temporaryFolder(), "t.ndjson.gz", gzipSync(`${lines(some(40))}{bad\n`));
    const { code, result, err } = await replayJson({
      files: [file],
      legacy: legacy.url,
      candidate: candidate.url,
    });
    expect(code).toBe(0);
    expect(result).toMatchObject({ end: "all", entries: 41, exchanges: 40, match: 40, unreadable: 1 });
    expect(err).toMatch(/t\.ndjson\.gz:41: not JSON; is it cut off\?/);
  });

  test("is judged against the answers in it, without a legacy; what is redacted there tells nothing", async () => {
    const candidate = await service((id) => ({ ...right(id), name: "Ann" }));
    const legacyOf = (body: string) => ({
      ...(recorded(0).legacy as NonNullable<RecordedExchange["legacy"]>),
      body,
    });
    const exchanges = [
      recorded(0, { legacy: legacyOf('{"id":0,"price":1.5,"name":"Ann"}') }),
      recorded(1, { legacy: legacyOf('{"id":1,"price":1.5,"name":"[redacted]"}') }),
      recorded(2, { legacy: legacyOf('{"id":2,"price":9,"name":"[redacted]"}') }),
      recorded(3, { legacy: undefined }),
      recorded(4, { legacy: { ...legacyOf("{}"), isBodyCut: true } }),
    ];
    const { result } = await replayJson({
      files: [recordingOf(exchanges)],
      candidate: candidate.url,
      against: "recording",
    });
    expect(result).toMatchObject({
      match: 1,
      mismatch: 1,
      incomparable: { "not-compared": 1 },
      skipped: { "no-recorded-answer": 2 },
      signatures: [{ path: "/price", legacy: "9", candidate: "1.5" }],
    });
  });

  test("of one endpoint alone, and no more than asked for", async () => {
    const legacy = await service(right);
    const candidate = await service(right);
    const exchanges = some(10).map((exchange, index) =>
      index % 2 === 0 ? exchange : { ...exchange, endpoint: "GET /other" },
    );
    const options = { files: [recordingOf(exchanges)], legacy: legacy.url, candidate: candidate.url };
    expect((await replayJson({ ...options, endpoint: "GET /it*" })).result).toMatchObject({
      match: 5,
      leftOut: 5,
    });
    expect((await replayJson({ ...options, limit: 3 })).result).toMatchObject({ end: "limit", exchanges: 3 });
  });

  test("is replayed under the rules and names of a config; HAR files as well", async () => {
    const legacy = await service(right);
    const candidate = await service((id) => ({ ...right(id), price: 3, extra: 1 }));
    const settings = {
      upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
      endpoints: ["/items/{item}"],
      routes: [{ name: "items", match: { path: "/items/**" }, rules: [{ kind: "ignore", path: "/price" }] }],
    };
    const folder = temporaryFolder();
    const config = writeIn(folder, "parallax.yaml", JSON.stringify(settings));
    const request = { method: "GET", url: "http://shop.example/items/7", headers: [] };
    const har = writeIn(folder, "session.har", JSON.stringify({ log: { entries: [{ request }] } }));
    const { result } = await replayJson({ files: [har], config });
    expect(result).toMatchObject({
      mismatch: 1,
      signatures: [{ endpoint: "GET /items/{item}", path: "/extra", kind: "added" }],
    });
  });

  test("differs in a secret without showing it", async () => {
    const legacy = await service((id) => ({ id, user: { pin: "s3cret-a" } }));
    const candidate = await service((id) => ({ id, user: { pin: "s3cret-b" } }));
    const folder = temporaryFolder();
    const config = writeIn(folder, "parallax.yaml", JSON.stringify({ redact: { pointers: ["/user/pin"] } }));
    const options = { files: [recordingOf(some(2))], config, legacy: legacy.url, candidate: candidate.url };
    const { code, result } = await replayJson(options);
    expect(code).toBe(1);
    expect(result["signatures"]).toMatchObject([
      { path: "/user/pin", legacy: "[redacted]", candidate: "[redacted]" },
    ]);
    expect(JSON.stringify(result)).not.toContain("s3cret");
  });
});

describe("services in trouble", () => {
  test("that are not there end the replay: exit 3, and it says which", async () => {
    const dead = `http://127.0.0.1:${await closedPort()}`;
    const gone = `http://127.0.0.1:${await closedPort()}`;
    const { code, result, err } = await replayJson({
      files: [recordingOf(some(500))],
      legacy: dead,
      candidate: gone,
      concurrency: 4,
    });
    expect(code).toBe(3);
    expect(result["end"]).toBe("no-answers");
    expect(result["exchanges"]).toBeLessThan(110);
    expect(err).toContain("nothing answers (legacy-unreachable: ECONNREFUSED)");
  });

  test("of which one is slow, cut or garbage are told apart; the others are judged", async () => {
    const legacy = await service(right);
    const candidate = await serviceOf((incoming, answer) => {
      const id = Number(incoming.url?.match(/[0-9]+/)?.[0]);
      if (id === 1) return;
      if (id === 2) {
        answer.writeHead(200, { "content-length": "50" });
        answer.write("{");
        answer.socket?.destroySoon();
        return;
      }
      if (id === 3) {
        answer.socket?.end("no HTTP at all\r\n\r\n");
        return;
      }
      answer.setHeader("content-type", "application/json");
      answer.end(JSON.stringify(right(id)));
    });
    const { code, result } = await replayJson({
      files: [recordingOf(some(6))],
      legacy: legacy.url,
      candidate,
      timeout: 300,
    });
    expect(result).toMatchObject({ match: 3, failed: { "candidate-timeout": 1, "candidate-broken": 2 } });
    expect(code).toBe(0);
  });

  test("nothing judged is never fine: exit 3", async () => {
    const { url } = await service(right);
    const other = await service(right);
    const files = [recordingOf([recorded(0, { request: storedRequest({ method: "DELETE" }) })])];
    const { code, err } = await replay({ files, legacy: url, candidate: other.url });
    expect({ code, isTold: err.includes("nothing was judged") }).toEqual({ code: 3, isTold: true });
  });
});

test("--strict ends at the first entry that cannot be read", async () => {
  const legacy = await service(right);
  const candidate = await service(right);
  const file = writeIn(temporaryFolder(), "t.ndjson", `${lines(some(2))}{\n${lines(some(9))}`);
  const { code, err, result } = await replayJson({
    files: [file],
    legacy: legacy.url,
    candidate: candidate.url,
    strict: true,
  });
  expect({ code, exchanges: result["exchanges"] }).toEqual({ code: 3, exchanges: 2 });
  expect(err).toMatch(/--strict: .*t\.ndjson:3: not JSON/);
});

describe("a checkpoint", () => {
  test("goes on after kill -9: nothing is counted twice, nothing is left out", async () => {
    const legacy = await service(right);
    let answered = 0;
    let hold = true;
    const targets: string[] = [];
    const candidate = await serviceOf((incoming, answer) => {
      targets.push(incoming.url ?? "");
      // From the hundredth on it hangs, so that the process is killed in the middle.
      if (hold && answered >= 100) return;
      answered++;
      answer.setHeader("content-type", "application/json");
      answer.end(JSON.stringify(right(Number(incoming.url?.match(/[0-9]+/)?.[0]))));
    });
    const folder = temporaryFolder();
    const file = recordingOf(some(300), folder);
    const checkpoint = `${folder}/checkpoint`;
    const flags = [
      "--legacy",
      legacy.url,
      "--candidate",
      candidate,
      "--checkpoint",
      checkpoint,
      "--timeout",
      "60s",
    ];
    const child = spawn(process.execPath, ["src/main.ts", "replay", file, ...flags], {
      stdio: "ignore",
      env: { PATH: process.env["PATH"] },
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const countedIn = (): number =>
      existsSync(checkpoint) ? JSON.parse(readFileSync(checkpoint, "utf8")).sums.match : 0;
    await vi.waitFor(() => expect(countedIn()).toBe(100), { timeout: 20_000, interval: 50 });
    child.kill("SIGKILL");
    await once(child, "close");
    hold = false;
    const options = { files: [file], legacy: legacy.url, candidate, checkpoint };
    await expect(replay(options)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining("is there already: --resume goes on"),
    });
    const { code, result } = await replayJson({ ...options, resume: true });
    expect({ code, ...result }).toMatchObject({
      code: 0,
      end: "all",
      entries: 300,
      exchanges: 300,
      match: 300,
    });
    // What was under way at the kill is sent again, and nothing else is.
    const times = new Map<string, number>();
    for (const target of targets) times.set(target, (times.get(target) ?? 0) + 1);
    expect(times.size).toBe(300);
    expect([...times.values()].filter((count) => count > 1).length).toBeLessThanOrEqual(8);
    expect((await replayJson({ ...options, resume: true })).result).toMatchObject({
      entries: 300,
      match: 300,
    });
  });

  test("is written at Ctrl-C, when what is under way has ended: exit 3, and --resume ends it", async () => {
    const legacy = await service(right);
    let release = (): void => undefined;
    const candidate = await serviceOf((incoming, answer) => {
      const id = Number(incoming.url?.match(/[0-9]+/)?.[0]);
      answer.setHeader("content-type", "application/json");
      const end = (): void => void answer.end(JSON.stringify(right(id)));
      if (id === 50 && release.name !== "end") release = end;
      else end();
    });
    const folder = temporaryFolder();
    const options = {
      files: [recordingOf(some(100), folder)],
      legacy: legacy.url,
      candidate,
      checkpoint: `${folder}/checkpoint`,
      concurrency: 1,
      timeout: 60_000,
    };
    const running = replayJson(options);
    await vi.waitFor(() => expect(release.name).toBe("end"), { timeout: 10_000 });
    process.emit("SIGINT");
    release();
    const stopped = await running;
    expect(stopped.code).toBe(3);
    expect(stopped.result).toMatchObject({ end: "stopped", exchanges: 51, match: 51 });
    expect((await replayJson({ ...options, resume: true })).result).toMatchObject({
      exchanges: 100,
      match: 100,
    });
  });
});

test.each<[string, Partial<ReplayOptions>, RegExp]>([
  ["nothing to replay", { files: [] }, /what is to be replayed/],
  ["a file that is not there", { files: ["/nowhere/x.ndjson"] }, /cannot read \/nowhere\/x\.ndjson: ENOENT/],
  ["--resume without a checkpoint", { resume: true }, /name it with --checkpoint/],
  ["a checkpoint of standard input", { files: ["-"], checkpoint: "/tmp/x" }, /cannot be read again/],
  ["rate and speed", { rate: 1, speed: 1 }, /either --rate or --speed/],
  ["no candidate", { candidate: undefined }, /no candidate to send to/],
  ["no legacy", { legacy: undefined }, /the legacy's URL/],
])("%s is told on one line: exit 2", async (_, options, message) => {
  const given = {
    files: [recordingOf(some(1))],
    legacy: "http://127.0.0.1:1",
    candidate: "http://127.0.0.1:2",
  };
  await expect(replay({ ...given, ...options })).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(message),
  });
});

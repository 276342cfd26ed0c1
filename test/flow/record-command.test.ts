// `parallax record` as a process of its own: what clients were answered is in files that `parallax replay` reads,
// however it ends.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { request } from "undici";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type ReplayOptions, runReplay } from "../../src/commands/replay.ts";
import { startHttp, type Upstream } from "./upstreams.ts";

interface Recording {
  readonly url: string;
  readonly process: ChildProcess;
  stdout(): string;
  stderr(): string;
  readonly exited: Promise<number | string>;
}

let legacy: Upstream;
let candidate: Upstream;
let folder = "";
let dir = "";
const children: ChildProcess[] = [];

beforeAll(async () => {
  legacy = await startHttp((incoming, answer) => {
    incoming.resume();
    answer.writeHead(200, { "content-type": "application/json" });
    const size = Number(new URL(incoming.url ?? "/", "http://a").searchParams.get("size") ?? 0);
    answer.end(JSON.stringify({ path: incoming.url, price: 12, text: "x".repeat(size) }));
  });
  candidate = await startHttp((incoming, answer) => {
    incoming.resume();
    answer.writeHead(200, { "content-type": "application/json" });
    const price = incoming.url === "/items/1" ? 13 : 12;
    answer.end(JSON.stringify({ path: incoming.url, price, text: "" }));
  });
});
afterAll(() => Promise.all([legacy.stop(), candidate.stop()]));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "parallax-record-command-"));
  dir = join(folder, "recordings");
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

const flagsOf = (more: readonly string[]) => [
  "record",
  ...["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data", join(folder, "data"), "--out", dir],
  ...["--legacy", legacy.url],
  ...more,
];

function spawnRecord(more: readonly string[], shell = ""): Recording {
  const flags = [process.execPath, "src/main.ts", ...flagsOf(more)];
  const child =
    shell === ""
      ? spawn(flags[0] as string, flags.slice(1), { env: { PATH: process.env["PATH"] } })
      : spawn("bash", ["-c", `${shell}; exec "$@"`, "bash", ...flags], {
          env: { PATH: process.env["PATH"] },
        });
  children.push(child);
  const texts = { stdout: "", stderr: "" };
  child.stdout.on("data", (part) => {
    texts.stdout += part;
  });
  child.stderr.on("data", (part) => {
    texts.stderr += part;
  });
  const exited = new Promise<number | string>((resolve) =>
    child.on("close", (code, signal) => resolve(code ?? signal ?? "unknown")),
  );
  return {
    get url() {
      return /clients +(\S+),/.exec(texts.stdout)?.[1] ?? "";
    },
    process: child,
    stdout: () => texts.stdout,
    stderr: () => texts.stderr,
    exited,
  };
}

async function startRecord(more: readonly string[] = [], shell = ""): Promise<Recording> {
  const recording = spawnRecord(more, shell);
  await expect.poll(recording.stdout, { timeout: 50_000 }).toMatch(/Ctrl-C ends it/);
  return recording;
}

const files = () => readdirSync(dir).sort();

async function ask(url: string, options: { readonly method?: "POST"; readonly body?: string } = {}) {
  const answer = await request(url, options);
  expect(answer.statusCode).toBe(200);
  await answer.body.dump();
}

async function replayOf(options: Partial<ReplayOptions>) {
  const printed: string[] = [];
  const said: string[] = [];
  const stdin = new PassThrough();
  stdin.end();
  const exitCode = await runReplay(
    { files: [dir], admin: "", candidate: candidate.url, format: "json", ...options },
    {
      environment: {},
      stdin,
      write: (text) => printed.push(text),
      writeError: (text) => said.push(text),
      columns: undefined,
    },
  );
  return { exitCode, text: printed.join(""), said: said.join("") };
}

// Processes of their own, started one after the other: on a busy machine each takes its time.
describe("parallax record", { timeout: 120_000 }, () => {
  test("serves, records what the legacy answered, and what it wrote can be replayed", async () => {
    const recording = await startRecord(["--methods", "all"]);
    for (let n = 0; n < 3; n++) await ask(`${recording.url}/items/${n}`);
    await ask(`${recording.url}/items`, { method: "POST", body: "{}" });
    recording.process.kill("SIGINT");
    expect(await recording.exited).toBe(0);
    const [file = "", ...more] = files();
    expect(more).toEqual([]);
    expect(file).toMatch(/Z-0-0\.ndjson\.gz$/);
    const bytes = readFileSync(join(dir, file)).length.toLocaleString("en-US");
    expect(recording.stdout()).toContain(
      `Recorded: 4 exchanges in 1 file, ${bytes} bytes, 0 lost. They are in ${dir}\n`,
    );
    expect(recording.stdout()).toContain(`Next: npx parallax replay ${dir} --legacy ${legacy.url}`);

    const against = await replayOf({ legacy: legacy.url });
    expect(against.exitCode).toBe(1);
    expect(JSON.parse(against.text)).toMatchObject({ match: 2, mismatch: 1 });
    const recorded = await replayOf({ against: "recording" });
    expect(recorded.exitCode).toBe(1);
    expect(JSON.parse(recorded.text)).toMatchObject({ match: 2, mismatch: 1 });
    expect(JSON.parse((await replayOf({ legacy: legacy.url, unsafe: true })).text)).toHaveProperty(
      "match",
      3,
    );
  });

  test("ends by itself after --duration", async () => {
    const recording = spawnRecord(["--duration", "1s", "--no-compress"]);
    expect(await recording.exited).toBe(0);
    expect(recording.stdout()).toContain("Recorded: 0 exchanges in 0 files, 0 bytes, 0 lost.");
    expect(recording.stdout()).not.toContain("Next:");
  });

  test("killed in the middle leaves what was on disk, and the next start gives it its last name", async () => {
    const recording = await startRecord();
    await ask(`${recording.url}/items/0`);
    const [part = ""] = await expect
      .poll(() => (readdirSync(folder).includes("recordings") ? files() : []), { timeout: 10_000 })
      .toHaveLength(1)
      .then(files);
    await expect.poll(() => readFileSync(join(dir, part)).length, { timeout: 10_000 }).toBeGreaterThan(0);
    const one = readFileSync(join(dir, part)).length;
    await ask(`${recording.url}/items/1`);
    await expect.poll(() => readFileSync(join(dir, part)).length, { timeout: 10_000 }).toBeGreaterThan(one);
    recording.process.kill("SIGKILL");
    expect(await recording.exited).toBe("SIGKILL");
    expect(files()).toEqual([expect.stringMatching(/\.ndjson\.gz\.part$/)]);
    const whole = await replayOf({ legacy: legacy.url });
    expect(JSON.parse(whole.text)).toMatchObject({ match: 1, mismatch: 1 });

    // A write that the end of the machine cut short: all before it is read, and what is not is said.
    writeFileSync(join(dir, part), readFileSync(join(dir, part)).subarray(0, -40));
    const torn = await replayOf({ legacy: legacy.url });
    expect(torn.said).toContain("ends in the middle of its gzip data; what comes before was read");
    expect(JSON.parse(torn.text)).toMatchObject({ match: 1, mismatch: 0 });

    const next = await startRecord();
    expect(files()).toEqual([part.replace(".part", "")]);
    next.process.kill("SIGTERM");
    expect(await next.exited).toBe(0);
  });

  test("serves on over a full disk, says what is lost, and keeps what is whole", async () => {
    // No file may grow past 256 KiB, which a write learns as it does of a full disk.
    const recording = await startRecord(["--no-compress"], "trap '' XFSZ; ulimit -f 256");
    await ask(`${recording.url}/items/0`);
    await expect.poll(() => readFileSync(join(dir, files()[0] ?? ""), "utf8").length).toBeGreaterThan(0);
    for (let n = 1; n < 4; n++) await ask(`${recording.url}/items/${n}?size=200000`);
    await expect.poll(recording.stderr, { timeout: 10_000 }).toMatch(/record-failed|EFBIG/);
    await ask(`${recording.url}/items/9`);
    recording.process.kill("SIGINT");
    expect(await recording.exited).toBe(3);
    expect(recording.stderr()).toMatch(/parallax record: of the exchanges, [1-3] are in no file/);
    const lines = files().flatMap((file) => readFileSync(join(dir, file), "utf8").trimEnd().split("\n"));
    const targets = lines.map((line) => (JSON.parse(line) as { request: { target: string } }).request.target);
    expect(targets[0]).toBe("/items/0");
    expect(targets.at(-1)).toBe("/items/9");
    expect(files().filter((file) => file.endsWith(".part"))).toEqual([]);
  });

  test.each([
    ["a directory that cannot be made", () => [], 3, /recordings cannot be written to \S+: (ENOTDIR|EEXIST)/],
    ["a share that is none", () => ["--sample", "200"], 2, /--sample: record\.samplePercent: found 200/],
    ["a method that is none", () => ["--methods", "get"], 2, /--methods: record\.methods\[0\]: found "get"/],
    ["a size that is none", () => ["--file-bytes", "x"], 2, /--file-bytes: record\.fileBytesMax: found "x"/],
  ] as const)("is refused with one line for %s", async (_what, more, code, line) => {
    writeFileSync(join(folder, "recordings"), "");
    const recording = spawnRecord(more());
    expect(await recording.exited).toBe(code);
    expect(recording.stderr()).toMatch(line);
    expect(recording.stderr().trimEnd().split("\n")).toHaveLength(1);
    expect(recording.stdout()).toBe("");
  });
});

// `parallax run` as a process: it drains, reloads, survives kill -9 with its kill switch, and says in one line
// why it cannot start.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request } from "undici";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Child, runToExit, startChild } from "./child.ts";
import { converse, openSocket, readToEnd, readUntil, type Summary } from "./house.ts";
import { startHttp, type Upstream } from "./upstreams.ts";

const get = (target: string, lines = "") => `GET ${target} HTTP/1.1\r\nhost: a.test\r\n${lines}\r\n`;
const CLOSE = "connection: close\r\n";

describe("parallax run", () => {
  let legacy: Upstream;
  let candidate: Upstream;
  let folder: string;
  let child: Child | undefined;
  const held: (() => void)[] = [];
  let mirrored = 0;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "parallax-run-"));
    legacy = await startHttp((incoming, answer) => {
      if (incoming.url === "/held") held.push(() => answer.end("held to the end"));
      else answer.end("ok");
    });
    candidate = await startHttp((_incoming, answer) => {
      mirrored++;
      answer.end("ok");
    });
  });

  afterEach(async () => {
    child?.process.kill("SIGKILL");
    await child?.exited;
    child = undefined;
    held.length = 0;
  });

  afterAll(async () => {
    await Promise.all([legacy.stop(), candidate.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  const flags = (data: string) => [
    ...["--legacy", legacy.url, "--candidate", candidate.url],
    ...["--data", join(folder, data), "--threads", "2"],
  ];
  const summary = async ({ admin }: Child) => (await (await fetch(`${admin}/api/summary`)).json()) as Summary;

  test("SIGTERM: what is under way finishes with connection: close, idle connections close, exit 0", async () => {
    child = await startChild(flags("drain"));
    const idle = await openSocket(child.port);
    idle.write(get("/a"));
    await readUntil(idle, "ok");
    const busy = await openSocket(child.port);
    busy.write(get("/held"));
    await expect.poll(() => held.length).toBe(1);
    const silentAdmin = await openSocket(Number(new URL(child.admin).port));
    silentAdmin.write("GET /api/summary HTTP/1.1\r\nhost: 127.0.0.1\r\n");
    const [idleEnded, busyAnswer] = [readToEnd(idle), readToEnd(busy)];
    child.process.kill("SIGTERM");
    expect((await idleEnded).toString()).toBe("");
    await expect
      .poll(() => converse(child?.port ?? 0, get("/new", CLOSE)).catch((error) => error.code))
      .toBe("ECONNREFUSED");
    held[0]?.();
    const answer = (await busyAnswer).toString();
    expect(answer).toContain("connection: close\r\n");
    expect(answer).toMatch(/held to the end$/);
    expect(await child.exited).toBe(0);
    silentAdmin.destroy();
    expect(child.stderr()).toMatch(/"msg":"stopped"/);
  });

  test("a second signal exits at once", async () => {
    child = await startChild(flags("second"));
    const busy = await openSocket(child.port);
    busy.write(get("/held"));
    await expect.poll(() => held.length).toBe(1);
    child.process.kill("SIGTERM");
    await expect.poll(() => child?.stderr()).toMatch(/"signal":"SIGTERM"/);
    // The same wish twice within a moment is one: the second signal is one that comes later.
    let isOver = false;
    void child.exited.then(() => {
      isOver = true;
    });
    await expect
      .poll(
        () => {
          child?.process.kill("SIGTERM");
          return isOver;
        },
        { timeout: 5_000, interval: 100 },
      )
      .toBe(true);
    expect(await child.exited).toBe(1);
    busy.destroy();
  });

  test("SIGHUP and POST /api/reload under load: no request fails, the epoch grows, a bad file says why", async () => {
    const file = join(folder, "reload.yaml");
    const config = (name: string) =>
      writeFileSync(file, JSON.stringify({ routes: [{ name, match: { path: "/**" }, stage: "shadow" }] }));
    config("one");
    child = await startChild(["--config", file, ...flags("reload")]);
    const { port, admin } = child;
    let isOver = false;
    const statuses = new Map<string, number>();
    const load = async () => {
      while (!isOver) {
        const answer = (await converse(port, get("/a") + get("/b") + get("/c", CLOSE))).toString("latin1");
        for (const [, status = ""] of answer.matchAll(/HTTP\/1\.1 (\d+)/g))
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    const loads = [load(), load(), load()];
    const epoch = async () => (await summary(child as Child)).epoch;
    for (let i = 0; i < 4; i++) {
      config(`route-${i}`);
      const before = await epoch();
      if (i % 2 === 0) child.process.kill("SIGHUP");
      else {
        const answer = await request(`${admin}/api/reload`, { method: "POST" });
        expect([answer.statusCode, await answer.body.json()]).toEqual([200, { epoch: before + 1 }]);
      }
      await expect.poll(epoch).toBe(before + 1);
    }
    writeFileSync(file, "routes: [{ name: broken, stage: no-such-stage }]\nnonsense: 1\n");
    const before = await summary(child);
    const refused = await request(`${admin}/api/reload`, { method: "POST" });
    expect(refused.statusCode).toBe(422);
    expect(await refused.body.text()).toMatch(/nonsense/);
    rmSync(file);
    child.process.kill("SIGHUP");
    await expect.poll(() => child?.stderr().match(/"the config was not reloaded/g)?.length).toBe(2);
    expect((await summary(child)).epoch).toBe(before.epoch);
    isOver = true;
    await Promise.all(loads);
    expect([...statuses.keys()]).toEqual(["200"]);
    expect((statuses.get("200") ?? 0) % 3).toBe(0);
    const { totals, threads } = await summary(child);
    expect(threads.map(({ epoch: acknowledged }) => acknowledged)).toEqual(threads.map(() => before.epoch));
    expect(totals.exchanges).toBe(statuses.get("200"));
  });

  test("the kill switch stops mirrors, is a file, and survives a restart and kill -9", async () => {
    const data = join(folder, "kill");
    child = await startChild(flags("kill"));
    await converse(child.port, get("/a", CLOSE));
    await expect.poll(() => mirrored).toBeGreaterThan(0);
    const killed = await fetch(`${child.admin}/api/kill`, { method: "POST" });
    expect(await killed.json()).toMatchObject({ isKilled: true });
    expect(existsSync(join(data, "KILLED"))).toBe(true);
    child.process.kill("SIGKILL");
    expect(await child.exited).toBe("SIGKILL");
    mirrored = 0;
    child = await startChild(flags("kill"));
    expect(child.stderr()).toMatch(/the kill switch is on/);
    const answer = await converse(child.port, get("/a", CLOSE));
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 200 /);
    const { isKilled, totals } = await summary(child);
    expect([isKilled, totals.skipped.killed, mirrored]).toEqual([true, 1, 0]);
    const revived = await fetch(`${child.admin}/api/kill`, { method: "DELETE" });
    expect(await revived.json()).toMatchObject({ isKilled: false });
    expect(existsSync(join(data, "KILLED"))).toBe(false);
    await converse(child.port, get("/a", CLOSE));
    await expect.poll(() => mirrored).toBe(1);
  });

  test("the kill switch can be set by hand: a file KILLED in the data directory", async () => {
    mkdirSync(join(folder, "by-hand"));
    writeFileSync(join(folder, "by-hand", "KILLED"), "");
    child = await startChild(flags("by-hand"));
    expect((await summary(child)).isKilled).toBe(true);
  });

  test("a port in use: exit 3 and one clear line, for clients and for the admin API", async () => {
    const other = await startHttp((_incoming, answer) => answer.end());
    const taken = `127.0.0.1:${other.port}`;
    const free = "127.0.0.1:0";
    for (const [listen, admin] of [
      [taken, free],
      [free, taken],
    ] as const) {
      const { code, stderr } = await runToExit([...flags("taken"), "--listen", listen, "--admin", admin]);
      expect([code, stderr.trim().split("\n")]).toEqual([3, [expect.any(String)]]);
      expect(stderr).toContain(taken);
      expect(stderr).toMatch(/^parallax: /);
    }
    await other.stop();
  });

  test("a second Parallax on the port of the first is refused, not given half of the traffic", async () => {
    child = await startChild(flags("first"));
    const listen = `127.0.0.1:${child.port}`;
    const { code, stderr } = await runToExit([
      ...flags("other"),
      "--listen",
      listen,
      "--admin",
      "127.0.0.1:0",
    ]);
    expect([code, stderr]).toEqual([3, expect.stringContaining(`cannot listen on ${listen}`)]);
  });

  test("a second Parallax on the data directory of the first: exit 3 and one clear line, until the first is killed", async () => {
    child = await startChild(flags("shared"));
    const addresses = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
    const { code, stderr } = await runToExit([...flags("shared"), ...addresses]);
    expect([code, stderr.trim().split("\n").length]).toEqual([3, 1]);
    expect(stderr).toContain(join(folder, "shared", "parallax.db"));
    expect(stderr).toContain("one Parallax per data directory");
    child.process.kill("SIGKILL");
    await child.exited;
    child = await startChild(flags("shared"));
    expect((await summary(child)).store.kind).toBe("ok");
  });

  test("a data directory that cannot be written: exit 3 and one clear line", async () => {
    // A file in its place stops root too, whom a mode does not.
    const file = join(folder, "a-file");
    writeFileSync(file, "");
    const readOnly = join(folder, "read-only");
    mkdirSync(readOnly);
    chmodSync(readOnly, 0o500);
    const places = [join(file, "data")];
    if (process.getuid?.() !== 0) places.push(join(readOnly, "data"));
    // It refuses children as if it were not there itself.
    if (process.platform === "linux") places.push("/proc/parallax/data");
    for (const data of places) {
      const upstreams = ["--legacy", legacy.url, "--candidate", candidate.url];
      const addresses = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
      const { code, stderr } = await runToExit([...upstreams, ...addresses, "--data", data]);
      expect([code, stderr.trim().split("\n")]).toEqual([3, [expect.any(String)]]);
      expect(stderr).toContain(data);
    }
  });
});

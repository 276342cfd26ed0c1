// Reports of a running Parallax with real traffic, through the command line as a CI calls it.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { request } from "undici";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Report } from "../../src/report/fetch-report.ts";
import { converse, type House, startHouse } from "./house.ts";
import { startHttp, type Upstream } from "./upstreams.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

let legacy: Upstream;
let candidate: Upstream;
let house: House;

beforeEach(seen);

beforeAll(async () => {
  const serve = (name: "legacy" | "candidate") =>
    startHttp((incoming, answer) => {
      answer.setHeader("content-type", "application/json");
      const isNew = name === "candidate";
      if (incoming.url === "/same") return answer.end('{"a":1}');
      if (incoming.url === "/more") return answer.end(isNew ? '{"a":1,"b":2}' : '{"a":1}');
      return answer.end(
        isNew ? '{"a":"<script>|S3CRET","secret":"S3CRET-2"}' : '{"a":"1","secret":"S3CRET-1"}',
      );
    });
  legacy = await serve("legacy");
  candidate = await serve("candidate");
  house = await startHouse({
    upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
    redact: { pointers: ["/secret", "/a"] },
  });
});

afterAll(async () => {
  await house.stop();
  await Promise.all([legacy.stop(), candidate.stop()]);
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function report(...flags: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const command = [MAIN, "report", "--admin", house.admin, ...flags];
    execFile(process.execPath, command, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

/** Resolves when all that was asked is stored. */
async function seen(): Promise<void> {
  if ((await house.summary()).totals.exchanges === 0)
    for (const path of ["/same", "/more", "/other"])
      await converse(house.port, `GET ${path} HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n`);
  await house.settled(3);
  const stored = async () => {
    const text = await (await request(`${house.admin}/api/export`)).body.text();
    return ["endpoint", "exchange"].map((kind) => text.split(`"kind":"${kind}"`).length - 1);
  };
  await expect.poll(stored, { timeout: 30_000 }).toEqual([3, 2]);
}

test("each endpoint fails by what differs there", async () => {
  const codes = async (endpoint: string) => [
    (await report("--endpoint", endpoint, "--fail-on", "mismatch")).code,
    (await report("--endpoint", endpoint, "--fail-on", "untriaged", "--since", "24h")).code,
    (await report("--endpoint", endpoint, "--fail-on", "breaking")).code,
  ];
  expect(await codes("GET /same")).toEqual([0, 0, 0]);
  expect(await codes("GET /more")).toEqual([1, 1, 0]);
  expect(await codes("GET /o*")).toEqual([1, 1, 1]);
  expect(await codes("GET /never")).toEqual([3, 3, 3]);
});

test("every format tells of what differs, and of no secret", async () => {
  for (const format of ["text", "json", "markdown", "junit", "html"]) {
    const { code, stdout, stderr } = await report("--format", format);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("GET /more");
    expect(stdout).not.toMatch(/S3CRET|<script/);
  }
  const { stdout } = await report("--format", "json", "--endpoint", "GET /more");
  const { schemaVersion, filters, failing, sums, endpoints } = JSON.parse(stdout) as Report;
  expect({ schemaVersion, filters, failing, sums }).toEqual({
    schemaVersion: 1,
    filters: { endpoint: "GET /more" },
    failing: { mismatch: 1, untriaged: 1, breaking: 0 },
    sums: { exchanges: 1, match: 0, mismatch: 1, noise: 0 },
  });
  expect(endpoints[0]?.signatures).toMatchObject([{ path: "/b", kind: "added", count: 1, breaking: 0 }]);
});

test("what is not understood is one line and 2", async () => {
  for (const flags of [
    ["--format", "pdf"],
    ["--since", "someday"],
    ["--tier", "loud"],
    ["--fail-on", "all"],
  ]) {
    const { code, stderr } = await report(...flags);
    expect(code, stderr).toBe(2);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  }
});

test("the export has it all, redacted", async () => {
  const { body } = await request(`${house.admin}/api/export`);
  const text = await body.text();
  const kinds = text
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { kind: string }).kind);
  const count = (kind: string) => kinds.filter((found) => found === kind).length;
  expect([count("endpoint"), count("exchange"), count("signature") >= 3]).toEqual([3, 2, true]);
  expect(text).not.toContain("S3CRET");
});

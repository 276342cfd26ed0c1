// A whole Parallax with real traffic, and builds of a candidate on real sockets: is it fixed?
import type { IncomingMessage, RequestListener } from "node:http";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type ReplayOptions, runReplay } from "../../src/commands/replay.ts";
import { type House, startHouse } from "../flow/house.ts";
import { closedPort, startHttp, type Upstream } from "../flow/upstreams.ts";
import { readableStreams, temporaryFolder, writeIn } from "../replay/recordings.ts";

const SECRET = "Bearer live-secret";
/** What the services were sent by the replay: requests of the traffic have another role. */
const replayed: { readonly by: string; readonly request: IncomingMessage }[] = [];

/** `/items/{n}` in several states of repair; `/private` wants a credential. */
const service =
  (name: string, item: (id: number) => object, status = 200): RequestListener =>
  (incoming, answer) => {
    if (incoming.headers["x-parallax-role"] === "replay") replayed.push({ by: name, request: incoming });
    const isPrivate = incoming.url?.startsWith("/private") === true;
    const isRefused = isPrivate && incoming.headers.authorization !== SECRET;
    answer.statusCode = isRefused ? 401 : status;
    answer.setHeader("content-type", "application/json");
    answer.end(
      JSON.stringify(isRefused ? { error: "who?" } : item(Number(incoming.url?.match(/[0-9]+/)?.[0]))),
    );
  };

const right = (id: number) => ({ id, price: 1.5, at: 1 });
const wrong = (id: number) => ({ id, price: 2.5, at: 2 });

let house: House;
let legacy: Upstream;
const builds: Upstream[] = [];
const ids = new Map<string, string>();

async function build(item: (id: number) => object, status?: number): Promise<string> {
  const started = await startHttp(service("candidate", item, status));
  builds.push(started);
  return started.url;
}

beforeAll(async () => {
  legacy = await startHttp(service("legacy", right));
  house = await startHouse({
    upstreams: { legacy: { url: legacy.url }, candidate: { url: await build(wrong) } },
    mirror: { methods: ["GET", "POST"] },
    rules: [{ kind: "ignore", path: "/at", reason: "it is the time" }],
  });
  const send = (method: string, path: string) =>
    request(`http://127.0.0.1:${house.port}${path}`, {
      method: method as "GET",
      headers: method === "GET" && path.startsWith("/items") ? {} : { authorization: SECRET },
      body: method === "POST" ? "{}" : null,
    }).then(({ body }) => body.dump());
  for (const id of [1, 2]) await send("GET", `/items/${id}`);
  await send("GET", "/private/1?token=abc");
  await send("POST", "/orders/1");
  await vi.waitFor(
    async () => {
      const { body } = await request(`${house.admin}/api/differences`);
      const { differences } = (await body.json()) as {
        differences: { id: string; endpoint: string; exchangeIds: string[] }[];
      };
      for (const { id, endpoint } of differences) ids.set(endpoint, id);
      expect(
        differences.map(({ endpoint, exchangeIds }) => `${exchangeIds.length} ${endpoint}`).sort(),
      ).toEqual(["1 GET /private/{id}", "1 POST /orders/{id}", "2 GET /items/{id}"]);
    },
    { timeout: 20_000, interval: 50 },
  );
});

afterAll(async () => {
  await house.stop();
  await Promise.all([legacy, ...builds].map((upstream) => upstream.stop()));
});

/** Two requests may have come within one millisecond: which is newer is not known then. */
function withSamplesSorted(text: string): string {
  const all = text.split("\n");
  const isSample = (line: string) => /^ {2}(differs|gone) /.test(line);
  const sorted = all.filter(isSample).sort();
  return all.map((line) => (isSample(line) ? sorted.shift() : line)).join("\n");
}

async function replay(
  endpoint: string,
  options: Partial<ReplayOptions>,
  environment: Record<string, string> = {},
) {
  replayed.length = 0;
  const { streams, out, err } = readableStreams(environment);
  const signature = ids.get(endpoint) ?? endpoint;
  const given = { files: [], admin: house.admin, legacy: legacy.url, signature, ...options };
  const code = await runReplay(given, streams);
  const shown = out()
    .replaceAll(legacy.url, "http://legacy")
    .replaceAll(given.candidate ?? "", "http://candidate")
    .replaceAll(house.admin, "http://admin");
  return { code, out: withSamplesSorted(shown), err: err() };
}

const ITEMS = "GET /items/{id}";

describe("a signature", () => {
  test("that a new build does not show any more is fixed: exit 0", async () => {
    const { code, out } = await replay(ITEMS, { candidate: await build(right) });
    expect(out).toMatchInlineSnapshot(`
      "fixed: gone from 2 of 2 answers

      GET /items/{id}  body /price  changed
        legacy http://legacy · candidate http://candidate
        under the rules in force at http://admin

        gone    GET /items/1
        gone    GET /items/2
      "
    `);
    expect(code).toBe(0);
    expect(replayed.map(({ by }) => by).sort()).toEqual([
      ...Array(2).fill("candidate"),
      ...Array(2).fill("legacy"),
    ]);
  });

  test("that some answers still show differs: exit 1, under the rules in force", async () => {
    const half = await build((id) => (id === 2 ? wrong(id) : { ...right(id), at: 9, extra: true }));
    const { code, out } = await replay(ITEMS, { candidate: half });
    expect(out).toMatchInlineSnapshot(`
      "still differs: in 1 of 2 answers

      GET /items/{id}  body /price  changed
        legacy http://legacy · candidate http://candidate
        under the rules in force at http://admin

        differs GET /items/2  1.5 → 2.5
        gone    GET /items/1

      New, not in the stored answers; part of no verdict here:
        1× added body /extra  (none) → true
      "
    `);
    expect(code).toBe(1);
  });

  test("whose field is gone now is not fixed", async () => {
    const { code, out } = await replay(ITEMS, { candidate: await build((id) => ({ id })) });
    expect(out).toContain("differs otherwise: body /price removed");
    expect(code).toBe(1);
  });

  test("cannot be told from a build that fails, or that is not there: exit 3", async () => {
    const failing = await replay(ITEMS, { candidate: await build(() => ({ error: "oops" }), 500) });
    // The field is gone, which would be a difference of its own; under a failure it is none.
    expect(failing.code).toBe(3);
    expect(failing.out).toContain("the candidate answers 500 where the legacy answers 200");
    const dead = await replay(ITEMS, { candidate: `http://127.0.0.1:${await closedPort()}` });
    expect(dead.code).toBe(3);
    expect(dead.out).toContain("candidate-unreachable (ECONNREFUSED)");
  });

  test("cannot be told from a build that is too slow", async () => {
    const slow = await startHttp(() => undefined);
    builds.push(slow);
    const { code, out } = await replay(ITEMS, { candidate: slow.url, timeout: 100 });
    expect({ code, isTold: out.includes("candidate-timeout (past the deadline)") }).toEqual({
      code: 3,
      isTold: true,
    });
  });

  test("is asked of the services of the running Parallax where none are named", async () => {
    const { code } = await replay(ITEMS, { legacy: undefined });
    expect(code).toBe(1);
    expect(replayed.map(({ by }) => by).sort()).toEqual(["candidate", "candidate", "legacy", "legacy"]);
  });

  test("says so as JSON, into a file too", async () => {
    const file = `${temporaryFolder()}/out.json`;
    const { readFileSync } = await import("node:fs");
    await replay(ITEMS, { candidate: await build(right), format: "json", out: file });
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
      schemaVersion: 1,
      verdict: "fixed",
      signature: { endpoint: ITEMS, part: "body", path: "/price", kind: "changed" },
      sent: 2,
      judged: 2,
      new: [],
    });
  });
});

describe("what was redacted", () => {
  const PRIVATE = "GET /private/{id}";

  test("is named where nothing refills it, and nothing is sent: exit 3", async () => {
    const { code, out } = await replay(PRIVATE, { candidate: await build(right) });
    expect(out).toContain("authorization is redacted: set replay.fill");
    expect({ code, sent: replayed.length }).toEqual({ code: 3, sent: 0 });
  });

  test("is refilled from the environment as the config says, and shown nowhere", async () => {
    const candidate = await build(right);
    const settings = {
      upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate } },
      rules: [{ kind: "ignore", path: "/at" }],
      replay: {
        fill: [
          { header: "Authorization", env: "AUTH" },
          { queryParameter: "token", env: "TOKEN" },
        ],
      },
    };
    const config = writeIn(temporaryFolder(), "parallax.yaml", JSON.stringify(settings));
    const { code, out, err } = await replay(PRIVATE, { config, candidate }, { AUTH: SECRET, TOKEN: "t0ken" });
    expect(out).toContain("fixed: gone from 1 of 1 answers");
    expect(code).toBe(0);
    expect(replayed.map(({ request: { url } }) => url)).toEqual([
      "/private/1?token=t0ken",
      "/private/1?token=t0ken",
    ]);
    expect(out + err).not.toMatch(/live-secret|t0ken/);
  });

  test("is refilled by --header; what the legacy refuses tells nothing", async () => {
    const candidate = await build(right);
    const header = ["authorization: Bearer expired"];
    const config = writeIn(
      temporaryFolder(),
      "parallax.yaml",
      JSON.stringify({ replay: { fill: [{ queryParameter: "token", env: "TOKEN" }] } }),
    );
    const { code, out } = await replay(PRIVATE, { config, candidate, header }, { TOKEN: "x" });
    expect(out).toContain("the legacy answers 401 now, it was 200");
    expect(code).toBe(3);
  });
});

describe("a write", () => {
  const ORDERS = "POST /orders/{id}";

  test("is not sent again: exit 3", async () => {
    const { code, out } = await replay(ORDERS, { candidate: await build(right) });
    expect(out).toContain("POST is sent with --unsafe alone");
    expect({ code, sent: replayed.length }).toEqual({ code: 3, sent: 0 });
  });

  test("is sent to both with --unsafe, with a warning", async () => {
    const header = [`authorization: ${SECRET}`];
    const { code, out, err } = await replay(ORDERS, { candidate: await build(right), unsafe: true, header });
    expect(err).toContain("--unsafe: writes are sent again");
    expect(out).toContain("--unsafe: writes were sent to both services");
    expect({ code, sent: replayed.map(({ by }) => by).sort() }).toEqual({
      code: 0,
      sent: ["candidate", "legacy"],
    });
  });
});

test.each<[string, Partial<ReplayOptions>, number, RegExp]>([
  ["an id that is none", { signature: "x" }, 2, /--signature x is no id/],
  ["a signature that is not known", { signature: "0".repeat(16) }, 3, /has no signature 0000000000000000/],
  ["files as well", { files: ["a"] }, 2, /not both/],
  ["what is for files", { rate: 5 }, 2, /--rate is for files/],
  [
    "a Parallax that is not there",
    { admin: "http://127.0.0.1:1" },
    3,
    /no answer from http:\/\/127\.0\.0\.1:1/,
  ],
  [
    "a header that is none",
    { candidate: "http://127.0.0.1:1", header: ["x"] },
    2,
    /--header is 'name: value'/,
  ],
])("%s is told on one line", async (_, options, exitCode, message) => {
  await expect(replay(ITEMS, options)).rejects.toMatchObject({
    exitCode,
    message: expect.stringMatching(message),
  });
});

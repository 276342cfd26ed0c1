// The contract, live: what the candidate breaks is a difference, what both break is the contract's own fault.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request } from "undici";
import { afterEach, beforeEach, expect, test } from "vitest";
import { converse, type House, startHouse } from "./house.ts";
import { startHttp } from "./upstreams.ts";

const CONTRACT = `
openapi: 3.0.3
info: { title: users, version: 1.4.0 }
servers: [{ url: https://users.test/v1 }]
paths:
  /users/{id}:
    get:
      responses:
        "200":
          description: a user
          content:
            application/json:
              schema: { $ref: "#/components/schemas/User" }
        "404": { description: none }
components:
  schemas:
    User:
      type: object
      required: [id, name]
      properties:
        id: { type: integer }
        name: { type: string, nullable: true }
        role: { type: string, enum: [reader, writer] }
        code: { type: string, pattern: "^(a+)+$" }
        tags: { type: array, items: { type: string } }
        boss: { $ref: "#/components/schemas/User" }
`;

interface Answered {
  readonly status?: number;
  readonly body: string;
}

const USER = '{"id":1,"name":"Ada","role":"reader"}';
/** Target → what each side answers to it; 200 and USER unless said. */
const ANSWERS: Readonly<Record<string, { readonly legacy?: Answered; readonly candidate?: Answered }>> = {
  "/v1/users/type": { candidate: { body: '{"id":"1","name":"Ada","role":"reader"}' } },
  "/v1/users/dropped": { candidate: { body: '{"id":1,"role":"reader"}' } },
  "/v1/users/enum": { candidate: { body: '{"id":1,"name":"Ada","role":"owner"}' } },
  "/v1/users/status": { candidate: { status: 410, body: USER } },
  "/v1/users/tags": {
    legacy: { body: '{"id":1,"name":"Ada","tags":["a","b"]}' },
    candidate: { body: '{"id":1,"name":"Ada","tags":["a",7]}' },
  },
  "/v1/users/both": { legacy: { body: '{"id":1}' }, candidate: { body: '{ "id": 1 }' } },
  "/v1/users/null": {
    legacy: { body: '{"id":1,"name":null,"boss":{"id":2,"name":null}}' },
    candidate: { body: '{ "id":1,"name":null,"boss":{"id":2,"name":null}}' },
  },
  "/v1/users/redos": {
    legacy: { body: `{"id":1,"name":"Ada","code":"${"a".repeat(100)}"}` },
    candidate: { body: `{"id":1,"name":"Ada","code":"${"a".repeat(50_000)}!"}` },
  },
};

let folder: string;
let house: House;
let stop: () => Promise<void>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "parallax-contract-"));
  writeFileSync(join(folder, "users.yaml"), CONTRACT);
  const upstream = (side: "legacy" | "candidate") =>
    startHttp((incoming, answer) => {
      incoming.resume();
      const { status = 200, body } = ANSWERS[incoming.url ?? ""]?.[side] ?? { body: USER };
      answer.writeHead(status, { "content-type": "application/json" }).end(body);
    });
  const [legacy, candidate] = await Promise.all([upstream("legacy"), upstream("candidate")]);
  house = await startHouse(settingsOf(legacy.url, candidate.url));
  urls = { legacy: legacy.url, candidate: candidate.url };
  stop = async () => {
    await house.stop();
    await Promise.all([legacy.stop(), candidate.stop()]);
    rmSync(folder, { recursive: true, force: true });
  };
});
afterEach(() => stop());

let urls: { readonly legacy: string; readonly candidate: string };

function settingsOf(legacy: string, candidate: string, rules: readonly object[] = []) {
  return {
    threads: { serving: 1, shadow: 1 },
    upstreams: { legacy: { url: legacy }, candidate: { url: candidate } },
    contract: { file: join(folder, "users.yaml") },
    rules,
  };
}

async function send(targets: readonly string[]): Promise<void> {
  for (const target of targets)
    await converse(house.port, `GET ${target} HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n`);
}

interface Listed {
  readonly differences: readonly {
    readonly endpoint: string;
    readonly part: string;
    readonly path: string;
    readonly kind: string;
  }[];
}

async function violations(): Promise<string[]> {
  const answer = await request(`${house.admin}/api/differences?limit=100`);
  const { differences } = (await answer.body.json()) as Listed;
  return differences
    .filter(({ kind }) => kind === "violation")
    .map(({ endpoint, part, path }) => `${endpoint} ${part} ${path}`)
    .sort();
}

test("what the candidate breaks is a violation with its place, at the endpoint that the contract names", async () => {
  await send(["/v1/users/type", "/v1/users/dropped", "/v1/users/enum", "/v1/users/status", "/v1/users/tags"]);
  expect(await house.settled(5)).toMatchObject({ match: 0, mismatch: 5 });
  const at = "GET /v1/users/{id}";
  await expect
    .poll(violations, { timeout: 5000 })
    .toEqual([
      `${at} body /id`,
      `${at} body /name`,
      `${at} body /role`,
      `${at} body /tags/*`,
      `${at} status `,
    ]);
});

test("what both break alike is no difference, and neither is what fits", async () => {
  await send(["/v1/users/both", "/v1/users/null", "/v1/users/plain", "/elsewhere"]);
  expect(await house.settled(4)).toMatchObject({ match: 4, mismatch: 0, incomparable: 0 });
  const metrics = await house.metrics();
  const outcomes = [...metrics.matchAll(/^parallax_contract_exchanges_total\{outcome="(\w+)"\} (\d+)$/gm)];
  expect(outcomes.map(([, outcome, count]) => [outcome, count])).toEqual([
    ["violated", "0"],
    ["legacy", "1"],
    ["unknown", "1"],
    ["unchecked", "0"],
  ]);
});

test("a pattern that would run away in a backtracking engine is answered at once", async () => {
  await send(["/v1/users/redos", "/v1/users/plain"]);
  expect(await house.settled(2)).toMatchObject({ match: 1, mismatch: 1, incomparable: 0 });
  await expect.poll(violations, { timeout: 5000 }).toEqual(["GET /v1/users/{id} body /code"]);
});

test("an ignore rule hides the violation at its place, and counts it", async () => {
  house.rewrite(settingsOf(urls.legacy, urls.candidate, [{ kind: "ignore", path: "/id" }]));
  await request(`${house.admin}/api/reload`, { method: "POST" });
  await expect.poll(async () => (await house.summary()).threads.map(({ epoch }) => epoch)).toEqual([2, 2]);
  await send(["/v1/users/type"]);
  expect(await house.settled(1)).toMatchObject({ match: 1, mismatch: 0 });
  const hits = async () => {
    const answer = await request(`${house.admin}/api/rules`);
    return ((await answer.body.json()) as { rules: { hits: number }[] }).rules.map((rule) => rule.hits);
  };
  // One for the differing values, one for the violation.
  await expect.poll(hits, { timeout: 5000 }).toEqual([2]);
});

test("a reload with a bad document changes nothing, and says what is wrong with it", async () => {
  writeFileSync(join(folder, "users.yaml"), CONTRACT.replace('schemas/User"', 'schemas/Nobody"'));
  const answer = await request(`${house.admin}/api/reload`, { method: "POST" });
  expect(answer.statusCode).not.toBe(200);
  const said = await answer.body.text();
  expect(said).toContain("contract.file");
  expect(said).toContain("leads to nothing");
  await send(["/v1/users/type"]);
  expect(await house.settled(1)).toMatchObject({ mismatch: 1 });
  await expect.poll(violations, { timeout: 5000 }).toEqual(["GET /v1/users/{id} body /id"]);
});

test("a reload reads the document again", async () => {
  writeFileSync(join(folder, "users.yaml"), CONTRACT.replace("id: { type: integer }", "id: {}"));
  await request(`${house.admin}/api/reload`, { method: "POST" });
  await expect.poll(async () => (await house.summary()).threads.map(({ epoch }) => epoch)).toEqual([2, 2]);
  await send(["/v1/users/type"]);
  expect(await house.settled(1)).toMatchObject({ mismatch: 1 });
  const answer = async () => (await request(`${house.admin}/api/differences`)).body.json() as Promise<Listed>;
  await expect
    .poll(async () => (await answer()).differences.map(({ kind }) => kind), { timeout: 5000 })
    .toEqual(["type"]);
});

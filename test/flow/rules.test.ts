// A rule's life in the running program: tried on stored samples, put to work by a reload, answering for itself.
import { request } from "undici";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PreviewAnswer, RuleAnswer } from "../../src/admin/rule-schemas.ts";
import { converse, type House, startHouse } from "./house.ts";
import { startHttp, type Upstream } from "./upstreams.ts";

let legacy: Upstream;
let candidate: Upstream;
let house: House;
const AT = { kind: "ignore", path: "$.at", owner: "me" };
const settings = (rules: readonly object[]) => ({
  upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
  redact: { pointers: ["/secret"] },
  rules,
});

beforeAll(async () => {
  const serve = (name: string) =>
    startHttp((_incoming, answer) => {
      answer.setHeader("content-type", "application/json");
      answer.end(`{"at":"${name}","secret":"S3CRET-${name}","name":"${name === "legacy" ? "a" : "b"}"}`);
    });
  legacy = await serve("legacy");
  candidate = await serve("candidate");
  house = await startHouse(settings([]));
});

afterAll(async () => {
  await house.stop();
  await Promise.all([legacy.stop(), candidate.stop()]);
});

const ask = () => converse(house.port, "GET /a HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n");

async function preview(body: unknown): Promise<{ status: number; text: string }> {
  const answer = await request(`${house.admin}/api/rules/preview`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: answer.statusCode, text: await answer.body.text() };
}

async function rules(): Promise<{ readonly text: string; readonly rules: readonly RuleAnswer[] }> {
  const text = await (await request(`${house.admin}/api/rules`)).body.text();
  return { text, rules: (JSON.parse(text) as { rules: readonly RuleAnswer[] }).rules };
}

async function previewed(body: unknown): Promise<PreviewAnswer> {
  const { status, text } = await preview(body);
  expect([status, text.includes("S3CRET")]).toEqual([200, false]);
  return JSON.parse(text) as PreviewAnswer;
}

test("tried, refused, put to work and counted", async () => {
  await ask();
  await house.settled(1);
  await expect.poll(async () => (await previewed({ rules: [AT] })).samples, { timeout: 10_000 }).toBe(1);
  expect(await previewed({ rules: [AT] })).toMatchObject({
    cannotTell: 0,
    differences: 2,
    hidden: 1,
    storedHidden: 1,
    wholly: [{ endpoint: "GET /a", path: "/at", stored: 1 }],
    partly: [],
    matching: 0,
    examples: [{ path: "/at", legacy: '"legacy"', candidate: '"candidate"' }],
  });
  expect(
    await previewed({ rules: [AT, { kind: "shape", path: "/x", class: "uuid" }], route: "none" }),
  ).toMatchObject({
    samples: 0,
  });

  const refused = await preview({
    rules: [{ kind: "ignroe" }, { kind: "custom", module: "/etc/passwd" }, AT, AT],
  });
  expect(refused.status).toBe(422);
  expect(JSON.parse(refused.text).problems).toEqual([
    expect.stringContaining("did you mean ignore?"),
    expect.stringContaining("[3]: found a mapping; allowed: each rule once"),
  ]);

  expect((await rules()).rules).toEqual([]);
  house.rewrite(settings([AT]));
  expect((await request(`${house.admin}/api/reload`, { method: "POST" })).statusCode).toBe(200);
  await ask();
  await house.settled(2);
  await expect.poll(async () => (await rules()).rules[0]?.hits, { timeout: 10_000 }).toBe(1);
  const { text, rules: found } = await rules();
  expect(text).not.toContain("S3CRET");
  expect(found).toMatchObject([
    {
      rule: { kind: "ignore", path: "/at", owner: "me" },
      routes: ["default"],
      hits: 1,
      endpoints: [{ endpoint: "GET /a", hits: 1 }],
      flags: [],
    },
  ]);
  const metrics = await house.metrics();
  expect(metrics).toContain(`parallax_rule_hits_total{rule="${found[0]?.id}"}`);
  expect(metrics).toContain('parallax_rules_flagged{flag="too-broad"} 0');
});

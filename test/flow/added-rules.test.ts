// A rule that is put to work while Parallax runs: it counts at once, over reloads and restarts, until it is taken out;
// and whoever did what is in the audit log.
import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AuditAnswer } from "../../src/admin/review-schemas.ts";
import type { RuleAnswer } from "../../src/admin/rule-schemas.ts";
import { ruleIdOf } from "../../src/core/rule.ts";
import { eventIn } from "../admin/fixtures.ts";
import { converse, type House, startHouse } from "./house.ts";
import { startHttp, type Upstream } from "./upstreams.ts";

const SAID = { owner: "me", reason: "it is the time", expires: "2999-01-31" };
const AT = { kind: "ignore", path: "$.at", ...SAID };
const AT_ID = ruleIdOf({ kind: "ignore", path: "/at" });
const NAME = { kind: "ignore", path: "/name", ...SAID };
const NAME_ID = ruleIdOf({ kind: "ignore", path: "/name" });

const dataDirectory = mkdtempSync(join(tmpdir(), "parallax-added-"));
let legacy: Upstream;
let candidate: Upstream;
let house: House;
const route = (name: string) => ({ name, match: { path: `/${name}/**` }, stage: "shadow" });
const settings = (routes: readonly object[], rules: readonly object[] = []) => ({
  threads: { serving: 1, shadow: 1 },
  upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
  routes,
  rules,
});

beforeAll(async () => {
  const serve = (name: string) =>
    startHttp((_incoming, answer) => {
      answer.setHeader("content-type", "application/json");
      answer.end(`{"at":"${name}","name":"a"}`);
    });
  legacy = await serve("legacy");
  candidate = await serve("candidate");
  house = await startHouse(settings([route("a"), route("b")]), "info", dataDirectory);
});

afterAll(async () => {
  await house.stop();
  await Promise.all([legacy.stop(), candidate.stop()]);
  rmSync(dataDirectory, { recursive: true, force: true });
});

const ask = (path: string) =>
  converse(house.port, `GET ${path} HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n`);

async function send(method: string, path: string, body?: object) {
  const response = await fetch(house.admin + path, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function rules(): Promise<readonly RuleAnswer[]> {
  return (await send("GET", "/api/rules")).body["rules"] as readonly RuleAnswer[];
}

async function audit(): Promise<readonly (readonly [action: string, subject: string])[]> {
  const { entries } = (await send("GET", "/api/audit")).body as unknown as AuditAnswer;
  expect(entries.every(({ role }) => role === "operator")).toBe(true);
  return entries.map(({ action, subject }) => [action, subject]);
}

test("counts at once on its route, and not on another", async () => {
  await ask("/a/1");
  expect((await house.settled(1)).mismatch).toBe(1);
  const events = await fetch(`${house.admin}/api/events`);
  const { epoch } = await house.summary();
  expect(await send("POST", "/api/rules", { rule: AT, route: "a" })).toEqual({
    status: 200,
    body: { id: AT_ID, epoch: epoch + 1 },
  });
  expect(JSON.parse(await eventIn(events, "changed"))).toEqual({ what: "rules" });
  await ask("/a/2");
  await ask("/b/1");
  expect(await house.settled(3)).toMatchObject({ match: 1, mismatch: 2 });
  expect(await rules()).toMatchObject([
    { id: AT_ID, routes: ["a"], rule: { kind: "ignore", path: "/at" }, added: { who: "local" } },
  ]);
});

test("is refused with every problem: as the config refuses it, and without owner, reason and date", async () => {
  const problems = async (rule: object, more: object = {}) => {
    const { status, body } = await send("POST", "/api/rules", { rule, ...more });
    expect(status).toBe(422);
    return body["problems"] as readonly string[];
  };
  expect(await problems({ kind: "ignore", path: "/x" }, { route: "none" })).toEqual([
    "rule.owner: who answers for the rule is needed",
    "rule.reason: why it is there is needed",
    "rule.expires: a date is needed, such as 2027-01-31",
    "route: the config has none of this name; it has a, b",
  ]);
  expect(await problems({ ...AT, expires: "2020-01-31" })).toEqual([
    'rule.expires: found "2020-01-31"; allowed: today or later',
  ]);
  const file = join(dataDirectory, "rule.mjs");
  writeFileSync(file, "export default () => true;");
  expect(await problems({ kind: "custom", module: file, ...SAID })).toEqual([
    "rule.kind: custom rules stand in the config file alone",
  ]);
  expect((await problems({ kind: "ignore", frob: 1, ...SAID })).join()).toContain("rule");
  expect((await problems({ kind: "ignore", header: "x-unseen", ...SAID }, { route: "a" })).join()).toContain(
    "compare.headers",
  );
  expect((await send("POST", "/api/rules", { rule: AT, route: "a" })).status).toBe(409);
});

test("is there after a restart; without its route it is listed and not applied; its route back, it counts", async () => {
  await house.stop();
  house = await startHouse(settings([route("a"), route("b")]), "info", dataDirectory);
  await ask("/a/3");
  expect(await house.settled(1)).toMatchObject({ match: 1 });
  house.rewrite(settings([route("b")]));
  expect((await send("POST", "/api/reload")).status).toBe(200);
  expect(await rules()).toMatchObject([{ id: AT_ID, routes: [], routesTotal: 0, added: { who: "local" } }]);
  expect(house.log.join("\n")).toContain("the config has no such route");
  house.rewrite(settings([route("a"), route("b")]));
  await send("POST", "/api/reload");
  await ask("/a/4");
  expect(await house.settled(2)).toMatchObject({ match: 2 });
  expect(await rules()).toMatchObject([{ id: AT_ID, routes: ["a"] }]);
});

test("one of the config is not taken out here; an added one is, and counts no more", async () => {
  house.rewrite(settings([route("a"), route("b")], [NAME]));
  await send("POST", "/api/reload");
  expect(await rules()).toMatchObject([{ id: NAME_ID, added: null }, { id: AT_ID }]);
  expect((await send("POST", "/api/rules", { rule: NAME })).status).toBe(409);
  expect((await send("DELETE", `/api/rules/${NAME_ID}`)).status).toBe(409);
  expect((await send("DELETE", "/api/rules/000000000000")).status).toBe(404);
  expect((await send("DELETE", `/api/rules/${AT_ID}`)).status).toBe(200);
  expect(await rules()).toMatchObject([{ id: NAME_ID, added: null }]);
  await ask("/a/5");
  expect(await house.settled(3)).toMatchObject({ match: 2, mismatch: 1 });
});

test("the audit log has it all, the kill switch as well, newest first", async () => {
  await send("POST", "/api/kill");
  await send("DELETE", "/api/kill");
  expect(await audit()).toEqual([
    ["unkilled", ""],
    ["killed", ""],
    ["rule-removed", AT_ID],
    ["reloaded", ""],
    ["reloaded", ""],
    ["reloaded", ""],
    ["rule-added", AT_ID],
  ]);
});

test("a store whose file is gone to ruin stops the kill switch not", async () => {
  for (const name of readdirSync(dataDirectory)) {
    truncateSync(join(dataDirectory, name), 0);
    writeFileSync(join(dataDirectory, name), Buffer.alloc(8192, "not a database "));
  }
  expect(await send("POST", "/api/kill")).toMatchObject({ status: 200, body: { isKilled: true } });
  expect((await house.summary()).isKilled).toBe(true);
});

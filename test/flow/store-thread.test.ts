// The store's thread is stuck in a query, or dies: control and serving go on, and no count is lost.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { AuditAnswer } from "../../src/admin/review-schemas.ts";
import { holdThread } from "../store/held-thread.ts";
import { startChild } from "./child.ts";
import { converse, type House, startHouse } from "./house.ts";
import { answerByPath, startHttp } from "./upstreams.ts";

const GET = "GET /a HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n";
/** Each with a client, two probes, the summary and a scrape. */
const ROUNDS = 3;

async function withHouse(run: (house: House) => Promise<void>): Promise<void> {
  const legacy = await startHttp(answerByPath);
  const candidate = await startHttp((_incoming, answer) => answer.end("other"));
  const house = await startHouse({
    threads: { serving: 1, shadow: 1 },
    upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
  });
  try {
    await run(house);
  } finally {
    await house.stop();
    await Promise.all([legacy.stop(), candidate.stop()]);
  }
}

async function serve(house: House): Promise<void> {
  expect((await converse(house.port, GET)).toString()).toMatch(/^HTTP\/1\.1 200 /);
}

async function storedExchanges(admin: string): Promise<number> {
  const answer = await fetch(`${admin}/api/endpoints`);
  const { endpoints } = (await answer.json()) as { readonly endpoints: readonly { exchanges: number }[] };
  return endpoints.reduce((sum, { exchanges }) => sum + exchanges, 0);
}

test("a query that does not end holds up neither clients nor probes, scrapes, the kill switch or a reload", () =>
  withHouse(async (house) => {
    const held = await holdThread("store");
    let isAnswered = false;
    const query = fetch(`${house.admin}/api/differences`).finally(() => {
      isAnswered = true;
    });
    for (let round = 1; round <= ROUNDS; round++) {
      await serve(house);
      await house.settled(round);
      for (const path of ["/healthz", "/readyz", "/metrics", "/api/summary"])
        expect((await fetch(`${house.admin}${path}`)).status, path).toBe(200);
    }
    for (const [method, path] of [
      ["POST", "/api/kill"],
      ["DELETE", "/api/kill"],
      ["POST", "/api/reload"],
    ] as const)
      expect((await fetch(`${house.admin}${path}`, { method })).status, `${method} ${path}`).toBe(200);
    expect(isAnswered).toBe(false);
    await held.release();
    expect((await query).status).toBe(200);
    await expect.poll(() => storedExchanges(house.admin)).toBe(ROUNDS);
  }));

test("a rule that waits for the store holds up the kill switch neither on nor off", () =>
  withHouse(async (house) => {
    const held = await holdThread("store");
    const rule = { kind: "ignore", path: "/a", owner: "o", reason: "r", expires: "2099-01-01" };
    let isAdded = false;
    const added = fetch(`${house.admin}/api/rules`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ rule }),
    }).finally(() => {
      isAdded = true;
    });
    // The rule's turn has come before that of the switch.
    await house.summary();
    for (const method of ["POST", "DELETE", "POST"]) {
      const answer = await fetch(`${house.admin}/api/kill`, { method });
      expect(await answer.json()).toMatchObject({ isKilled: method === "POST", isDurable: true });
    }
    expect(isAdded).toBe(false);
    await held.release();
    expect((await added).status).toBe(200);
    expect((await house.summary()).isKilled).toBe(true);
    const { entries } = (await (await fetch(`${house.admin}/api/audit`)).json()) as AuditAnswer;
    expect(entries.map(({ action }) => action)).toEqual(["killed", "unkilled", "killed", "rule-added"]);
  }));

test("a thread that dies again and again is replaced, and its counts are written", () =>
  withHouse(async (house) => {
    for (let round = 1; round <= 3; round++) {
      await serve(house);
      await house.settled(round);
      await house.worker("store").terminate();
      expect((await fetch(`${house.admin}/healthz`)).status).toBe(200);
    }
    await expect.poll(() => storedExchanges(house.admin), { timeout: 10_000 }).toBe(3);
    await expect.poll(async () => (await house.summary()).store.kind).toBe("ok");
    expect(house.log.filter((line) => line.includes("the store's thread was lost"))).not.toEqual([]);
  }));

test("kill -9 leaves what was stored, and the next start has it", async () => {
  const [legacy, candidate] = await Promise.all([startHttp(answerByPath), startHttp(answerByPath)]);
  const data = mkdtempSync(join(tmpdir(), "parallax-killed-"));
  const flags = ["--legacy", legacy.url, "--candidate", candidate.url, "--data", data];
  const first = await startChild(flags);
  onTestFinished(async () => {
    first.process.kill("SIGKILL");
    await Promise.all([legacy.stop(), candidate.stop()]);
    rmSync(data, { recursive: true });
  });
  await converse(first.port, GET);
  await expect.poll(() => storedExchanges(first.admin), { timeout: 10_000 }).toBe(1);
  first.process.kill("SIGKILL");
  expect(await first.exited).toBe("SIGKILL");
  const second = await startChild(flags);
  expect(await storedExchanges(second.admin)).toBe(1);
  second.process.kill("SIGTERM");
  expect(await second.exited).toBe(0);
});

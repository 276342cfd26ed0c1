// Routes on their way to the candidate, in a whole Parallax: real sockets, real threads, the journal on disk.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, request } from "undici";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JournalEntryAnswer, RolloutRouteAnswer } from "../../src/admin/rollout-schemas.ts";
import { startChild } from "./child.ts";
import { type House, startHouse } from "./house.ts";
import { answerByPath, startHttp, type Upstream } from "./upstreams.ts";

const TENANTS = Array.from({ length: 200 }, (_, index) => `tenant-${index}`);

let legacy: Upstream;
let candidate: Upstream;
let clients: Agent;

beforeEach(async () => {
  [legacy, candidate] = await Promise.all([startHttp(answerByPath), startHttp(answerByPath)]);
  clients = new Agent({ connections: 16 });
});

afterEach(async () => {
  await clients.close();
  await Promise.all([legacy.stop(), candidate.stop()]);
});

function config(rollout: object = {}, more: object = {}) {
  return {
    threads: { serving: 2, shadow: 1 },
    upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
    rollout: { units: [{ kind: "tenant", header: "x-tenant" }], steps: [5, 50, 100], ...rollout },
    routes: [{ name: "all", match: { path: "/**" }, ...more }],
  };
}

async function act(admin: string, action: string, body: object = { reason: "test" }) {
  const answer = await request(`${admin}/api/rollout/all/${action}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: answer.statusCode, body: (await answer.body.json()) as Record<string, unknown> };
}

const forward = (to: string) => ({ to, force: true, reason: "test" });

async function routeOf(admin: string): Promise<RolloutRouteAnswer> {
  return (await (await request(`${admin}/api/rollout/all`)).body.json()) as RolloutRouteAnswer;
}

async function journalOf(admin: string): Promise<readonly JournalEntryAnswer[]> {
  const answer = await request(`${admin}/api/journal?route=all`);
  return ((await answer.body.json()) as { entries: JournalEntryAnswer[] }).entries;
}

async function get(port: number, tenant: string): Promise<{ readonly status: number; readonly by: string }> {
  const answer = await request(`http://127.0.0.1:${port}/a`, {
    headers: { "x-tenant": tenant },
    dispatcher: clients,
  });
  await answer.body.dump();
  return { status: answer.statusCode, by: String(answer.headers["x-parallax-served-by"]) };
}

/** Who of the tenants the candidate serves. */
async function candidateTenants(port: number): Promise<ReadonlySet<string>> {
  const served = await Promise.all(TENANTS.map(async (tenant) => ({ tenant, ...(await get(port, tenant)) })));
  return new Set(served.filter(({ by }) => by === "candidate").map(({ tenant }) => tenant));
}

async function withHouse(settings: object, use: (house: House) => Promise<void>): Promise<void> {
  const house = await startHouse(settings);
  try {
    await use(house);
  } finally {
    await house.stop();
  }
}

describe("a route on its way", () => {
  test("hands units to the candidate, keeps each there as the percentage grows, and takes all back", async () => {
    await withHouse(config(), async ({ port, admin }) => {
      expect((await candidateTenants(port)).size).toBe(0);
      expect((await act(admin, "promote", forward("50"))).status).toBe(200);
      const half = await candidateTenants(port);
      expect(half.size).toBeGreaterThan(60);
      expect(half.size).toBeLessThan(140);
      expect(await candidateTenants(port)).toEqual(half);
      await act(admin, "promote", forward("100"));
      expect((await candidateTenants(port)).size).toBe(TENANTS.length);
      expect(await routeOf(admin)).toMatchObject({ stage: "ramp", percent: 100, latch: null });
      await act(admin, "rollback", { to: "50", reason: "test" });
      expect(await candidateTenants(port)).toEqual(half);
      expect(await routeOf(admin)).toMatchObject({ percent: 50, latch: { reason: "test" } });
      expect((await act(admin, "promote", forward("100"))).status).toBe(422);
    });
  });

  test("is explained as it is served", async () => {
    await withHouse(config(), async ({ port, admin }) => {
      await act(admin, "promote", forward("50"));
      const half = await candidateTenants(port);
      for (const tenant of TENANTS.slice(0, 40)) {
        const answer = await request(`${admin}/api/explain?route=all&header=x-tenant:${tenant}`);
        const { upstream, unit } = (await answer.body.json()) as {
          upstream: string;
          unit: { id: string } | null;
        };
        expect([upstream, unit?.id]).toEqual([half.has(tenant) ? "candidate" : "legacy", tenant]);
      }
    });
  });

  test("compares on while the candidate serves, legacy → candidate, and the books balance", async () => {
    await withHouse(config(), async (house) => {
      await act(house.admin, "promote", forward("live"));
      await candidateTenants(house.port);
      const totals = await house.settled(TENANTS.length);
      expect(totals.match).toBe(TENANTS.length);
      await expect.poll(async () => (await routeOf(house.admin)).shares.requests).toBe(1);
      expect((await routeOf(house.admin)).gate).not.toBeNull();
    });
  });

  test("says on the legacy's answers that it goes, and goes later when somebody puts it off", async () => {
    const deprecation = { at: "2026-01-01T00:00:00Z", sunset: "2099-01-01T00:00:00Z" };
    await withHouse(config({}, { deprecation }), async ({ port, admin }) => {
      const sunsetOf = async () => {
        const answer = await request(`http://127.0.0.1:${port}/a`, { dispatcher: clients });
        await answer.body.dump();
        return answer.headers["sunset"];
      };
      expect(await sunsetOf()).toBe("Thu, 01 Jan 2099 00:00:00 GMT");
      const earlier = await act(admin, "extend", { sunset: "2098-01-01T00:00:00Z", reason: "test" });
      expect([earlier.status, earlier.body["message"]]).toEqual([
        422,
        expect.stringContaining("only be moved to later"),
      ]);
      expect((await act(admin, "extend", { sunset: "2099-07-01T00:00:00Z", reason: "test" })).status).toBe(
        200,
      );
      expect(await sunsetOf()).toBe("Wed, 01 Jul 2099 00:00:00 GMT");
      expect((await journalOf(admin)).map(({ action }) => action)).toContain("extend");
    });
  });

  test("obeys one of two operators who act at once, and tells the other", async () => {
    await withHouse(config(), async ({ admin }) => {
      const { epoch } = await routeOf(admin);
      const both = await Promise.all(
        ["5", "50"].map((to) => act(admin, "promote", { ...forward(to), epoch })),
      );
      expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
      const loser = both.find(({ status }) => status === 409);
      expect(loser?.body["message"]).toMatch(/was faster: all stands at ramp/);
    });
  });
});

describe("an adapter", () => {
  test("gives an old client of the new service what the legacy would have said, and is judged as that", async () => {
    const renamed = await startHttp((incoming, answer) => {
      const { pathname } = new URL(incoming.url ?? "/", "http://localhost");
      answer.writeHead(200, { "content-type": "application/json" });
      answer.end(`{"route":${JSON.stringify(pathname)},"n":1}`);
    });
    try {
      const adapters = { response: [{ kind: "rename", path: "/route", to: "path" }] };
      const upstreams = { legacy: { url: legacy.url }, candidate: { url: renamed.url } };
      await withHouse({ ...config({}, { adapters }), upstreams }, async (house) => {
        await act(house.admin, "promote", forward("live"));
        const answer = await request(`http://127.0.0.1:${house.port}/a`, { dispatcher: clients });
        expect(await answer.body.text()).toBe('{"path":"/a","n":1}');
        expect(answer.headers["x-parallax-served-by"]).toBe("candidate");
        expect((await house.settled(1)).match).toBe(1);
      });
    } finally {
      await renamed.stop();
    }
  });
});

describe("a candidate that dies", () => {
  test("costs no client of a replayable request an answer, and the route goes back by itself", async () => {
    await withHouse(config(), async ({ port, admin }) => {
      await act(admin, "promote", forward("50"));
      const failures: unknown[] = [];
      let isOver = false;
      const client = async (first: number): Promise<void> => {
        for (let turn = first; !isOver; turn++) {
          const answer = await get(port, TENANTS[turn % TENANTS.length] ?? "");
          if (answer.status !== 200) failures.push(answer);
        }
      };
      const load = Promise.all(Array.from({ length: 8 }, (_, index) => client(index * 25)));
      await expect
        .poll(async () => (await routeOf(admin)).shares.requests, { timeout: 10_000 })
        .toBeGreaterThan(0.2);
      await candidate.stop();
      await expect.poll(async () => (await routeOf(admin)).stage, { timeout: 20_000 }).toBe("shadow");
      isOver = true;
      await load;
      expect(failures).toEqual([]);
      expect(await routeOf(admin)).toMatchObject({ latch: { who: "tripwire", from: "ramp 50 %" } });
      expect((await candidateTenants(port)).size).toBe(0);
      const [rollback] = (await journalOf(admin)).filter(({ action }) => action === "rollback");
      expect(rollback).toMatchObject({ who: "tripwire", from: "ramp 50 %", to: "shadow" });
    });
  });
});

describe("a process that is killed", () => {
  test("stands where it stood when it starts again, the kill switch too", async () => {
    const folder = mkdtempSync(join(tmpdir(), "parallax-rollout-"));
    const file = join(folder, "parallax.yaml");
    writeFileSync(file, JSON.stringify(config()));
    const flags = ["--config", file, "--data", join(folder, "data")];
    const first = await startChild(flags);
    try {
      await act(first.admin, "promote", forward("50"));
      const half = await candidateTenants(first.port);
      first.process.kill("SIGKILL");
      await first.exited;
      const second = await startChild(flags);
      expect(await candidateTenants(second.port)).toEqual(half);
      expect(await routeOf(second.admin)).toMatchObject({ stage: "ramp", percent: 50 });
      second.process.kill("SIGUSR2");
      await expect.poll(async () => (await candidateTenants(second.port)).size, { timeout: 5_000 }).toBe(0);
      second.process.kill("SIGKILL");
      await second.exited;
      const third = await startChild(flags);
      expect((await candidateTenants(third.port)).size).toBe(0);
      third.process.kill("SIGTERM");
      expect(await third.exited).toBe(0);
      expect(
        readFileSync(join(folder, "data", "rollout.journal"), "utf8").split("\n").length,
      ).toBeGreaterThan(2);
    } finally {
      first.process.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("obeys the kill file that somebody touches while it runs", async () => {
    await withHouse(config(), async ({ port, admin, dataDirectory, summary }) => {
      await act(admin, "promote", forward("live"));
      writeFileSync(join(dataDirectory, "KILLED"), "");
      await expect.poll(async () => (await candidateTenants(port)).size, { timeout: 5_000 }).toBe(0);
      await expect.poll(async () => (await summary()).isKilled, { timeout: 5_000 }).toBe(true);
    });
  });
});

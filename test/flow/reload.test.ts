// What a reload changes in a running program, and what it leaves for the next start.
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { request } from "undici";
import { expect, test } from "vitest";
import { converse, type House, startHouse } from "./house.ts";
import { answerByPath, startHttp } from "./upstreams.ts";

async function withHouse(run: (house: House, settings: object) => Promise<void>): Promise<void> {
  const [legacy, candidate] = await Promise.all([startHttp(answerByPath), startHttp(answerByPath)]);
  const settings = {
    threads: { serving: 1, shadow: 1 },
    upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
  };
  const house = await startHouse(settings);
  try {
    await run(house, settings);
  } finally {
    await house.stop();
    await Promise.all([legacy.stop(), candidate.stop()]);
  }
}

const reload = (house: House) => request(`${house.admin}/api/reload`, { method: "POST" });
const states = async (house: House) => (await house.summary()).threads.map(({ state }) => state);

test("limits stay until the next start, for a thread that is replaced later too", () =>
  withHouse(async (house, settings) => {
    house.rewrite({ ...settings, limits: { targetBytesMax: 64 } });
    for (const _ of [1, 2]) {
      expect((await reload(house)).statusCode).toBe(200);
      // Said at each reload, for as long as it is so.
      expect(house.log.filter((line) => line.includes("take effect at the next start")).at(-1)).toContain(
        '"keys":["limits"]',
      );
    }
    expect(house.log.filter((line) => line.includes("take effect at the next start"))).toHaveLength(2);
    await house.worker("serving-0").terminate();
    await expect.poll(async () => (await house.summary()).threads.at(-1)?.restarts).toBe(1);
    await expect.poll(() => states(house)).toEqual(["running", "running"]);
    const target = `/${"a".repeat(100)}`;
    const answer = await converse(
      house.port,
      `GET ${target} HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n`,
    );
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 200 /);
  }));

test("a kill switch that was turned by hand is logged when a reload sees it", () =>
  withHouse(async (house) => {
    const said = () => house.log.filter((line) => line.includes("the kill switch is")).length;
    const file = join(house.dataDirectory, "KILLED");
    writeFileSync(file, "");
    await reload(house);
    expect((await house.summary()).isKilled).toBe(true);
    expect(said()).toBe(1);
    await reload(house);
    expect(said()).toBe(1);
    rmSync(file);
    await reload(house);
    expect((await house.summary()).isKilled).toBe(false);
    expect(said()).toBe(2);
    expect(house.log.join("")).toContain("the kill switch is off");
  }));

// The kill switch when its file cannot be written: mirrors stop all the same, and the caller is told.
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { request } from "undici";
import { expect, test } from "vitest";
import { converse, startHouse } from "./house.ts";
import { answerByPath, startHttp } from "./upstreams.ts";

const GET = "GET /a HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n";

test("stops mirrors even when its file cannot be written, and says that it will not last", async () => {
  const [legacy, candidate] = await Promise.all([startHttp(answerByPath), startHttp(answerByPath)]);
  const house = await startHouse({
    threads: { serving: 1, shadow: 1 },
    upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
  });
  const kill = (method: "POST" | "DELETE") => request(`${house.admin}/api/kill`, { method });
  try {
    // A file in the place of the data directory refuses root too, as a full disk would.
    rmSync(house.dataDirectory, { recursive: true });
    writeFileSync(house.dataDirectory, "");
    const killed = await kill("POST");
    expect(killed.statusCode).toBe(200);
    expect(await killed.body.json()).toEqual({
      isKilled: true,
      epoch: 2,
      isDurable: false,
      message: expect.stringContaining("will not survive a restart"),
    });
    expect((await house.summary()).isKilled).toBe(true);
    expect(house.log.join("")).toMatch(/will not survive a restart/);
    await converse(house.port, GET);
    expect((await house.settled(1)).skipped.killed).toBe(1);
    // It stays on through a reload, until it is taken off.
    await request(`${house.admin}/api/reload`, { method: "POST" });
    expect((await house.summary()).isKilled).toBe(true);
    expect(await (await kill("DELETE")).body.json()).toEqual({ isKilled: false, epoch: 4, isDurable: true });
    await converse(house.port, GET);
    expect((await house.settled(2)).match).toBe(1);
  } finally {
    await house.stop();
    await Promise.all([legacy.stop(), candidate.stop()]);
  }
});

test("ends even when its file cannot be removed, until a restart or until the file is made anew", async () => {
  const legacy = await startHttp(answerByPath);
  const house = await startHouse({ upstreams: { legacy: { url: legacy.url } } });
  const file = join(house.dataDirectory, "KILLED");
  const reload = () => request(`${house.admin}/api/reload`, { method: "POST" });
  try {
    // A directory in its place cannot be removed as a file, not even by root.
    mkdirSync(file);
    await reload();
    expect((await house.summary()).isKilled).toBe(true);
    const revived = await request(`${house.admin}/api/kill`, { method: "DELETE" });
    expect(revived.statusCode).toBe(200);
    expect(await revived.body.json()).toMatchObject({
      isKilled: false,
      isDurable: false,
      message: expect.stringContaining("until a restart"),
    });
    expect(house.log.join("")).toMatch(/is off, until a restart/);
    await reload();
    expect((await house.summary()).isKilled).toBe(false);
    rmSync(file, { recursive: true });
    await reload();
    writeFileSync(file, "");
    await reload();
    expect((await house.summary()).isKilled).toBe(true);
  } finally {
    await house.stop();
    await legacy.stop();
  }
});

test("ends by a reload when its file was removed, and not when the data directory was taken away", async () => {
  const legacy = await startHttp(answerByPath);
  const house = await startHouse({ upstreams: { legacy: { url: legacy.url } } });
  const { dataDirectory } = house;
  const kill = (method: "POST" | "DELETE") => request(`${house.admin}/api/kill`, { method });
  const isKilledAfterReload = async () => {
    await request(`${house.admin}/api/reload`, { method: "POST" });
    return (await house.summary()).isKilled;
  };
  try {
    await kill("POST");
    rmSync(join(dataDirectory, "KILLED"));
    expect(await isKilledAfterReload()).toBe(false);
    await kill("POST");
    renameSync(dataDirectory, `${dataDirectory}-away`);
    expect(await isKilledAfterReload()).toBe(true);
    // The store makes it anew, without the file.
    mkdirSync(dataDirectory, { recursive: true });
    expect(await isKilledAfterReload()).toBe(true);
    await kill("DELETE");
    expect(await isKilledAfterReload()).toBe(false);
  } finally {
    await house.stop();
    await legacy.stop();
  }
});

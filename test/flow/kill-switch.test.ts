// The kill switch when its file cannot be written: mirrors stop all the same, and the caller is told.
import { rmSync, writeFileSync } from "node:fs";
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
    expect((await kill("POST")).statusCode).toBe(500);
    expect((await house.summary()).isKilled).toBe(true);
    expect(house.log.join("")).toMatch(/will not survive a restart/);
    await converse(house.port, GET);
    expect((await house.settled(1)).skipped.killed).toBe(1);
    // It stays on through a reload, until it is taken off.
    await request(`${house.admin}/api/reload`, { method: "POST" });
    expect((await house.summary()).isKilled).toBe(true);
    expect((await kill("DELETE")).statusCode).toBe(200);
    await converse(house.port, GET);
    expect((await house.settled(2)).match).toBe(1);
  } finally {
    await house.stop();
    await Promise.all([legacy.stop(), candidate.stop()]);
  }
});

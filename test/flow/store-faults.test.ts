// The store breaks while clients are served: they notice nothing, and the counters go on.
import { readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { converse, type House, startHouse } from "./house.ts";
import { answerByPath, startHttp } from "./upstreams.ts";

const GET = "GET /a HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n";

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

async function expectServing(house: House, exchanges: number): Promise<void> {
  expect((await converse(house.port, GET)).toString()).toMatch(/^HTTP\/1\.1 200 /);
  expect((await house.settled(exchanges)).mismatch).toBe(exchanges);
}

test("a store whose file is cut and overwritten while it is open", () =>
  withHouse(async (house) => {
    await expectServing(house, 1);
    const endpoints = async () => (await fetch(`${house.admin}/api/endpoints`)).text();
    await expect.poll(endpoints, { timeout: 5_000 }).toContain("GET /a");
    for (const name of readdirSync(house.dataDirectory)) {
      truncateSync(join(house.dataDirectory, name), 0);
      writeFileSync(join(house.dataDirectory, name), Buffer.alloc(8192, "not a database "));
    }
    for (let exchanges = 2; exchanges < 6; exchanges++) await expectServing(house, exchanges);
    expect((await fetch(`${house.admin}/healthz`)).status).toBe(200);
    // Said once it is noticed: set aside, or failing; never silently well.
    await expect
      .poll(
        async () => {
          const { store } = (await house.summary()) as unknown as {
            readonly store: { readonly kind: string; readonly corruptFiles: number };
          };
          return store.kind === "failing" || store.corruptFiles > 0;
        },
        { timeout: 10_000 },
      )
      .toBe(true);
  }));

test("a data directory that is taken away", () =>
  withHouse(async (house) => {
    await expectServing(house, 1);
    rmSync(house.dataDirectory, { recursive: true });
    for (let exchanges = 2; exchanges < 6; exchanges++) await expectServing(house, exchanges);
    expect((await fetch(`${house.admin}/healthz`)).status).toBe(200);
  }));

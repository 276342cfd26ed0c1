// The two json-servers themselves, on real sockets, without Parallax: holds what demo/traffic.ts says of them.
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CommandError } from "../../src/core/errors.ts";
import { generateDataSet } from "../../src/demo/data-set.ts";
import { createRandom } from "../../src/demo/random.ts";
import { MIX } from "../../src/demo/traffic.ts";
import { startUpstreams } from "../../src/demo/upstreams.ts";

interface Seen {
  readonly status: number;
  readonly mediaType: string | undefined;
  readonly body: unknown;
}

let folder: string;
let upstreams: Awaited<ReturnType<typeof startUpstreams>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "parallax-upstreams-"));
  upstreams = await startUpstreams(folder, generateDataSet(1));
});

afterAll(async () => {
  await upstreams.legacy.stop();
  await upstreams.candidate.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function ask(base: string, method: string, target: string): Promise<Seen> {
  const answer = await fetch(base + target, {
    method,
    headers:
      method === "OPTIONS" ? { origin: "https://shop.example", "access-control-request-method": "GET" } : {},
  });
  const text = await answer.text();
  const mediaType = answer.headers.get("content-type")?.split(";")[0];
  return {
    status: answer.status,
    mediaType,
    body: mediaType === "application/json" && text !== "" ? JSON.parse(text) : text,
  };
}

async function askBoth(method: string, target: string): Promise<readonly [Seen, Seen]> {
  return [
    await ask(upstreams.legacy.url, method, target),
    await ask(upstreams.candidate.url, method, target),
  ];
}

describe("what the mix says of the two versions is what they do", () => {
  for (const entry of MIX) {
    if (entry.outcome === "not-mirrored" || entry.endpoint.endsWith("/coupons/{id}")) continue;
    test(`${entry.name}: ${entry.outcome}`, async () => {
      const random = createRandom(11);
      const method = entry.endpoint.split(" ")[0] ?? "";
      for (let i = 0; i < 12; i++) {
        const { target } = entry.make(random);
        const [legacy, candidate] = await askBoth(method, target);
        expect(isDeepStrictEqual(legacy, candidate), `${method} ${target}`).toBe(entry.outcome === "same");
      }
    });
  }

  test("a HEAD deletes at the candidate", async () => {
    const [before] = [await askBoth("GET", "/coupons/5")];
    expect(before.map((seen) => seen.status)).toEqual([200, 200]);
    expect((await askBoth("HEAD", "/coupons/5")).map((seen) => seen.status)).toEqual([200, 200]);
    expect((await askBoth("GET", "/coupons/5")).map((seen) => seen.status)).toEqual([200, 404]);
  });
});

test("neither listens beyond loopback", async () => {
  const outside = Object.values(networkInterfaces())
    .flat()
    .find((address) => address?.family === "IPv4" && !address.internal)?.address;
  if (outside === undefined) return; // A machine without a network cannot be reached from one.
  for (const { url } of [upstreams.legacy, upstreams.candidate]) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = createConnection({ host: outside, port: Number(new URL(url).port) });
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("close", () => socket.destroy());
    });
    expect(isOpen, url).toBe(false);
  }
});

test("a server that cannot start is an error with its own words", async () => {
  const broken = mkdtempSync(join(tmpdir(), "parallax-upstreams-"));
  const notRecords = { users: 3 } as unknown as ReturnType<typeof generateDataSet>;
  const starting = startUpstreams(broken, notRecords);
  await expect(starting).rejects.toThrow(CommandError);
  await expect(starting).rejects.toMatchObject({ exitCode: 3 });
  await expect(starting).rejects.toThrow(/^json-server 0\.17\.4 \(the legacy\) did not start: .*users/);
  rmSync(broken, { recursive: true, force: true });
});

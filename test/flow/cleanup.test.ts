// What can go, asked of a whole Parallax: a legacy past its sunset, until somebody calls it.
import { request } from "undici";
import { expect, test } from "vitest";
import { runCleanup } from "../../src/commands/cleanup.ts";
import { startHouse } from "./house.ts";
import { answerByPath, startHttp } from "./upstreams.ts";

async function cleanup(admin: string, format: "text" | "json" = "text") {
  const [out, error]: [string[], string[]] = [[], []];
  const terminal = {
    write: (text: string) => void out.push(text),
    writeError: (text: string) => void error.push(text),
  };
  const code = await runCleanup({ admin, format }, terminal);
  return { code, out: out.join(""), error: error.join("") };
}

test("names a legacy past its sunset with exit code 1, and nothing once it is called", async () => {
  const legacy = await startHttp(answerByPath);
  const house = await startHouse({
    threads: { serving: 1, shadow: 1 },
    upstreams: { legacy: { url: legacy.url } },
    routes: [
      {
        name: "v1",
        match: { path: "/v1/**" },
        deprecation: { at: "2020-01-01T00:00:00Z", sunset: "2020-06-30T00:00:00Z" },
      },
    ],
  });
  try {
    const found = await cleanup(house.admin);
    expect(found.code).toBe(1);
    expect(found.out).toBe(`1 thing can go:

legacy of route v1
  Its sunset was 2020-06-30T00:00:00.000Z, and the store knows of nobody who called it since.
  To do: turn the legacy's endpoints off, then take deprecation of the route out of the config.
`);
    expect(JSON.parse((await cleanup(house.admin, "json")).out)).toMatchObject({
      items: [{ kind: "deprecation", subject: "v1" }],
    });
    await (await request(`http://127.0.0.1:${house.port}/v1/a`)).body.dump();
    await expect.poll(async () => (await cleanup(house.admin)).code, { timeout: 15_000 }).toBe(0);
    expect((await cleanup(house.admin)).out).toContain("Nothing can go");
  } finally {
    await house.stop();
    await legacy.stop();
  }
  expect(await cleanup("http://127.0.0.1:1")).toMatchObject({ code: 3, out: "" });
});

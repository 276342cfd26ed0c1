// Who still calls the legacy, over the API and as the command prints it.
import { expect, test } from "vitest";
import { type CallersOptions, runCallers } from "../../src/commands/callers.ts";
import { OTHER } from "../../src/core/other.ts";
import { OPEN, START_MS, startAdmin } from "./fixtures.ts";

const seen = { firstSeenMs: START_MS, lastSeenMs: START_MS, requests: 3 };
const CALLERS = [
  { route: "old", unitKind: "tenant", unit: "acme", userAgent: "app/1 lib/2", ...seen },
  { route: "old", unitKind: "", unit: "", userAgent: "", ...seen, lastSeenMs: START_MS + 60_000 },
  { route: "old", unitKind: OTHER, unit: OTHER, userAgent: OTHER, ...seen, lastSeenMs: START_MS - 60_000 },
  { route: "new", unitKind: "user", unit: "\x1b[31m7", userAgent: "evil\u202eagent", ...seen },
];

async function started() {
  const admin = await startAdmin({ access: OPEN });
  await admin.store.recordCallers(CALLERS);
  const ask = async (query: string) => {
    const response = await fetch(`${admin.base}/api/callers${query}`);
    return { status: response.status, body: await response.json() };
  };
  const run = async (options: Partial<CallersOptions> = {}) => {
    let out = "";
    let error = "";
    const output = {
      write: (text: string) => {
        out += text;
      },
      writeError: (text: string) => {
        error += text;
      },
    };
    const code = await runCallers({ admin: admin.base, ...options }, output, START_MS + 60_000);
    return { code, out, error };
  };
  return { ...admin, ask, run };
}

test("the API lists callers newest first, without a unit as null and those past the limit as one", async () => {
  const { ask } = await started();
  const { body } = await ask("?route=old");
  expect(body).toEqual({
    total: 3,
    callers: [
      { route: "old", unit: null, userAgent: null, isOther: false, ...seen, lastSeenMs: START_MS + 60_000 },
      {
        route: "old",
        unit: { kind: "tenant", id: "acme" },
        userAgent: "app/1 lib/2",
        isOther: false,
        ...seen,
      },
      { route: "old", unit: null, userAgent: null, isOther: true, ...seen, lastSeenMs: START_MS - 60_000 },
    ],
  });
});

test("the API takes a time and a limit, and refuses what is none", async () => {
  const { ask } = await started();
  const since = new Date(START_MS + 1).toISOString();
  expect((await ask(`?since=${since}&limit=1`)).body).toMatchObject({ total: 1, callers: [{ unit: null }] });
  for (const query of ["?since=yesterday", "?limit=0", "?limit=1001", "?rout=old"])
    expect([query, (await ask(query)).status]).toEqual([query, 400]);
});

test("the API says that the store cannot be read", async () => {
  const { ask, store } = await started();
  await store.close();
  expect((await ask("")).status).toBe(503);
});

test("the command prints a line for each, and nothing of a stranger's that would drive the terminal", async () => {
  const { run } = await started();
  const { code, out } = await run();
  expect(code).toBe(0);
  const lines = out.split("\n");
  expect(lines[0]).toMatch(/^last seen +first seen +requests +route +unit +user agent$/);
  expect(lines[1]).toMatch(/Z {2}3 +old +\(none\) +\(none\)$/);
  expect(out).toMatch(/ {2}3 +old +tenant acme +app\/1 lib\/2\n/);
  expect(out).toMatch(/ {2}3 +old +\*other\* +\*other\*\n/);
  expect(out).not.toContain("\x1b");
  expect(out).not.toContain("\u202e");
});

test("the command takes a route, a time and a limit, and says how many it left out", async () => {
  const { run } = await started();
  expect((await run({ route: "new" })).out).not.toContain("acme");
  expect((await run({ limit: 1 })).out).toContain("3 more; --limit shows them\n");
  expect((await run({ since: "0m" })).out.split("\n")).toHaveLength(3);
  expect((await run({ route: "none" })).out).toContain(
    "nobody was seen to call the legacy; callers are counted",
  );
  expect(JSON.parse((await run({ route: "old", json: true })).out)).toMatchObject({ total: 3 });
});

test("the command says what is wrong with its flags, and where it could not ask", async () => {
  const { run } = await started();
  expect(await run({ since: "soon" })).toMatchObject({ code: 2, out: "" });
  expect((await run({ since: "soon" })).error).toMatch(/^parallax callers: --since soon is no time/);
  expect((await run({ admin: "http://127.0.0.1:1" })).code).toBe(3);
});

// `parallax explain` against a real admin listener, in front of a desk in memory.
import { expect, test } from "vitest";
import { type ExplainOptions, renderExplanation, runExplain } from "../../src/commands/explain.ts";
import { START_MS, startAdmin } from "../admin/fixtures.ts";
import { EXPLAINED, MemoryRollout } from "../admin/memory-rollout.ts";
import { closedPort } from "../flow/upstreams.ts";

async function started() {
  const desk = new MemoryRollout();
  const { base } = await startAdmin({}, { rollout: desk });
  const explain = async (options: Partial<ExplainOptions>) => {
    let out = "";
    let error = "";
    const terminal = {
      write: (text: string) => {
        out += text;
      },
      writeError: (text: string) => {
        error += text;
      },
    };
    const code = await runExplain({ admin: base, format: "text", ...options }, terminal, START_MS);
    return { code, out, error };
  };
  return { desk, explain };
}

test("tells who serves and why in a few lines and a sentence", async () => {
  const { explain } = await started();
  const { code, out, error } = await explain({ route: "users", header: ["x-tenant: acme"] });
  expect([code, error]).toEqual([0, ""]);
  expect(out).toMatchInlineSnapshot(`
    "served by  candidate, by percentage
    route      users, ramp 5 %, epoch 12
    rule       –
    unit       tenant acme
    bucket     123,456,789 of 4,294,967,296: the candidate's from 2.8744 % on
    threshold  214,748,365, which is 5 %
    bucketing  version 1, salt parallax

    tenant acme is in bucket 123456789, below 214748364.8 (5 %): the candidate serves it
    "
  `);
});

test("asks about the whole request, cookies in one header, the time as it is meant", async () => {
  const { desk, explain } = await started();
  const { out } = await explain({
    path: "/users/1?x=a&y=b",
    method: "POST",
    header: ["x-tenant: acme", "accept:*/*"],
    cookie: ["sid=0a1b", "plan=gold"],
    address: "10.0.0.7",
    at: "2h ago",
  });
  expect(desk.explained).toEqual([
    {
      method: "POST",
      target: "/users/1?x=a&y=b",
      headers: [
        ["x-tenant", "acme"],
        ["accept", "*/*"],
        ["cookie", "sid=0a1b; plan=gold"],
      ],
      address: "10.0.0.7",
      atMs: START_MS - 7_200_000,
    },
  ]);
  expect(out).toContain("as of      2025-12-31 22:00:00Z\n");
  expect(out).toContain("as the journal has it");
});

test("JSON is the API's own", async () => {
  const { explain } = await started();
  expect(JSON.parse((await explain({ route: "users", format: "json" })).out)).toEqual(EXPLAINED);
});

test("says that there is no unit, which rule decided, and what it cannot know", () => {
  const text = renderExplanation({
    ...EXPLAINED,
    upstream: "candidate",
    reason: "cohort",
    rule: "beta\u001b[2J",
    unit: null,
    notes: ["cohorts are as they are configured now\u202e"],
  });
  expect(text).toContain("served by  candidate, by cohort\n");
  expect(text).toContain("unit       none\n");
  expect(text).toContain("rule       beta [2J\n");
  expect(text).toContain("note: cohorts are as they are configured now \n");
});

test.each([
  [{}, "say which route, with --route, or which request, with --path"],
  [{ path: "users" }, "--path users is no path"],
  [{ route: "users", header: ["x-tenant"] }, "--header x-tenant is no header"],
  [{ route: "users", cookie: ["sid"] }, "--cookie sid is no cookie"],
  [{ route: "users", at: "noon" }, "--at noon is no time"],
  [{ route: "user" }, "no route is called user; there are users"],
  [{ path: "/nowhere" }, "no route takes such a request"],
])("%j is usage", async (options, message) => {
  const { explain } = await started();
  const { code, out, error } = await explain(options);
  expect([code, out, error.trimEnd().split("\n").length]).toEqual([2, "", 1]);
  expect(error).toContain(message);
});

test("exit 3 where nobody answers", async () => {
  const { explain } = await started();
  const { code, error } = await explain({
    route: "users",
    admin: `http://127.0.0.1:${await closedPort()}`,
  });
  expect([code, error]).toEqual([3, expect.stringContaining("is Parallax running")]);
});

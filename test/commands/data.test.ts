import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type DataOptions, type DataVerb, runData } from "../../src/commands/data.ts";
import {
  answerOf,
  batch,
  endpointDelta,
  ROLE_TOKENS,
  ROLES_ACCESS,
  sample,
  signatureDelta,
  startAdmin,
} from "../admin/fixtures.ts";
import { closedPort } from "../flow/upstreams.ts";

const ENDPOINT = "GET /users/{id}";

async function started() {
  const admin = await startAdmin({ access: ROLES_ACCESS });
  admin.store.record(
    batch({ endpoints: [endpointDelta()], signatures: [signatureDelta()], samples: [sample("s1")] }),
  );
  await admin.store.flush();
  const run = async (verb: DataVerb, options: Partial<DataOptions> = {}, answer?: string) => {
    let out = "";
    let error = "";
    const asked: string[] = [];
    const terminal = {
      write: (text: string) => {
        out += text;
      },
      writeError: (text: string) => {
        error += text;
      },
      ask:
        answer === undefined
          ? undefined
          : async (question: string) => {
              asked.push(question);
              return answer;
            },
    };
    const code = await runData(
      verb,
      { admin: admin.base, token: ROLE_TOKENS.operator, ...options },
      terminal,
    );
    return { code, out, error, asked };
  };
  const stored = async () => answerOf(await admin.store.totals()).samples;
  return { ...admin, run, stored };
}

test("purge shows what would go and asks; only yes deletes", async () => {
  const { run, stored } = await started();
  const counts = /1 endpoint, 1 signature, 1 exchange \(\d+ bytes\)/;
  for (const answer of ["", "n", "yep"]) {
    const kept = await run("purge", { endpoint: ENDPOINT }, answer);
    expect(kept).toMatchObject({ code: 0, out: "nothing was deleted\n" });
    expect(kept.asked[0]).toMatch(counts);
  }
  const dry = await run("purge", { endpoint: ENDPOINT, dryRun: true, yes: true });
  expect([dry.code, dry.out]).toEqual([0, expect.stringMatching(/^would go: /)]);
  expect(await stored()).toBe(1);
  const gone = await run("purge", { endpoint: ENDPOINT }, "y");
  expect([gone.code, gone.out]).toEqual([0, expect.stringMatching(/^deleted: /)]);
  expect(gone.out).toMatch(counts);
  expect(await stored()).toBe(0);
  expect(await run("purge", { endpoint: ENDPOINT })).toMatchObject({
    code: 0,
    out: "nothing is stored of that\n",
  });
});

test("purge with --yes asks nobody; without it, and with nobody there, it deletes nothing", async () => {
  const { run, stored } = await started();
  const refused = await run("purge", { endpoint: ENDPOINT });
  expect([refused.code, refused.error]).toEqual([2, expect.stringContaining("give --yes")]);
  expect(await stored()).toBe(1);
  expect((await run("purge", { endpoint: ENDPOINT, yes: true })).code).toBe(0);
  expect(await stored()).toBe(0);
});

test.each([
  [{}, "say what is to go"],
  [{ before: "soon" }, "--before soon is no time"],
])("purge %j is a usage error", async (options, message) => {
  const { run } = await started();
  const { code, error } = await run("purge", { ...options, yes: true });
  expect([code, error]).toEqual([2, expect.stringContaining(message)]);
});

test("vacuum says what the store had and has", async () => {
  const { run } = await started();
  const { code, out } = await run("vacuum");
  expect([code, out]).toEqual([0, expect.stringMatching(/^the store has \d+ bytes; it had \d+\n$/)]);
});

test("export writes lines, of one endpoint where that is asked, to a file whole or not at all", async () => {
  const folder = mkdtempSync(join(tmpdir(), "parallax-data-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { run, store } = await started();
  const { out } = await run("export", { endpoint: ENDPOINT });
  const kinds = out
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { kind: string }).kind);
  expect(new Set(kinds)).toEqual(new Set(["endpoint", "signature", "exchange", "rule"]));
  const file = join(folder, "all.ndjson");
  expect(await run("export", { endpoint: ENDPOINT, out: file })).toMatchObject({ code: 0, out: "" });
  expect(readFileSync(file, "utf8")).toBe(out);
  const nowhere = await run("export", { out: join(folder, "none", "x") });
  expect([nowhere.code, nowhere.error]).toEqual([3, expect.stringContaining("cannot be written (ENOENT)")]);
  await store.close();
  expect((await run("export", { out: join(folder, "cut") })).code).toBe(3);
  expect([existsSync(join(folder, "cut")), readdirSync(folder)]).toEqual([false, ["all.ndjson"]]);
});

test("too small a role is told, in one line, and nothing is deleted", async () => {
  const { run, stored } = await started();
  const { code, error } = await run("purge", {
    endpoint: ENDPOINT,
    yes: true,
    token: ROLE_TOKENS.reviewer,
  });
  expect([code, error.split("\n").length]).toEqual([3, 2]);
  expect(error).toContain("refuses: this needs the role operator; yours is reviewer (role-needed)");
  expect(await stored()).toBe(1);
});

test.each(["vacuum", "purge"] as const)("a viewer cannot %s, and nothing changes", async (verb) => {
  const { run, stored } = await started();
  const { code, out, error } = await run(verb, { endpoint: ENDPOINT, yes: true, token: ROLE_TOKENS.viewer });
  expect([code, out]).toEqual([3, ""]);
  expect(error).toContain("this needs the role operator; yours is viewer");
  expect(await stored()).toBe(1);
});

test.each(["vacuum", "export", "purge"] as const)(
  "%s says where it asked when nobody is there",
  async (verb) => {
    const { run } = await started();
    const admin = `http://127.0.0.1:${await closedPort()}`;
    const { code, out, error } = await run(verb, { admin, endpoint: ENDPOINT, yes: true });
    expect([code, out, error.trimEnd().split("\n").length]).toEqual([3, "", 1]);
    expect(error).toContain(admin);
  },
);

test("a token that is none is told, and is not shown", async () => {
  const { run } = await started();
  const token = "guessed-0123456789ab";
  const { code, error } = await run("export", { token });
  expect([code, error.includes(token)]).toEqual([3, false]);
  expect(error).toMatch(/^parallax data export: .*token/);
});

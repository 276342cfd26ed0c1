import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { TWO_URLS, testFile } from "../config/config-file.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `parallax …` as a process of its own, without PARALLAX_… variables. */
async function parallax(...argv: string[]): Promise<Ran> {
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith("PARALLAX_")),
  );
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [MAIN, ...argv], {
      env: environment,
    });
    return { exitCode: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { exitCode: code, stdout, stderr };
  }
}

test("a good file: exit 0 and what it amounts to", async () => {
  const text = `${TWO_URLS}routes:
  - { name: orders, match: { path: "/orders/{id}", methods: [GET], hosts: [a.example] }, mirror: { samplePercent: 5 } }
  - { name: rest, match: {}, stage: off }
`;
  const file = testFile("parallax.yaml", text);
  const { exitCode, stdout, stderr } = await parallax("check", file);
  expect(exitCode).toBe(0);
  expect(stderr).toBe("");
  expect(stdout.split("\n")).toEqual([
    `${file}: fine`,
    "legacy    http://127.0.0.1:3001",
    "candidate http://127.0.0.1:3002",
    "listens   0.0.0.0:8080 · admin 127.0.0.1:9090",
    "noise     not measured",
    "route     orders: GET /orders/{id} a.example · stage shadow · mirrors 5 % of GET HEAD OPTIONS",
    "route     rest: any method /** · stage off · nothing mirrored",
    "elsewhere stage off · nothing mirrored",
    "rollout   orders, rest: no canary · no percentages: no rollout.units, so that live is next · gate standard: 4,000 pairs, 1 h a step at least · promoted by any operator",
    "",
  ]);
});

test("says of rollouts who is moved by what, and what would surprise", async () => {
  const text = `${TWO_URLS}rollout:
  units: [{ kind: tenant, header: x-tenant }, { kind: session, cookie: sid }]
  steps: [5, 100]
  approvers: [alice, local]
  jwt: { trust: unverified }
  freeze: [{ name: always, from: "2026-01-01T00:00:00Z", to: "2099-01-01T00:00:00Z" }]
routes:
  - { name: first, match: { path: /a }, rollout: { policy: fast, advance: automatic } }
  - name: second
    match: { path: /b }
    rollout: { after: [first], cohorts: [{ name: us, where: [{ header: x-tenant, is: us }] }] }
`;
  const { exitCode, stdout } = await parallax("check", testFile("parallax.yaml", text));
  expect(exitCode).toBe(0);
  expect(stdout.split("\n").filter((line) => /^(rollout|to know)/.test(line))).toEqual([
    "rollout   first: no canary · 5, 100 % by tenant (header x-tenant), else session (cookie sid) · gate fast: 500 pairs, 10 min a step at least · promoted by itself, or by alice, local",
    "rollout   second: canary for who is listed · 5, 100 % by tenant (header x-tenant), else session (cookie sid) · gate standard: 4,000 pairs, 1 h a step at least · promoted by alice, local · never beyond first",
    "to know   nothing is promoted until 2099-01-01T00:00:00.000Z: always",
    "to know   alice may promote, and nobody is called so: admin.tokens or admin.trustedProxy name people, and who has no token is local",
    "to know   rollout.jwt.trust is unverified: whoever sends a token chooses its claims, and so who serves it",
  ]);
});

test("a bad file: exit 2, every problem on a line of its own, nothing on standard output", async () => {
  const file = testFile("parallax.yaml", `${TWO_URLS}mirror: { samplePercent: 101 }\nlisten: x\n`);
  const { exitCode, stdout, stderr } = await parallax("check", file);
  expect(exitCode).toBe(2);
  expect(stdout).toBe("");
  expect(stderr.trimEnd().split("\n")).toEqual([
    expect.stringMatching(/^\S+parallax\.yaml:5:1: listen: found "x"; allowed: /),
    expect.stringMatching(/^\S+parallax\.yaml:4:11: mirror\.samplePercent: found 101; allowed: /),
  ]);
});

test.each([
  [["chek", "x"], "parallax: unknown command 'chek' (Did you mean check?); see parallax --help\n"],
  [
    ["run", "--legasy", "x"],
    "parallax: unknown option '--legasy' (Did you mean --legacy?); see parallax --help\n",
  ],
  [["check"], "parallax: missing required argument 'file'; see parallax --help\n"],
  [
    ["check", "--log-level", "loud", "x"],
    expect.stringContaining("Allowed choices are debug, info, warn, error."),
  ],
  [["demo", "--duration", "20"], expect.stringContaining("such as 20s")],
  [["demo", "--rate", "0"], expect.stringContaining("A whole number from 1 to")],
  [["report", "--token-file", "/nowhere"], "parallax: --token-file: /nowhere: must be a file that exists\n"],
  [
    ["report", "--fail-on", "anything"],
    expect.stringContaining("Allowed choices are mismatch, untriaged, breaking."),
  ],
])("wrong usage %j: exit 2 and one clear line", async (argv, said) => {
  const { exitCode, stdout, stderr } = await parallax(...argv);
  expect(stderr).toEqual(said);
  expect(stderr.trimEnd()).not.toContain("\n");
  expect(stdout).toBe("");
  expect(exitCode).toBe(2);
});

test("--help shows every command and examples, and ends well", async () => {
  const { exitCode, stdout } = await parallax("--help");
  expect(exitCode).toBe(0);
  for (const command of ["run", "demo", "check", "diff", "report", "schema"])
    expect(stdout).toMatch(new RegExp(`^ {2}${command} `, "m"));
  expect(stdout).toContain("Examples:");
});

test("the help of demo and report says what their flags do, and their defaults", async () => {
  const { stdout } = await parallax("demo", "--help");
  expect(stdout).toMatch(/--duration .*default: 20s/);
  expect(stdout).toMatch(/--rate .*default: 150/);
  expect(stdout).toMatch(/--keep .*until Ctrl-C/);
  expect((await parallax("report", "--help")).stdout).toMatch(/--limit .*endpoints.*default: 20 as text/);
});

test.each([
  ["noise: { baseline: self }", "noise     5 % of the mirrored reads go to the legacy once more"],
  [
    "noise: { baseline: self, samplePercent: 20, recheck: { samplePercent: 10 } }",
    "noise     20 % of the mirrored reads go to the legacy once more · 10 % of mismatches read again",
  ],
])("tells how noise is measured: %s", async (noise, line) => {
  const { stdout } = await parallax("check", testFile("parallax.yaml", `${TWO_URLS}${noise}\n`));
  expect(stdout.split("\n")).toContain(line);
});

test("counts the rules of a route, the global ones among them", async () => {
  const { stdout } = await parallax(
    "check",
    testFile(
      "parallax.yaml",
      `${TWO_URLS}rules: [{ kind: trim, path: /a }]\nroutes: [{ name: all, match: { path: "/**" }, rules: [{ kind: case, path: /b }] }]\n`,
    ),
  );
  expect(stdout).toContain("mirrors 100 % of GET HEAD OPTIONS · 2 rules\n");
});

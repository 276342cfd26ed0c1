// `parallax rollout` against a real admin listener, in front of a desk in memory.
import { spawn } from "node:child_process";
import { describe, expect, test } from "vitest";
import { ROLLOUT_ACTIONS } from "../../src/admin/rollout-schemas.ts";
import { runRollout } from "../../src/commands/rollout.ts";
import type { RolloutOptions, RolloutVerb } from "../../src/commands/rollout-options.ts";
import { ROLE_TOKENS, ROLES_ACCESS, START_MS, SUMMARY, startAdmin } from "../admin/fixtures.ts";
import { journalEntry, MemoryRollout, READING, routeAnswer } from "../admin/memory-rollout.ts";
import { closedPort } from "../flow/upstreams.ts";

const PASSED = { ...READING, verdict: "pass", checks: [] } as const;
const HOSTILE = "\u001b[2J\u202e\r\nx";

async function started(desk = new MemoryRollout()) {
  const admin = await startAdmin({ access: ROLES_ACCESS }, { rollout: desk });
  /** `answers`: of somebody at a terminal, one after the other; without them nobody is there. */
  const run = async (
    verb: RolloutVerb,
    options: Partial<RolloutOptions> = {},
    answers?: readonly string[],
    meanwhile?: () => Promise<unknown>,
  ) => {
    let out = "";
    let error = "";
    const asked: string[] = [];
    const left = [...(answers ?? [])];
    const terminal = {
      write: (text: string) => {
        out += text;
      },
      writeError: (text: string) => {
        error += text;
      },
      ask:
        answers === undefined
          ? undefined
          : async (question: string) => {
              asked.push(question);
              await meanwhile?.();
              return left.shift() ?? "";
            },
    };
    const whole = { admin: admin.base, token: ROLE_TOKENS.operator, format: "text", ...options } as const;
    const code = await runRollout(verb, whole, terminal);
    return { code, out, error, asked };
  };
  return { ...admin, desk, run };
}

const USERS = { route: "users" };

describe("what it shows", () => {
  test("ls: a line for each route, its shares apart, its verdict, and what is not as usual", async () => {
    const { run } = await started(
      new MemoryRollout([
        routeAnswer(),
        routeAnswer({
          route: "orders",
          stage: "shadow",
          step: "shadow",
          percent: 0,
          shares: { units: null, requests: null },
          gate: null,
          eta: null,
          isPaused: true,
        }),
        routeAnswer({
          route: "*other*",
          step: "live",
          shares: { units: 1, requests: 0.99999 },
          isKilled: true,
          latch: { atMs: START_MS, who: "bob", reason: "down", from: "live" },
          stragglers: ["serving-2"],
          eta: { kind: "never", ms: null, text: "" },
        }),
      ]),
    );
    const { code, out, error } = await run("ls");
    expect([code, error]).toEqual([0, ""]);
    expect(out).toMatchInlineSnapshot(`
      "ROUTE    STEP       UNITS  REQUESTS  GATE          CERTIFIED  MARKS
      users    ramp 5 %  5.01 %     7.2 %  insufficient  in 3 h
      orders   shadow         –         –  –             –          paused
      *other*  live       100 %   99.99 %  insufficient  never      killed, latched, 1 not there yet

      What a gate waits for, and what to do: parallax rollout show ROUTE
      "
    `);
  });

  test("the kill switch stands above all, in ls and in show", async () => {
    const admin = await startAdmin({}, { summary: () => ({ ...SUMMARY, isKilled: true }) });
    for (const verb of ["ls", "show"] as const) {
      const { run } = await started();
      const { out } = await run(verb, { ...USERS, admin: admin.base });
      expect(out).toMatch(/^The kill switch is on: .* parallax rollout arm --all\n\n/);
      expect((await run(verb, USERS)).out).not.toContain("kill switch");
    }
  });

  test("show says of what is allowed with force alone, why", async () => {
    const actions = [{ action: "promote", isAllowed: true, why: "promote with force and a reason" } as const];
    const { run } = await started(new MemoryRollout([routeAnswer({ actions: [...actions] })]));
    expect((await run("show", USERS)).out).toContain(
      "May be done: promote\n  promote: promote with force and a reason\n",
    );
  });

  test("show: each check with what decided it, what may be done and why not, and the last of the journal", async () => {
    const { run } = await started(
      new MemoryRollout(undefined, [
        journalEntry(2, { action: "resume", from: "ramp 5 %", who: "bob", reason: "seen", gate: READING }),
        journalEntry(1, { isForced: true }),
        journalEntry(1, { route: "orders" }),
      ]),
    );
    const { code, out } = await run("show", USERS);
    expect(code).toBe(0);
    expect(out).toMatchInlineSnapshot(`
      "users · ramp 5 % · epoch 12
        there since 2026-01-01 00:00:00Z; its clock began 2026-01-01 00:00:00Z
        every thread has it
        the candidate serves 5.01 % of the units, 7.2 % of the requests
        policy standard; promoted by alice

      Gate: insufficient, 2 h into the step, looked at 2026-01-01 02:00:00Z
        CHECK                      VERDICT        VALUE   BOUND  THRESHOLD  SAMPLES
        pairs                      insufficient   1,200       –      5,000    1,200
            1,200 of 5,000 pairs were seen
        mismatches                 pass          0.02 %  0.09 %      0.1 %    4,120
        latency                    pass           1.04×   1.11×       1.2×    4,120
        kpi orders [2J per minute  unhealthy          –       –         10        0
            prometheus did not answer within 2000 ms
      Certified: in 3 h (at this traffic, 25 % is certified in 3 h)

      Next: ramp 25 %, by a person
      Back: ramp 1 %
      May be done: pause, rollback, kill
        not promote: the gate says insufficient

      Journal, newest first:
        2026-01-01 00:02:00Z  resume            ramp 5 %             insufficient  bob: seen
        2026-01-01 00:01:00Z  promote (forced)  ramp 1 % → ramp 5 %  –             alice: the gate passed
      "
    `);
  });

  test("show tells a latch, a pause, threads that lag and what people should know", async () => {
    const { run } = await started(
      new MemoryRollout(
        [
          routeAnswer({
            gate: null,
            eta: null,
            next: null,
            back: null,
            clockAtMs: null,
            enteredAtMs: null,
            approvers: [],
            stragglers: ["serving-1", "serving-2"],
            latch: { atMs: START_MS, who: "tripwire", reason: "5 failures in a row", from: "ramp 25 %" },
            warnings: ["no unit is configured: every request is the legacy's"],
          }),
        ],
        [],
      ),
    );
    const { out } = await run("show", USERS);
    expect(out).toMatchInlineSnapshot(`
      "users · ramp 5 % · epoch 12 · latched
        there since it began; its clock has not begun
        not acknowledged yet by serving-1, serving-2
        the candidate serves 5.01 % of the units, 7.2 % of the requests
        policy standard; promoted by any operator
        latched 2026-01-01 00:00:00Z by tripwire, from ramp 25 %: 5 failures in a row

      Gate: none, or not looked at yet

      Next: nowhere
      Back: nowhere
      May be done: pause, rollback, kill
        not promote: the gate says insufficient

      To know:
        no unit is configured: every request is the legacy's

      Journal: nothing yet
      "
    `);
  });

  test("plan: all steps, where it is, what must hold, and how long", async () => {
    const { run } = await started();
    const { code, out } = await run("plan", USERS);
    expect(code).toBe(0);
    expect(out).toMatchInlineSnapshot(`
      "users: now at ramp 5 %

         STEP       UNITS  REQUESTS  LASTS  PAIRS  OF UNITS  BY A PERSON  CERTIFIED
      ✓  off          0 %         –      –      –         –  no           –
      ✓  shadow       0 %         –      –      –         –  no           –
      ✓  canary       0 %         –      –      –         –  no           –
      ✓  ramp 1 %     1 %         –    1 h  5,000        50  no           –
      →  ramp 5 %     5 %         –    1 h  5,000        50  yes          in 3 h
         ramp 25 %   25 %         –    1 h  5,000        50  yes          –
         live       100 %         –      –      –         –  yes          –
         complete   100 %         –      –      –         –  yes          –

      How long:
        ramp 5 %: at this traffic, 25 % is certified in 3 h

      To leave ramp 1 %, ramp 5 %, ramp 25 %:
        at least 5,000 pairs
        at most 0.1 % mismatches

      In the way: nothing but the gate
      "
    `);
  });

  test("journal: of one route or of all, and how to see older ones", async () => {
    const entries = [3, 2, 1].map((n) => journalEntry(n, { route: n === 2 ? "orders" : "users" }));
    const { run } = await started(new MemoryRollout(undefined, entries));
    expect((await run("journal", { limit: 2 })).out).toMatchInlineSnapshot(`
      "  3  2026-01-01 00:03:00Z  users   promote  ramp 1 % → ramp 5 %  –  alice: the gate passed
        2  2026-01-01 00:02:00Z  orders  promote  ramp 1 % → ramp 5 %  –  alice: the gate passed
      … and older ones: --before 2
      "
    `);
    expect((await run("journal", { route: "orders" })).out.trimEnd().split("\n")).toHaveLength(1);
    expect((await run("journal", { before: 1 })).out).toBe("nothing was done yet\n");
  });

  test("JSON is the API's own", async () => {
    const { run, desk } = await started();
    const json = async (verb: RolloutVerb) =>
      JSON.parse((await run(verb, { ...USERS, format: "json" })).out) as unknown;
    expect(await json("ls")).toMatchObject({ routes: [routeAnswer()], totals: { routes: 1 } });
    expect(await json("show")).toEqual({ route: routeAnswer(), journal: [journalEntry(1)] });
    expect(await json("plan")).toEqual(desk.plan("users"));
    const head = { sequence: 1, hash: "0".repeat(64) };
    expect(await json("journal")).toEqual({ entries: [journalEntry(1)], before: null, head });
    const paused = await run("pause", { ...USERS, reason: "lunch", format: "json" });
    expect(JSON.parse(paused.out)).toEqual({ epoch: 13, route: desk.route("users") });
  });

  test("nothing that came over the network drives the terminal", async () => {
    const check = {
      ...READING.checks[0],
      text: HOSTILE,
      subject: HOSTILE,
    } as (typeof READING.checks)[number];
    const route = routeAnswer({
      step: HOSTILE,
      approvers: [HOSTILE],
      stragglers: [HOSTILE],
      warnings: [HOSTILE],
      gate: { ...READING, checks: [check] },
      eta: { kind: "never", ms: null, text: HOSTILE },
      latch: { atMs: START_MS, who: HOSTILE, reason: HOSTILE, from: HOSTILE },
      actions: [{ action: "arm", isAllowed: false, why: HOSTILE }],
    });
    const { run } = await started(
      new MemoryRollout([route], [journalEntry(1, { who: HOSTILE, reason: HOSTILE, from: HOSTILE })]),
    );
    for (const verb of ["ls", "show", "plan", "journal"] as const)
      expect((await run(verb, USERS)).out.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    const asked = await run("rollback", USERS, ["x", "n"]);
    expect(asked.asked.join("")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

describe("what it does", () => {
  test("promote shows from where to where and what the gate says, and asks; only yes does it", async () => {
    const { run, desk } = await started(new MemoryRollout([routeAnswer({ gate: PASSED })]));
    for (const answer of ["", "n", "yep"]) {
      const kept = await run("promote", { ...USERS, reason: "seen enough" }, [answer]);
      expect(kept).toMatchObject({ code: 0, out: "nothing was changed\n" });
      expect(kept.asked).toEqual(["users: ramp 5 % → ramp 25 %; the gate says pass. Promote? [y/N] "]);
    }
    expect(desk.acted).toEqual([]);
    const done = await run("promote", USERS, ["seen enough", "y"]);
    expect(done).toMatchObject({ code: 0, out: "users: ramp 5 % → ramp 25 %; epoch 13\n" });
    expect(done.asked[0]).toBe("Reason: ");
    expect(desk.acted).toEqual(["promote users the-operator: seen enough"]);
  });

  test("with --yes nobody is asked, and without a terminal the reason is enough", async () => {
    const { run, desk } = await started();
    expect(await run("rollback", { ...USERS, reason: "slow", yes: true }, [])).toMatchObject({
      code: 0,
      out: "users: ramp 5 % → ramp 1 %; epoch 13; latched until: parallax rollout arm users\n",
      asked: [],
    });
    expect(await run("arm", { ...USERS, reason: "mended" })).toMatchObject({
      code: 0,
      out: "users: at ramp 1 %; epoch 14\n",
    });
    expect(await run("kill", { ...USERS, reason: "down" })).toMatchObject({
      code: 0,
      out: "users: ramp 1 % → off; epoch 15; killed: the legacy alone, nothing mirrored; latched until: parallax rollout arm users\n",
    });
    expect(await run("pause", { ...USERS, reason: "lunch" })).toMatchObject({ code: 0 });
    expect(await run("resume", USERS, [])).toMatchObject({ code: 0, asked: [] });
    expect(desk.acted).toHaveLength(5);
  });

  test("rollback and kill ask, pause, resume and arm do not", async () => {
    const { run, desk } = await started();
    const why = { ...USERS, reason: "why" };
    expect((await run("rollback", why, ["n"])).asked).toEqual([
      "users: ramp 5 % → ramp 1 %. Roll back? [y/N] ",
    ]);
    expect((await run("kill", why, ["n"])).asked).toEqual([
      "users: ramp 5 % → off: the legacy alone, nothing mirrored. Kill? [y/N] ",
    ]);
    expect(desk.acted).toEqual([]);
    for (const verb of ["pause", "resume", "arm"] as const)
      expect(await run(verb, why, [])).toMatchObject({ code: 0, asked: [] });
    expect(desk.acted).toHaveLength(3);
  });

  test.each(["promote", "pause", "rollback", "kill", "arm"] as const)(
    "%s without a reason, and nobody to give one, is usage",
    async (verb) => {
      const { run, desk } = await started();
      for (const nobody of [undefined, [" "]]) {
        const { code, error } = await run(verb, { ...USERS, yes: true }, nobody);
        expect([code, error]).toEqual([
          2,
          `parallax rollout ${verb}: say why, with --reason TEXT: the journal keeps it\n`,
        ]);
      }
      expect(desk.acted).toEqual([]);
    },
  );

  test("what is refused is exit 1, with what may be done and what stands in the way, in one line", async () => {
    const { run } = await started();
    expect(await run("promote", { ...USERS, reason: "now" })).toMatchObject({
      code: 1,
      out: "",
      error:
        "parallax rollout promote: the gate says insufficient; pause, rollback and kill are allowed; pairs: 1,200 of 5,000\n",
    });
  });

  test("--force says in the question against what, --to is where it goes", async () => {
    const { run, desk } = await started();
    const { code, out, asked } = await run("promote", { ...USERS, reason: "now", force: true, to: "live" }, [
      "y",
    ]);
    expect([code, out]).toEqual([0, "users: ramp 5 % → live; epoch 13\n"]);
    expect(asked).toEqual([
      "users: ramp 5 % → live; the gate says insufficient: pairs, kpi. Force it? [y/N] ",
    ]);
    expect(desk.entries[0]?.isForced).toBe(true);
  });

  test("somebody who was faster while the question stood is told, and the loser's step is not taken", async () => {
    const { run, desk } = await started(new MemoryRollout([routeAnswer({ gate: PASSED })]));
    const faster = { action: "rollback", reason: "slow" } as const;
    const bob = () => desk.act("users", faster, { who: "bob", role: "operator" });
    const { code, error } = await run("promote", { ...USERS, reason: "now" }, ["y"], bob);
    expect([code, error]).toEqual([
      1,
      "parallax rollout promote: bob was faster: users is at ramp 1 %, epoch 13\n",
    ]);
    expect(desk.route("users")?.step).toBe("ramp 1 %");
  });

  test("a journal that cannot be written is exit 3, and says that nothing was done", async () => {
    const desk = new MemoryRollout();
    desk.isJournalDown = true;
    const { run } = await started(desk);
    const { code, error } = await run("kill", { ...USERS, reason: "down" });
    expect([code, error]).toEqual([3, expect.stringContaining("(ENOSPC): nothing was done")]);
    expect(error.trimEnd().split("\n")).toHaveLength(1);
  });

  test("kill --all is the kill switch, arm --all ends it, each with its reason", async () => {
    const { run, calls, desk } = await started();
    const kept = await run("kill", { all: true, reason: "not sure" }, ["n"]);
    expect([kept.out, calls]).toEqual(["nothing was changed\n", []]);
    expect(await run("kill", { all: true, reason: "not sure" })).toMatchObject({
      code: 0,
      out: "the kill switch is on: legacy only, nothing mirrored; epoch 3\n",
    });
    expect((await run("arm", { all: true, reason: "mended", format: "json" })).out).toContain(
      '"isKilled": false',
    );
    expect(calls).toEqual([
      "kill true the-operator, operator: not sure",
      "kill false the-operator, operator: mended",
    ]);
    expect(desk.acted).toEqual([]);
  });

  test.each([
    ["kill", {}, "say which: parallax rollout kill ROUTE, or --all for the kill switch of all routes"],
    ["kill", { route: "users", all: true }, "a route or --all, not both"],
    ["arm", {}, "say which: parallax rollout arm ROUTE, or --all"],
    ["pause", { route: "user" }, "no route is called user; there are users"],
    ["show", { route: "user" }, "no route is called user; there are users"],
    ["plan", { route: "a/b" }, "no route is called a/b; there are users"],
    ["ls", { admin: "localhost:9090" }, "--admin localhost:9090 is not a URL"],
  ] as const)("%s with %j is usage", async (verb, options, message) => {
    const { run, desk } = await started();
    const { code, out, error } = await run(verb, { reason: "why", ...options });
    expect([code, out, error.trimEnd().split("\n").length]).toEqual([2, "", 1]);
    expect(error).toContain(message);
    expect(desk.acted).toEqual([]);
  });

  test("nobody there, a wrong token and too small a role are exit 3", async () => {
    const { run, desk } = await started();
    const nobody = await run("ls", { admin: `http://127.0.0.1:${await closedPort()}` });
    expect([nobody.code, nobody.error]).toEqual([3, expect.stringContaining("is Parallax running")]);
    const wrong = await run("kill", { ...USERS, reason: "x", token: "guessed-0123456789ab" });
    expect([wrong.code, wrong.error]).toEqual([3, expect.stringContaining("does not take this token")]);
    const viewer = await run("kill", { ...USERS, reason: "x", token: ROLE_TOKENS.viewer });
    expect([viewer.code, viewer.error]).toEqual([3, expect.stringContaining("needs the role operator")]);
    expect(desk.acted).toEqual([]);
  });
});

describe("the command line", () => {
  /** The program as a process of its own, without a terminal. */
  const program = (flags: readonly string[]) =>
    new Promise<{ code: number | null; out: string; error: string }>((resolve) => {
      const env = { PATH: process.env["PATH"], PARALLAX_ADMIN_TOKEN: ROLE_TOKENS.operator };
      const child = spawn(process.execPath, ["src/main.ts", ...flags], { env });
      let out = "";
      let error = "";
      child.stdout.on("data", (part) => {
        out += part;
      });
      child.stderr.on("data", (part) => {
        error += part;
      });
      child.on("close", (code) => resolve({ code, out, error }));
    });

  test("takes the flags of each verb, and the token of the environment", async () => {
    const { base, desk, calls } = await started();
    const admin = ["--admin", base];
    const forced = ["promote", "users", "--to", "live", "--force", "--reason", "now", "--yes"];
    expect(await program(["rollout", ...forced, ...admin])).toEqual({
      code: 0,
      out: "users: ramp 5 % → live; epoch 13\n",
      error: "",
    });
    expect((await program(["rollout", "rollback", "users", ...admin])).code).toBe(2);
    expect((await program(["rollout", "kill", "--all", "--reason", "down", ...admin])).code).toBe(0);
    expect(
      (await program(["rollout", "journal", "--limit", "1", "--format", "json", ...admin])).out,
    ).toContain('"before": 2');
    expect([desk.acted, calls]).toEqual([
      ["promote users the-operator: now"],
      ["kill true the-operator, operator: down"],
    ]);
    const headers = ["--header", "x-tenant: acme", "--header", "accept: */*", "--cookie", "sid=1"];
    expect((await program(["explain", "--route", "users", ...headers, ...admin])).code).toBe(0);
    expect(desk.explained).toMatchObject([
      {
        headers: [
          ["x-tenant", "acme"],
          ["accept", "*/*"],
          ["cookie", "sid=1"],
        ],
      },
    ]);
  });

  test("says what it does: help rollout, and of each verb", async () => {
    const { code, out } = await program(["help", "rollout"]);
    expect(code).toBe(0);
    for (const verb of [...ROLLOUT_ACTIONS, "extend", "ls", "show", "plan", "journal"])
      expect(out).toMatch(new RegExp(`^  ${verb} `, "m"));
    expect((await program(["rollout", "promote"])).code).toBe(2);
  });
});

import { describe, expect, test } from "vitest";
import { ANNA, configOf, openHouse, USERS } from "./house.ts";

const DEPRECATED = `${USERS}    deprecation: { at: "2026-01-01T00:00:00Z", sunset: "2100-01-01T00:00:00Z" }\n`;
const LATER = { sunset: "2101-01-01T00:00:00Z", reason: "one more year" };
const FROZEN = `rollout:
  freeze: [{ name: audit, from: "2020-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z" }]
`;

describe("the answer of a route", () => {
  test("says where it stands and where it can go", async () => {
    const house = await openHouse();
    expect(house.users()).toMatchObject({
      step: "shadow",
      percent: 0,
      epoch: 0,
      next: { stage: "ramp", percent: 5, step: "ramp 5 %", needsApproval: true },
      back: { stage: "off" },
      steps: [5, 50],
      warnings: [],
    });
    const acted = await house.force("50");
    expect(acted).toMatchObject({ kind: "ok", epoch: 2, route: { step: "ramp 50 %", epoch: 2 } });
    expect(house.users()).toMatchObject({
      percent: 50,
      next: { step: "live", percent: 100 },
      back: { step: "shadow" },
    });
    expect(house.desk.routes()).toEqual([house.users()]);
    expect(house.desk.route("nope")).toBeUndefined();
  });

  test("has no share of requests before they were counted, and none of units before any came", async () => {
    const house = await openHouse();
    await house.force("50");
    house.serve("legacy", 3);
    house.serve("candidate", 1);
    expect(house.users().shares).toEqual({ units: null, requests: null });
    await house.rollouts.controller.tick();
    expect(house.users().shares).toEqual({ units: null, requests: 0.25 });
  });

  test("warns of a freeze, of no units and of requests without one", async () => {
    const house = await openHouse(`${FROZEN}routes: [{ name: users, match: { path: /users/** } }]\n`);
    house.block.addRouteEvent(house.slots.slotOf("users"), "unitMissing");
    // Not counted yet.
    expect(house.users().warnings).toEqual([
      "Frozen until 2100-01-01T00:00:00.000Z: audit.",
      "No unit is configured (rollout.units): a percentage would move nobody.",
    ]);
    await house.rollouts.controller.tick();
    expect(house.users().warnings.at(-1)).toBe("1 requests had no unit, and were the legacy's.");
  });

  test("warns of threads that are behind, and of a rollback that is not in the journal", async () => {
    const house = await openHouse();
    await house.force("50");
    house.stragglers = ["serving-2"];
    expect(house.users()).toMatchObject({
      stragglers: ["serving-2"],
      warnings: ["Not every thread has the decision yet: serving-2."],
    });
    house.breakJournal();
    expect(await house.act("rollback")).toMatchObject({ kind: "ok", route: { step: "shadow" } });
    expect(house.users().warnings).toContain(
      "The journal does not have the last change yet: it could not be written.",
    );
  });

  test("says what the one who asks may do", async () => {
    const house = await openHouse(`rollout: { approvers: [dana] }\n${USERS}`);
    const promote = (who?: string) => house.users(who).actions.find(({ action }) => action === "promote");
    expect(promote("anna")).toMatchObject({
      isAllowed: false,
      why: expect.stringContaining("anna is not among"),
    });
    expect(promote("dana")).toMatchObject({ isAllowed: true, why: expect.stringContaining("the gate") });
    expect(promote()).toEqual(promote("dana"));
  });

  test("tells a latch by the step that it was taken back from", async () => {
    const house = await openHouse();
    await house.force("50");
    await house.act("rollback", { reason: "too slow" });
    expect(house.users().latch).toMatchObject({ who: "anna", reason: "too slow", from: "ramp 50 %" });
    expect(house.users().isKilled).toBe(false);
  });
});

describe("an action", () => {
  test("of a route that is not there is unknown", async () => {
    const house = await openHouse();
    expect(await house.desk.act("nope", { action: "pause", reason: "x" }, ANNA)).toEqual({ kind: "unknown" });
    expect(await house.desk.extend("nope", LATER, ANNA)).toEqual({ kind: "unknown" });
    expect(house.desk.plan("nope")).toBeUndefined();
  });

  test("to a step that is none is refused with those that are", async () => {
    const house = await openHouse();
    expect(await house.force("7")).toEqual({
      kind: "refused",
      message: '"7" is no step: off, shadow, canary, ramp 5 %, ramp 50 %, live, complete',
      problems: [],
    });
  });

  test("that may not be done is refused with what may", async () => {
    const house = await openHouse();
    expect(await house.act("resume")).toEqual({
      kind: "refused",
      message: expect.stringContaining("not paused"),
      problems: ["allowed now: promote, pause, rollback, kill"],
    });
    expect(house.journal.sequence).toBe(0);
  });

  test("on an epoch that is past names who was faster, and not the clock that started since", async () => {
    const house = await openHouse();
    await house.desk.act(
      "users",
      { action: "promote", to: "5", force: true, reason: "x" },
      {
        who: "ben",
        role: "operator",
      },
    );
    expect(house.journal.recent({ route: "users", before: undefined, limit: 1 })[0]?.event).toBe(
      "acknowledged",
    );
    expect(await house.act("pause", { epoch: 0 })).toMatchObject({
      kind: "conflict",
      message: "ben was faster: users stands at ramp 5 % since epoch 2",
      route: { epoch: 2 },
    });
  });

  test("that the journal cannot take fails and changes nothing", async () => {
    const house = await openHouse();
    house.breakJournal();
    expect(await house.force("50")).toEqual({
      kind: "failed",
      message: expect.stringContaining("was changed by somebody else: nothing was done"),
    });
    expect(house.users()).toMatchObject({ step: "shadow", epoch: 0 });
    expect(house.rollouts.numbers().journalFailures).toBe(1);
  });
});

describe("to put off a sunset", () => {
  test("is refused where the route is not deprecated, and where it would be earlier", async () => {
    const plain = await openHouse();
    expect(await plain.desk.extend("users", LATER, ANNA)).toMatchObject({
      kind: "refused",
      message: expect.stringContaining("not deprecated"),
    });
    const house = await openHouse(DEPRECATED);
    const earlier = { ...LATER, sunset: "2099-01-01T00:00:00Z" };
    expect(await house.desk.extend("users", earlier, ANNA)).toMatchObject({
      kind: "refused",
      message: expect.stringContaining("2100-01-01T00:00:00.000Z already"),
    });
  });

  test("is in force from then on, and moves the route nowhere", async () => {
    const house = await openHouse(DEPRECATED);
    expect(await house.desk.extend("users", LATER, ANNA)).toMatchObject({
      kind: "ok",
      route: { step: "shadow", deprecation: { sunsetMs: Date.parse(LATER.sunset), brownout: null } },
    });
    expect(house.rollouts.positions().get("users")).toMatchObject({
      stage: "shadow",
      sunset: "2101-01-01T00:00:00.000Z",
    });
    expect(await house.desk.extend("users", LATER, ANNA)).toMatchObject({
      kind: "refused",
      message: expect.stringContaining("2101-01-01T00:00:00.000Z already"),
    });
  });
});

describe("the plan", () => {
  test("has the current step although a reload took it away", async () => {
    const house = await openHouse();
    await house.force("5");
    house.config = configOf(USERS.replace("[5, 50]", "[10, 50]"));
    const steps = house.desk.plan("users")?.steps ?? [];
    expect(steps.map(({ step }) => step)).toEqual([
      "off",
      "shadow",
      "ramp 5 %",
      "ramp 10 %",
      "ramp 50 %",
      "live",
      "complete",
    ]);
    expect(steps.filter(({ isCurrent }) => isCurrent).map(({ step }) => step)).toEqual(["ramp 5 %"]);
    expect(steps.filter(({ isPast }) => isPast).map(({ step }) => step)).toEqual(["off", "shadow"]);
  });

  test("has a canary where somebody is in it", async () => {
    const cohorts = "cohorts: [{ name: staff, where: [{ header: x-staff, is: yes }] }], steps:";
    const stages = async (text: string) =>
      (await openHouse(text)).desk.plan("users")?.steps.map(({ stage }) => stage) ?? [];
    expect(await stages(USERS)).not.toContain("canary");
    expect(await stages(USERS.replace("steps:", cohorts.replace("yes", '"yes"')))).toContain("canary");
  });

  test("estimates the current step and those after it, never what is past or asks nothing", async () => {
    const house = await openHouse();
    await house.force("5");
    await house.rollouts.controller.tick();
    const etas = house.desk.plan("users")?.steps.map(({ step, eta }) => [step, eta?.kind]);
    expect(etas).toEqual([
      ["off", undefined],
      ["shadow", undefined],
      ["ramp 5 %", "unknown"],
      ["ramp 50 %", "unknown"],
      ["live", "unknown"],
      ["complete", undefined],
    ]);
  });

  test("says what stands in the way", async () => {
    const house = await openHouse();
    await house.force("5");
    await house.act("pause");
    expect(house.desk.plan("users")?.blockers).toEqual(["ramp 5 % is paused: resume it first, or rollback"]);
  });
});

test("the journal is read in pages, newest first, sealed where asked, with the head of all", async () => {
  const house = await openHouse();
  await house.force("5");
  await house.act("pause");
  const read = async (before: number | undefined, isSealed: boolean) => {
    const page = await house.desk.journal({ route: "users", before, limit: 2, isSealed });
    if (!page.ok) throw new Error(page.message);
    return page;
  };
  const first = await read(undefined, false);
  expect(first.entries.map(({ sequence, action }) => [sequence, action])).toEqual([
    [3, "pause"],
    [2, "acknowledged"],
  ]);
  expect(first.entries[0]).not.toHaveProperty("sealed");
  expect(first.head).toEqual({ sequence: 3, hash: house.journal.hash });
  const second = await read(2, true);
  expect(second.entries).toMatchObject([{ sequence: 1, from: "shadow", to: "ramp 5 %", isForced: true }]);
  expect(JSON.parse(second.entries[0]?.sealed ?? "")).toMatchObject({ sequence: 1 });
  expect(second.head).toEqual(first.head);
});

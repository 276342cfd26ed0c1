import { describe, expect, test } from "vitest";
import { LIVE } from "../../src/rollout/step.ts";
import { configOf, openHouse, promotedAt, USERS } from "./house.ts";

const DAY_MS = 86_400_000;

describe("where a route is put in force", () => {
  test("is off for one that is killed, and shadow once it is armed, with the salt that it had", async () => {
    const house = await openHouse();
    expect(house.rollouts.positions()).toEqual(new Map());
    await house.force("50");
    const position = () => house.rollouts.positions().get("users");
    expect(position()).toEqual({
      stage: "ramp",
      basisPoints: 5000,
      since: 2,
      isKilled: false,
      salt: "parallax",
    });
    await house.act("kill");
    expect(position()).toMatchObject({ stage: "off", basisPoints: 0, since: 3, isKilled: true });
    await house.act("arm");
    expect(position()).toEqual({
      stage: "shadow",
      basisPoints: 0,
      since: 4,
      isKilled: false,
      salt: "parallax",
    });
  });
});

describe("the legacy does not go", () => {
  /** What complete is refused for, of a route that is live for so many days. */
  async function refusal(
    liveDays: number,
    changes: { caller?: number | null | undefined; quiet?: number } = {},
  ) {
    const { quiet = 14 } = changes;
    const before = [promotedAt(LIVE, Date.now() - liveDays * DAY_MS, 7)];
    const house = await openHouse(`rollout: { legacyQuietDays: ${quiet} }\n${USERS}`, before);
    house.lastCallerMs = "caller" in changes ? changes.caller : null;
    const acted = await house.force("complete");
    if (acted.kind !== "refused") throw new Error(`complete was ${acted.kind}`);
    return { message: acted.message, house };
  }
  const GATE_ALONE = "complete is refused, forced or not: the gate of live has not passed";

  test("while it served a consumer within its quiet days", async () => {
    const callerMs = Date.now() - 3 * DAY_MS;
    const { message, house } = await refusal(100, { caller: callerMs });
    const at = new Date(callerMs).toISOString();
    expect(message).toContain(`the legacy served a consumer at ${at}, less than 14 days ago`);
    const sinceDays = (Date.now() - (house.askedSinceMs ?? 0)) / DAY_MS;
    expect(Math.round(sinceDays)).toBe(14);
  });

  test("before it is live for as long, although nobody called", async () => {
    expect((await refusal(13)).message).toMatch(/it is live since \S+, less than 14 days ago/);
    expect((await refusal(15)).message).toBe(GATE_ALONE);
  });

  test("while the store cannot say who called", async () => {
    const { message } = await refusal(100, { caller: undefined });
    expect(message).toContain("the store cannot say who still called the legacy");
  });

  test("but with no quiet days nobody is asked for", async () => {
    const { message, house } = await refusal(1, { caller: Date.now(), quiet: 0 });
    expect(message).toBe(GATE_ALONE);
    expect(house.askedSinceMs).toBeUndefined();
  });
});

describe("a reload that brings other units", () => {
  const OTHER = USERS.replace("x-tenant", "x-account");
  const told = (log: readonly string[]) => log.filter((line) => line.includes("its units are others now"));

  test("under a route that has exposed somebody is told once", async () => {
    const house = await openHouse();
    await house.force("5");
    house.config = configOf(USERS);
    house.users();
    expect(told(house.log)).toEqual([]);
    house.config = configOf(OTHER);
    house.users();
    house.users();
    expect(told(house.log)).toEqual([expect.stringContaining('"route":"users"')]);
  });

  test("under one that has exposed nobody is nothing to tell", async () => {
    const house = await openHouse();
    await house.act("pause");
    house.config = configOf(OTHER);
    house.users();
    expect(told(house.log)).toEqual([]);
  });
});

import { expect, test } from "vitest";
import { LIVE } from "../../src/rollout/step.ts";
import { openHouse, promotedAt, USERS } from "./house.ts";

const THEN_MS = Date.parse("2026-01-01T00:00:00Z");
const AS_CONFIGURED = expect.stringContaining("as they are configured now");
const NOTHING_THEN = expect.stringContaining("nothing of the route at that time or before");

test("a request is explained by where the route stands now", async () => {
  const house = await openHouse();
  expect(await house.explain()).toMatchObject({ route: "users", step: "shadow", upstream: "legacy" });
  await house.force("live");
  const now = await house.explain({ route: "users" });
  expect(now).toMatchObject({ step: "live", upstream: "candidate", epoch: 2, isFromJournal: false });
  expect(now?.notes).not.toContainEqual(AS_CONFIGURED);
});

test("at a time past it is explained by where the journal had the route then", async () => {
  const house = await openHouse(USERS, [promotedAt(LIVE, THEN_MS, 7)]);
  await house.act("rollback");
  expect(await house.explain()).toMatchObject({ step: "shadow", upstream: "legacy", epoch: 8 });
  const then = await house.explain({ atMs: THEN_MS + 1 });
  expect(then).toMatchObject({ step: "live", upstream: "candidate", epoch: 7, isFromJournal: true });
  expect(then?.notes).toContainEqual(AS_CONFIGURED);
});

test("before the journal's first entry it is explained as it is now, and that is noted", async () => {
  const house = await openHouse(USERS, [promotedAt(LIVE, THEN_MS, 7)]);
  const before = await house.explain({ atMs: THEN_MS - 1 });
  expect(before).toMatchObject({ step: "live", isFromJournal: false });
  expect(before?.notes).toEqual(expect.arrayContaining([AS_CONFIGURED, NOTHING_THEN]));
});

test("of a killed route, then too, the legacy serves", async () => {
  const house = await openHouse();
  await house.force("live");
  await house.act("kill");
  const killedAtMs = house.users().enteredAtMs ?? 0;
  await house.act("arm");
  expect(await house.explain({ atMs: killedAtMs })).toMatchObject({
    isFromJournal: true,
    upstream: "legacy",
  });
});

test("a route is found by its target, and an unknown name is none", async () => {
  const house = await openHouse();
  expect((await house.explain({ target: "/users/7?x=1" }))?.route).toBe("users");
  expect((await house.explain({ target: "/elsewhere" }))?.route).not.toBe("users");
  expect(await house.explain({ route: "nope" })).toBeUndefined();
});

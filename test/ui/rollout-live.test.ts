// The board before a whole Parallax: real threads, gates, tokens and traffic, from shadow to a candidate that dies.
// One after the other, as it happens on a day: each test goes on from where the one before left the route.
import type { Page } from "playwright-core";
import { afterAll, expect, test } from "vitest";
import { startBrowser } from "./browser.ts";
import { startMigration, TOKENS } from "./migration.ts";

const migration = await startMigration();
afterAll(() => migration.stop());
const open = await startBrowser(() => migration.house.admin);

/** Gates are looked at every second, and a loaded machine takes its time. */
const SOON = { timeout: 40_000, interval: 200 };
const TEST_MS_MAX = 120_000;

const dialog = (page: Page) => page.getByRole("dialog");
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const stands = (page: Page) => page.locator(".route-head .step").textContent();
const truth = (page: Page) => page.locator(".truth strong").textContent();
const card = (page: Page, route: string) => page.locator(".route-card", { hasText: route });
const atStep = (page: Page, step: string) =>
  card(page, "orders").locator(".step").getByText(step, { exact: true }).waitFor();
const numberIn = (text: string | null | undefined) => Number((text ?? "").replaceAll(/[^\d.]/g, ""));

const pairsOf = async (page: Page) => {
  const row = page.locator(".gate-panel").getByRole("row", { name: /Compared exchanges/ });
  return numberIn(await row.locator("td.number").first().textContent());
};

async function decide(page: Page, name: string, reason: string) {
  await button(page, `${name} …`).click();
  await dialog(page).getByLabel("Reason").fill(reason);
  await dialog(page).getByRole("button", { name, exact: true }).click();
}

test("a viewer's token sees all of it and moves nothing, by the page or by the API", {
  timeout: TEST_MS_MAX,
}, async () => {
  const { page } = await open("/rollout", { token: TOKENS.vera });
  await atStep(page, "shadow");
  await expect.poll(() => truth(page)).toBe("legacy path untouched");
  expect(await page.getByRole("button", { name: /Kill switch/ }).count()).toBe(0);
  await page.getByRole("link", { name: "orders" }).click();
  await page.getByText("You are a viewer: moving a route needs the role operator.").waitFor();
  for (const name of ["Promote …", "Pause …", "Roll back …", "Kill …", "Promote against the gate …"])
    expect(await button(page, name).isDisabled()).toBe(true);
  expect(await migration.act("vera", "orders/promote", { reason: "I may not" })).toBe(403);
});

test("evidence grows on the screen until the gate passes", { timeout: TEST_MS_MAX }, async () => {
  const { page, look } = await open("/rollout/orders", { token: TOKENS.olga });
  await page.getByText("not enough for it yet").waitFor();
  expect(await pairsOf(page)).toBe(0);
  expect(await button(page, "Promote …").isDisabled()).toBe(true);
  await look("live-shadow");
  migration.begin();
  await expect.poll(() => pairsOf(page), SOON).toBeGreaterThan(0);
  const first = await pairsOf(page);
  await expect.poll(() => pairsOf(page), SOON).toBeGreaterThan(first);
  await expect.poll(() => button(page, "Promote …").isEnabled(), SOON).toBe(true);
  await page.locator(".actions-panel").getByText("certified").waitFor();
  await look("live-certified");
});

test("an operator who is no approver is told so before they try", { timeout: TEST_MS_MAX }, async () => {
  const { page } = await open("/rollout/users", { token: TOKENS.olga });
  await page.getByText(/Promote: olga is not among who may promote it, forced or not: otto/).waitFor();
  expect(await button(page, "Promote …").isDisabled()).toBe(true);
  expect(await button(page, "Promote against the gate …").count()).toBe(0);
  const { page: approver } = await open("/rollout/users", { token: TOKENS.otto });
  await expect.poll(() => button(approver, "Promote …").isEnabled(), SOON).toBe(true);
});

test("a promotion by the button takes the route along its own ramp, and the shares move", {
  timeout: TEST_MS_MAX,
}, async () => {
  const { page, look } = await open("/rollout/orders", { token: TOKENS.olga });
  await expect
    .poll(() => page.locator(".stand .track text").allTextContents())
    .toEqual(["off", "shadow", "canary", "10", "40", "100", "live", "complete"]);
  await decide(page, "Promote", "certified in shadow");
  await expect.poll(() => stands(page)).toBe("ramp 10 %");
  await expect.poll(() => button(page, "Promote …").isEnabled(), SOON).toBe(true);
  await decide(page, "Promote", "a quiet hour at 10 %");
  await expect.poll(() => stands(page)).toBe("ramp 40 %");
  const shares = () => page.locator(".stand .share-line b").allTextContents();
  await expect
    .poll(async () => (await shares()).map((share) => numberIn(share) > 20 && numberIn(share) < 60), SOON)
    .toEqual([true, true]);
  await expect.poll(() => truth(page)).toBe("the candidate serves up to 40\u00a0% on 1 of 3 routes");
  await page.locator(".timeline").getByText("“a quiet hour at 10 %”").waitFor();
  // Units of the legacy, who is called, and how often.
  await page
    .locator(".callers")
    .getByRole("rowheader", { name: /^tenant tenant-\d+$/ })
    .first()
    .waitFor();
  await look("live-ramp");
  await page.goto(`${migration.house.admin}/`);
  await page.getByText("serves clients too").waitFor();
});

test("of two operators at once one is obeyed, and the other told who was faster", {
  timeout: TEST_MS_MAX,
}, async () => {
  // The page does not see the other's step: what it shows is what it asked for before.
  const { page } = await open("/rollout/orders", { token: TOKENS.olga, refusals: /orders\/pause/ });
  await expect.poll(() => stands(page)).toBe("ramp 40 %");
  const old = await migration.route("orders");
  await page.route(
    (url) => url.pathname === "/api/rollout/orders",
    (route) => route.fulfill({ json: old }),
  );
  await button(page, "Pause …").click();
  await dialog(page).getByLabel("Reason").fill("lunch");
  expect(await migration.act("otto", "orders/rollback", { reason: "a client called", to: "10" })).toBe(200);
  await dialog(page).getByRole("button", { name: "Pause", exact: true }).click();
  await dialog(page).getByText("Somebody was faster.").waitFor();
  await dialog(page)
    .getByText(/otto rolled it back .*: a client called\. Nothing was done here/)
    .waitFor();
  expect((await migration.route("orders")).isPaused).toBe(false);
  expect(await migration.act("otto", "orders/arm", { reason: "it was another service" })).toBe(200);
  expect(await migration.act("otto", "orders/promote", { reason: "back", to: "40", force: true })).toBe(200);
});

test("the kill switch in the frame takes all to the legacy, says so on the board, and asks why twice", {
  timeout: TEST_MS_MAX,
}, async () => {
  const { page, look } = await open("/rollout", { token: TOKENS.olga });
  await atStep(page, "ramp 40 %");
  await button(page, "Kill switch …").click();
  await dialog(page).getByLabel("Reason").fill("its disk is full");
  await dialog(page).getByRole("button", { name: "All to the legacy" }).click();
  await page.getByText("The kill switch is on.").waitFor();
  await expect.poll(() => truth(page)).toBe("kill switch on: the legacy serves all, nothing is mirrored");
  await look("live-killed");
  await button(page, "Kill switch off …").click();
  await dialog(page).getByLabel("Reason").fill("there is room again");
  await dialog(page).getByRole("button", { name: "Turn it off" }).click();
  await expect.poll(() => truth(page)).toBe("the candidate serves up to 40\u00a0% on 1 of 3 routes");
  expect(await page.getByText("The kill switch is on.").count()).toBe(0);
  await page.goto(`${migration.house.admin}/audit`);
  await page.getByText(/its disk is full/).waitFor();
  await page.getByText(/there is room again/).waitFor();
});

test("a candidate that dies is seen on the board within seconds: tripped, latched, in the journal", {
  timeout: TEST_MS_MAX,
}, async () => {
  const { page, look } = await open("/rollout", { token: TOKENS.olga });
  await atStep(page, "ramp 40 %");
  await migration.candidateDies();
  await card(page, "orders")
    .getByText(/Rolled back from ramp 40 % by tripwire/)
    .waitFor(SOON);
  await atStep(page, "shadow");
  await card(page, "orders")
    .getByRole("img", { name: /at shadow, .*held/ })
    .waitFor();
  await page
    .locator(".lately")
    .getByText(/tripwire/)
    .first()
    .waitFor(SOON);
  await expect
    .poll(() => page.locator(".truth").textContent(), SOON)
    .toMatch(/the candidate fails|1 route held back/);
  await look("live-tripped");
  expect(migration.failures).toEqual([]);
  const [rollback] = (await migration.journal("orders")).filter(({ action }) => action === "rollback");
  expect(rollback).toMatchObject({ who: "tripwire", from: "ramp 40 %", to: "shadow" });
});

test("a latched route is armed by the button, with a reason that the journal keeps", {
  timeout: TEST_MS_MAX,
}, async () => {
  const { page, look } = await open("/rollout/orders", { token: TOKENS.olga });
  await page.getByText(/Rolled back from ramp 40 % by tripwire/).waitFor();
  await look("live-latched");
  await decide(page, "Arm again", "the candidate has its database back");
  await expect.poll(() => page.getByText(/Nothing is promoted until/).count()).toBe(0);
  expect(await button(page, "Arm again …").count()).toBe(0);
  await page.locator(".timeline").getByText("“the candidate has its database back”").waitFor();
  expect((await migration.route("orders")).latch).toBeNull();
});

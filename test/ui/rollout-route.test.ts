// The page of one route: its gate in full, what people do to it and what is refused, two at once, its journal, explain.
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { boardEntry, boardRoute, JOURNAL, SHORT_OF_PAIRS } from "./rollout-routes.ts";
import { startBoards } from "./rollout-server.ts";

const openBoard = await startBoards();
const dialog = (page: Page) => page.getByRole("dialog");
const stands = (page: Page) => page.locator(".route-head .step").textContent();
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

test("shows the gate in full: what is short first, each value beside its threshold, in words", async () => {
  const { page, look } = await openBoard("/rollout/orders");
  const gate = page.locator(".gate-panel");
  await gate.getByText("nothing speaks against it, and not enough for it yet").waitFor();
  const [, first] = await gate.getByRole("row").allTextContents();
  expect(first).toContain("1,204 of 3,000 pairs were compared");
  await gate.getByRole("row", { name: /Mismatch rate/ }).waitFor();
  const cells = await gate
    .getByRole("row", { name: /Mismatch rate/ })
    .locator("td.number")
    .allTextContents();
  expect(cells).toEqual(["0.02\u00a0%", "0.31\u00a0%", "≤ 0.1\u00a0%", "4,120"]);
  await page.getByText("behind it").first().waitFor();
  await look("rollout-route");
});

test("promotes after a reason, with the epoch that was shown", async () => {
  const { page, desk, look } = await openBoard("/rollout/users");
  await button(page, "Promote …").click();
  await dialog(page).getByRole("button", { name: "Promote", exact: true }).click();
  await dialog(page).getByText("Say why: the journal keeps it.").waitFor();
  expect(desk.acted).toEqual([]);
  await look("rollout-promote");
  await dialog(page).getByLabel("Reason").fill("the gate passed");
  const sent = page.waitForRequest(/users\/promote/);
  await dialog(page).getByRole("button", { name: "Promote", exact: true }).click();
  expect((await sent).postDataJSON()).toEqual({ epoch: 12, reason: "the gate passed" });
  await page.getByText("users: promoted it. It stands at ramp 25 %.").waitFor();
  await expect.poll(() => stands(page)).toBe("ramp 25 %");
  expect(desk.acted).toEqual(["promote users local: the gate passed"]);
  await page.locator(".timeline").getByText("“the gate passed”").waitFor();
});

test("rolls back to the step that was chosen, and says that it is latched", async () => {
  const { page } = await openBoard("/rollout/users");
  await page.getByText("behind it").first().waitFor();
  await button(page, "Roll back …").click();
  await dialog(page).getByLabel("Back to").selectOption({ label: "shadow" });
  await dialog(page).getByLabel("Reason").fill("a client called");
  await dialog(page).getByRole("button", { name: "Roll back", exact: true }).click();
  await expect.poll(() => stands(page)).toBe("shadow");
  await page.getByText(/^✗ Rolled back from ramp 5 % by alice/).waitFor();
});

test("promotes against the gate only for who types the name of the route", async () => {
  const { page, desk, look } = await openBoard("/rollout/orders");
  expect(await button(page, "Promote …").isDisabled()).toBe(true);
  await page.getByText("Promote: the gate says insufficient").waitFor();
  await button(page, "Promote against the gate …").click();
  await dialog(page).getByLabel("Reason").fill("the customer waits");
  const send = dialog(page).getByRole("button", { name: "Promote anyway" });
  await send.click();
  await dialog(page).getByText("Type orders to say that you mean it.").waitFor();
  expect(desk.acted).toEqual([]);
  await look("rollout-force");
  await dialog(page).getByLabel("Type orders").fill("orders");
  await send.click();
  await expect.poll(() => stands(page)).toBe("ramp 25 %");
  await page.locator(".timeline").getByText("forced").waitFor();
});

test("a viewer sees all of it, moves nothing, and is told why", async () => {
  const me = { "/api/me": { who: "vera", role: "viewer" } };
  const { page, look } = await openBoard("/rollout/users", { answers: me });
  await page.getByText("You are a viewer: moving a route needs the role operator.").waitFor();
  for (const name of ["Promote …", "Pause …", "Roll back …", "Kill …"])
    expect(await button(page, name).isDisabled()).toBe(true);
  await look("rollout-viewer");
});

test("says that the route moved while the question was open, and sends nothing until it is looked at again", async () => {
  const { page, act, desk, look } = await openBoard("/rollout/users");
  await button(page, "Pause …").click();
  await dialog(page).getByLabel("Reason").fill("lunch");
  expect((await act("users/promote", { reason: "it passed" })).status).toBe(200);
  await dialog(page).getByText("It has moved meanwhile.").waitFor();
  const send = dialog(page).getByRole("button", { name: "Pause", exact: true });
  expect(await send.isDisabled()).toBe(true);
  await look("rollout-moved");
  await page.keyboard.press("Enter");
  await dialog(page).getByRole("button", { name: "Go on from ramp 25 %" }).click();
  await send.click();
  await page.getByText("Paused: it stays where it is").waitFor();
  expect(desk.acted).toEqual(["promote users local: it passed", "pause users local: lunch"]);
});

test("asks again when the stream says that something moved, without waiting for its turn", async () => {
  const { page, act } = await openBoard("/rollout/users");
  await page.clock.install();
  await page.reload();
  await expect.poll(() => stands(page)).toBe("ramp 5 %");
  // From here on time stands still, but for less than it takes to ask by itself.
  await page.clock.pauseAt(Date.now() + 1000);
  expect((await act("users/promote", { reason: "it passed" })).status).toBe(200);
  let passedMs = 0;
  const shown = async () => {
    passedMs += 50;
    if (passedMs < 3000) await page.clock.runFor(50);
    return stands(page);
  };
  await expect.poll(shown).toBe("ramp 25 %");
});

test("tells who was faster, where the page could not know it", async () => {
  const old = boardRoute({ route: "users" });
  const { page, desk, look } = await openBoard("/rollout/users", {
    answers: { "/api/rollout/users": old },
    refusals: /users\/promote/,
  });
  await button(page, "Promote …").click();
  await dialog(page).getByLabel("Reason").fill("the gate passed");
  await desk.act("users", { action: "rollback", reason: "errors" }, { who: "dana", role: "operator" });
  desk.entries = desk.entries.map((entry, at) => (at === 0 ? { ...entry, atMs: Date.now() } : entry));
  await dialog(page).getByRole("button", { name: "Promote", exact: true }).click();
  await dialog(page).getByText("Somebody was faster.").waitFor();
  await dialog(page)
    .getByText(/dana rolled it back (just now|\d+ seconds? ago): errors\. Nothing was done here/)
    .waitFor();
  await look("rollout-conflict");
  expect(desk.route("users")?.step).toBe("ramp 1 %");
});

test("what is refused is said in the dialog, with all that stands in the way", async () => {
  const { page, desk } = await openBoard("/rollout/users", { refusals: /users\/promote/ });
  desk.isJournalDown = true;
  await button(page, "Promote …").click();
  await dialog(page).getByLabel("Reason").fill("the gate passed");
  await dialog(page).getByRole("button", { name: "Promote", exact: true }).click();
  await dialog(page).getByText("the journal cannot be written (ENOSPC): nothing was done").waitFor();
  expect(await stands(page)).toBe("ramp 5 %");
});

test("answers what a client gets, from headers, cookies and a path", async () => {
  const { page, desk, look } = await openBoard("/rollout/users");
  const panel = page.locator(".explain");
  await panel.getByLabel("Headers").fill("x-tenant acme");
  await panel.getByRole("button", { name: "Explain" }).click();
  await panel.getByText("A header is “name: value”, and this is not: x-tenant acme").waitFor();
  await panel.getByLabel("Headers").fill("x-tenant: acme");
  await panel.getByLabel("Cookies").fill("session=41; theme=dark");
  await panel.getByLabel("Path and query").fill("/users/7?full=1");
  await panel.getByRole("button", { name: "Explain" }).click();
  await panel.getByText("Served by the candidate", { exact: true }).waitFor();
  await panel.getByText("tenant acme is in bucket").waitFor();
  expect(desk.explained).toEqual([
    {
      route: "users",
      target: "/users/7?full=1",
      headers: [
        ["x-tenant", "acme"],
        ["cookie", "session=41; theme=dark"],
      ],
      atMs: undefined,
    },
  ]);
  await look("rollout-explain");
});

test("unfolds the evidence of each entry, and goes on to older ones", async () => {
  const { page, desk, look } = await openBoard("/rollout/users");
  desk.entries = [
    ...Array.from({ length: 30 }, (_, at) =>
      boardEntry(60 - at, { route: "users", who: `person-${60 - at}` }),
    ),
    ...JOURNAL,
  ];
  const timeline = page.locator(".timeline");
  await timeline.getByText("person-60").waitFor();
  await button(page, "Older").click();
  await timeline.getByText("bob").waitFor();
  const forced = timeline.locator("li", { hasText: "forced" });
  await forced.locator("summary").click();
  await forced.getByText(SHORT_OF_PAIRS.checks[1]?.text ?? "").waitFor();
  await look("rollout-journal");
});

test("says that what is shown is old, and moves nothing by it", async () => {
  const { page } = await openBoard("/rollout/users", { isUnplugged: true });
  await page.clock.install();
  await page.getByText(/^as of/).waitFor();
  await page.route(/\/api\/rollout/, (route) => route.abort());
  await page.clock.fastForward(20_000);
  await page.getByText(/^Old: what is shown was read \d+.s ago/).waitFor();
  expect(await button(page, "Promote …").isDisabled()).toBe(true);
});

test("is moved by keys alone: from the board to a promotion, with the focus never lost", async () => {
  const { page, desk } = await openBoard("/rollout");
  await page.locator(".route-card").first().waitFor();
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim() ?? "");
  const tabTo = async (text: string) => {
    for (let step = 0; step < 60; step++) {
      await page.keyboard.press("Tab");
      if ((await focused()) === text) return;
    }
    throw new Error(`no way to ${text} by Tab`);
  };
  await tabTo("users");
  await page.keyboard.press("Enter");
  await expect.poll(() => stands(page)).toBe("ramp 5 %");
  await tabTo("Promote …");
  await page.keyboard.press("Enter");
  await dialog(page).waitFor();
  const label = () => page.evaluate(() => document.activeElement?.closest("dialog") !== null);
  expect(await label()).toBe(true);
  await page.keyboard.press("Escape");
  await expect.poll(focused).toBe("Promote …");
  await page.keyboard.press("Enter");
  const reason = dialog(page).getByLabel("Reason");
  for (
    let step = 0;
    step < 10 && !(await reason.evaluate((field) => field === document.activeElement));
    step++
  )
    await page.keyboard.press("Tab");
  await page.keyboard.type("by keys alone");
  await page.keyboard.press("Enter");
  await expect.poll(() => stands(page)).toBe("ramp 25 %");
  expect(desk.acted).toEqual(["promote users local: by keys alone"]);
  await expect.poll(focused).toBe("Promote …");
});

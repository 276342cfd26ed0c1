// The migration board: every route, what cannot wait first; a thousand of them as a table; and on a narrow screen.
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { boardRoute, ROUTES } from "./rollout-routes.ts";
import { startBoards } from "./rollout-server.ts";

const openBoard = await startBoards();

/** A screen of rows, and some beyond its edges. */
const DRAWN_ROWS_MAX = 60;
const MANY = Array.from({ length: 1000 }, (_, at) =>
  boardRoute({
    route: `service-${String(at).padStart(4, "0")}`,
    ...(at % 3 === 0 ? { stage: "shadow", percent: 0, step: "shadow" } : {}),
    shares: { units: at / 1000, requests: at / 1000 },
  }),
);

const cardsOf = (page: Page) => page.locator(".route-card h2").allTextContents();
const rowsOf = (page: Page) => page.locator("tbody tr:not(.spacer) a.name").allTextContents();
const status = (page: Page) => page.getByRole("search").getByRole("status");

test("shows where every route stands, what cannot wait first", async () => {
  const { page, look } = await openBoard("/rollout");
  await expect.poll(() => status(page).textContent()).toBe("8 routes, 1 held back");
  expect((await cardsOf(page)).slice(0, 4)).toEqual(["payments", "catalogue", "orders", "search"]);
  const payments = page.locator(".route-card", { hasText: "payments" });
  await payments.getByText(/Rolled back from ramp 25 % by tripwire 20 minutes ago: 30 failures/).waitFor();
  await payments.getByRole("img", { name: "at shadow, next canary, held" }).waitFor();
  const orders = page.locator(".route-card", { hasText: "orders" });
  await orders.getByText("4.6× as large a share of the requests").waitFor();
  await orders.getByText("at this traffic, 25 % is certified in 3 h").waitFor();
  await orders.getByRole("img", { name: "measured 0.02 %, bound 0.31 %, threshold ≤ 0.1 %" }).waitFor();
  await page.getByText("1 thread without the decision yet: serving-1").waitFor();
  await page.getByText("Paused: it stays where it is").waitFor();
  await page.getByText("frozen until Monday 06:00 UTC: the weekend").waitFor();
  await look("rollout-board");
});

test("says of each share whose it is, also where nothing was measured", async () => {
  const { page, look } = await openBoard("/rollout?view=table");
  await page.getByRole("grid").waitFor();
  const row = page.getByRole("row", { name: /as long as somebody/ });
  expect(await row.locator(".share-line b").allTextContents()).toEqual(["–", "–"]);
  const search = page.getByRole("row", { name: /^search/ });
  expect(await search.locator(".share-line b").allTextContents()).toEqual(["24.9\u00a0%", "25.1\u00a0%"]);
  await search.getByText("KPI orders per minute").waitFor();
  await look("rollout-table");
});

test("filters and keeps it in the address, and has a way back to all", async () => {
  const { page } = await openBoard("/rollout");
  await page.getByRole("button", { name: "Ready to promote" }).click();
  await expect.poll(() => cardsOf(page)).toEqual(["sessions", "users"]);
  await page.getByRole("combobox", { name: "Stage" }).selectOption("live");
  await expect.poll(() => cardsOf(page)).toEqual(["sessions"]);
  await page.reload();
  await expect.poll(() => cardsOf(page)).toEqual(["sessions"]);
  await page.keyboard.press("/");
  await page.keyboard.type("nothing");
  await page.getByRole("button", { name: "Show all 8" }).click();
  await expect.poll(() => cardsOf(page).then(({ length }) => length)).toBe(ROUTES.length);
});

test("moves by itself when somebody else moves a route", async () => {
  const { page, act } = await openBoard("/rollout");
  const users = page.locator(".route-card", { hasText: "users" });
  await users.getByText("ramp 5 %", { exact: true }).waitFor();
  expect((await act("users/promote", { reason: "it passed" })).status).toBe(200);
  await users.getByText("ramp 25 %", { exact: true }).first().waitFor();
});

test("draws a screen of rows of a thousand routes, sorts them, and opens one by key", async () => {
  const { page, look } = await openBoard("/rollout?sort=route", {}, MANY);
  await expect.poll(() => status(page).textContent()).toBe("1,000 routes");
  expect(await page.getByRole("grid").getAttribute("aria-rowcount")).toBe("1001");
  expect((await rowsOf(page)).slice(0, 2)).toEqual(["service-0000", "service-0001"]);
  expect((await rowsOf(page)).length).toBeLessThanOrEqual(DRAWN_ROWS_MAX);
  await page.locator(".table-scroll").evaluate((element) => {
    element.scrollTop = element.scrollHeight / 2;
  });
  await expect.poll(() => rowsOf(page)).toContain("service-0500");
  await look("rollout-many");
  const header = page.getByRole("columnheader", { name: "Served by the candidate" });
  await header.getByRole("button").click();
  await expect.poll(() => rowsOf(page).then(([first]) => first)).toBe("service-0999");
  expect(await header.getAttribute("aria-sort")).toBe("descending");
  await page.getByRole("combobox", { name: "Stage" }).selectOption("shadow");
  await expect.poll(() => status(page).textContent()).toBe("334 of 1,000 routes");
  await page.keyboard.press("j");
  await page.keyboard.press("o");
  await page.getByRole("heading", { name: "service-0999" }).waitFor();
  expect(new URL(page.url()).pathname).toBe("/rollout/service-0999");
});

test("is of use on a narrow screen", async () => {
  const { page, look, base } = await openBoard("/rollout", { width: 420, height: 900 });
  const widths = () => page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  await page.locator(".route-card").first().waitFor();
  await look("narrow-rollout");
  expect(await widths()).toEqual([420, 420]);
  await page.goto(`${base}/rollout/orders`);
  await page.getByText("behind it").first().waitFor();
  await look("narrow-route");
  expect(await widths()).toEqual([420, 420]);
});

test("says that the config has no route at an address that names one", async () => {
  const { page } = await openBoard("/rollout/nobody", { refusals: /nobody/ });
  await page.getByRole("heading", { name: "There is no such route" }).waitFor();
  await page.getByRole("link", { name: "the board" }).click();
  await expect.poll(() => status(page).textContent()).toBe("8 routes, 1 held back");
});

/** Of the whole visit, as browsers count it: 0.1 is what people begin to call unsteady. */
const LAYOUT_SHIFT_MAX = 0.05;
const shiftOf = (page: Page): Promise<number> =>
  page.evaluate(
    () =>
      new Promise((resolve) => {
        new PerformanceObserver((list) => {
          const shifts = list.getEntries() as readonly (PerformanceEntry & { readonly value?: number })[];
          resolve(shifts.reduce((sum, { value = 0 }) => sum + value, 0));
        }).observe({ type: "layout-shift", buffered: true });
        requestAnimationFrame(() => requestAnimationFrame(() => resolve(0)));
      }),
  );

test("does not jump while it loads and while it is asked again, with eight routes or a thousand", async () => {
  for (const routes of [ROUTES, MANY]) {
    const { page } = await openBoard("/rollout", {}, routes);
    await expect.poll(() => status(page).textContent()).toMatch(/routes/);
    await page.locator(".lately").waitFor();
    await page.waitForResponse(/api\/rollout(\?detail=brief)?$/);
    expect(await shiftOf(page)).toBeLessThan(LAYOUT_SHIFT_MAX);
  }
});

test("asks for a line of each of many routes, and for all of few", async () => {
  for (const [routes, detail] of [
    [ROUTES, ""],
    [MANY, "?detail=brief"],
  ] as const) {
    const { page } = await openBoard("/rollout", {}, routes);
    const asked = page.waitForRequest(
      (request) => request.url().includes("/api/rollout") && !request.url().includes("none"),
    );
    await page.reload();
    expect(new URL((await asked).url()).search).toBe(detail);
  }
});

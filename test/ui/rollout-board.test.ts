// The migration board in front of the real admin listener: every route, the worst first; a thousand of them as a table.
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { RolloutRouteAnswer } from "../../src/admin/rollout-schemas.ts";
import { startAdmin } from "../admin/fixtures.ts";
import { MemoryRollout } from "../admin/memory-rollout.ts";
import { startBrowser, type VisitOptions } from "./browser.ts";
import { boardRoute, JOURNAL, PASSING, ROUTES } from "./rollout-routes.ts";

let origin = "";
const openAt = await startBrowser(() => origin);

async function openBoard(
  path: string,
  routes: readonly RolloutRouteAnswer[] = ROUTES,
  options: VisitOptions = {},
) {
  const desk = new MemoryRollout([...routes], [...JOURNAL]);
  const admin = await startAdmin({}, { rollout: desk });
  origin = admin.base;
  return { desk, admin, ...(await openAt(path, options)) };
}

const namesOf = (page: Page) => page.locator(".route-card h2").allTextContents();
const status = (page: Page) => page.getByRole("search").getByRole("status");

test("shows where every route stands, what cannot wait first", async () => {
  const { page, look } = await openBoard("/rollout");
  await expect.poll(() => status(page).textContent()).toBe("8 routes, 1 held back");
  await look("rollout-board");
});

test("is a table too", async () => {
  const { page, look } = await openBoard("/rollout?view=table");
  await page.getByRole("grid").waitFor();
  await look("rollout-table");
});

test("route", async () => {
  const { page, look } = await openBoard("/rollout/orders");
  await page.getByRole("heading", { name: "orders" }).waitFor();
  await page.getByText("behind it").first().waitFor();
  await look("rollout-route");
  await page.goto(`${origin}/rollout/payments`);
  await page.getByText("behind it").first().waitFor();
  await look("rollout-latched");
});

// The endpoints' table with ten thousand of them: few rows in the document, the right ones, by mouse and by key.
import type { Page } from "playwright-core";
import { afterAll, expect, test } from "vitest";
import { startHouse } from "../flow/house.ts";
import { answerByPath, startHttp } from "../flow/upstreams.ts";
import { startBrowser } from "./browser.ts";
import { dataWithEndpoints } from "./many-endpoints.ts";

const COUNT = 10_000;
/** A screen of rows, and some beyond its edges. */
const DRAWN_ROWS_MAX = 60;

const legacy = await startHttp(answerByPath);
const house = await startHouse(
  { upstreams: { legacy: { url: legacy.url } } },
  "info",
  await dataWithEndpoints(COUNT),
);
afterAll(async () => {
  await house.stop();
  await legacy.stop();
});
const open = await startBrowser(() => house.admin);

const nameOf = (index: number) => `GET /items-${String(index).padStart(5, "0")}/{id}`;
const rowsOf = (page: Page) => page.locator("tbody tr:not(.spacer)");
/** Names in the order in which they are drawn. */
const namesOf = (page: Page) => page.locator("tbody tr:not(.spacer) td:first-child").allTextContents();
const status = (page: Page) => page.getByRole("search").getByRole("status");

/** The names that can be seen, without those drawn beyond the edges. */
function namesInSight(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const scroller = document.querySelector(".table-scroll");
    const head = document.querySelector("thead")?.getBoundingClientRect();
    const box = scroller?.getBoundingClientRect();
    if (box === undefined || head === undefined) return [];
    return [...document.querySelectorAll("tbody tr:not(.spacer)")]
      .filter((row) => {
        const { top, bottom } = row.getBoundingClientRect();
        return top >= head.bottom - 1 && bottom <= box.bottom + 1;
      })
      .map((row) => row.querySelector("td")?.textContent ?? "");
  });
}

async function openAll(address = "/endpoints?sort=endpoint") {
  const visit = await open(address);
  await expect.poll(() => status(visit.page).textContent(), { timeout: 20_000 }).toBe("10,000 endpoints");
  return visit;
}

test("draws a screen of rows of ten thousand, and the right ones wherever it is scrolled to", async () => {
  const { page, look } = await openAll();
  expect(await page.getByRole("grid").getAttribute("aria-rowcount")).toBe(String(COUNT + 1));
  expect((await namesOf(page)).slice(0, 3)).toEqual([nameOf(0), nameOf(1), nameOf(2)]);
  for (const at of [0.25, 0.5, 0.999]) {
    await page.locator(".table-scroll").evaluate((element, share) => {
      element.scrollTop = share * element.scrollHeight;
    }, at);
    // Whoever looks sees rows, and no hole: what is in sight is what belongs at this height.
    const wanted = nameOf(Math.min(COUNT - 5, Math.round(at * COUNT)));
    await expect.poll(() => namesInSight(page)).toContain(wanted);
    expect(await rowsOf(page).count()).toBeLessThanOrEqual(DRAWN_ROWS_MAX);
  }
  await look("endpoints-many");
});

test("sorts by a header, both ways, and says so", async () => {
  const { page } = await openAll();
  const header = page.getByRole("columnheader", { name: "Exchanges" });
  await header.getByRole("button").click();
  await expect.poll(() => namesOf(page).then(([first]) => first)).toBe(nameOf(COUNT - 1));
  expect(await header.getAttribute("aria-sort")).toBe("descending");
  expect(new URL(page.url()).searchParams.get("sort")).toBe("-exchanges");
  await header.getByRole("button").click();
  await expect.poll(() => namesOf(page).then(([first]) => first)).toBe(nameOf(0));
  expect(await header.getAttribute("aria-sort")).toBe("ascending");
});

test("searches, and keeps the search in the address", async () => {
  const { page } = await openAll();
  await page.keyboard.press("/");
  await page.keyboard.type("items-0421");
  await expect.poll(() => status(page).textContent()).toBe("10 of 10,000 endpoints");
  expect(await namesOf(page)).toEqual(Array.from({ length: 10 }, (_, at) => nameOf(4210 + at)));
  const colleague = await openShared(page.url());
  const shown = await namesOf(page);
  await expect.poll(() => namesOf(colleague)).toEqual(shown);
  await page.getByRole("searchbox").fill("nothing is called so");
  await page.getByRole("button", { name: "Show all" }).click();
  await expect.poll(() => status(page).textContent()).toBe("10,000 endpoints");
});

/** The same address in a browser of somebody else, once all is loaded. */
async function openShared(url: string): Promise<Page> {
  const { page } = await open(url);
  await expect.poll(() => status(page).textContent(), { timeout: 20_000 }).toContain("of 10,000");
  return page;
}

test("shows those of a route, and those with mismatches", async () => {
  const { page } = await openAll();
  await page.getByRole("combobox", { name: "Route" }).selectOption("odd");
  await expect.poll(() => status(page).textContent()).toBe("5,000 of 10,000 endpoints");
  await page.getByRole("button", { name: "With mismatches" }).click();
  await expect.poll(() => namesOf(page).then((names) => names.slice(0, 2))).toEqual([nameOf(7), nameOf(21)]);
});

test("shows the one endpoint that a link is about, and the way back to all", async () => {
  const { page } = await open(`/endpoints?endpoint=${encodeURIComponent(nameOf(7))}`);
  await expect.poll(() => status(page).textContent(), { timeout: 20_000 }).toBe("1 of 10,000 endpoints");
  expect(await namesOf(page)).toEqual([nameOf(7)]);
  await page.getByRole("button", { name: `${nameOf(7)} alone: show all` }).click();
  await expect.poll(() => status(page).textContent()).toBe("10,000 endpoints");
});

test("goes through rows by key, and opens one", async () => {
  const { page } = await openAll();
  await page.getByRole("grid").focus();
  await page.keyboard.press("End");
  await expect.poll(() => namesInSight(page)).toContain(nameOf(COUNT - 1));
  await page.keyboard.press("ArrowUp");
  await expect.poll(() => page.locator("tr.current td").first().textContent()).toBe(nameOf(COUNT - 2));
  const active = await page.getByRole("grid").getAttribute("aria-activedescendant");
  expect(await page.locator(`[id="${active}"] td`).first().textContent()).toBe(nameOf(COUNT - 2));
  await page.keyboard.press("Home");
  await page.keyboard.press("PageDown");
  await page.keyboard.press("PageUp");
  await page.keyboard.press("j");
  await expect.poll(() => page.locator("tr.current td").first().textContent()).toBe(nameOf(1));
  await page.keyboard.press("Enter");
  await expect.poll(() => new URL(page.url()).searchParams.get("endpoint")).toBe(nameOf(1));
  expect(new URL(page.url()).pathname).toBe("/differences");
});

// The list of differences and the page of one: what needs somebody, filters in the address, all of it by keys.
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { startReview } from "./browser.ts";

const review = await startReview();

const row = (page: Page, path: string) =>
  page.getByRole("row").filter({ has: page.getByRole("link", { name: path }) });
const isFocused = (page: Page, name: string) =>
  expect.poll(() => page.evaluate("document.activeElement?.textContent")).toBe(name);

describe("the list", () => {
  test("shows what needs somebody under its endpoint, and says how much is noise", async () => {
    const { page, look } = await review.open("/differences");
    await page.getByText("9 signatures need somebody").waitFor();
    await page.getByRole("rowheader", { name: "GET /products/{id} 2 signatures" }).waitFor();
    const price = row(page, "/price");
    await price.getByText("price is text in the candidate and a number in the legacy.").waitFor();
    for (const text of ["confirmed", "breaking", "new"])
      await price.getByText(text, { exact: true }).waitFor();
    await price.getByRole("cell", { name: "36 in 36 exchanges" }).waitFor();
    await look("differences");
    // Two lines a row, whatever the values are, and one border under all of it.
    const cells = page.locator(".signatures td.values");
    expect(
      new Set(await cells.evaluateAll((all) => all.map((cell) => getComputedStyle(cell).display))),
    ).toEqual(new Set(["table-cell"]));
    await page.getByRole("button", { name: "1 more is noise" }).click();
    await row(page, "/meta/trace").waitFor();
    expect(new URL(page.url()).search).toBe("?tier=noise");
  });

  test("draws the last day of each, and says it in words", async () => {
    const { page } = await review.open("/differences");
    const line = row(page, "/price").getByRole("img");
    await line.waitFor();
    // What was seen is in the newest of 24 steps, and 0 is at the bottom.
    expect(await line.locator("title").textContent()).toMatch(/^36 exchanges in the last 24 hours, rising$/);
    const points = (await line.locator("polyline").getAttribute("points"))?.split(" ") ?? [];
    expect([points.length, points[0], points.at(-1)]).toEqual([24, "0.0,20.0", "96.0,0.0"]);
  });

  test("is the same for a colleague who gets the address", async () => {
    const { page } = await review.open("/differences");
    await page.getByRole("searchbox", { name: "Search" }).fill("orders");
    await page.getByLabel("First").selectOption("seen last");
    await page.getByRole("button", { name: "Flat" }).click();
    await page.getByText("3 signatures with these filters").waitFor();
    await page.getByText("More filters").click();
    await page.getByLabel("Kind").selectOption("moved");
    await page.getByText("1 signature with these filters").waitFor();
    const colleague = await review.open(new URL(page.url()).pathname + new URL(page.url()).search);
    await colleague.page.getByText("1 signature with these filters").waitFor();
    await row(colleague.page, "/lines").waitFor();
    expect(await colleague.page.getByRole("searchbox", { name: "Search" }).inputValue()).toBe("orders");
    await colleague.page.getByRole("button", { name: "Back to what needs somebody" }).click();
    await colleague.page.getByText("9 signatures need somebody").waitFor();
  });

  test("is walked, opened and come back to by keys", async () => {
    const { page } = await review.open("/differences");
    await page.getByText("9 signatures need somebody").waitFor();
    await page.keyboard.press("j");
    await isFocused(page, "/price");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    await isFocused(page, "/meta/region");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "/meta/region" }).waitFor();
    await page.keyboard.press("u");
    await page.getByText("9 signatures need somebody").waitFor();
    await isFocused(page, "/meta/region");
    await page.keyboard.press("/");
    await expect.poll(() => page.evaluate("document.activeElement?.type")).toBe("search");
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await page.getByRole("dialog").getByText("Call it a bug").waitFor();
  });

  test("says what to do where nothing is", async () => {
    const { page, look } = await review.open("/differences?search=nothing-like-it");
    await page.getByRole("heading", { name: "No signature is like this" }).waitFor();
    await look("differences-empty");
    await page.getByRole("link", { name: "all there are" }).click();
    await page.getByText("10 signatures with these filters").waitFor();
  });

  test("tells what the API says against an address written by hand", async () => {
    const { page } = await review.open("/differences?kind=odd", { refusals: /kind=odd/ });
    await page.getByRole("alert").getByText("kind:").waitFor();
  });

  test("is usable on a narrow screen", async () => {
    const { page, look } = await review.open("/differences", { width: 420, height: 900 });
    await row(page, "/price").waitFor();
    await look("differences-narrow");
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(420);
  });
});

describe("the page of one", () => {
  test("says what, how often, since when, whether it is noise, and what to do next", async () => {
    const { page, look } = await review.open("/differences?search=price");
    await page.getByRole("link", { name: "/price" }).click();
    await page.getByText("price is text in the candidate and a number in the legacy.").waitFor();
    expect(await page.title()).toBe("price at GET /products/{id} · Parallax");
    await page.getByText("100.00 % of the 36 compared").waitFor();
    await page.getByText("the candidate alone differed here in").waitFor();
    await page.getByRole("figure").getByText("in the last 24 hours").waitFor();
    await page.getByText("Nobody has decided or said anything yet.").waitFor();
    await look("difference");
    await page.getByRole("button", { name: "Copy the replay command" }).click();
    const id = new URL(page.url()).pathname.split("/").at(-1);
    expect(await page.evaluate("navigator.clipboard.readText()")).toContain(
      `npx parallax replay --signature ${id} `,
    );
    const href = await page.getByRole("link", { name: "Show me one" }).getAttribute("href");
    expect(href).toMatch(new RegExp(`^/exchanges/.+\\?signature=${id}&n=1$`));
  });

  test("of noise says so, and has the rule for it", async () => {
    const { page, look } = await review.open("/differences?tier=noise");
    await page.getByRole("link", { name: "/meta/trace" }).click();
    await page.getByText("the legacy differs from itself here as well").waitFor();
    await page.getByText(/Suggested: shape uuid at \/meta\/trace\./).waitFor();
    await look("difference-noise");
  });

  test("is usable on a narrow screen", async () => {
    const { page, look } = await review.open("/differences?search=price", { width: 420, height: 900 });
    await page.getByRole("link", { name: "/price" }).click();
    await page.getByRole("figure").waitFor();
    await look("difference-narrow");
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(420);
  });

  test("that there is not says so", async () => {
    const { page } = await review.open("/differences/none", { refusals: /\/api\/differences\/none/ });
    await page.getByRole("heading", { name: "There is no such signature" }).waitFor();
  });
});

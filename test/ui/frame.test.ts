// What stands around every view: the line of truth, the banner, the kill switch, the theme, the keys.
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { startReview } from "./browser.ts";
import { startShop } from "./shop.ts";

const review = await startReview();
const truth = (page: Page) => page.locator(".truth");

test("says on top of every view how much came, how alike it is, and that it is alive", async () => {
  const { page } = await review.open("/");
  await expect.poll(() => truth(page).textContent()).toMatch(/^96 exchanges12\.50.% match.*live$/);
  await page.locator(".who").getByText("operator").waitFor();
  await page.getByText("legacy path untouched").waitFor();
  await review.shop.send(1);
  await expect.poll(() => truth(page).textContent()).toMatch(/^104 exchanges/);
  await page.getByRole("link", { name: "Endpoints" }).click();
  await page.getByRole("heading", { name: "Endpoints" }).waitFor();
  expect(await truth(page).textContent()).toMatch(/^104 exchanges/);
  expect(await page.title()).toBe("Endpoints · Parallax");
});

test("turns the kill switch on and off after a question, and gives the focus back", async () => {
  const { page, look } = await review.open("/");
  const button = page.getByRole("button", { name: "Kill switch …" });
  await button.click();
  await look("kill-dialog");
  await page.keyboard.press("Escape");
  await expect.poll(() => button.evaluate((element) => element === document.activeElement)).toBe(true);
  expect((await review.house.summary()).isKilled).toBe(false);
  await button.click();
  await page.getByLabel("Reason").fill("its database is being moved");
  await page.getByRole("dialog").getByRole("button", { name: "All to the legacy" }).click();
  await page.getByText("kill switch on: the legacy serves all, nothing is mirrored").waitFor();
  expect((await review.house.summary()).isKilled).toBe(true);
  await page.getByRole("button", { name: "Kill switch off …" }).click();
  await page.getByLabel("Reason").fill("it has moved");
  await page.getByRole("dialog").getByRole("button", { name: "Turn it off" }).click();
  await button.waitFor();
  expect((await review.house.summary()).isKilled).toBe(false);
  await page.keyboard.press("g");
  await page.keyboard.press("a");
  await page.getByText("nothing mirrored, because: its database is being moved").waitFor();
  await page.getByText("turned the kill switch off, because: it has moved").waitFor();
});

test("keeps the theme that was chosen", async () => {
  const { page } = await review.open("/");
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.getByRole("combobox", { name: "Theme" }).selectOption("dark");
  await expect.poll(ground).not.toBe(light);
  const dark = await ground();
  await page.reload();
  await expect.poll(ground).toBe(dark);
});

test("lists its keys, goes to views by key, and leaves fields alone", async () => {
  const { page, look } = await review.open("/endpoints");
  await page.getByRole("grid").waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog").getByText("Go to Overview").waitFor();
  await look("keys");
  await page.keyboard.press("Escape");
  await page.getByRole("searchbox").fill("go");
  await page.getByRole("searchbox").press("?");
  expect(await page.getByRole("dialog").count()).toBe(0);
  expect(await page.getByRole("searchbox").inputValue()).toBe("go?");
  await page.getByRole("heading", { name: "Endpoints" }).click();
  await page.keyboard.press("g");
  await page.keyboard.press("o");
  await page.getByRole("heading", { name: "Overview" }).waitFor();
});

test("is of use on a narrow screen", async () => {
  const { page, look } = await review.open("/endpoints", { width: 420, height: 900 });
  await page.getByRole("grid").waitFor();
  for (const address of ["/endpoints", "/"]) {
    await page.goto(new URL(address, review.house.admin).href);
    await page.locator(".truth strong").waitFor();
    await look(address === "/" ? "narrow-overview" : "narrow-endpoints");
    const widths = () => page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    expect(await widths()).toEqual([420, 420]);
  }
});

test("shows a banner while Parallax does not answer, and what was there stays", async () => {
  const shop = await startShop({}, 1);
  const { page, look } = await review.open(`${shop.house.admin}/`, { isUnplugged: true });
  await expect.poll(() => truth(page).textContent()).toMatch(/^8 exchanges/);
  await shop.stop();
  await page.getByRole("alert").getByText("Parallax does not answer").first().waitFor();
  await page.getByText(/last heard \d+ seconds? ago/).waitFor();
  expect(await truth(page).textContent()).toMatch(/^8 exchanges/);
  await look("silent");
});

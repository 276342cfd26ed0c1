// More than a page of differences and of the audit log: the next page goes on where the last one ended.
import type { Page } from "playwright-core";
import { request } from "undici";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startHouse } from "../flow/house.ts";
import { startHttp } from "../flow/upstreams.ts";
import { startBrowser } from "./browser.ts";

/** As many as a page holds, once, and a part of a second one. */
const PAGE = 50;
const FIELDS = PAGE + 7;
const CHANGES = PAGE + 4;

const fields = (value: number) =>
  startHttp((_, answer) => {
    answer.setHeader("content-type", "application/json");
    const names = Array.from({ length: FIELDS }, (__, at) => `field${`${at}`.padStart(2, "0")}`);
    answer.end(JSON.stringify(Object.fromEntries(names.map((name) => [name, value]))));
  });
const [legacy, candidate] = await Promise.all([fields(1), fields(2)]);
const house = await startHouse({
  upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
});
afterAll(async () => {
  await house.stop();
  await Promise.all([legacy.stop(), candidate.stop()]);
});
const open = await startBrowser(() => house.admin);

const pages = (page: Page) => page.getByRole("navigation", { name: "Pages" });
const isDisabled = (page: Page, name: string) => pages(page).getByRole("button", { name }).isDisabled();

beforeAll(async () => {
  await (await request(`http://127.0.0.1:${house.port}/wide`)).body.dump();
  await vi.waitUntil(
    async () => {
      const answer = await fetch(`${house.admin}/api/differences?limit=1`);
      return ((await answer.json()) as { readonly total: number }).total === FIELDS;
    },
    { timeout: 20_000, interval: 50 },
  );
  for (let change = 0; change < CHANGES; change++) {
    const method = change % 2 === 0 ? "POST" : "DELETE";
    await (await request(`${house.admin}/api/kill`, { method })).body.dump();
  }
});

test("differences past the first page are on the second, each once, and the address says which page", async () => {
  const { page, look } = await open("/differences?layout=flat");
  const links = page.getByRole("link", { name: /^\/field\d\d$/ });
  await pages(page).getByText(`1 to ${PAGE} of ${FIELDS}`).waitFor();
  const first = await links.allInnerTexts();
  expect([await isDisabled(page, "Previous"), await isDisabled(page, "Next")]).toEqual([true, false]);
  await pages(page).getByRole("button", { name: "Next" }).click();
  await pages(page)
    .getByText(`${PAGE + 1} to ${FIELDS} of ${FIELDS}`)
    .waitFor();
  expect(new URL(page.url()).searchParams.get("page")).toBe("2");
  await look("differences-second-page");
  const second = await links.allInnerTexts();
  expect([await isDisabled(page, "Previous"), await isDisabled(page, "Next")]).toEqual([false, true]);
  expect([first.length, second.length]).toEqual([PAGE, FIELDS - PAGE]);
  expect(new Set([...first, ...second]).size).toBe(FIELDS);
  await page.reload();
  await pages(page)
    .getByText(`${PAGE + 1} to ${FIELDS} of ${FIELDS}`)
    .waitFor();
  await pages(page).getByRole("button", { name: "Previous" }).click();
  await pages(page).getByText(`1 to ${PAGE} of ${FIELDS}`).waitFor();
  expect(await links.allInnerTexts()).toEqual(first);
});

test("a filter that is set on the second page begins at the first", async () => {
  const { page } = await open("/differences?layout=flat&page=2");
  await pages(page)
    .getByText(`${PAGE + 1} to ${FIELDS} of ${FIELDS}`)
    .waitFor();
  await page.getByRole("searchbox", { name: "Search" }).fill("field0");
  await page.getByText("10 signatures with these filters").waitFor();
  expect(new URL(page.url()).searchParams.get("page")).toBeNull();
});

test("the audit log goes on where its first page ended, and back to the newest", async () => {
  const { page, look } = await open("/audit");
  const lines = page.getByRole("main").getByRole("listitem");
  await expect.poll(() => lines.count()).toBe(PAGE);
  expect([await isDisabled(page, "Newest"), await isDisabled(page, "Older")]).toEqual([true, false]);
  expect(await lines.first().innerText()).toContain("turned the kill switch off");
  await pages(page).getByRole("button", { name: "Older" }).click();
  await expect.poll(() => lines.count()).toBe(CHANGES - PAGE);
  expect(await lines.last().innerText()).toContain("turned the kill switch on");
  expect([await isDisabled(page, "Newest"), await isDisabled(page, "Older")]).toEqual([false, true]);
  await look("audit-second-page");
  await page.getByLabel("What").selectOption("kill switch on");
  await expect.poll(() => lines.count()).toBe(CHANGES / 2);
  expect(new URL(page.url()).search).toBe("?action=killed");
});

test("an audit log without an entry like that says so, and leads to the whole", async () => {
  const { page } = await open("/audit?subject=nobody");
  await page.getByRole("heading", { name: "No entry is like this" }).waitFor();
  await page.getByRole("link", { name: "the whole log" }).click();
  await expect.poll(() => page.getByRole("main").getByRole("listitem").count()).toBe(PAGE);
});

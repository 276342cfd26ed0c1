// Deciding about signatures: one, several, with what each decision needs; who did it, and what comes back.
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { startReview } from "./browser.ts";

const review = await startReview();

const row = (page: Page, path: string) =>
  page.getByRole("row").filter({ has: page.getByRole("link", { name: path }) });

async function openOne(path: string) {
  const visit = await review.open(`/differences?state=all&search=${encodeURIComponent(path)}`);
  await visit.page.getByRole("link", { name: path, exact: true }).click();
  await visit.page.getByRole("heading", { name: "Decide" }).waitFor();
  return visit;
}

test("accepts until a day, with an owner and a comment, and says who did", async () => {
  const { page, look } = await openOne("/total");
  await page.getByRole("button", { name: "Accept", exact: true }).click();
  await page.getByRole("button", { name: "Accept", exact: true }).last().click();
  await page.getByText("Until when? After that day it is new again.").waitFor();
  await page.getByRole("button", { name: "30 days" }).click();
  await page.getByRole("textbox", { name: "Owner" }).fill("team-orders");
  await page.getByRole("textbox", { name: "Comment" }).fill("rounding is agreed");
  await page.getByRole("button", { name: "Accept", exact: true }).last().click();
  await page.getByText(/^Accepted by local on .+, until /).waitFor();
  await page.getByText("owner: team-orders").waitFor();
  await page.getByRole("listitem").filter({ hasText: "said: rounding is agreed" }).waitFor();
  await page
    .getByRole("listitem")
    .filter({ hasText: /local accepted it until .+ gave it to team-orders/ })
    .waitFor();
  await look("difference-accepted");
});

test("wants a link for a bug, and shows it", async () => {
  const { page } = await openOne("/customer/vip");
  await page.getByRole("button", { name: "Bug", exact: true }).click();
  await page.getByRole("textbox", { name: "Link to the bug" }).fill("javascript:alert(1)");
  await page.getByRole("button", { name: "Call it a bug" }).click();
  await page.getByText("Where the bug is followed up: an http or https address.").waitFor();
  await page.getByRole("textbox", { name: "Link to the bug" }).fill("https://bugs.test/7");
  await page.getByRole("button", { name: "Call it a bug" }).click();
  await page.getByText(/^Called a bug by local/).waitFor();
  expect(await page.getByRole("link", { name: "https://bugs.test/7" }).first().getAttribute("href")).toBe(
    "https://bugs.test/7",
  );
});

test("reopens what was fixed and comes back, and says so", async () => {
  const { page, look } = await openOne("/price");
  await page.getByRole("button", { name: "Fixed", exact: true }).click();
  await page.getByRole("button", { name: "Call it fixed" }).click();
  await page.getByText(/^Called fixed by local/).waitFor();
  await review.shop.send(1);
  await page.reload();
  await page.getByText(/^Was fixed by local on .+; came back, last seen/).waitFor();
  await look("difference-reopened");
  await page.getByRole("button", { name: "Back to new", exact: true }).click();
  await page.getByRole("button", { name: "Put it back to new" }).click();
  await page.getByText(/^Put back to new by local/).waitFor();
});

test("decides about several at once, by keys", async () => {
  const { page, look } = await review.open("/differences?endpoint=GET+%2Fcoupons%2F%7Bid%7D&state=all");
  await row(page, "status").waitFor();
  for (const key of ["j", "x", "j", "x"]) await page.keyboard.press(key);
  await page.getByText("2 chosen").waitFor();
  await page.keyboard.press("b");
  const dialog = page.getByRole("dialog", { name: "Decide about 2 signatures" });
  await dialog.waitFor();
  await look("triage-dialog");
  await page.keyboard.type("https://bugs.test/8");
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  await page.getByText("Called 2 signatures a bug").waitFor();
  await expect.poll(() => page.getByRole("row").getByText("bug", { exact: true }).count()).toBe(2);
});

test("shows where it was tried what the API says against it", async () => {
  const { page } = await review.open("/differences", { refusals: /\/api\/triage/ });
  await row(page, "/meta/region").waitFor();
  await page.route("**/api/triage", (route) =>
    route.fulfill({
      status: 503,
      json: { error: "store-unavailable", message: "the store cannot be written now" },
    }),
  );
  await page.keyboard.press("j");
  await page.keyboard.press("f");
  await page.getByRole("button", { name: "Call it fixed" }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByRole("alert").getByText("the store cannot be written now").waitFor();
});

test("a viewer sees why not", async () => {
  const { page } = await review.open("/");
  await page.route("**/api/me", (route) => route.fulfill({ json: { who: "vera", role: "viewer" } }));
  await page.goto(`${review.house.admin}/differences?search=region&state=all`);
  await page.getByRole("link", { name: "/meta/region" }).click();
  await page.getByText("You are a viewer: this needs the role reviewer.").waitFor();
  expect(await page.getByRole("button", { name: "Save" }).isDisabled()).toBe(true);
});

test("every decision is in the audit log, as sentences with links", async () => {
  const { page, look } = await review.open("/audit");
  await page.getByRole("listitem").filter({ hasText: "local called it fixed" }).waitFor();
  await look("audit");
  await page.getByLabel("What").selectOption("comments");
  await expect.poll(() => page.getByRole("listitem").count()).toBe(1);
  expect(new URL(page.url()).search).toBe("?action=comment");
  await page.getByRole("listitem").getByRole("link", { name: "/total at GET /orders/{id}" }).click();
  await page.getByRole("heading", { name: "/total" }).waitFor();
});

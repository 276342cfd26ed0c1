// From a difference to a rule: tried, put to work, seen on the page of rules, removed; and rules that are suggested.
import { expect, test } from "vitest";
import { loaded, loadText, TWO_URLS } from "../config/config-file.ts";
import { startReview } from "./browser.ts";

const review = await startReview();

/** A preview that is refused: one is under way still, or the rule is wrong. */
const REFUSED = /\/api\/rules\/preview/;

async function openOne(path: string, query = "", refusals = /^$/) {
  const visit = await review.open(`/differences?search=${encodeURIComponent(path)}${query}`, { refusals });
  await visit.page.getByRole("link", { name: path, exact: true }).click();
  await visit.page.getByRole("heading", { name: "What to do next" }).waitFor();
  return visit;
}

test("without a rule the page of rules says how to get one", async () => {
  const { page, look } = await review.open("/rules");
  await page.getByRole("heading", { name: "No rule is in force" }).waitFor();
  await page.getByRole("heading", { name: "shape uuid at /meta/trace" }).waitFor();
  await look("rules-empty");
});

test("a rule is previewed, changed and copied as YAML that the config takes", async () => {
  const { page, look } = await openOne("/lines", "", REFUSED);
  await page.getByRole("button", { name: "Order does not matter" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Hides 1 signature, 24 differences so far.").waitFor();
  await look("rule-dialog");
  await dialog.getByLabel("Where").fill("/nowhere");
  await dialog.getByLabel("Reason").click();
  await dialog.getByText(/^Hides nothing in \d+ stored samples\.$/).waitFor();
  await dialog.getByLabel("Where").fill("/lines");
  await dialog.getByLabel("Reason").click();
  await dialog.getByLabel("For").selectOption("all routes");
  await dialog.getByText("Hides 1 signature").waitFor();
  await dialog.getByLabel("Reason").fill('a set: "any" order # really');
  await dialog.getByLabel("Owner").fill("team-orders");
  await dialog.getByRole("button", { name: "90 days" }).click();
  await dialog.getByRole("button", { name: "Copy the YAML" }).click();
  const yaml = String(await page.evaluate("navigator.clipboard.readText()"));
  expect(loaded(loadText(`${TWO_URLS}${yaml}`)).settings.rules).toMatchObject([
    {
      kind: "array",
      path: "/lines",
      mode: "unordered",
      reason: 'a set: "any" order # really',
      owner: "team-orders",
    },
  ]);
});

test("a rule that is wrong says why, where it was written", async () => {
  const { page, look } = await openOne("/total", "", REFUSED);
  await page.getByRole("button", { name: "Tolerance" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText(/^Hides/).waitFor();
  await dialog.getByLabel("Or this share of the legacy's value").fill("a lot");
  await dialog.getByLabel("Reason").click();
  await dialog
    .getByRole("alert")
    .getByText(/a decimal number/)
    .waitFor();
  await look("rule-refused");
});

test("needs a reason, an owner and a date; then it is at work, and can be removed", async () => {
  const { page, look } = await openOne("/meta/trace", "&tier=noise");
  await page.getByRole("button", { name: "Try the suggested rule" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Hides 1 signature").waitFor();
  await dialog.getByRole("button", { name: "Put to work" }).click();
  await dialog.getByText("Who answers for it?").waitFor();
  await dialog.getByLabel("Reason").fill("made anew for each answer");
  await dialog.getByLabel("Owner").fill("team-catalogue");
  await dialog.getByRole("button", { name: "90 days" }).click();
  await dialog.getByRole("button", { name: "Put to work" }).click();
  await page.getByText("At work: shape uuid at /meta/trace.").waitFor();
  await dialog.waitFor({ state: "detached" });
  await review.shop.send(1);
  await page.getByRole("link", { name: "Rules", exact: true }).click();
  const card = page.getByRole("article").filter({ hasText: "put to work by local" });
  await card.getByText("3 places hidden").waitFor();
  await card.getByText("GET /products/{id}").waitFor();
  await card.getByText("Examples of what it hid").click();
  await look("rules");
  await page.getByRole("button", { name: "Worth a look" }).click();
  await page.getByRole("heading", { name: "No rule is worth a look" }).waitFor();
  await page.getByRole("button", { name: "All", exact: true }).click();
  const id = await card.getAttribute("id");
  await page.goto(new URL(`/rules?rule=${id}`, review.house.admin).href);
  await card.getByText("put to work by local").waitFor();
  await expect.poll(() => page.evaluate("document.activeElement?.id")).toBe(id);
  await card.getByRole("button", { name: "Remove" }).click();
  await card.getByRole("button", { name: "Remove it" }).click();
  await page.getByRole("heading", { name: "No rule is in force" }).waitFor();
  await page.getByText(`The rule ${id} is not in force any more.`).waitFor();
  await page.getByRole("banner").getByRole("link", { name: "Audit log" }).click();
  await page.getByText("removed the rule").waitFor();
  await page.getByText(/put the rule .+ to work/).waitFor();
});

test("the page of rules is usable on a narrow screen, and so is the dialog", async () => {
  const { page, look } = await review.open("/rules", { width: 420, height: 900 });
  await page.getByRole("button", { name: "Try it" }).first().click();
  await page
    .getByRole("dialog")
    .getByText(/^Hides/)
    .waitFor();
  await look("rule-dialog-narrow");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(420);
});

// The whole way of one difference, by clicking: found, seen, called a bug, fixed, back again, made a rule, gone.
import { request } from "undici";
import { afterAll, expect, test } from "vitest";
import type { SignatureAnswer } from "../../src/admin/schemas.ts";
import { startHouse } from "../flow/house.ts";
import { startHttp } from "../flow/upstreams.ts";
import { startBrowser } from "./browser.ts";

const priced = (price: (id: number) => unknown) =>
  startHttp((incoming, answer) => {
    const id = Number(incoming.url?.split("/").at(-1));
    answer.setHeader("content-type", "application/json");
    answer.end(JSON.stringify({ id, price: price(id) }));
  });
const [legacy, candidate] = await Promise.all([priced((id) => id * 10), priced((id) => `${id * 10}`)]);
const house = await startHouse({
  upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
});
afterAll(async () => {
  await house.stop();
  await Promise.all([legacy.stop(), candidate.stop()]);
});
const open = await startBrowser(() => house.admin);

let sent = 0;
/** Of one item each; resolves with the totals once all of them are judged. */
async function buy(count: number) {
  for (let n = 0; n < count; n++) {
    const { body } = await request(`http://127.0.0.1:${house.port}/items/${++sent}`);
    await body.dump();
  }
  return house.settled(sent);
}

test("from traffic to a decision, and from a decision to a rule that hides it from then on", async () => {
  await buy(6);
  const { page, look } = await open("/");
  await page.getByRole("link", { name: "1 open signature" }).click();
  await page.getByRole("link", { name: "/price", exact: true }).click();
  await page.getByRole("heading", { name: "/price" }).waitFor();
  const id = new URL(page.url()).pathname.split("/").at(-1);
  const stored = async () => {
    const { body } = await request(`${house.admin}/api/differences/${id}`);
    const { count, state } = (await body.json()) as SignatureAnswer;
    return { count, state };
  };

  await page.getByRole("link", { name: "Show me one" }).click();
  await page.getByRole("treegrid").waitFor();
  await page.getByText(/^sample 1 of [1-6]$/).waitFor();
  await page.keyboard.press("n");
  await page.locator("tr.row-line.current", { hasText: "price" }).waitFor();
  await look("story-exchange");
  await page.getByRole("link", { name: "Back to the signature" }).click();

  await page.getByRole("button", { name: "Bug", exact: true }).click();
  await page.getByRole("textbox", { name: "Link to the bug" }).fill("https://bugs.test/1");
  await page.getByRole("button", { name: "Call it a bug" }).click();
  await page.getByText(/^Called a bug by local/).waitFor();
  await page.getByRole("button", { name: "Fixed", exact: true }).click();
  await page.getByRole("button", { name: "Call it fixed" }).click();
  await page.getByText(/^Called fixed by local/).waitFor();
  expect(await stored()).toEqual({ count: 6, state: "fixed" });

  await buy(2);
  await expect.poll(stored).toEqual({ count: 8, state: "reopened" });
  await page.reload();
  await page.getByText(/^Was fixed by local on .+; came back, last seen/).waitFor();

  await page.getByRole("button", { name: "Text and number are the same" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Hides 1 signature, 8 differences so far.").waitFor();
  await dialog.getByLabel("Reason").fill("clients read both");
  await dialog.getByLabel("Owner").fill("team-prices");
  await dialog.getByRole("button", { name: "90 days" }).click();
  await dialog.getByRole("button", { name: "Put to work" }).click();
  await page.getByText("At work: coerce at /price.").waitFor();

  const { match, mismatch } = await buy(5);
  expect({ match, mismatch }).toEqual({ match: 5, mismatch: 8 });
  await page.getByRole("link", { name: "Rules", exact: true }).click();
  const card = page.getByRole("article").filter({ hasText: "clients read both" });
  await expect
    .poll(async () => {
      await page.reload();
      return card.getByText(/places? hidden/).innerText();
    })
    .toBe("5 places hidden");
  expect((await stored()).count).toBe(8);
  await look("story-hidden");
}, 120_000);

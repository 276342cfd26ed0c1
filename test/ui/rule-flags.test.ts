// Rules that are worth a look, of real traffic: one that never hit, one that hides nearly all, an old one, a failing one.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request } from "undici";
import { afterAll, expect, test } from "vitest";
import type { RuleAnswer } from "../../src/admin/rule-schemas.ts";
import { NEVER_HIT_COMPARED_MIN } from "../../src/review/rule-review.ts";
import { startHouse } from "../flow/house.ts";
import { startHttp } from "../flow/upstreams.ts";
import { startBrowser } from "./browser.ts";

const AT_ONCE = 50;

interface Rules {
  readonly rules: readonly RuleAnswer[];
}

const folder = mkdtempSync(join(tmpdir(), "parallax-flags-"));
const module = join(folder, "throws.mjs");
writeFileSync(module, "export default () => { throw new Error('custom'); };");
const answering = (value: number) =>
  startHttp((_, answer) => {
    answer.setHeader("content-type", "application/json");
    answer.end(`{"trace":${value},"id":1}`);
  });
const [legacy, candidate] = await Promise.all([answering(1), answering(2)]);
const house = await startHouse({
  upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
  routes: [
    {
      name: "failing",
      match: { path: "/failing" },
      stage: "shadow",
      rules: [{ kind: "custom", path: "/trace", module }],
    },
    {
      name: "all",
      match: { path: "/**" },
      stage: "shadow",
      rules: [
        { kind: "ignore", path: "/trace" },
        { kind: "ignore", path: "/nowhere" },
        { kind: "case", path: "/id", expires: "2020-01-31" },
      ],
    },
  ],
});
afterAll(async () => {
  await house.stop();
  await Promise.all([legacy.stop(), candidate.stop()]);
  rmSync(folder, { recursive: true, force: true });
});
const open = await startBrowser(() => house.admin);

const get = async (path: string) => {
  await (await request(`http://127.0.0.1:${house.port}${path}`)).body.dump();
};

test("each says what is wrong with it and what to do, and the others can be left out", async () => {
  await get("/failing");
  for (let sent = 0; sent < NEVER_HIT_COMPARED_MIN; sent += AT_ONCE)
    await Promise.all(Array.from({ length: AT_ONCE }, () => get("/items/1")));
  const { match, incomparable } = await house.settled(NEVER_HIT_COMPARED_MIN + 1);
  expect({ match, incomparable }).toEqual({ match: NEVER_HIT_COMPARED_MIN, incomparable: 1 });
  // Written a moment after it is judged; the page shows what it found when it was opened.
  await expect
    .poll(async () => {
      const answer = (await (await fetch(`${house.admin}/api/rules`)).json()) as Rules;
      return answer.rules.map(({ hits, flags }) => [hits, ...flags.map(({ kind }) => kind)]);
    })
    .toEqual([
      [0, "failed"],
      [NEVER_HIT_COMPARED_MIN, "too-broad"],
      [0, "never-hit"],
      [0, "never-hit", "expired"],
    ]);
  const { page, look } = await open("/rules");
  const card = (title: string) =>
    page.getByRole("article").filter({ has: page.getByRole("heading", { name: title }) });
  for (const [title, words] of [
    ["ignore at /nowhere", /^Never hit in 1,000 compared exchanges: /],
    ["ignore at /trace", /^Hides 100\.00\u00a0% of all that differs at GET \/items\//],
    ["case at /id", /^Past its date \(2020-01-31\), and still hiding\./],
    ["custom at /trace", /^Failed in 1 exchange, which could not be compared then\./],
  ] as const)
    await card(title).getByText(words).waitFor();
  await look("rules-flagged");
  expect(await card("ignore at /trace").getByText("Never hit").count()).toBe(0);
  await page.getByRole("button", { name: "Worth a look" }).click();
  expect(new URL(page.url()).search).toBe("?flagged=true");
  expect(await page.getByRole("article").count()).toBe(4);
}, 120_000);

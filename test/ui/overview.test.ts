// The overview: what is going on in one look, alive, and what to do where there is nothing yet.
import { request } from "undici";
import { expect, onTestFinished, test } from "vitest";
import type { LatencyAnswer, TrendAnswer } from "../../src/admin/review-schemas.ts";
import type { Summary } from "../../src/admin/schemas.ts";
import { startReview } from "./browser.ts";
import { startShop } from "./shop.ts";

const review = await startReview();

const MINUTE_MS = 60_000;
/** An hour with a dip in it, and a gap of five minutes. */
function trend(): TrendAnswer {
  const nowMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
  const points = Array.from({ length: 58 }, (_, at) => {
    const exchanges = 900 + Math.round(300 * Math.sin(at / 6));
    const mismatch = at > 30 && at < 36 ? 60 : 4;
    const slow = at > 30 && at < 36 ? 3 : 1;
    return {
      atMs: nowMs - (57 - at) * MINUTE_MS,
      exchanges,
      match: exchanges - mismatch - 20,
      mismatch,
      noise: 1,
      incomparable: 5,
      skipped: 15,
      legacyMs: { p50: 3, p95: 11 + Math.sin(at), p99: 30 },
      candidateMs: { p50: 4, p95: (14 + Math.cos(at)) * slow, p99: 44 },
    };
  }).filter((_, at) => at < 12 || at > 16);
  return { resolution: "minute", points };
}

const LATENCY: LatencyAnswer = {
  legacy: {
    p50: 3.1,
    p95: 11.4,
    p99: 30.2,
    buckets: [
      { upToMs: 1.9, count: 100 },
      { upToMs: 4.2, count: 600 },
      { upToMs: 9, count: 200 },
      { upToMs: 31, count: 90 },
    ],
  },
  candidate: {
    p50: 4.2,
    p95: 14.1,
    p99: 44,
    buckets: [
      { upToMs: 4.2, count: 400 },
      { upToMs: 9, count: 400 },
      { upToMs: 31, count: 190 },
      { upToMs: 90, count: 2 },
      { upToMs: null, count: 1 },
    ],
  },
};

async function summaryWith(changes: Partial<Summary>): Promise<Summary> {
  return { ...((await review.house.summary()) as unknown as Summary), ...changes };
}

const UPSTREAMS: Summary["upstreams"] = [
  { name: "legacy", url: "http://shop-legacy.internal:8000", breaker: null },
  { name: "candidate", url: "http://shop-next.internal:8000", breaker: "closed" },
];

test("shows outcomes, trends, latency and health in one look", async () => {
  const summary = await summaryWith({
    upstreams: UPSTREAMS,
    signatures: { open: 9, untriaged: 9, confirmed: 6 },
    totals: {
      exchanges: 1_204_331,
      match: 1_181_000,
      mismatch: 8_331,
      incomparable: 2_000,
      skipped: { method: 12_000, "seam-full": 950, "sampled-out": 50 },
      inFlight: 0,
      incomparableByReason: { overflow: 1500, "candidate-timeout": 500 },
    },
  });
  const { page, look } = await review.open("/", {
    answers: { "/api/trends": trend(), "/api/latency": LATENCY, "/api/summary": summary },
  });
  await page.getByText("in the minute of").first().waitFor();
  await page.getByText("How answers are spread").waitFor();
  await look("overview");
  expect(await page.locator(".chart canvas").count()).toBe(3);
  await page.setViewportSize({ width: 420, height: 900 });
  await page.screenshot({ path: "test/ui/output/overview-narrow.png", fullPage: true });
});

test("says what to do where nothing came through yet", async () => {
  const shop = await startShop({}, 0);
  onTestFinished(() => shop.stop());
  const { page, look } = await review.open(`${shop.house.admin}/`);
  await page.getByText("Nothing came through since the start").waitFor();
  await page.getByText("nothing came in this time").waitFor();
  await look("overview-empty");
});

test("counts skips as they come, and says why they are and what to do about it", async () => {
  const { page } = await review.open("/");
  const post = async () => {
    const { body } = await request(`http://127.0.0.1:${review.house.port}/orders/1`, { method: "POST" });
    await body.dump();
  };
  await page.getByText("Nothing was skipped").waitFor();
  await post();
  const reasons = page.locator(".reasons");
  await expect
    .poll(() => reasons.textContent())
    .toMatch(/^method1 .*does not mirror this method.*writes are not sent twice/);
  await post();
  await expect.poll(() => reasons.textContent()).toMatch(/^method2 /);
});

test("says what to do next, and leads there", async () => {
  const { page } = await review.open("/");
  const next = page.getByRole("region", { name: "What to do next" });
  await next.getByText("wait for a decision. Start here:").waitFor();
  await next.getByRole("link", { name: "1 suggested rule" }).waitFor();
  const places = await next
    .getByRole("listitem")
    .filter({ hasText: " at GET " })
    .locator("code:last-of-type");
  const endpoints = await places.allTextContents();
  expect(new Set(endpoints).size).toBe(endpoints.length);
  await next.getByRole("listitem").first().getByRole("link").click();
  await page.waitForURL("**/differences/*");
  await page.getByRole("heading", { name: "What to do next" }).waitFor();
  await page.goBack();
  await next.getByRole("link", { name: /confirmed differences?$/ }).click();
  await page.waitForURL("**/differences?tier=confirmed&sort=exchanges");
});

test("numbers lead to what they count", async () => {
  const { page } = await review.open("/");
  await page.getByRole("region", { name: "How exchanges ended" }).getByRole("link").first().click();
  await page.waitForURL("**/differences?state=all&tier=all");
  await page.getByText("10 signatures with these filters").waitFor();
});

test("shows the trends and the latency of real traffic", async () => {
  const { page, look } = await review.open("/");
  await page.getByText("12.50\u00a0% over this time").waitFor();
  await expect.poll(() => page.locator(".distribution tbody tr").count()).toBeGreaterThan(0);
  await look("overview-real");
});

test("shows another time when asked, and keeps it in the address", async () => {
  const { page } = await review.open("/");
  const asked = page.waitForRequest((request) => request.url().includes("resolution=hour"));
  await page.getByRole("button", { name: "14 d" }).click();
  const { searchParams } = new URL((await asked).url());
  expect(Date.now() - Date.parse(searchParams.get("from") ?? "")).toBeGreaterThan(13 * 24 * 60 * MINUTE_MS);
  expect(new URL(page.url()).searchParams.get("range")).toBe("14d");
});

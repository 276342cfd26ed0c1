// One exchange in a real browser: its differences one after the other, both bodies, headers, request, patch.
import { describe, expect, test } from "vitest";
import type { Exchange } from "../../../src/ui/exchange/exchange.ts";
import { startReview, type Visit } from "../browser.ts";

const review = await startReview();

interface Signatures {
  readonly differences: readonly { readonly id: string; readonly exchangeIds: readonly string[] }[];
}

async function ask<T>(path: string): Promise<T> {
  return (await (await fetch(`${review.house.admin}${path}`)).json()) as T;
}

/** A stored exchange of an endpoint, and a signature that it is a sample of. */
async function sampleOf(
  endpoint: string,
): Promise<{ readonly id: string; readonly signatureId: string; readonly ids: readonly string[] }> {
  const { differences } = await ask<Signatures>(`/api/differences?endpoint=${encodeURIComponent(endpoint)}`);
  const most = differences.toSorted((a, b) => b.exchangeIds.length - a.exchangeIds.length)[0];
  const ids = most?.exchangeIds ?? [];
  return { id: ids[0] ?? "", signatureId: most?.id ?? "", ids };
}

/** The exchange of `id` as the API answers it, with what a test wants to be otherwise. */
async function openWith(id: string, changes: (exchange: Exchange) => Exchange, path = ""): Promise<Visit> {
  const visit = await review.open("/");
  const exchange = await ask<Exchange>(`/api/exchanges/${id}`);
  await visit.page.route(`**/api/exchanges/${id}`, (route) => route.fulfill({ json: changes(exchange) }));
  await visit.page.goto(`${review.house.admin}/exchanges/${id}${path}`);
  await visit.page.getByRole("heading", { level: 1 }).waitFor();
  return visit;
}

const position = (visit: Visit, text: RegExp) => visit.page.getByText(text).waitFor();

describe("differences", () => {
  test("go by key from one to the next, and the address keeps the place", async () => {
    const { id } = await sampleOf("GET /orders/*");
    const visit = await review.open(`/exchanges/${id}`);
    const { page } = visit;
    await page.getByRole("treegrid").waitFor();
    await page.keyboard.press("n");
    await position(visit, /^1 of \d+ differences/);
    expect(new URL(page.url()).searchParams.get("difference")).toBe("1");
    const current = page.locator("tr.row-line.current");
    expect(await current.innerText()).toContain("129.95");
    expect(await current.innerText()).toContain("differs");
    await visit.look("exchange-order");
    await page.keyboard.press("n");
    await position(visit, /^2 of/);
    expect(await current.innerText()).toContain("moved");
    await page.keyboard.press("p");
    await position(visit, /^1 of/);
  });

  test("are linked to by path, and chosen in the list", async () => {
    const { id } = await sampleOf("GET /orders/*");
    const visit = await review.open(`/exchanges/${id}?path=%2Fcustomer%2Fvip`);
    await position(visit, /^3 of 3/);
    const current = visit.page.locator("tr.row-line.current");
    await current.getByText('"vip"').waitFor();
    await visit.page
      .getByRole("grid", { name: /Differences/ })
      .getByText("/total")
      .click();
    await position(visit, /^1 of 3/);
  });

  test("of status and headers lead to the headers", async () => {
    const { id } = await sampleOf("GET /coupons/*");
    const visit = await review.open(`/exchanges/${id}?difference=1`);
    const tab = visit.page.getByRole("tab", { name: /Headers/ });
    await visit.page.locator("tr.current code", { hasText: "status" }).waitFor();
    expect(await tab.getAttribute("aria-selected")).toBe("true");
    await visit.look("exchange-headers");
  });

  test("of text stand at its lines", async () => {
    const { id } = await sampleOf("GET /pages/*");
    const visit = await review.open(`/exchanges/${id}?path=%2F2`);
    await visit.page.locator("tr.row-line.current", { hasText: "the very end" }).first().waitFor();
    await visit.look("exchange-text");
  });
});

test("every part of an exchange can be opened", async () => {
  const { id } = await sampleOf("GET /products/*");
  const visit = await review.open(`/exchanges/${id}`);
  const { page } = visit;
  for (const [name, text] of [
    ["Headers", "content-type"],
    ["Request", "curl --globoff"],
    ["Raw", "Body of the legacy"],
    ["Why", "What rules hid"],
    ["Patch", "RFC 6902"],
    ["Bodies", "Unfold all"],
  ] as const) {
    await page.getByRole("tab", { name }).click();
    await page.getByRole("tabpanel").getByText(text).first().waitFor();
    await visit.look(`exchange-${name.toLowerCase()}`);
  }
});

test("copies the curl line of the API", async () => {
  const { id } = await sampleOf("GET /products/*");
  const { curl } = await ask<Exchange>(`/api/exchanges/${id}`);
  const { page } = await review.open(`/exchanges/${id}`);
  await page.getByRole("button", { name: "Copy the curl line" }).first().click();
  await page.getByText("Copied the curl line").waitFor();
  expect(await page.evaluate("navigator.clipboard.readText()")).toBe(curl);
});

test("its parts are walked with the arrow keys, round the ends, with one of them in the way of Tab", async () => {
  const { id } = await sampleOf("GET /products/*");
  const { page } = await review.open(`/exchanges/${id}`);
  const tabs = page.getByRole("tab");
  await tabs.first().focus();
  const selected = () => page.getByRole("tab", { selected: true });
  const [first = "", ...others] = await tabs.allInnerTexts();
  const last = others.at(-1) ?? "";
  await page.keyboard.press("ArrowLeft");
  await expect.poll(() => selected().innerText()).toBe(last);
  await expect.poll(() => page.evaluate("document.activeElement.innerText")).toBe(last);
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => selected().innerText()).toBe(first);
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => selected().innerText()).toBe(others[0]);
  expect(await page.locator('[role="tab"][tabindex="0"]').count()).toBe(1);
  const panel = await page.getByRole("tabpanel").getAttribute("aria-labelledby");
  expect(panel).toBe(await selected().getAttribute("id"));
});

test("copies the old way where the clipboard is refused, and says so where both ways are", async () => {
  const { id } = await sampleOf("GET /products/*");
  const { curl } = await ask<Exchange>(`/api/exchanges/${id}`);
  const { page } = await review.open(`/exchanges/${id}`);
  const button = page.getByRole("button", { name: "Copy the curl line" }).first();
  await button.waitFor();
  await page.evaluate("navigator.clipboard.writeText = () => Promise.reject(new Error('refused'))");
  await button.click();
  await page.getByText("Copied the curl line").waitFor();
  expect(await page.evaluate("navigator.clipboard.readText()")).toBe(curl);
  expect(await page.locator("textarea").count()).toBe(0);
  await page.evaluate("document.execCommand = () => false");
  await button.click();
  await page.getByText("the browser does not let it be copied").waitFor();
});

test("bodies that are no text are told by their size, and can be seen raw", async () => {
  const { id } = await sampleOf("GET /products/*");
  const bytes = "iVBORw0KGgoAAAANSUhEUg==";
  const visit = await openWith(id, (exchange) => ({
    ...exchange,
    legacy: { ...exchange.legacy, body: bytes, bodyEncoding: "base64", bodyBytes: 16 },
    candidate: { ...exchange.candidate, body: bytes, bodyEncoding: "base64", bodyBytes: 16 },
    differences: [],
  }));
  await visit.page.getByText(/^The bodies are no text that could be shown here: legacy 16/).waitFor();
  await visit.look("exchange-binary");
});

test("goes through the samples of a signature", async () => {
  const { id, signatureId, ids } = await sampleOf("GET /orders/*");
  const { page } = await review.open(`/exchanges/${id}?signature=${signatureId}`);
  await page.getByText(`sample 1 of ${ids.length}`).waitFor();
  // Nobody has to look for the difference that led here.
  await page.getByText(/^\d+ of \d+ differences?$/).waitFor();
  await page.keyboard.press("]");
  await page.getByText(`sample 2 of ${ids.length}`).waitFor();
  await page.waitForURL(`**/exchanges/${ids[1]}?signature=${signatureId}&n=2`);
  await page.keyboard.press("[");
  await page.getByText(`sample 1 of ${ids.length}`).waitFor();
});

test("says why an exchange is not there, and where to go", async () => {
  const visit = await review.open("/exchanges/gone-1", { refusals: /exchanges\/gone-1/ });
  await visit.page.getByRole("heading", { name: "This exchange is not stored any more" }).waitFor();
  await visit.look("exchange-gone");
  await visit.page.getByRole("link", { name: "The differences" }).click();
  await visit.page.waitForURL("**/differences");
});

test("leads from a sample that went to the newest of its signature", async () => {
  const { signatureId, ids } = await sampleOf("GET /orders/*");
  const { page } = await review.open(`/exchanges/gone-2?signature=${signatureId}`, {
    refusals: /exchanges\/gone-2/,
  });
  await page.getByRole("link", { name: "Show the newest of this signature" }).click();
  await page.waitForURL(`**/exchanges/${ids[0]}?signature=${signatureId}&n=1`);
  await page.getByText(`sample 1 of ${ids.length}`).waitFor();
});

const ELEMENTS = 20_000;
const items = (at: number) => ({ id: at, big: 0, name: "made to last a while", isInStock: true });
/** Digits past double range, which only raw texts keep. */
const bodyOf = (changed: (at: number) => boolean) =>
  `{"items":[${Array.from({ length: ELEMENTS }, (_, at) =>
    JSON.stringify(items(at)).replace('"big":0', `"big":900719925474099${changed(at) ? 3 : 2}`),
  ).join()}]}`;

describe("a large exchange", () => {
  test("keeps the page small, shows all digits, and goes to the last difference", async () => {
    const { id } = await sampleOf("GET /products/*");
    const legacy = bodyOf(() => false);
    const candidate = bodyOf((at) => at % 2 === 1);
    const differences = Array.from({ length: ELEMENTS / 2 }, (_, at) => ({
      part: "body" as const,
      path: `/items/${2 * at + 1}/big`,
      kind: "changed" as const,
      legacy: "9007199254740992",
      candidate: "9007199254740993",
    }));
    const visit = await openWith(id, (exchange) => ({
      ...exchange,
      legacy: { ...exchange.legacy, body: legacy, bodyBytes: legacy.length },
      candidate: { ...exchange.candidate, body: candidate, bodyBytes: candidate.length },
      differences,
    }));
    const { page } = visit;
    await page.getByRole("treegrid").waitFor();
    await page.keyboard.press("p");
    await position(visit, /^10,000 of 10,000 differences/);
    const current = page.locator("tr.row-line.current");
    await current.getByText("9007199254740993").waitFor();
    await page.getByRole("button", { name: "Unfold all" }).click();
    await page.getByText("These are the first 100,000 rows").waitFor();
    expect(await page.evaluate("document.querySelectorAll('*').length")).toBeLessThan(2500);
    await visit.look("exchange-large");
  });

  test("of one line, and of ten thousand levels", async () => {
    const { id } = await sampleOf("GET /products/*");
    const long = "x".repeat(1_000_000);
    const deep = (leaf: string) => `${"[".repeat(10_000)}${leaf}${"]".repeat(10_000)}`;
    const body = (mark: string, leaf: string) => `{"text":"${long}${mark}${long}","deep":${deep(leaf)}}`;
    const legacy = body("a", "1");
    const candidate = body("b", "2");
    const visit = await openWith(
      id,
      (exchange) => ({
        ...exchange,
        legacy: { ...exchange.legacy, body: legacy, bodyBytes: legacy.length },
        candidate: { ...exchange.candidate, body: candidate, bodyBytes: candidate.length },
        differences: [
          { part: "body", path: "/text", kind: "changed", legacy: "…", candidate: "…" },
          { part: "body", path: `/deep${"/0".repeat(10_000)}`, kind: "changed", legacy: "1", candidate: "2" },
        ],
      }),
      "?difference=1",
    );
    const current = visit.page.locator("tr.row-line.current");
    await current.locator("mark", { hasText: "b" }).waitFor();
    await visit.page.keyboard.press("n");
    await current.locator("mark", { hasText: "2" }).waitFor();
    await current.getByText("level 10,001").first().waitFor();
    await visit.look("exchange-deep");
  });

  test("that the store cut says how much of it is there", async () => {
    const { id } = await sampleOf("GET /products/*");
    const kept = bodyOf(() => false).slice(0, 64 * 1024);
    const visit = await openWith(
      id,
      (exchange) => ({
        ...exchange,
        legacy: { ...exchange.legacy, body: kept, bodyBytes: 1_250_000, isBodyCut: true },
        candidate: { ...exchange.candidate, body: kept, bodyBytes: 1_250_001, isBodyCut: true },
        differences: [
          { part: "body", path: "/items/19999/id", kind: "changed", legacy: "19999", candidate: "0" },
        ],
      }),
      "?difference=1",
    );
    await visit.page.getByText("not in what is stored of the bodies").waitFor();
    await visit.page
      .getByText(/cut at 64\sKiB of 1\.2\sMiB/)
      .first()
      .waitFor();
    await visit.look("exchange-cut");
  });
});

test("folds and unfolds with the keyboard alone", async () => {
  const { id } = await sampleOf("GET /products/*");
  const visit = await openWith(id, (exchange) => {
    const equal = Array.from({ length: 42 }, (_, at) => `"m${at}":${at}`).join();
    return {
      ...exchange,
      legacy: { ...exchange.legacy, body: `{${equal},"last":1}` },
      candidate: { ...exchange.candidate, body: `{${equal},"last":2}` },
      differences: [{ part: "body", path: "/last", kind: "changed", legacy: "1", candidate: "2" }],
    };
  });
  const { page } = visit;
  const grid = page.getByRole("treegrid");
  await grid.focus();
  await page.keyboard.press("ArrowDown");
  await page.locator("tr.current", { hasText: "42 equal members" }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByText('"m9"').first().waitFor();
  await page.keyboard.press("ArrowLeft");
  await page.getByText('"m9"').first().waitFor({ state: "detached" });
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowUp");
  expect(await page.locator("tr.current").innerText()).toContain("differs");
});

test("what rules hid, how it was judged, and why it was not", async () => {
  const { id } = await sampleOf("GET /products/*");
  const visit = await openWith(
    id,
    (exchange) => ({
      ...exchange,
      verdict: "incomparable",
      differences: [],
      signatureIds: [],
      notes: ["array-keys"],
      incomparable: { reason: "candidate-timeout", detail: "no answer in 2000 ms" },
      hidden: [
        { ruleId: "r-1", places: 3, part: "body", path: "/meta/trace", legacy: '"a"', candidate: '"b"' },
      ],
    }),
    "?view=why",
  );
  await visit.page.getByText("Not compared: no whole answer within mirror.deadlineMs").first().waitFor();
  await visit.page.getByText("3 places").waitFor();
  await visit.look("exchange-incomparable");
  expect(await visit.page.getByRole("link", { name: "r-1" }).getAttribute("href")).toBe("/rules?rule=r-1");
});

test("is usable on a narrow screen: one side below the other where they differ", async () => {
  const { id } = await sampleOf("GET /orders/*");
  const visit = await review.open(`/exchanges/${id}?difference=1`, { width: 420, height: 900 });
  const changed = visit.page.locator("tr.row-line.stacked").first();
  await changed.waitFor();
  const [legacy, candidate] = await Promise.all([
    changed.locator(".legacy-side").boundingBox(),
    changed.locator(".candidate-side").boundingBox(),
  ]);
  expect(candidate?.y).toBeGreaterThan(legacy?.y ?? 0);
  expect(candidate?.x).toBe(legacy?.x);
  expect(await visit.page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(420);
  await changed.scrollIntoViewIfNeeded();
  await visit.look("exchange-narrow");
});

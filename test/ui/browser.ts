// Tests of the page in a real Chromium. How to write one:
//
//   const review = await startReview();          // once a file: browser, Parallax, upstreams that differ, traffic
//   const visit = await review.open("/differences?tier=confirmed");
//   await visit.page.getByRole("button", { name: "Accept" }).click();   // Playwright's own words from here
//   await visit.look("differences");             // screenshots and axe-core, light and dark
//
// A visit ends with its test. Whatever went wrong in it fails the test: a line of the console that is a warning or an
// error, an exception, a violation of the Content-Security-Policy, a request that failed or was answered with 400 and
// more (but for those named in `refusals`). `look` fails on serious and critical findings of axe-core.
// Screenshots are under test/ui/output/. `review.shop.send(n)` sends more traffic; `review.house` is the running Parallax.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, expect, onTestFinished } from "vitest";
import type { House } from "../flow/house.ts";
import { launchChromium } from "./chromium.ts";
import { type Shop, startShop } from "./shop.ts";

const OUTPUT = join(import.meta.dirname, "output");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Of anything the page is waited for: a loaded machine is slow, a broken page stays broken. */
const WAIT_MS_MAX = 15_000;

export interface VisitOptions {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: "light" | "dark";
  /** Requests that the test wants to be refused, by their address. */
  readonly refusals?: RegExp;
  /** Path → what is answered in the place of Parallax: for what a healthy one does not say. */
  readonly answers?: Readonly<Record<string, unknown>>;
  /** What somebody types where the browser asks for a password. */
  readonly token?: string;
  /** The test takes Parallax away: failed requests are no problem. */
  readonly isUnplugged?: boolean;
}

export interface Visit {
  readonly page: Page;
  /** `test/ui/output/NAME-light.png` and `-dark.png`, and what axe-core says of each. */
  look(name: string): Promise<void>;
}

export interface Review {
  readonly house: House;
  readonly shop: Shop;
  open(path: string, options?: VisitOptions): Promise<Visit>;
}

/** Everything that a file of tests needs; stops after its last test. */
export async function startReview(): Promise<Review> {
  const shop = await startShop();
  afterAll(() => shop.stop());
  const open = await startBrowser(() => shop.house.admin);
  return { house: shop.house, shop, open };
}

/** A browser for pages of the Parallax that a test starts itself; `origin` is asked at each opening. */
export async function startBrowser(origin: () => string): Promise<Review["open"]> {
  const browser = await launchChromium();
  afterAll(() => browser.close());
  return (path, options = {}) => openVisit(browser, new URL(path, origin()), options);
}

async function openVisit(browser: Browser, address: URL, options: VisitOptions): Promise<Visit> {
  const { width = 1360, height = 900, theme = "light" } = options;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    // Whatever the machine speaks; a browser of people never has a C locale.
    locale: "en-US",
    timezoneId: "UTC",
    // Pictures of a page in motion are never the same.
    reducedMotion: "reduce",
    permissions: ["clipboard-read", "clipboard-write"],
    ...(options.token === undefined ? {} : { httpCredentials: { username: "", password: options.token } }),
  });
  context.setDefaultTimeout(WAIT_MS_MAX);
  const page = await context.newPage();
  const problems = collectProblems(page, options);
  onTestFinished(() => endVisit(context, problems));
  await answerInstead(page, options.answers ?? {});
  await page.goto(address.href);
  return { page, look: (name) => look(page, name) };
}

/** A summary also comes by the stream, which ends then, and is asked for again. */
async function answerInstead(page: Page, answers: NonNullable<VisitOptions["answers"]>): Promise<void> {
  for (const [path, json] of Object.entries(answers))
    await page.route(
      (url) => url.pathname === path,
      (route) => route.fulfill({ json }),
    );
  const summary = answers["/api/summary"];
  if (summary === undefined) return;
  const body = `event: summary\ndata: ${JSON.stringify(summary)}\n\n`;
  await page.route(
    (url) => url.pathname === "/api/events",
    (route) => route.fulfill({ contentType: "text/event-stream", body }),
  );
}

async function endVisit(context: BrowserContext, problems: readonly string[]): Promise<void> {
  await context.close();
  expect(problems, "what went wrong in the browser").toEqual([]);
}

/** They come while the page lives, and are looked at when it ends. */
function collectProblems(page: Page, { refusals, isUnplugged = false }: VisitOptions): readonly string[] {
  const problems: string[] = [];
  const isExpected = (url: string) => isUnplugged || refusals?.test(url) === true;
  page.on("console", (message) => {
    const { url } = message.location();
    const isOfRequest = message.text().startsWith("Failed to load resource");
    if (!["error", "warning"].includes(message.type()) || (isOfRequest && isExpected(url))) return;
    problems.push(`console ${message.type()}: ${message.text()} (${url})`);
  });
  page.on("pageerror", (error) => problems.push(`exception: ${error.stack ?? error.message}`));
  page.on("crash", () => problems.push("the page crashed"));
  page.on("requestfailed", (request) => {
    const reason = request.failure()?.errorText ?? "";
    // A question that another one took the place of, and a stream that ends with its page.
    if (reason === "net::ERR_ABORTED" || isExpected(request.url())) return;
    problems.push(`${request.method()} ${request.url()}: ${reason}`);
  });
  page.on("response", (response) => {
    if (response.status() < 400 || isExpected(response.url())) return;
    problems.push(`${response.request().method()} ${response.url()}: ${response.status()}`);
  });
  return problems;
}

interface AxeFinding {
  readonly id: string;
  readonly impact: string | null;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

async function look(page: Page, name: string): Promise<void> {
  mkdirSync(OUTPUT, { recursive: true });
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await drawn(page);
    await page.screenshot({ path: join(OUTPUT, `${name}-${colorScheme}.png`) });
    expect(await seriousFindings(page), `axe-core on ${name}, ${colorScheme}`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: "light" });
}

/** A canvas is drawn anew for another theme a frame or two after that. */
async function drawn(page: Page): Promise<void> {
  await page.evaluate(
    () =>
      new Promise((resolve) => {
        const wait = (frames: number) =>
          requestAnimationFrame(() => (frames === 0 ? resolve(null) : wait(frames - 1)));
        wait(10);
      }),
  );
}

/** One line for each place that a serious or critical rule is broken at. */
async function seriousFindings(page: Page): Promise<readonly string[]> {
  // Not through a script element, which the policy of the page would refuse.
  await page.evaluate(AXE);
  const violations: readonly AxeFinding[] = await page.evaluate(
    "axe.run().then((found) => found.violations)",
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, help, nodes }) =>
      nodes.map(
        ({ html, failureSummary = "" }) =>
          `${id}: ${help}: ${html.slice(0, 200)} ${failureSummary.replaceAll(/\s+/g, " ")}`,
      ),
    );
}

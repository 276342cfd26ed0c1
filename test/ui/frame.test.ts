// What stands around every view: the line of truth, the banner, the kill switch, the theme, the keys.
import { expect, test } from "vitest";
import { startReview } from "./browser.ts";

const review = await startReview();

test("shows the overview", async () => {
  const { page, look } = await review.open("/");
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await look("frame");
  expect(await page.title()).toBe("Overview · Parallax");
});

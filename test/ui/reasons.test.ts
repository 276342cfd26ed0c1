// The page says of each reason what docs/operations.md says, and knows them all.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { SKIP_REASONS } from "../../src/core/skip.ts";
import { INCOMPARABLE_REASONS } from "../../src/core/verdict.ts";
import { INCOMPARABLE, type Reason, SKIPPED } from "../../src/ui/reasons.ts";

const guide = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8").replaceAll("`", "");

test.each<[string, readonly string[], Readonly<Record<string, Reason>>]>([
  ["skipped", SKIP_REASONS, SKIPPED],
  ["incomparable", INCOMPARABLE_REASONS, INCOMPARABLE],
])("every reason for %s is explained as in the guide, with advice", (_name, names, reasons) => {
  expect(Object.keys(reasons).sort()).toEqual([...names].sort());
  for (const [name, { means, advice }] of Object.entries(reasons)) {
    expect(guide).toContain(`| ${name} | ${means} |`);
    expect(advice).not.toMatch(/^$|see (above|below)/);
  }
});

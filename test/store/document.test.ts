import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { FAULT_CODES } from "../../src/store/sqlite-faults.ts";
import { STORE_LIMITS } from "../../src/store/store.ts";

const DOCUMENT = readFileSync(fileURLToPath(new URL("../../docs/store.md", import.meta.url)), "utf8");

test("the document lists every limit with its value", () => {
  const rows = [...DOCUMENT.matchAll(/^\| `(\w+)` +\| (\d+) +\|/gm)];
  expect(Object.fromEntries(rows.map(([, name, value]) => [name, Number(value)]))).toEqual(STORE_LIMITS);
});

test("the document lists every fault", () => {
  const faults = DOCUMENT.slice(DOCUMENT.indexOf("## Faults"));
  const codes = [...faults.matchAll(/^\| `([\w-]+)`/gm)].map(([, code]) => code);
  expect(codes.sort()).toEqual([...FAULT_CODES].sort());
});

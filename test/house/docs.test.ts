import { describe, expect, test } from "vitest";
import { ERRORS } from "../../src/core/errors.ts";
import { configKeys, defaultText, documentedKeys } from "./config-keys.ts";
import { read, tableRows } from "./source-tree.ts";

describe("docs/errors.md", () => {
  test("lists exactly the error table of the code", () => {
    const expected = Object.entries(ERRORS).map(([code, { fault, status, retry, message }]) => [
      `\`${code}\``,
      fault,
      status === 0 ? "none" : String(status),
      retry ? "yes" : "no",
      message,
    ]);
    expect(tableRows(read("docs/errors.md"))).toEqual(expected);
  });
});

describe("docs/configuration.md", () => {
  test("lists exactly the keys of the schema with their defaults", () => {
    const expected = documentedKeys().map((key) => [
      `\`${key.path}\``,
      defaultText(key.default),
      key.description,
    ]);
    const rows = tableRows(read("docs/configuration.md")).filter((row) => row.length === 3);
    expect(rows).toEqual(expected);
  });

  test("every key says what it is", () => {
    expect(configKeys().filter(({ description }) => description === "")).toEqual([]);
  });
});

describe("docs/limits.md", () => {
  const LIMIT = /(Max|Ms|ToOpen|PerSignature|Percent|\.bytes|^threads\.\w+)$/;
  const limits = documentedKeys().filter(
    ({ path, default: value }) => LIMIT.test(path) && value !== undefined,
  );
  const rows = tableRows(read("docs/limits.md"));

  test("lists every limit key with its default, and no other", () => {
    const listed = rows.filter(([name]) => name?.startsWith("`"));
    const expected = limits.map((key) => [`\`${key.path}\``, defaultText(key.default)]);
    expect(listed.map((row) => row.slice(0, 2)).sort()).toEqual(expected.sort());
  });

  test("says of each what happens at it", () => {
    expect(rows.filter((row) => (row[2] ?? "").length < 10)).toEqual([]);
  });

  test("names skip reasons, verdict reasons and error codes that exist", async () => {
    const { SKIP_REASONS } = await import("../../src/core/skip.ts");
    const { INCOMPARABLE_REASONS } = await import("../../src/core/verdict.ts");
    const known = new Set<string>([...SKIP_REASONS, ...INCOMPARABLE_REASONS, ...Object.keys(ERRORS)]);
    const named = rows.flatMap(([, , behaviour]) =>
      [...(behaviour ?? "").matchAll(/`([a-z-]+)`/g)].map(([, name]) => name),
    );
    expect(named.filter((name) => !known.has(name ?? ""))).toEqual([]);
    expect(named.length).toBeGreaterThan(10);
  });
});

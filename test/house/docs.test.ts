import { describe, expect, test } from "vitest";
import { API_ROUTES } from "../../src/admin/api.ts";
import { BASELINE_CELLS, RECHECK_CELLS } from "../../src/core/counters.ts";
import { ERRORS } from "../../src/core/errors.ts";
import { ROLES } from "../../src/core/role.ts";
import { SKIP_REASONS } from "../../src/core/skip.ts";
import { OPEN_STATES, TRIAGE_STATES, UNTRIAGED_STATES } from "../../src/core/triage.ts";
import { INCOMPARABLE_REASONS } from "../../src/core/verdict.ts";
import { MARK_WORDS } from "../../src/ui/exchange/rows.ts";
import { loadText, problemLines } from "../config/config-file.ts";
import { configKeys, defaultText, documentedKeys } from "./config-keys.ts";
import { filesBelow, read, tableRows } from "./source-tree.ts";

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

describe("docs/access.md", () => {
  test("lists the error codes that the admin API can answer, with their status, and no other", () => {
    const REFUSAL = /\b(?:failure|refuse)\(\s*(?:context,\s*)?(\d{3}),\s*"([a-z-]+)"/g;
    const answered = filesBelow("src/admin")
      .flatMap((file) => [...read(file).matchAll(REFUSAL)])
      .map(([, status, code]) => `\`${code}\` ${status}`);
    const listed = tableRows(read("docs/access.md")).filter(([, status]) => /^\d{3}$/.test(status ?? ""));
    expect(listed.map(([code, status]) => `${code} ${status}`).sort()).toEqual([...new Set(answered)].sort());
    expect(answered.length).toBeGreaterThan(20);
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

  test("names skip reasons, verdict reasons and error codes that exist", () => {
    const outcomes = [...Object.keys(BASELINE_CELLS), ...Object.keys(RECHECK_CELLS)];
    const known = new Set<string>([
      ...SKIP_REASONS,
      ...INCOMPARABLE_REASONS,
      ...Object.keys(ERRORS),
      ...outcomes,
    ]);
    const named = rows.flatMap(([, , behaviour]) =>
      [...(behaviour ?? "").matchAll(/`([a-z-]+)`/g)].map(([, name]) => name),
    );
    expect(named.filter((name) => !known.has(name ?? ""))).toEqual([]);
    expect(named.length).toBeGreaterThan(10);
  });
});

describe("docs/operations.md", () => {
  const operations = read("docs/operations.md");

  test("says of every skip and incomparable reason what it means and what to do", () => {
    const rows = tableRows(operations);
    const expected = [...SKIP_REASONS, ...INCOMPARABLE_REASONS].map((reason) => `\`${reason}\``);
    expect(rows.map(([reason]) => reason)).toEqual(expected);
    expect(rows.filter(([, means = "", action = ""]) => means === "" || action === "")).toEqual([]);
  });
});

/** Rows of the tables that stand below the heading, up to the next one. */
function rowsBelow(document: string, heading: string): string[][] {
  const [, after = ""] = read(document).split(`\n## ${heading}\n`);
  return tableRows(after.split("\n## ")[0] ?? "");
}

describe("docs/access.md", () => {
  test("lists the roles, and each operation with the role that it needs", () => {
    expect(rowsBelow("docs/access.md", "Roles").map(([role]) => role)).toEqual(
      ROLES.map((role) => `\`${role}\``),
    );
    expect(rowsBelow("docs/access.md", "Operations")).toEqual(
      API_ROUTES.map(({ method, path, role, summary }) => [
        `\`${method.toUpperCase()} ${path}\``,
        `\`${role}\``,
        summary,
      ]),
    );
  });
});

describe("docs/review.md", () => {
  const yesOrNo = (is: boolean) => (is ? "yes" : "no");

  test("lists the states, and which of them are open and untriaged", () => {
    expect(
      rowsBelow("docs/review.md", "States").map(([state, , open, untriaged]) => [state, open, untriaged]),
    ).toEqual(
      TRIAGE_STATES.map((state) => [
        `\`${state}\``,
        yesOrNo(OPEN_STATES.includes(state)),
        yesOrNo(UNTRIAGED_STATES.includes(state)),
      ]),
    );
  });

  test("lists the marks of an exchange", () => {
    const marks = rowsBelow("docs/review.md", "Views").filter(
      (row) => row.length === 2 && row[0]?.startsWith("`"),
    );
    expect(marks).toEqual(Object.entries(MARK_WORDS).map(([mark, words]) => [`\`${mark}\``, words]));
  });

  test("lists the keys that the page binds, each with what it does", () => {
    const bound = filesBelow("src/ui")
      .filter((file) => file.endsWith(".tsx"))
      .flatMap((file) => [
        ...[...read(file).matchAll(/text: "([^"]+)",\s*run\b/g)].map(([, text]) => text),
        ...[...read(file).matchAll(/text: "([^"]+)", keys: "/g)].map(([, text]) => `Go to ${text}`),
      ]);
    const listed = rowsBelow("docs/review.md", "Keys").map(([, does]) => does);
    expect(bound.length).toBeGreaterThan(20);
    expect([...new Set(listed)].sort()).toEqual([...new Set(bound)].sort());
  });
});

describe("docs/README.md", () => {
  test("has every page of the folder", () => {
    const pages = filesBelow("docs").filter((file) => file.endsWith(".md") && file !== "docs/README.md");
    const listed = tableRows(read("docs/README.md")).map(([page]) => /`([^`]+)`/.exec(page ?? "")?.[1]);
    expect(pages.filter((page) => !listed.includes(page))).toEqual([]);
  });
});

describe("the documents", () => {
  const documents = filesBelow(".").filter((file) => /^(README|(docs|src|bench)\/.*)\.md$/.test(file));

  test("name metrics that docs/metrics.md has", () => {
    const metrics = new Set(tableRows(read("docs/metrics.md")).map(([name]) => name?.replaceAll("`", "")));
    const named = documents
      .filter((file) => file !== "docs/metrics.md")
      .flatMap((file) => read(file).match(/\bparallax_[a-z_]+/g) ?? [])
      .map((name) => name.replace(/_(bucket|sum|count)$/, ""));
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !metrics.has(name))).toEqual([]);
  });

  test("name config keys of a section that the schema has", () => {
    const keys = configKeys().map(({ path }) => path);
    const isKnown = (name: string) =>
      keys.some((key) => key === name || key.startsWith(`${name}.`) || key.startsWith(`${name}[]`));
    const sections = [...new Set(keys.filter((key) => key.includes(".")).map((key) => key.split(".")[0]))];
    const pattern = new RegExp(`\`((?:${sections.join("|").replaceAll("[]", "\\[\\]")})\\.[\\w.[\\]]+)`, "g");
    const named = documents.flatMap((file) => [...read(file).matchAll(pattern)].map(([, name = ""]) => name));
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter((name) => !isKnown(name))).toEqual([]);
  });

  test("hold the two lines that do everything, each whole: .ci/run takes the second from here", () => {
    const lines = read("README.md").split("\n");
    expect(lines.filter((line) => line.startsWith("npm ci"))).toEqual([
      "npm ci && npm run demo",
      "npm ci && npm test",
    ]);
  });

  test("show YAML in README.md that Parallax accepts", () => {
    const examples = [...read("README.md").matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = ""]) => text);
    expect(examples.length).toBeGreaterThan(1);
    expect(examples.flatMap((text) => problemLines(loadText(text)))).toEqual([]);
  });
});

describe("the life of a request", () => {
  // `3 serve     …  src/proxy/relay.ts`: the number and the verb of each step.
  const stepsOf = (text: string) =>
    [...text.matchAll(/^(?:\/\/ {2})? ?(\d) ([a-z]+) {2,}/gm)].map(([, n, verb]) => `${n} ${verb}`);
  const steps = stepsOf(read("src/README.md"));

  test("has steps one to nine in src/README.md", () => {
    expect(steps.map((step) => Number(step[0]))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test("recurs by number and verb where the steps happen", () => {
    expect(stepsOf(read("src/proxy/relay.ts"))).toEqual(steps.slice(0, 4));
    expect(stepsOf(read("src/shadow/shadow.ts"))).toEqual(steps.slice(4, 8));
  });
});

// What travels: the same report in each format, and nothing that a stranger put into it takes effect.
// The golden files are written anew by vitest --update.
import { marked } from "marked";
import { type DefaultTreeAdapterTypes, parse, parseFragment } from "parse5";
import { SaxesParser } from "saxes";
import { describe, expect, test } from "vitest";
import type { Report } from "../../src/report/fetch-report.ts";
import { renderReportHtml } from "../../src/report/report-html.ts";
import { renderReportJunit } from "../../src/report/report-junit.ts";
import { MARKDOWN_CHARACTERS_MAX, renderReportMarkdown } from "../../src/report/report-markdown.ts";
import { renderReportText } from "../../src/report/report-text.ts";
import { endpoint, HOSTILE, ORDINARY, REVIEWED, reportOf, STRANGE, signature } from "./sample-report.ts";

const MADE_AT = "2026-01-01T00:00:00.000Z";
const html = (report: Report) => renderReportHtml(report, MADE_AT);

describe("an ordinary report", () => {
  test.each([
    ["report.txt", renderReportText(ORDINARY)],
    ["report.md", renderReportMarkdown(ORDINARY)],
    ["report.xml", renderReportJunit(ORDINARY)],
    ["report.html", html(ORDINARY)],
    ["reviewed.txt", renderReportText(REVIEWED)],
    ["reviewed.md", renderReportMarkdown(REVIEWED)],
    ["reviewed.xml", renderReportJunit(REVIEWED)],
    ["reviewed.html", html(REVIEWED)],
  ])("is %s", async (name, text) => {
    await expect(text).toMatchFileSnapshot(`golden/${name}`);
  });
});

type Node = DefaultTreeAdapterTypes.ChildNode;
type Element = DefaultTreeAdapterTypes.Element;

function elementsOf(nodes: readonly Node[]): readonly Element[] {
  return nodes.flatMap((node) => ("tagName" in node ? [node, ...elementsOf(node.childNodes)] : []));
}

function textOf(nodes: readonly Node[]): string {
  return nodes
    .map((node) => ("value" in node ? node.value : "childNodes" in node ? textOf(node.childNodes) : ""))
    .join("");
}

const CONTROL = /[[\p{Cc}\p{Cf}]--[\n]]/v;

describe("HTML", () => {
  const errors: string[] = [];
  const document = parse(html(STRANGE), { onParseError: ({ code }) => errors.push(code) });
  const elements = elementsOf(document.childNodes);

  test("is valid, and has our elements alone, none of which runs or loads anything", () => {
    expect(errors).toEqual([]);
    const ours = parse(html(ORDINARY));
    const known = new Set(elementsOf(ours.childNodes).map(({ tagName }) => tagName));
    for (const { tagName } of elements) expect(known).toContain(tagName);
    for (const tag of ["script", "img", "link", "iframe", "a", "svg", "form", "object", "base"])
      expect(known).not.toContain(tag);
    for (const { attrs } of elements)
      for (const { name } of attrs)
        expect(name).toMatch(/^(lang|charset|http-equiv|content|name|class|scope|open|data-is)$/);
    expect(html(STRANGE)).not.toMatch(/url\(|@import|src=x(?!&| )/);
  });

  test("has a policy that lets nothing but its own style apply", async () => {
    const policy = elements.find(({ attrs }) =>
      attrs.some(({ value }) => value === "content-security-policy"),
    );
    const content = policy?.attrs.find(({ name }) => name === "content")?.value ?? "";
    const style = textOf(elements.find(({ tagName }) => tagName === "style")?.childNodes ?? []);
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style));
    const hash = Buffer.from(digest).toString("base64");
    expect(content).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`,
    );
  });

  test("shows what was there, without what could drive a reader's screen", () => {
    const text = textOf(document.childNodes);
    expect(text).toContain(HOSTILE[0]);
    expect(text).toContain(HOSTILE[1]);
    expect(text).toContain(HOSTILE[5]);
    expect(text).not.toMatch(CONTROL);
    expect(html(STRANGE).length).toBeLessThan(60_000);
  });

  test("its colours are told from their ground: 4.5 to 1 at least, in light and dark and in print", () => {
    const style = textOf(elements.find(({ tagName }) => tagName === "style")?.childNodes ?? []);
    const schemes = [...style.matchAll(/:root\{[^}]*--ink[^}]*\}/g)].map(([rule]) =>
      Object.fromEntries([...rule.matchAll(/--(\w+):#(\w+)/g)].map(([, name, color]) => [name, color])),
    );
    expect(schemes).toHaveLength(3);
    for (const scheme of schemes)
      for (const name of ["ink", "dim", "bad", "warn", "good"])
        expect(contrast(String(scheme[name]), String(scheme["ground"])), name).toBeGreaterThanOrEqual(4.5);
  });
});

/** https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
function contrast(a: string, b: string): number {
  const luminance = (color: string) => {
    const digits = color.length === 3 ? [...color].map((digit) => digit + digit) : (color.match(/../g) ?? []);
    const [red = 0, green = 0, blue = 0] = digits.map((pair) => {
      const share = Number.parseInt(pair, 16) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((one, other) => one - other);
  return (light + 0.05) / (dark + 0.05);
}

interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Throws where it is not well-formed. */
function xmlOf(text: string): { readonly elements: readonly XmlElement[]; readonly text: string } {
  const parser = new SaxesParser();
  const elements: XmlElement[] = [];
  let found = "";
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name, attributes }) => elements.push({ name, attributes: { ...attributes } }));
  parser.on("text", (piece) => {
    found += piece;
  });
  parser.write(text).close();
  return { elements, text: found };
}

describe("JUnit", () => {
  test("is well-formed whatever is in it, and has a case per endpoint", () => {
    const { elements, text } = xmlOf(renderReportJunit(STRANGE));
    const cases = elements.filter(({ name }) => name === "testcase");
    expect(cases).toHaveLength(HOSTILE.length);
    expect(cases[0]?.attributes["name"]).toBe(`GET /${HOSTILE[0]}`);
    expect(cases[2]?.attributes["classname"]).toBe(HOSTILE[2]);
    expect(new Set(elements.map(({ name }) => name))).toEqual(
      new Set(["testsuites", "testsuite", "testcase", "failure", "system-out"]),
    );
    expect(text).toContain(HOSTILE[1]);
    expect(text).not.toMatch(CONTROL);
  });

  test("a case fails by what is asked for, and is skipped where nothing was compared", () => {
    const outcomes = (failOn?: "mismatch" | "untriaged" | "breaking") => {
      const { elements } = xmlOf(renderReportJunit(report, failOn));
      return elements
        .filter(({ name }) => name === "testcase" || name === "failure" || name === "skipped")
        .map(({ name, attributes }) => (name === "testcase" ? attributes["name"] : attributes["message"]));
    };
    const noise = signature({ tier: "noise" });
    const report = reportOf([
      endpoint({ endpoint: "noisy" }, [noise]),
      endpoint({ endpoint: "unexplained" }),
      ...ORDINARY.endpoints.slice(1),
    ]);
    const quiet = ["GET /quiet", "GET /files/{name}", "nothing compared: 4 overflow"];
    expect(outcomes()).toEqual(["noisy", "unexplained", ...quiet]);
    expect(outcomes("breaking")).toEqual(outcomes());
    expect(outcomes("mismatch")).toEqual([
      ...["noisy", "1 signature that differ", "unexplained", "9 mismatches"],
      ...quiet,
    ]);
    expect(renderReportJunit(report)).toContain('tests="4" failures="0" errors="0" skipped="1"');
    expect(renderReportJunit(ORDINARY)).toContain('time="0.013"');
  });
});

describe("Markdown", () => {
  const render = (text: string) => parseFragment(marked.parse(text, { gfm: true, async: false }));

  test("stays a table and folds whatever is in it: no link, no HTML, no code fence of a stranger", () => {
    const elements = elementsOf(render(renderReportMarkdown(STRANGE)).childNodes);
    const known = [
      "h2",
      "p",
      "table",
      "thead",
      "tbody",
      "tr",
      "th",
      "td",
      "code",
      "details",
      "summary",
      "ul",
      "li",
      "sub",
    ];
    for (const { tagName } of elements) expect(known).toContain(tagName);
    const rows = elements.filter(({ tagName }) => tagName === "tr");
    const cells = rows.map((row) => row.childNodes.filter((node) => "tagName" in node).length);
    // A head and a row for each: eight cells of endpoints, nine of signatures.
    const ofTable = (count: number) => Array.from({ length: 1 + HOSTILE.length }, () => count);
    expect(cells).toEqual([...ofTable(8), ...ofTable(9)]);
    const names = elements
      .filter(({ tagName }) => tagName === "code")
      .map(({ childNodes }) => textOf(childNodes));
    expect(names).toContain(`GET /${HOSTILE[0]}`);
    expect(names).toContain(`GET /${HOSTILE[1]}`);
    expect(names.join("")).not.toMatch(CONTROL);
  });

  test("nothing outside of code mentions anybody or is a link, also where a site looks at the text alone", () => {
    const outside = renderReportMarkdown(STRANGE).replaceAll(/<code>.*?<\/code>/g, "");
    expect(outside).not.toMatch(/@|https?:|www\./);
    const report = { ...STRANGE, filters: { endpoint: "@octocat https://evil.example" } };
    const text = textOf(render(renderReportMarkdown(report).replaceAll(/<code>.*?<\/code>/g, "")).childNodes);
    expect(renderReportMarkdown(report)).toContain("Only&#58; endpoint");
    expect(text).not.toContain("@octocat");
  });

  test("is at most as long as it may be, and says what it left out", () => {
    const many = (count: number) =>
      reportOf(
        Array.from({ length: count }, (_, index) =>
          endpoint({ endpoint: `GET /${HOSTILE[5]}/${index}` }, [
            signature({ id: `${index}`, path: `/${HOSTILE[6]}` }),
          ]),
        ),
      );
    for (const count of [0, 1, 20, 400]) {
      const text = renderReportMarkdown(many(count));
      expect(text.length).toBeLessThanOrEqual(MARKDOWN_CHARACTERS_MAX);
      expect(text.includes("Left out here")).toBe(count === 400);
      expect(text.split("<details>").length).toBe(text.split("</details>").length);
    }
    const text = renderReportMarkdown(many(400));
    const shown = text.split("\n").filter((line) => line.startsWith("| <code>")).length;
    expect(text).toContain(`Left out here: ${400 - shown} endpoints, 400 signatures`);
  });
});

test("text has nothing that drives a terminal, and lines of 100 columns at most", () => {
  for (const line of renderReportText(STRANGE).split("\n")) {
    expect([...line].length, line).toBeLessThanOrEqual(100);
    expect(line).not.toMatch(CONTROL);
  }
});

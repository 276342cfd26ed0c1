// What is shipped for Prometheus and Grafana: every metric, label and runbook section that is named exists.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse, stringify } from "yaml";
import { METRICS } from "../../src/telemetry/metrics.ts";
import { ROOT, read } from "./source-tree.ts";

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

const ALERTS = "config/prometheus/alerts.yaml";
const alerts = (parse(read(ALERTS)) as { groups: { rules: Alert[] }[] }).groups.flatMap(({ rules }) => rules);
const operations = read("docs/operations.md");

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}
const dashboard = JSON.parse(read("config/grafana/parallax.json")) as { readonly panels: readonly Panel[] };
const dashboardExpressions = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

const KNOWN = new Map(METRICS.map(({ name, labels }) => [name, labels]));

/** `metric{label…}` of an expression: those that do not exist, or have no such label. */
function unknownSelectors(expression: string): string[] {
  const selectors = [...expression.matchAll(/\b(parallax_[a-z_]+)(?:\{([^}]*)\})?/g)];
  return selectors.flatMap(([text, name = "", selector = ""]) => {
    if (name.startsWith("parallax_process_")) return [];
    const labels = KNOWN.get(name) ?? KNOWN.get(name.replace(/_(bucket|sum|count)$/, ""));
    const asked = [...selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = ""]) => label);
    return labels !== undefined && asked.every((label) => labels.includes(label)) ? [] : [text];
  });
}

function runPromtool(args: readonly string[], folder: string) {
  return spawnSync("promtool", args, { cwd: folder, encoding: "utf8" });
}

const HAS_PROMTOOL = runPromtool(["--version"], ROOT).status === 0;

/** The program's own look, where it is installed: its words when it finds fault. */
function promtoolFaults(args: readonly string[], folder: string): string {
  if (!HAS_PROMTOOL) return "";
  const { status, stdout, stderr } = runPromtool(args, folder);
  return status === 0 ? "" : stdout + stderr;
}

test("selectors of metrics or labels that do not exist are found", () => {
  expect(unknownSelectors("sum(rate(parallax_nothing_total[5m]))")).toHaveLength(1);
  expect(unknownSelectors('parallax_skipped_total{why="x"}')).toHaveLength(1);
  expect(unknownSelectors('rate(parallax_mirrored_duration_seconds_bucket{route="r"}[5m])')).toEqual([]);
});

describe("alert rules", () => {
  test("ask for metrics and labels that there are", () => {
    expect(alerts.length).toBeGreaterThan(10);
    expect(alerts.flatMap(({ expr }) => unknownSelectors(expr))).toEqual([]);
  });

  test("lead each to a section of the runbook, and the runbook lists each", () => {
    const anchors = [...operations.matchAll(/^## (.*)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replace(/[^\w\s-]/g, "")
        .replaceAll(" ", "-"),
    );
    for (const { alert, annotations, labels } of alerts) {
      const [file, anchor] = annotations.runbook.split("#");
      expect([alert, file]).toEqual([alert, "docs/operations.md"]);
      expect(anchors, alert).toContain(anchor);
      expect(operations).toContain(`- \`${alert}\` (${labels.severity}): [`);
    }
  });

  test("say in one line what is the matter, and wake nobody for lost evidence", () => {
    for (const { annotations, labels } of alerts) {
      expect(annotations.summary).toMatch(/^.{10,120}$/);
      expect(["page", "ticket"]).toContain(labels.severity);
    }
    const paging = alerts.filter(({ labels }) => labels.severity === "page").map(({ alert }) => alert);
    expect(paging).toEqual([
      "ParallaxServesErrors",
      "ParallaxThreadsAreLost",
      "ParallaxCandidateFailsClients",
      "ParallaxWayBackUnwritten",
      "ParallaxThreadIsBehind",
    ]);
  });

  test("are valid, and fire when they should, as far as promtool can tell", () => {
    expect(promtoolFaults(["check", "rules", ALERTS], ROOT)).toBe("");
    expect(promtoolFaults(["test", "rules", "alerts.test.yaml"], join(ROOT, "config/prometheus"))).toBe("");
  });
});

describe("the dashboard", () => {
  test("asks for metrics and labels that there are", () => {
    expect(dashboardExpressions.length).toBeGreaterThan(20);
    expect(dashboardExpressions.flatMap((expression) => unknownSelectors(expression))).toEqual([]);
  });

  test("has panels with a title and an id each, none over another", () => {
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(panels.filter(({ title }) => title === "")).toEqual([]);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });

  test("asks in valid expressions, as far as promtool can tell", () => {
    const folder = mkdtempSync(join(tmpdir(), "parallax-dashboard-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const rules = dashboardExpressions.map((expression, index) => ({
      record: `panel:${index}`,
      expr: expression.replaceAll("$__rate_interval", "5m").replaceAll("$route", ".*"),
    }));
    writeFileSync(join(folder, "panels.yaml"), stringify({ groups: [{ name: "panels", rules }] }));
    expect(promtoolFaults(["check", "rules", "panels.yaml"], folder)).toBe("");
  });
});

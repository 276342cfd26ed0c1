import { expect, test } from "vitest";
import { gateSettingsFrom, POLICIES } from "../../src/config/gate-policies.ts";
import { loaded, loadText, problemLines, TWO_URLS } from "./config-file.ts";

function settingsOf(yaml: string, environment: Record<string, string> = {}) {
  const { settings } = loaded(loadText(`${TWO_URLS}${yaml}`, environment));
  return gateSettingsFrom(settings.rollout, settings.routes[0]?.rollout, environment);
}

const ROUTE = "routes:\n  - name: orders\n    match: { path: /orders }\n    rollout:\n";

test("nobody has to write a gate: standard is there", () => {
  expect(settingsOf("")).toEqual({
    policy: "standard",
    ...POLICIES.standard,
    requestShareMax: undefined,
    kpis: [],
  });
});

test("a route's own settings go over the global ones, those over the policy's", () => {
  const settings = settingsOf(
    `rollout:\n  gate: { pairsMin: 9000, holdSeconds: 60, latency: { ratioMax: 2 } }\n${ROUTE}      gate: { holdSeconds: 120, mismatchPercentMax: 0.5, slo: { availabilityPercent: 99 } }\n`,
  );
  expect(settings).toMatchObject({
    pairsMin: 9000,
    holdMs: 120_000,
    mismatchRateMax: 0.005,
    latency: { quantile: 0.99, ratioMax: 2 },
    slo: { availability: 0.99 },
    unitsMin: POLICIES.standard.unitsMin,
  });
});

test("a route of another policy has that one's numbers, and the global business numbers", () => {
  const settings = settingsOf(
    `rollout:\n  gate: { pairsMin: 9000, kpis: [{ name: orders, webhook: { url: "http://kpi.example/" }, min: 1 }] }\n${ROUTE}      policy: fast\n`,
  );
  expect(settings).toMatchObject({ policy: "fast", pairsMin: POLICIES.fast.pairsMin });
  expect(settings.kpis.map(({ name }) => name)).toEqual(["orders"]);
});

const KPI =
  'rollout:\n  gate:\n    kpis:\n      - { name: orders, webhook: { url: "http://kpi.example/" }, tokenEnvironment: KPI_TOKEN, min: 1 }\n';

test("reads the token of a business number from the environment", () => {
  expect(settingsOf(KPI, { KPI_TOKEN: "secret" }).kpis[0]?.token).toBe("secret");
});

test("a variable that is missing is a problem of the config, and is named", () => {
  expect(problemLines(loadText(`${TWO_URLS}${KPI}`))).toEqual([
    expect.stringMatching(
      /rollout\.gate\.kpis\[0\]\.tokenEnvironment: found "KPI_TOKEN"; allowed: an environment/,
    ),
  ]);
});

test.for([
  ["{ name: a, min: 1 }", "exactly one of prometheus, webhook"],
  ['{ name: a, webhook: { url: "http://a.example/" }, min: 2, max: 1 }', "min at most as large as max"],
])("refuses the business number %s", ([kpi, allowed]) => {
  const lines = problemLines(loadText(`${TWO_URLS}rollout: { gate: { kpis: [${kpi}] } }\n`));
  expect(lines.join("\n")).toContain(allowed);
});

test("a stricter policy asks for more of everything", () => {
  const { cautious, standard, fast } = POLICIES;
  for (const key of ["pairsMin", "unitsMin", "warmUpMs", "holdMs", "graceMs"] as const) {
    expect(cautious[key]).toBeGreaterThan(standard[key]);
    expect(standard[key]).toBeGreaterThan(fast[key]);
  }
  for (const key of ["mismatchRateMax", "errorRateMargin", "rescueRateMax"] as const) {
    expect(cautious[key]).toBeLessThan(standard[key]);
    expect(standard[key]).toBeLessThan(fast[key]);
  }
});

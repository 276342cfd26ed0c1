// What the config says of a deprecated route, and what serving threads make of it.
import { describe, expect, test } from "vitest";
import type { RoutePosition } from "../../src/config/rollout-settings.ts";
import { buildSnapshot, RouteSlots } from "../../src/config/snapshot.ts";
import { loadText, problemLines } from "./config-file.ts";

const BASE = "upstreams: { legacy: { url: http://a:1 } }\n";
const AT = "at: 2027-01-01T00:00:00Z";

function withDeprecation(text: string): string {
  return `${BASE}routes: [{ name: old, match: { path: /old }, deprecation: { ${text} } }]\n`;
}

function problems(text: string): string[] {
  return problemLines(loadText(withDeprecation(text)));
}

function deprecationOf(text: string, position?: Partial<RoutePosition>) {
  const loaded = loadText(withDeprecation(text));
  if (!loaded.ok) throw new Error(problemLines(loaded).join("\n"));
  const stands = { stage: "shadow", basisPoints: 0, since: 0, ...position } as const;
  const positions = position && new Map([["old", stands]]);
  const state = { epoch: 1, instanceId: "i", isKilled: false, slots: new RouteSlots(), positions };
  return buildSnapshot(loaded.config, state).routes[0]?.deprecation;
}

describe("a deprecation", () => {
  test("is carried to the threads as times", () => {
    expect(deprecationOf(`${AT}, sunset: 2027-06-30T02:00:00+02:00, successor: /new`)).toEqual({
      atMs: Date.parse("2027-01-01"),
      sunsetMs: Date.parse("2027-06-30"),
      link: undefined,
      policy: undefined,
      successor: "/new",
      brownouts: [],
      brownoutStatus: 503,
    });
  });

  test("has a sunset that is moved to later while running, and never to sooner", () => {
    const sunset = (to: string) =>
      deprecationOf(`${AT}, sunset: 2027-06-30T00:00:00Z`, { sunset: to })?.sunsetMs;
    expect(sunset("2027-08-31T00:00:00Z")).toBe(Date.parse("2027-08-31"));
    expect(sunset("2027-03-31T00:00:00Z")).toBe(Date.parse("2027-06-30"));
    // Decided before the config moved the deprecation.
    expect(deprecationOf(AT, { sunset: "2026-03-31T00:00:00Z" })?.sunsetMs).toBe(Date.parse("2027-01-01"));
  });

  test("has brownouts that begin at the right time of the right day", () => {
    const brownouts = deprecationOf(
      `${AT}, brownouts: [{ every: week, weekday: tuesday, at: "14:05", minutes: 30 }, { every: day, at: "00:00", minutes: 1 }]`,
    )?.brownouts;
    // 6 January 1970 was a Tuesday.
    expect(brownouts).toEqual([
      {
        kind: "recurring",
        everyMs: 7 * 86_400_000,
        offsetMs: Date.parse("1970-01-06T14:05:00Z"),
        lengthMs: 1_800_000,
      },
      { kind: "recurring", everyMs: 86_400_000, offsetMs: 0, lengthMs: 60_000 },
    ]);
  });

  test("has no brownouts while its route is killed", () => {
    const text = `${AT}, brownouts: [{ every: day, at: "14:00", minutes: 5 }]`;
    expect(deprecationOf(text, {})?.brownouts).toHaveLength(1);
    expect(deprecationOf(text, { isKilled: true })?.brownouts).toEqual([]);
  });

  test.each([
    ["sunset: 2027-01-01T00:00:00Z", "at"],
    [`${AT}, sunset: 2026-12-31T23:59:59Z`, "not before deprecation.at (RFC 9745 §4)"],
    ["at: 2027-01-01", "a time with its zone"],
    [`${AT}, link: "/a>; rel=evil"`, "without < > and quotes"],
    [`${AT}, link: javascript:alert(1)`, "an http or https URL"],
    [`${AT}, policy: "/a\\r\\nset-cookie: a=b"`, "visible ASCII"],
    [`${AT}, brownoutStatus: 500`, "410 or 503"],
    [`${AT}, brownouts: [{ from: 2027-02-01T00:00:00Z, to: 2027-02-01T00:00:00Z }]`, "a time after from"],
    [
      `${AT}, brownouts: [{ from: 2026-02-01T00:00:00Z, to: 2027-02-01T00:00:00Z }]`,
      "deprecation.at or later",
    ],
    [`${AT}, brownouts: [{ from: 2027-02-01T00:00:00Z }]`, "from and to; or every: day"],
    [`${AT}, brownouts: [{ every: day, weekday: monday, at: "14:00", minutes: 5 }]`, "from and to; or every"],
    [`${AT}, brownouts: [{ every: week, at: "14:00", minutes: 5 }]`, "every: week with weekday"],
    [`${AT}, brownouts: [{ every: day, at: "24:00", minutes: 5 }]`, "a time of day"],
    [`${AT}, brownouts: [{ every: day, at: "14:00", minutes: 1441 }]`, "from 1 to 1440"],
  ])("is refused: %s", (text, why) => {
    const lines = problems(text);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("routes[0].deprecation");
    expect(lines[0]).toContain(why);
  });
});

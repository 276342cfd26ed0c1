import { describe, expect, test } from "vitest";
import {
  type Brownout,
  brownoutAt,
  type DeprecationSettings,
  deprecationLines,
  extensionProblem,
} from "../../src/core/deprecation.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function at(text: string): number {
  return Date.parse(text);
}

function deprecated(given: Partial<DeprecationSettings> = {}): DeprecationSettings {
  return {
    atMs: at("2023-06-30T23:59:59Z"),
    sunsetMs: undefined,
    link: undefined,
    policy: undefined,
    successor: undefined,
    brownouts: [],
    brownoutStatus: 503,
    ...given,
  };
}

describe("the header lines", () => {
  test("are those of the RFCs, letter by letter", () => {
    const lines = deprecationLines(
      deprecated({
        sunsetMs: at("2018-12-31T23:59:59Z") + 10 * 365 * DAY,
        link: "https://developer.example.com/deprecation",
        policy: "https://developer.example.com/sunset",
        successor: "/v2/users",
      }),
    );
    expect(lines.split("\r\n")).toEqual([
      "deprecation: @1688169599", // the example of RFC 9745 §2.1
      "sunset: Thu, 28 Dec 2028 23:59:59 GMT",
      'link: <https://developer.example.com/deprecation>; rel="deprecation"',
      'link: <https://developer.example.com/sunset>; rel="sunset"',
      'link: </v2/users>; rel="successor-version"',
      "",
    ]);
  });

  test("say no more than is known, and nothing of a route that stays", () => {
    expect(deprecationLines(deprecated({ atMs: 999 }))).toBe("deprecation: @0\r\n");
    expect(deprecationLines(undefined)).toBe("");
  });
});

describe("a brownout", () => {
  const once = (from: string, to: string): Brownout => ({ kind: "once", fromMs: at(from), toMs: at(to) });
  const daily = (offsetMs: number, lengthMs: number): Brownout => ({
    kind: "recurring",
    everyMs: DAY,
    offsetMs,
    lengthMs,
  });
  const state = (time: string, ...brownouts: Brownout[]) => {
    const { isOn, untilMs } = brownoutAt({ atMs: at("2023-07-01T00:00:00Z"), brownouts }, at(time));
    return [isOn, Number.isFinite(untilMs) ? new Date(untilMs).toISOString() : untilMs];
  };

  test("of one window has its first moment and not its last", () => {
    const window = once("2024-01-01T10:00:00Z", "2024-01-01T11:00:00Z");
    expect(state("2024-01-01T09:59:59.999Z", window)).toEqual([false, "2024-01-01T10:00:00.000Z"]);
    expect(state("2024-01-01T10:00:00Z", window)).toEqual([true, "2024-01-01T11:00:00.000Z"]);
    expect(state("2024-01-01T10:59:59.999Z", window)).toEqual([true, "2024-01-01T11:00:00.000Z"]);
    expect(state("2024-01-01T11:00:00Z", window)).toEqual([false, Number.POSITIVE_INFINITY]);
  });

  test("of every day comes again the next day, and goes over midnight", () => {
    const window = daily(23 * HOUR + 50 * MINUTE, 20 * MINUTE);
    expect(state("2024-02-28T23:49:59Z", window)).toEqual([false, "2024-02-28T23:50:00.000Z"]);
    expect(state("2024-02-29T00:09:59Z", window)).toEqual([true, "2024-02-29T00:10:00.000Z"]);
    expect(state("2024-02-29T00:10:00Z", window)).toEqual([false, "2024-02-29T23:50:00.000Z"]);
  });

  test("never comes before the deprecation", () => {
    expect(state("2023-06-30T12:30:00Z", daily(12 * HOUR, HOUR))).toEqual([
      false,
      "2023-07-01T00:00:00.000Z",
    ]);
    expect(state("2023-07-01T12:30:00Z", daily(12 * HOUR, HOUR))[0]).toBe(true);
  });

  test("that touches or overlaps another one ends with it", () => {
    const windows = [
      once("2024-01-01T10:00:00Z", "2024-01-01T11:00:00Z"),
      once("2024-01-01T11:30:00Z", "2024-01-01T12:00:00Z"),
      once("2024-01-01T10:30:00Z", "2024-01-01T11:30:00Z"),
    ];
    expect(state("2024-01-01T10:00:00Z", ...windows)).toEqual([true, "2024-01-01T12:00:00.000Z"]);
  });

  test("of the whole of every day is told in bounded time", () => {
    expect(state("2024-01-01T10:00:00Z", daily(0, DAY))[0]).toBe(true);
  });

  test("is none without a schedule", () => {
    expect(state("2024-01-01T10:00:00Z")).toEqual([false, Number.POSITIVE_INFINITY]);
  });

  test("is told the same way for each minute of a year as by walking through them", () => {
    const windows = [daily(23 * HOUR, 2 * HOUR), once("2024-03-01T00:30:00Z", "2024-03-02T05:00:00Z")];
    let said = brownoutAt({ atMs: 0, brownouts: windows }, at("2024-01-01T00:00:00Z"));
    for (let nowMs = at("2024-01-01T00:00:00Z"); nowMs < at("2025-01-01T00:00:00Z"); nowMs += 10 * MINUTE) {
      const hour = new Date(nowMs).getUTCHours();
      const isOn =
        hour === 23 ||
        hour === 0 ||
        (nowMs >= at("2024-03-01T00:30:00Z") && nowMs < at("2024-03-02T05:00:00Z"));
      if (nowMs >= said.untilMs) said = brownoutAt({ atMs: 0, brownouts: windows }, nowMs);
      expect(said.isOn, new Date(nowMs).toISOString()).toBe(isOn);
    }
  });
});

describe("a sunset", () => {
  const NOW = at("2024-01-01T00:00:00Z");
  const known = deprecated({ sunsetMs: at("2024-06-30T00:00:00Z") });

  test("can be moved to later", () => {
    expect(extensionProblem(known, at("2024-06-30T00:00:01Z"), NOW)).toBeUndefined();
    expect(extensionProblem(deprecated(), at("2024-01-01T00:00:01Z"), NOW)).toBeUndefined();
  });

  test.each([
    ["2024-06-30T00:00:00Z", "can only be moved to later"],
    ["2023-12-31T00:00:00Z", "in the future"],
    ["2023-06-30T23:59:58Z", "not be before the deprecation, 2023-06-30T23:59:59.000Z (RFC 9745 §4)"],
    ["soon", "no time"],
  ])("cannot be moved to %s, and says why", (time, why) =>
    expect(extensionProblem(known, at(time), NOW)).toContain(why),
  );

  test("of a route that stays cannot be moved", () => {
    expect(extensionProblem(undefined, at("2030-01-01T00:00:00Z"), NOW)).toContain("not deprecated");
  });
});

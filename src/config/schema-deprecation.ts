// What the config says of a route that is to go: since when, until when, where to read of it, when it is browned out.
// A part of the one schema.
import * as z from "zod";
import { count, listOf, oneOf, section, text } from "./values.ts";

const BROWNOUTS_MAX = 100;
const DAY_MINUTES = 24 * 60;
/** What an HTTP-date can say (RFC 9110 §5.6.7), and no date before HTTP. */
const YEAR_MIN = 1991;
const YEAR_MAX = 9999;

const instantError = "a time with its zone, such as 2026-12-24T18:00:00+01:00";
const instant = z.iso.datetime({ offset: true, error: instantError }).refine(
  (value) => {
    const year = new Date(value).getUTCFullYear();
    return year >= YEAR_MIN && year <= YEAR_MAX;
  },
  { error: instantError },
);

/** What may stand between < and > of a Link header (RFC 8288 §3). */
const reference = text(
  "an http or https URL, or a path that begins with /: visible ASCII without < > and quotes, at most 2000 characters",
  (value) =>
    /^(?:https?:\/\/|\/)[\x21\x23-\x3b\x3d\x3f-\x7e]{0,2000}$/.test(value) &&
    value.length <= 2000 &&
    (value.startsWith("/") || URL.canParse(value)),
);

export const WEEKDAYS = [
  "sunday",
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
] as const;

const brownoutError =
  "from and to; or every: day with at and minutes; or every: week with weekday, at and minutes";

const brownout = z
  .strictObject(
    {
      from: instant.optional().describe("First moment, once."),
      to: instant.optional().describe("First moment after it."),
      every: oneOf(["day", "week"]).optional().describe("Again and again instead, from deprecation.at on."),
      weekday: oneOf(WEEKDAYS).optional().describe("Of every week."),
      at: text("a time of day, such as 14:00", (value) => /^(?:[01]\d|2[0-3]):[0-5]\d$/.test(value))
        .optional()
        .describe("When it begins, UTC."),
      minutes: count(1, DAY_MINUTES).optional().describe("How long it lasts."),
    },
    section,
  )
  .refine(
    ({ from, to, every, weekday, at, minutes }) => {
      const isOnce = from !== undefined && to !== undefined;
      const isRecurring = at !== undefined && minutes !== undefined;
      if (every === undefined)
        return isOnce && weekday === undefined && at === undefined && minutes === undefined;
      return (
        isRecurring &&
        from === undefined &&
        to === undefined &&
        (every === "week") === (weekday !== undefined)
      );
    },
    { error: brownoutError },
  )
  .refine(({ from, to }) => from === undefined || to === undefined || Date.parse(from) < Date.parse(to), {
    error: "a time after from",
    path: ["to"],
  });

export const deprecation = z
  .strictObject(
    {
      at: instant.describe("Since when it is deprecated, also a time to come: Deprecation (RFC 9745)."),
      sunset: instant
        .optional()
        .describe("When it may stop to answer: Sunset (RFC 8594). Never before deprecation.at."),
      link: reference.optional().describe("What to read of it: Link with rel=deprecation."),
      policy: reference.optional().describe("Link with rel=sunset."),
      successor: reference.optional().describe("What to call instead: Link with rel=successor-version."),
      brownoutStatus: z
        .literal([410, 503], { error: "410 or 503" })
        .default(503)
        .describe("What a brownout answers."),
      brownouts: listOf(brownout, BROWNOUTS_MAX)
        .default([])
        .describe("When what the legacy would serve is turned away. None before deprecation.at."),
    },
    section,
  )
  .refine(({ at, sunset }) => sunset === undefined || Date.parse(sunset) >= Date.parse(at), {
    error: "a time that is not before deprecation.at (RFC 9745 §4)",
    path: ["sunset"],
  })
  .refine(
    ({ at, brownouts }) =>
      brownouts.every(({ from }) => from === undefined || Date.parse(from) >= Date.parse(at)),
    { error: "brownouts that begin at deprecation.at or later", path: ["brownouts"] },
  )
  .optional();

export type DeprecationConfig = NonNullable<z.output<typeof deprecation>>;

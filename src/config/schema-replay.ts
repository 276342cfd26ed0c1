// What `parallax replay` takes from the config: where values that were redacted come from when a request is sent again.
// A part of the one schema.
import * as z from "zod";
import {
  checkedText,
  headerName,
  listOf,
  NAMES_MAX,
  pointer,
  queryParameterName,
  section,
} from "./values.ts";

const ENV_ALLOWED = "the name of an environment variable, such as REPLAY_AUTH";
const environmentName = checkedText(ENV_ALLOWED, (value) =>
  /^[A-Za-z_][A-Za-z0-9_]{0,255}$/.test(value) ? undefined : ENV_ALLOWED,
);

const fill = z
  .strictObject(
    {
      header: headerName.optional().describe("Header whose redacted value is refilled."),
      queryParameter: queryParameterName
        .optional()
        .describe("Query parameter, or field of a form, whose redacted value is refilled."),
      pointer: pointer
        .optional()
        .describe("Place in a JSON body whose redacted value is refilled; * and ** as in rules."),
      env: environmentName.describe("Environment variable that holds the value: it is in no file."),
    },
    section,
  )
  .check((context) => {
    const { header, queryParameter, pointer: place } = context.value;
    const given = [header, queryParameter, place].filter((value) => value !== undefined).length;
    if (given === 1) return;
    context.issues.push({
      code: "custom",
      message: "exactly one of header, queryParameter and pointer",
      input: context.value,
      continue: true,
    });
  });

export const replay = z
  .strictObject(
    {
      fill: listOf(fill, NAMES_MAX)
        .default([])
        .describe("Values that were redacted when a request was stored."),
    },
    section,
  )
  .prefault({})
  .describe("What parallax replay sends in place of what was redacted.");

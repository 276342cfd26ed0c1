import { expect, test } from "vitest";
import { loadText, problemLines } from "./config-file.ts";

const problemsOf = (entry: string) =>
  problemLines(loadText(`replay: { fill: [${entry}] }`, { PARALLAX_LEGACY: "http://a.example" }));

test.each(["{ header: x-key, env: A }", "{ queryParameter: key, env: _A1 }", "{ pointer: /**/key, env: A }"])(
  "a value that is refilled has one place and a variable: %s",
  (entry) => expect(problemsOf(entry)).toEqual([]),
);

test.each([
  ["{ env: A }", /exactly one of header, queryParameter and pointer/],
  ["{ header: a, pointer: /a, env: A }", /exactly one of header, queryParameter and pointer/],
  ["{ header: a }", /the name of an environment variable/],
  ["{ header: a, env: a b }", /the name of an environment variable/],
  ["{ header: a, value: secret, env: A }", /unknown key/],
])("anything else is refused: %s", (entry, message) => {
  expect(problemsOf(entry).join("\n")).toMatch(message);
});

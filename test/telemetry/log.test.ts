import { expect, test } from "vitest";
import { createLog, type LogLevel } from "../../src/telemetry/log.ts";

function logTo(level: LogLevel, isReadable = false) {
  const lines: string[] = [];
  return { lines, log: createLog({ level, isReadable, write: (line) => lines.push(line) }) };
}

test("writes one JSON object per line, with level and time, and nothing below its level", () => {
  const { log, lines } = logTo("info");
  log.debug({}, "unseen");
  log.info({ epoch: 3 }, "reloaded");
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toEqual({
    level: "info",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    epoch: 3,
    msg: "reloaded",
  });
});

test("cuts credentials out, at the top and inside", () => {
  const { log, lines } = logTo("info");
  const secrets = {
    authorization: "Bearer s3cret",
    cookie: "s3cret",
    "set-cookie": "s3cret",
    token: "s3cret",
  };
  log.info({ ...secrets, headers: secrets, request: { headers: secrets } }, "seen");
  expect(lines[0]).not.toContain("s3cret");
  expect(lines[0]?.match(/\[redacted\]/g)).toHaveLength(12);
});

test("shows stack traces at debug alone", () => {
  const error = Object.assign(new Error("broken"), { code: "E_BROKEN" });
  for (const [level, hasStack] of [
    ["info", false],
    ["debug", true],
  ] as const) {
    const { log, lines } = logTo(level);
    log.error({ err: error }, "failed");
    const { err } = JSON.parse(lines[0] ?? "");
    expect(err).toMatchObject({ message: "broken", code: "E_BROKEN" });
    expect("stack" in err).toBe(hasStack);
  }
});

test("writes a readable line for a terminal, without passing control characters on", () => {
  const { log, lines } = logTo("info", true);
  log.warn({ path: "/tmp/a", note: "a b" }, "line\u001b[31m\ntwo");
  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d WARN {2}line \[31m two path=\/tmp\/a note="a b"\n$/);
});

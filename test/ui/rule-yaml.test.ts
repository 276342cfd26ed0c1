// A rule that is copied as YAML means the same once the config is loaded.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ruleFrom } from "../../src/config/read-rule.ts";
import type { Rule } from "../../src/core/rule.ts";
import { ruleYaml } from "../../src/ui/rules/rule-yaml.ts";
import { loaded, loadText, TWO_URLS } from "../config/config-file.ts";

const META = { owner: "team", reason: "made anew", expires: "2027-01-31" };

/** As the judge takes it, out of the whole config; what is not given is undefined there. */
function read(rule: Rule, route?: string): unknown {
  const yaml = ruleYaml(rule, route).trimEnd();
  const rest = route === undefined ? "" : "\n    match: { path: /** }";
  const { settings, folder } = loaded(loadText(`${TWO_URLS}${yaml}${rest}\n`));
  const [found] = route === undefined ? settings.rules : (settings.routes[0]?.rules ?? []);
  return found === undefined ? undefined : JSON.parse(JSON.stringify(ruleFrom(found, folder)));
}

describe("comes back as it was", () => {
  test.each<Rule>([
    { kind: "ignore", path: "/**/at", ...META },
    { kind: "ignore", path: "/* /a#b: c/'\"", ...META },
    { kind: "ignore", path: "/", ...META },
    { kind: "ignore", header: "content-type", ...META },
    { kind: "shape", path: "/items/*/id", class: "uuid", ...META },
    { kind: "shape", path: "/code", class: "/[A-Z]{3}-\\d+ ?/", ...META },
    { kind: "tolerance", path: "/price", abs: "0.10", rel: "1e-9", ...META },
    { kind: "timestamp", path: "/at", withinMs: 2000, ...META },
    { kind: "array", path: "", mode: "keyed", by: ["/id", "/on/off"], ...META },
    { kind: "array", path: "/a", mode: "unordered", ...META },
    { kind: "nullIsAbsent", path: "/a", ...META },
    { kind: "additive", path: "", ...META },
    { kind: "default", path: "/role", value: "yes", ...META },
    { kind: "default", path: "/role", value: { a: [1, null, "x: y"], "b c": false }, ...META },
    { kind: "status", legacy: 200, candidate: 201, ...META },
    { kind: "coerce", path: "/null", ...META, owner: "null", reason: "~" },
    {
      kind: "trim",
      path: "/a",
      ...META,
      owner: "2026",
      reason: "- not: a list # at all\nsecond line\u2028\u0085\u007f",
    },
    { kind: "case", path: "/a", ...META, owner: "No", reason: "  spaces  " },
  ])("%j", (rule) => {
    const { reason, ...rest } = rule;
    // Notes are trimmed by nobody, but a text of white space alone is refused: these are kept as they are.
    expect(read(rule)).toEqual({ ...rest, reason });
  });

  test("under its route", () => {
    const rule: Rule = { kind: "ignore", path: "/a", ...META };
    expect(ruleYaml(rule, "check out: 2")).toMatch(
      /^routes:\n {2}- name: "check out: 2"\n {4}rules:\n {6}- kind: ignore\n/,
    );
    expect(read(rule, "orders-v2")).toEqual(rule);
  });

  test("under the route of a config without routes, with a word about that", () => {
    expect(ruleYaml({ kind: "ignore", path: "/a" }, "default")).toMatch(/^# In a config without routes/);
    expect(read({ kind: "ignore", path: "/a" }, "default")).toEqual({ kind: "ignore", path: "/a" });
  });

  test("whatever the reason and the path say", () => {
    const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(text, text, (path, reason) => {
        const pointer = `/${path.replaceAll("~", "~0").replaceAll("/", "~1")}`;
        const rule: Rule = { kind: "ignore", path: pointer, ...META, reason: `x${reason}x` };
        expect(read(rule)).toEqual(rule);
      }),
      { numRuns: 60 },
    );
  });
});

test("reads as somebody would write it: plain where that is safe, owner and expiry last", () => {
  expect(
    ruleYaml({ ...META, class: "uuid", path: "/items/*/id", kind: "shape", reason: "made: anew" }, undefined),
  ).toBe(
    `rules:
  - kind: shape
    path: /items/*/id
    class: uuid
    reason: "made: anew"
    owner: team
    expires: 2027-01-31
`,
  );
});

import { describe, expect, test } from "vitest";
import { changesThatNeedRestart } from "../../src/config/snapshot.ts";
import { loaded, loadText, problemLines, TWO_URLS, testFile } from "./config-file.ts";

const A = "aaaaaaaaaaaaaaaa";
const B = "bbbbbbbbbbbbbbbb";
const admin = (text: string) => loadText(`${TWO_URLS}admin: ${text}\n`);
const problems = (text: string) => problemLines(admin(text)).join("\n");

describe("admin.tokens", () => {
  test("are read from the file and from files of their own, beside admin.token", () => {
    const tokenFile = testFile("token", `${B}\n`);
    const text = `{ token: cccccccccccccccc, tokens: [{ name: a, role: viewer, token: ${A} }, { name: b, role: operator, tokenFile: ${tokenFile} }] }`;
    expect(loaded(admin(text))).toMatchObject({
      adminToken: "cccccccccccccccc",
      adminTokens: [
        { name: "a", role: "viewer", token: A },
        { name: "b", role: "operator", token: B },
      ],
    });
  });

  test.each([
    [`[{ name: a, role: viewer }]`, "a token: token or tokenFile is needed"],
    [`[{ name: a, role: viewer, token: ${A}, tokenFile: /x }]`, "token or tokenFile, not both"],
    [`[{ name: admin, role: viewer, token: ${A} }]`, "a name that no other token has"],
    [
      `[{ name: a, role: viewer, token: ${A} }, { name: a, role: viewer, token: ${B} }]`,
      "a name that no other token has",
    ],
    [
      `[{ name: a, role: viewer, token: ${A} }, { name: b, role: operator, token: ${A} }]`,
      "a token that no other entry, nor admin.token, has",
    ],
    [`[{ name: a, role: root, token: ${A} }]`, "one of viewer, reviewer, operator"],
    [`[{ name: "a\\nb", role: viewer, token: ${A} }]`, "letters, digits"],
    [`[{ name: a, role: viewer, token: short }]`, "16 to 1024 visible ASCII characters"],
    [`[{ name: a, role: viewer, tokenFile: /nowhere }]`, "a file that exists"],
  ])("%s is refused", (tokens, allowed) => {
    expect(problems(`{ tokens: ${tokens} }`)).toContain(allowed);
  });

  test("no token is ever in a problem", () => {
    for (const tokens of [
      `[${A}]`,
      `{ ${A}: x }`,
      `[{ name: a, role: x, token: ${A} }]`,
      `[{ token: ${A}${A}é }]`,
    ])
      expect(problems(`{ tokens: ${tokens} }`)).not.toContain(`found "${A}`);
  });

  test("open the listener beyond loopback, and a change takes effect at the next start", () => {
    const before = loaded(
      admin(`{ listen: "0.0.0.0:9090", tokens: [{ name: a, role: viewer, token: ${A} }] }`),
    );
    const after = loaded(
      admin(`{ listen: "0.0.0.0:9090", tokens: [{ name: a, role: viewer, token: ${B} }] }`),
    );
    expect(changesThatNeedRestart(before, before)).toEqual([]);
    expect(changesThatNeedRestart(before, after)).toEqual(["admin"]);
    expect(problems(`{ listen: "0.0.0.0:9090" }`)).toContain("elsewhere a token is needed");
  });
});

describe("admin.trustedProxy", () => {
  test("has defaults for all but its networks, and opens the listener beyond loopback", () => {
    const config = loaded(admin(`{ listen: "0.0.0.0:9090", trustedProxy: { networks: [10.0.0.7] } }`));
    expect(config.settings.admin.trustedProxy).toEqual({
      networks: ["10.0.0.7"],
      userHeader: "x-forwarded-email",
      roles: {},
      defaultRole: "viewer",
    });
  });

  test.each([
    ["{}", "a list"],
    ["{ networks: [] }", "a list of at least one network: the proxy's own addresses"],
    ["{ networks: [everywhere] }", "a network in CIDR form"],
    ['{ networks: [10.0.0.7], userHeader: "a b" }', "a header name"],
    ["{ networks: [10.0.0.7], roles: { ops: root } }", "one of viewer, reviewer, operator"],
    ["{ networks: [10.0.0.7], defaultRole: none }", "one of viewer, reviewer, operator"],
  ])("%s is refused", (proxy, allowed) => {
    expect(problems(`{ trustedProxy: ${proxy} }`)).toContain(allowed);
  });
});

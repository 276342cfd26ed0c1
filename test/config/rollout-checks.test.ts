import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { buildSnapshot, RouteSlots } from "../../src/config/snapshot.ts";
import { loaded, loadText, problemLines, TWO_URLS, testFile } from "./config-file.ts";

function lines(text: string): string[] {
  return problemLines(loadText(TWO_URLS + text));
}

function routes(...texts: string[]): string {
  return `routes:\n${texts.map((text) => `  - ${text}\n`).join("")}`;
}

describe("what units and cohorts ask for", () => {
  test("is a parameter that the route's template has", () => {
    const route = (unit: string) =>
      routes(
        `{ name: a, match: { path: "/t/{tenant}/**" }, rollout: { units: [{ kind: t, path: ${unit} }] } }`,
      );
    expect(lines(route("tenant"))).toEqual([]);
    expect(lines(route("tennant"))).toEqual([
      expect.stringMatching(
        /routes\[0\]\.rollout\.units\[0\]\.path: found "tennant"; allowed: a parameter that the route's template \/t\/\{tenant\}\/\*\* has, \{tennant\}/,
      ),
    ]);
  });

  test.each(["deny", "allow", "cohorts"])("is looked at in %s as well", (list) => {
    const cohort = "{ name: c, where: [{ header: x, is: a }, { path: nope, is: a }, { claim: org, is: a }] }";
    expect(lines(routes(`{ name: a, match: { path: /** }, rollout: { ${list}: [${cohort}] } }`))).toEqual([
      expect.stringContaining(`routes[0].rollout.${list}[0].where[1].path: found "nope"`),
      expect.stringContaining(`routes[0].rollout.${list}[0].where[2].claim: found "org"`),
    ]);
  });

  test("for all routes, is a parameter that one of them has", () => {
    const global = "rollout: { units: [{ kind: t, path: tenant }] }\n";
    const with2 = (first: string) =>
      routes(`{ name: a, match: { path: "${first}" } }`, "{ name: b, match: { path: /b } }");
    expect(lines(global + with2("/t/{tenant}"))).toEqual([]);
    expect(lines(global + with2("/t/{other}"))).toEqual([
      expect.stringMatching(/rollout\.units\[0\]\.path.*one of the routes' templates/),
    ]);
  });

  test("is a claim only where tokens are read", () => {
    const global = "  units: [{ kind: user, claim: sub }]\n";
    expect(lines(`rollout:\n${global}`)).toEqual([
      expect.stringMatching(/rollout\.units\[0\]\.claim: found "sub".*only with rollout\.jwt/),
    ]);
    expect(lines(`rollout:\n${global}  jwt: { trust: unverified }\n`)).toEqual([]);
  });
});

describe("the names of cohorts", () => {
  test("are each there once over all lists of a route", () => {
    const cohort = (name: string) => `[{ name: ${name}, where: [{ header: x, is: a }] }]`;
    const both = (a: string, b: string) =>
      routes(`{ name: r, match: { path: /** }, rollout: { deny: ${cohort(a)}, cohorts: ${cohort(b)} } }`);
    expect(lines(both("one", "two"))).toEqual([]);
    expect(lines(both("one", "one"))).toEqual([
      expect.stringMatching(/routes\[0\]\.rollout\.cohorts\[0\]\.name: found "one".*deny has it already/),
    ]);
  });
});

describe("the order of routes", () => {
  const route = (name: string, after: string) =>
    `{ name: ${name}, match: { path: /${name} }, rollout: { after: [${after}] } }`;

  test("names routes that there are", () => {
    expect(lines(routes(route("a", ""), route("b", "a"), route("c", "a, b")))).toEqual([]);
    expect(lines(routes(route("a", ""), route("b", "a, z")))).toEqual([
      expect.stringMatching(/routes\[1\]\.rollout\.after\[1\]: found "z".*the name of another route/),
    ]);
  });

  test("has no circle, which is said once", () => {
    expect(lines(routes(route("a", "a")))).toEqual([expect.stringContaining("without a circle (a → a)")]);
    expect(lines(routes(route("x", "a"), route("a", "b"), route("b", "c"), route("c", "a")))).toEqual([
      expect.stringMatching(/routes\[3\]\.rollout\.after\[0\]: found "a".*\(a → b → c → a\)/),
    ]);
  });

  test("is found along a line of a thousand routes", () => {
    const line = Array.from({ length: 1000 }, (_, index) => route(`r${index}`, `r${index + 1}`));
    expect(lines(routes(...line, route("r1000", "")))).toEqual([]);
    expect(lines(routes(...line, route("r1000", "r0")))).toHaveLength(1);
  });
});

describe("the override header", () => {
  test.each([
    "Host",
    "content-length",
    "Transfer-Encoding",
    "connection",
    "authorization",
    "x-forwarded-for",
  ])("is not %s, which would be taken out of every request", (name) => {
    expect(lines(`rollout: { override: { header: ${name} } }\n`)).toEqual([
      expect.stringContaining(`rollout.override.header: found "${name}"; allowed: a header of its own`),
    ]);
  });

  test("is any other", () => {
    expect(lines("rollout: { override: { header: X-Ask-For } }\n")).toEqual([]);
  });
});

describe("the key set", () => {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const good = { ...publicKey.export({ format: "jwk" }), kid: "one", alg: "ES256", use: "sig" };
  const jwt = (keys: unknown) => {
    const file = testFile("jwks.json", typeof keys === "string" ? keys : JSON.stringify({ keys }));
    return `rollout: { jwt: { trust: verified, keysFile: "${file}" } }\n`;
  };

  test("is needed to verify, and refused where nothing is verified", () => {
    expect(lines("rollout: { jwt: { trust: verified } }\n")).toEqual([
      expect.stringMatching(/rollout\.jwt\.keysFile: the path of a JSON Web Key Set/),
    ]);
    expect(lines("rollout: { jwt: { trust: unverified, keysFile: k.json } }\n")).toEqual([
      expect.stringMatching(/rollout\.jwt\.keysFile: found "k\.json".*no key set with trust: unverified/),
    ]);
  });

  test("reaches the snapshot, but for keys that are not for signatures", () => {
    const enc = { ...good, kid: "two", use: "enc", alg: "ECDH-ES" };
    const config = loaded(loadText(TWO_URLS + jwt([enc, good])));
    const state = { epoch: 1, instanceId: "i", isKilled: false, slots: new RouteSlots() };
    expect(buildSnapshot(config, state).jwt).toEqual({
      trust: "verified",
      keys: [good],
      issuer: undefined,
      audience: undefined,
    });
  });

  test.each([
    ["no JSON", "-----BEGIN", "a JSON Web Key Set"],
    ["a bare key", JSON.stringify({ kty: "EC" }), "a JSON Web Key Set"],
    ["an empty one", [], "1 to 32 keys for signatures, not 0"],
    ["too many keys", Array.from({ length: 33 }, () => good), "not 33"],
    ["a key that is none", ["x"], "keys[0]: a JSON Web Key"],
    ["a private key", [privateKey.export({ format: "jwk" })], "keys[0]: a public key"],
    [
      "an unknown kind",
      [{ kty: "XYZ", kid: "k" }],
      'keys[0] (kid "k"): a JSON Web Key (RFC 7517) that can be read',
    ],
    [
      "a curve that is not for signatures",
      [{ kty: "OKP", crv: "X25519", x: "A".repeat(43) }],
      "a key of kty",
    ],
    ["a short secret", [{ kty: "oct", k: "c2hvcnQ" }], "a secret of at least 32 bytes"],
    [
      "a secret that is not base64url",
      [{ kty: "oct", k: `${"A".repeat(60)}=` }],
      "a secret whose k is base64url",
    ],
    ["an algorithm that the key is not for", [{ ...good, alg: "ES384" }], "a key whose alg is one of ES256"],
    ["a key that may not verify", [{ ...good, key_ops: ["encrypt"] }], "a key that may verify"],
    ["one kid twice", [good, good], "a kid that no other key has"],
  ])("is not %s", (_name, keys, allowed) => {
    const found = lines(jwt(keys));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain("rollout.jwt.keysFile");
    expect(found[0]).toContain(allowed);
  });

  test("says every unusable key by itself, and never a secret", () => {
    const secret = "c2VjcmV0LXRoYXQtaXMtc2hvcnQ";
    const found = lines(jwt([good, { kty: "oct", k: secret }, { kty: "RSA", n: "AQAB", e: "AQAB" }]));
    expect(found).toHaveLength(2);
    expect(found.join("\n")).not.toContain(secret);
  });
});

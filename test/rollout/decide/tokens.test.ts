import { constants, createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { JwtSettings } from "../../../src/core/snapshot.ts";
import { newDecision, RouteDecider } from "../../../src/rollout/decide/decide.ts";
import { viewOf } from "../../../src/rollout/decide/described-request.ts";
import { BAD_TOKENS_MAX, GOOD_TOKENS_MAX, TokenCache } from "../../../src/rollout/decide/token-cache.ts";
import {
  TOKEN_BYTES_MAX,
  TOKENS_VERIFIED_MAX,
  TokenReader,
} from "../../../src/rollout/decide/token-reader.ts";
import { routeOf, snapshotOf } from "./deciding.ts";

const NOW = 1_800_000_000;
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" });
const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" });
const p521 = generateKeyPairSync("ec", { namedCurve: "P-521" });
const ed25519 = generateKeyPairSync("ed25519");
const secret = Buffer.alloc(64, 7);
const oct = { kty: "oct", k: secret.toString("base64url"), kid: "oct" };

const jwkOf = ({ publicKey }: { readonly publicKey: KeyObject }, more: object = {}) => ({
  ...publicKey.export({ format: "jwk" }),
  ...more,
});

const ALL = [
  jwkOf(rsa, { kid: "rsa" }),
  jwkOf(p256, { kid: "p256" }),
  jwkOf(p384, { kid: "p384" }),
  jwkOf(p521, { kid: "p521" }),
  jwkOf(ed25519, { kid: "ed" }),
  oct,
];

const part = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

function seal(algorithm: string, data: string): Buffer {
  const bytes = Buffer.from(data);
  const hash = `sha${algorithm.slice(-3)}`;
  switch (algorithm.slice(0, 2)) {
    case "HS":
      return createHmac(hash, secret).update(bytes).digest();
    case "RS":
      return sign(hash, bytes, rsa.privateKey);
    case "PS": {
      const padding = constants.RSA_PKCS1_PSS_PADDING;
      return sign(hash, bytes, {
        key: rsa.privateKey,
        padding,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      });
    }
    case "ES": {
      const key = { ES256: p256, ES384: p384, ES512: p521 }[algorithm]?.privateKey as KeyObject;
      return sign(hash, bytes, { key, dsaEncoding: "ieee-p1363" });
    }
    default:
      return sign(null, bytes, ed25519.privateKey);
  }
}

function tokenOf(claims: unknown, header: Record<string, unknown> = { alg: "ES256", kid: "p256" }): string {
  const data = `${part(header)}.${part(claims)}`;
  return `${data}.${seal(String(header["alg"]), data).toString("base64url")}`;
}

function settingsOf(changes: Partial<JwtSettings> = {}): JwtSettings {
  return { trust: "verified", keys: ALL, issuer: undefined, audience: undefined, ...changes };
}

/** The claim as the decider reads it; undefined: missing. */
function claimIn(
  authorization: string | readonly string[],
  {
    claim = "sub",
    settings = settingsOf(),
    tokens,
  }: { readonly claim?: string; readonly settings?: JwtSettings; readonly tokens?: TokenReader } = {},
): string | undefined {
  const route = routeOf("ramp", { units: [{ kind: "user", from: { kind: "claim", name: claim } }] });
  const reader = tokens ?? new TokenReader(settings, () => NOW * 1000);
  const decider = new RouteDecider(route, snapshotOf({ jwt: settings }), { tokens: reader });
  const headers = [authorization].flat().map((value) => ["Authorization", value] as const);
  decider.decide(
    viewOf({ headers }, () => false),
    newDecision(),
  );
  return decider.grounds().unit?.id;
}

const bearer = (claims: unknown, header?: Record<string, unknown>): string =>
  `Bearer ${tokenOf(claims, header)}`;

describe("a token that is in order", () => {
  test.each([
    ["RS256", "rsa"],
    ["RS384", "rsa"],
    ["RS512", "rsa"],
    ["PS256", "rsa"],
    ["PS384", "rsa"],
    ["PS512", "rsa"],
    ["ES256", "p256"],
    ["ES384", "p384"],
    ["ES512", "p521"],
    ["EdDSA", "ed"],
    ["HS256", "oct"],
    ["HS512", "oct"],
  ])("says its claims: %s", (alg, kid) => {
    expect(claimIn(bearer({ sub: "acme" }, { alg, kid }))).toBe("acme");
    expect(claimIn(bearer({ sub: "acme" }, { alg }))).toBe("acme");
  });

  test("may write its scheme in any letter case, and be followed by spaces", () => {
    expect(claimIn(bearer({ sub: "a" }).replace("Bearer", "bEARER"))).toBe("a");
    expect(claimIn(bearer({ sub: "a" }).replace(" ", "   "))).toBe("a");
  });
});

describe("a token that is not", () => {
  const good = tokenOf({ sub: "acme" });
  const [head = "", payload = "", signature = ""] = good.split(".");

  test.each([
    ["alg none", `${part({ alg: "none" })}.${payload}.`],
    ["alg none with the signature of another", `${part({ alg: "none" })}.${payload}.${signature}`],
    [
      "an RSA public key used as the secret of HS256",
      (() => {
        const data = `${part({ alg: "HS256", kid: "rsa" })}.${payload}`;
        const pem = rsa.publicKey.export({ type: "spki", format: "pem" });
        return `${data}.${createHmac("sha256", pem).update(data).digest("base64url")}`;
      })(),
    ],
    ["a payload that was changed", `${head}.${part({ sub: "globex" })}.${signature}`],
    [
      "a signature that was changed",
      `${head}.${payload}.${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`,
    ],
    ["a signature that is too short", `${head}.${payload}.${signature.slice(0, 40)}`],
    ["no signature", `${head}.${payload}.`],
    ["a signature with a line break behind it", `${good}=`],
    ["another key's kid", tokenOf({ sub: "acme" }, { alg: "ES256", kid: "p384" })],
    ["an unknown kid", tokenOf({ sub: "acme" }, { alg: "ES256", kid: "nobody" })],
    ["a kid that is no text", tokenOf({ sub: "acme" }, { alg: "ES256", kid: 1 })],
    ["a critical extension", tokenOf({ sub: "acme" }, { alg: "ES256", crit: ["b64"], b64: true })],
    ["five parts", `${good}.a.b`],
    ["two parts", `${head}.${payload}`],
    ["a list as its payload", tokenOf(["acme"])],
    ["a payload that is no JSON", tokenOf("{")],
    ["an expiry that is a text", tokenOf({ sub: "acme", exp: "2999-01-01" })],
  ])("says nothing: %s", (_name, token) => {
    expect(claimIn(`Bearer ${token}`)).toBeUndefined();
  });

  test("says nothing: a signature in another spelling of the same bytes", () => {
    const data = `${part({ alg: "HS256" })}.${payload}`;
    const seal32 = seal("HS256", data).toString("base64url");
    // 32 bytes are 43 characters, of which the last has two bits to spare.
    const last = seal32.at(-1) as string;
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const twin = letters[letters.indexOf(last) ^ 1] as string;
    expect(claimIn(`Bearer ${data}.${seal32}`)).toBe("acme");
    expect(claimIn(`Bearer ${data}.${seal32.slice(0, -1)}${twin}`)).toBeUndefined();
  });

  test("says nothing behind another scheme, without one, or in two lines", () => {
    for (const value of [`Basic ${good}`, good, `Bearer${good}`, "Bearer ", "Bearer", ""])
      expect(claimIn(value)).toBeUndefined();
    expect(claimIn([`Bearer ${good}`, `Bearer ${good}`])).toBeUndefined();
  });

  test("says nothing from one byte more than 8 KiB on", () => {
    const sized = (bytes: number): string => {
      const base = tokenOf({ sub: "acme", pad: "" });
      // Three bytes of payload are four characters: near it first, then the header makes up for the rest.
      for (let pad = Math.floor(((bytes - base.length) * 3) / 4); ; pad--)
        for (let name = 0; name < 8; name++) {
          const token = tokenOf(
            { sub: "acme", pad: "x".repeat(pad) },
            { alg: "ES256", kid: "p256", x: "y".repeat(name) },
          );
          if (token.length === bytes) return token;
        }
    };
    expect(claimIn(`Bearer ${sized(TOKEN_BYTES_MAX)}`)).toBe("acme");
    expect(claimIn(`Bearer ${sized(TOKEN_BYTES_MAX + 1)}`)).toBeUndefined();
  });

  test("a key is for its own alg and use alone", () => {
    const only = (jwk: object) => settingsOf({ keys: [jwk as Readonly<Record<string, unknown>>] });
    const rs512 = bearer({ sub: "acme" }, { alg: "RS512" });
    expect(claimIn(rs512, { settings: only(jwkOf(rsa)) })).toBe("acme");
    expect(claimIn(rs512, { settings: only(jwkOf(rsa, { alg: "RS256" })) })).toBeUndefined();
    expect(claimIn(rs512, { settings: only(jwkOf(rsa, { use: "enc" })) })).toBeUndefined();
  });

  test("without a kid, four keys are tried and no more", () => {
    const others = Array.from({ length: 4 }, () => jwkOf(generateKeyPairSync("ec", { namedCurve: "P-256" })));
    const token = bearer({ sub: "acme" }, { alg: "ES256" });
    expect(claimIn(token, { settings: settingsOf({ keys: [...others.slice(1), jwkOf(p256)] }) })).toBe(
      "acme",
    );
    expect(claimIn(token, { settings: settingsOf({ keys: [...others, jwkOf(p256)] }) })).toBeUndefined();
  });
});

describe("whom and when a token is for", () => {
  test("expiry and begin have a minute of leeway", () => {
    const at = (claims: object) => claimIn(bearer({ sub: "a", ...claims }));
    expect(at({ exp: NOW - 59 })).toBe("a");
    expect(at({ exp: NOW - 60 })).toBeUndefined();
    expect(at({ nbf: NOW + 60 })).toBe("a");
    expect(at({ nbf: NOW + 61 })).toBeUndefined();
  });

  test("issuer and audience are as configured", () => {
    const settings = settingsOf({ issuer: "https://login.example", audience: "api" });
    const at = (claims: object) => claimIn(bearer({ sub: "a", ...claims }), { settings });
    expect(at({ iss: "https://login.example", aud: "api" })).toBe("a");
    expect(at({ iss: "https://login.example", aud: ["web", "api"] })).toBe("a");
    expect(at({ iss: "https://login.example", aud: "apis" })).toBeUndefined();
    expect(at({ iss: "https://login.example" })).toBeUndefined();
    expect(at({ iss: "https://login.example/", aud: "api" })).toBeUndefined();
    expect(at({ aud: "api" })).toBeUndefined();
  });

  test("unverified, anybody may claim anything, but not at any time", () => {
    const settings = settingsOf({ trust: "unverified", keys: [] });
    const forged = (claims: object) => `Bearer ${part({ alg: "none" })}.${part(claims)}.`;
    expect(claimIn(forged({ sub: "acme" }), { settings })).toBe("acme");
    expect(claimIn(forged({ sub: "acme", exp: NOW - 61 }), { settings })).toBeUndefined();
  });

  test("without settings there are no claims", () => {
    const route = routeOf("ramp", { units: [{ kind: "user", from: { kind: "claim", name: "sub" } }] });
    const decider = new RouteDecider(route, snapshotOf());
    decider.decide(
      viewOf({ headers: [["authorization", bearer({ sub: "acme" })]] }, () => false),
      newDecision(),
    );
    expect(decider.grounds().unit).toBeUndefined();
  });
});

describe("claims", () => {
  test.each([
    ["a text", "acme", "acme"],
    ["a foreign text", "Müller 🦊", "Müller 🦊"],
    ["a number", 42, "42"],
    ["a fraction", 0.5, "0.5"],
    ["zero", 0, "0"],
    ["true", true, "true"],
    ["false", false, "false"],
    ["the largest whole number", 9_007_199_254_740_991, "9007199254740991"],
    ["an empty text", "", undefined],
    ["null", null, undefined],
    ["a list", ["acme"], undefined],
    ["an object", { id: "acme" }, undefined],
  ])("%s", (_name, value, text) => {
    expect(claimIn(bearer({ sub: value }))).toBe(text);
  });

  test("of a whole number that several numbers read as, none is made", () => {
    expect(claimIn(`Bearer ${tokenOf('{"sub":9007199254740993}')}`)).toBeUndefined();
    expect(claimIn(`Bearer ${tokenOf('{"sub":1e400}')}`)).toBeUndefined();
  });

  test("are found inside of others by dots, the exact name first", () => {
    const inner = { org: { tenant: "acme", "a.b": "no" } };
    expect(claimIn(bearer(inner), { claim: "org.tenant" })).toBe("acme");
    expect(claimIn(bearer(inner), { claim: "org.tenant.x" })).toBeUndefined();
    expect(claimIn(bearer({ ...inner, "org.tenant": "globex" }), { claim: "org.tenant" })).toBe("globex");
    expect(claimIn(bearer({ "https://x.example/t": "acme" }), { claim: "https://x.example/t" })).toBe("acme");
  });

  test("are a token's own: nothing that every object has", () => {
    for (const claim of ["constructor", "constructor.name", "__proto__", "toString", "a.length"])
      expect(claimIn(bearer({ a: "text" }), { claim })).toBeUndefined();
    expect(claimIn(`Bearer ${tokenOf('{"__proto__":{"sub":"evil"}}')}`)).toBeUndefined();
  });

  test("of one that is there twice, the last counts", () => {
    expect(claimIn(`Bearer ${tokenOf('{"sub":"one","sub":"two"}')}`)).toBe("two");
  });
});

describe("what is remembered", () => {
  test("a token that expires is not believed any longer, and one that begins is believed then", () => {
    let now = NOW;
    const tokens = new TokenReader(settingsOf(), () => now * 1000);
    const token = bearer({ sub: "a", nbf: NOW + 100, exp: NOW + 200 });
    const told = [0, 40, 150, 259, 260, 150].map((after) => {
      now = NOW + after;
      return claimIn(token, { tokens });
    });
    expect(told).toEqual([undefined, "a", "a", "a", undefined, "a"]);
  });

  test("a token is found by its bytes, wherever they lie", () => {
    const cache = new TokenCache();
    const token = { claims: {}, fromSeconds: 0, toSeconds: 1 };
    const known = cache.remember(Buffer.from("a.b.c"), token);
    expect(cache.get(Buffer.from("xa.b.cx"), 1, 6)).toBe(known);
    expect(cache.get(Buffer.from("a.b.d"), 0, 5)).toBeUndefined();
    expect(cache.get(Buffer.from("a.b.cc"), 0, 6)).toBeUndefined();
  });

  test("a flood of forged tokens drives out none that holds", () => {
    const cache = new TokenCache();
    const token = { claims: {}, fromSeconds: 0, toSeconds: 1 };
    const good = Array.from({ length: 100 }, (_, index) => Buffer.from(`a.b.good-${index}`));
    for (const bytes of good) cache.remember(bytes, token);
    for (let index = 0; index < 50_000; index++) cache.remember(Buffer.from(`a.b.bad-${index}`), undefined);
    expect(good.every((bytes) => cache.get(bytes, 0, bytes.length)?.token === token)).toBe(true);
  });

  test("no more are kept than there are places", () => {
    const cache = new TokenCache();
    const token = { claims: {}, fromSeconds: 0, toSeconds: 1 };
    for (const [kind, holds, max] of [
      ["good", token, GOOD_TOKENS_MAX],
      ["bad", undefined, BAD_TOKENS_MAX],
    ] as const) {
      const all = Array.from({ length: 20_000 }, (_, index) => Buffer.from(`${kind}.${index}.x`));
      for (const bytes of all) cache.remember(bytes, holds);
      const kept = all.filter((bytes) => cache.get(bytes, 0, bytes.length) !== undefined).length;
      expect(kept).toBeLessThanOrEqual(max);
      // Those that came last are evenly spread over the places.
      expect(kept).toBeGreaterThan(max * 0.9);
    }
  });

  test("a flood of new tokens is verified up to a limit a second, and known ones are believed beside it", () => {
    let nowMs = NOW * 1000;
    let unread = 0;
    const tokens = new TokenReader(
      settingsOf({ keys: [oct] }),
      () => nowMs,
      () => unread++,
    );
    const signed = (sub: string) => bearer({ sub }, { alg: "HS256" });
    expect(claimIn(signed("known"), { tokens })).toBe("known");
    const forged = Array.from({ length: TOKENS_VERIFIED_MAX - 2 }, (_, index) => `Bearer a.b.${index}`);
    for (const token of forged) claimIn(token, { tokens });
    expect(claimIn(signed("last"), { tokens })).toBe("last");
    expect(unread).toBe(0);
    expect(claimIn(signed("late"), { tokens })).toBeUndefined();
    expect(unread).toBe(1);
    expect(claimIn(signed("known"), { tokens })).toBe("known");
    nowMs += 1000;
    expect(claimIn(signed("late"), { tokens })).toBe("late");
  });

  test("a deny list holds for a claim that there was no time to verify", () => {
    const tokens = new TokenReader(settingsOf(), () => NOW * 1000);
    for (let index = 0; index < TOKENS_VERIFIED_MAX; index++) claimIn(`Bearer a.b.${index}`, { tokens });
    const where = [{ kind: "values", from: { kind: "claim", name: "sub" }, values: ["acme"] }] as const;
    const route = routeOf("live", { deny: [{ name: "acme", conditions: where }] });
    const decider = new RouteDecider(route, snapshotOf({ jwt: settingsOf() }), { tokens });
    const decision = newDecision();
    const headers = [["authorization", bearer({ sub: "acme" })]] as const;
    decider.decide(
      viewOf({ headers }, () => false),
      decision,
    );
    expect(decision.isCandidate).toBe(false);
  });

  test("settings that are the same keep it, others do not", () => {
    const tokens = new TokenReader(settingsOf());
    expect(tokens.for(settingsOf())).toBe(tokens);
    expect(tokens.for(settingsOf({ issuer: "x" }))).not.toBe(tokens);
    expect(tokens.for(undefined)).not.toBe(tokens);
  });
});

import { BlockList, isIP } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseAddress } from "../../../src/rollout/decide/address.ts";
import { NetworkSet } from "../../../src/rollout/decide/networks.ts";
import { answerTo, routeOf, snapshotOf } from "./deciding.ts";

const has = (networks: readonly string[], address: string): boolean => {
  const words = parseAddress(address);
  return words !== undefined && new NetworkSet(networks).has(words);
};

const v4 = fc.ipV4();
const v6 = fc.ipV6();
/** Few addresses near each other, so that networks hold some of them. */
const near4 = fc.integer({ min: 0, max: 1023 }).map((low) => `10.0.${low >> 8}.${low & 255}`);
const near6 = fc.integer({ min: 0, max: 0xffff }).map((low) => `fd00::1:${low.toString(16)}`);

describe("an address", () => {
  test("is read where node:net reads one, and nowhere else", () => {
    const letters = fc.string({ unit: fc.constantFrom(..."0123456789abcdefF:.::".split("")), maxLength: 24 });
    fc.assert(
      fc.property(fc.oneof(v4, v6, letters, near4, near6), (text) => {
        expect(parseAddress(text) !== undefined).toBe(isIP(text) !== 0);
      }),
      { numRuns: 20_000 },
    );
  });

  test("of IPv4 is the same however it is written", () => {
    expect(parseAddress("::ffff:10.1.2.3")).toEqual(parseAddress("10.1.2.3"));
    expect(parseAddress("::FFFF:a01:203")).toEqual(parseAddress("10.1.2.3"));
  });

  test.each([
    "010.0.0.1",
    "10.0.0.1.",
    "10.0.0",
    "10.0.0.256",
    "1::2::3",
    "1:2:3:4:5:6:7",
    ":1",
    "1:",
    "[::1]",
    "",
  ])("is not %j", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});

describe("a set of networks", () => {
  const network4 = fc.tuple(fc.oneof(v4, near4), fc.integer({ min: 0, max: 32 }));
  const network6 = fc.tuple(fc.oneof(v6, near6), fc.integer({ min: 0, max: 128 }));

  test("holds what node:net's BlockList holds", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(network4, network6), { maxLength: 12 }),
        fc.array(fc.oneof(v4, v6, near4, near6), { minLength: 1, maxLength: 12 }),
        (networks, addresses) => {
          const oracle = new BlockList();
          for (const [address, bits] of networks)
            oracle.addSubnet(address, bits, isIP(address) === 6 ? "ipv6" : "ipv4");
          const set = networks.map(([address, bits]) => `${address}/${bits}`);
          // An IPv4 network as IPv6 writes it is one to us; node:net looks at the spelling.
          const isPlain = networks.every(([address, bits]) => isIP(address) === 4 || bits > 0);
          for (const address of addresses) {
            const family = isIP(address) === 6 ? "ipv6" : "ipv4";
            if (isPlain || family === "ipv6") expect(has(set, address)).toBe(oracle.check(address, family));
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("has its first and last address and not those beside", () => {
    const at = (address: string) => has(["10.0.4.0/22", "10.0.4.0/24", "fd00::/127"], address);
    expect(["10.0.4.0", "10.0.7.255", "fd00::", "fd00::1"].map(at)).toEqual([true, true, true, true]);
    expect(["10.0.3.255", "10.0.8.0", "fcff::", "fd00::2"].map(at)).toEqual([false, false, false, false]);
  });

  test("of nothing has nothing, of /0 all of its kind", () => {
    expect(has([], "10.0.0.1")).toBe(false);
    expect(has(["0.0.0.0/0"], "255.255.255.255")).toBe(true);
    expect(has(["0.0.0.0/0"], "fd00::1")).toBe(false);
    expect(has(["::/0"], "fd00::1")).toBe(true);
  });

  test("takes an address for itself alone", () => {
    expect(has(["10.0.0.1"], "10.0.0.1")).toBe(true);
    expect(has(["10.0.0.1"], "10.0.0.2")).toBe(false);
  });
});

describe("the client's address", () => {
  const inTens = {
    name: "tens",
    conditions: [{ kind: "networks", networks: ["10.0.0.0/8", "fd00::/8"] }],
  } as const;
  const snapshot = snapshotOf({ trustedProxies: ["192.0.2.0/24"] });
  const isIn = (address: string, ...forwarded: readonly string[]): boolean =>
    answerTo(
      { address, headers: forwarded.map((value) => ["X-Forwarded-For", value] as const) },
      {
        route: routeOf("canary", { cohorts: [inTens] }),
        snapshot,
        isPeerTrusted: address.startsWith("192.0.2."),
      },
    ).by === "candidate";

  test("is that of the connection, whatever a stranger says of it", () => {
    expect(isIn("10.0.0.1")).toBe(true);
    expect(isIn("203.0.113.1", "10.0.0.1")).toBe(false);
  });

  test.each([
    ["10.0.0.1", true],
    ["203.0.113.1", false],
    ["10.0.0.1, 203.0.113.1", false],
    ["203.0.113.1, 10.0.0.1", true],
    ["203.0.113.1, 10.0.0.1, 192.0.2.7", true],
    ["10.0.0.1:5000", true],
    ["[fd00::1]:5000", true],
    ["fd00::1", true],
    [" 10.0.0.1 ,, ", true],
    ["10.0.0.1, unknown", false],
    ["unknown, 10.0.0.1", true],
    ["[fd00::1", false],
  ])("of a trusted proxy is in what it says: %s", (forwarded, expected) => {
    expect(isIn("192.0.2.1", forwarded)).toBe(expected);
  });

  test("of a trusted proxy that says nothing is its own", () => {
    expect(isIn("192.0.2.1")).toBe(false);
    expect(isIn("192.0.2.1", "")).toBe(false);
  });

  test("is in the last line that says one", () => {
    expect(isIn("192.0.2.1", "203.0.113.1", "10.0.0.1")).toBe(true);
    expect(isIn("192.0.2.1", "10.0.0.1", "203.0.113.1")).toBe(false);
    expect(isIn("192.0.2.1", "10.0.0.1", "192.0.2.9")).toBe(true);
  });

  test("that is none is denied by every network", () => {
    const route = routeOf("live", { deny: [inTens] });
    expect(answerTo({ address: "unknown" }, { route }).reason).toBe("deny");
    expect(answerTo({ address: "203.0.113.1" }, { route }).reason).toBe("everybody");
  });
});

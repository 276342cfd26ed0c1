import { describe, expect, test } from "vitest";
import { closestName } from "../../src/config/closest-name.ts";
import {
  parseAddress,
  parseNetwork,
  pathTemplateFault,
  pointerFault,
  TEMPLATE_SEGMENTS_MAX,
} from "../../src/config/grammar.ts";
import { SEGMENTS_MAX } from "../../src/proxy/route-table.ts";

describe("path templates", () => {
  test.each([
    "/",
    "/**",
    "/users",
    "/users/",
    "/users/{id}",
    "/users/*/orders/{orderId}",
    "/a/**",
    "/a%2Fb",
    "/a;v=1/b,c",
    "/@me/~x",
  ])("%s is fine", (template) => {
    expect(pathTemplateFault(template)).toBeUndefined();
  });

  test.each([
    ["", "begins with /"],
    ["users", "begins with /"],
    ["/a//b", "empty segments"],
    ["/**/a", "last segment only"],
    ["/a*", "as a whole segment"],
    ["/a{id}", "as a whole segment"],
    ["/{id", "as a whole segment"],
    ["/{}", "as a whole segment"],
    ["/{a b}", "as a whole segment"],
    ["/{id}/{id}", "{id} is there twice"],
    ["/a?b=1", "without query"],
    ["/a b", "percent-encoded"],
    ["/é", "percent-encoded"],
    ["/a%2", "percent-encoded"],
    [`/${"a".repeat(1024)}`, "at most 1024 characters"],
  ])("%s is refused", (template, said) => {
    expect(pathTemplateFault(template)).toContain(said);
  });

  test("the longest one is fine", () => {
    expect(pathTemplateFault(`/${"a".repeat(1023)}`)).toBeUndefined();
  });

  test("have as many segments as the serving path has room for, and no more", () => {
    expect(TEMPLATE_SEGMENTS_MAX).toBe(SEGMENTS_MAX);
    expect(pathTemplateFault("/a".repeat(SEGMENTS_MAX))).toBeUndefined();
    expect(pathTemplateFault("/a".repeat(SEGMENTS_MAX + 1))).toContain(`at most ${SEGMENTS_MAX} segments`);
  });
});

test.each([
  ["0.0.0.0:8080", { host: "0.0.0.0", port: 8080 }],
  ["localhost:0", { host: "localhost", port: 0 }],
  ["[::1]:65535", { host: "::1", port: 65535 }],
  ["localhost:65536", undefined],
  ["localhost", undefined],
  [":8080", undefined],
  ["8080", undefined],
  ["::1:8080", undefined],
  ["[::1:8080", undefined],
  ["[127.0.0.1]:80", undefined],
  ["a b:80", undefined],
  ["a:-1", undefined],
  ["a:", undefined],
])("the address %s", (text, address) => {
  expect(parseAddress(text)).toEqual(address);
});

test.each([
  ["10.0.0.0/8", "10.0.0.0/8"],
  ["10.0.0.1", "10.0.0.1/32"],
  ["::/0", "::/0"],
  ["fe80::1", "fe80::1/128"],
  ["10.0.0.0/33", undefined],
  ["::/129", undefined],
  ["10.0.0/8", undefined],
  ["10.0.0.0/", undefined],
  ["10.0.0.0/8/8", undefined],
  ["fe80::1%eth0", undefined],
])("the network %s", (text, network) => {
  expect(parseNetwork(text)).toBe(network);
});

test.each(["/", "/a/b", "/**/id", "/a~0b/c~1d", "/é"])("the pointer %s is fine", (pointer) => {
  expect(pointerFault(pointer)).toBeUndefined();
});

test.each([
  ["samplPercent", "samplePercent"],
  ["SAMPLEPERCENT", "samplePercent"],
  ["smaplePercent", "samplePercent"],
  ["stages", "stage"],
  ["xyz", undefined],
  ["s", undefined],
  ["x".repeat(10_000), undefined],
])("%s is closest to %s", (name, closest) => {
  expect(closestName(name, ["samplePercent", "stage", "methods"])).toBe(closest);
});

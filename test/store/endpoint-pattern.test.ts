import fc from "fast-check";
import { expect, test } from "vitest";
import { matchesEndpoint } from "../../src/store/endpoint-pattern.ts";

test.each([
  ["GET /users/{id}", "GET /users/{id}", true],
  ["GET /users/{id}", "GET /users/{id}/x", false],
  ["GET /users/*", "GET /users/{id}/x", true],
  ["GET /users/*", "GET /users/", true],
  ["GET /users/*", "GET /user", false],
  ["* /users*", "PUT /users", true],
  ["*", "", true],
  ["*other*", "*other*", true],
  ["*other*", "GET /another/one", false],
  ["a*a", "a", false],
  ["a*a", "aa", true],
  ["a*b*c", "a-c-b", false],
  ["a*b*c", "abc", true],
  ["*ab*ab*", "ab", false],
  ["GET /x.y*", "GET /xzy", false],
])("%j means %j: %j", (pattern, endpoint, isMeant) => {
  expect(matchesEndpoint(pattern, endpoint)).toBe(isMeant);
});

test("is what the same pattern is as a regular expression", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "*", "/"), maxLength: 8 });
  fc.assert(
    fc.property(text, text, (pattern, endpoint) => {
      const expression = new RegExp(`^${pattern.replaceAll("*", ".*")}$`, "s");
      expect(matchesEndpoint(pattern, endpoint)).toBe(expression.test(endpoint));
    }),
    { numRuns: 300 },
  );
});

import { expect, test } from "vitest";
import { mayActAs, ROLES } from "../../src/core/role.ts";

test("each role may do what it is for and all that the ones before it may, and nothing more", () => {
  const may = ROLES.map((role) => ROLES.filter((needed) => mayActAs(role, needed)));
  expect(may).toEqual([["viewer"], ["viewer", "reviewer"], ["viewer", "reviewer", "operator"]]);
});

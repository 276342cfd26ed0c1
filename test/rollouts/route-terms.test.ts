import { expect, test } from "vitest";
import { stepText } from "../../src/rollout/step.ts";
import { routeTermsOf } from "../../src/rollouts/route-terms.ts";
import { loaded, loadText } from "../config/config-file.ts";
import { configOf } from "./house.ts";

const termsOf = (text: string, name = "users") => routeTermsOf(configOf(text)).get(name);
const ROUTE = "routes:\n  - name: users\n    match: { path: /users/** }\n";
const GLOBAL = "rollout: { steps: [20], advance: automatic, approvers: [dana], policy: fast, salt: s2 }\n";

test("a route that says nothing is mirrored, waits for people and moves nobody", () => {
  expect(termsOf(ROUTE)).toMatchObject({
    begin: "shadow",
    advance: "approval",
    approvers: [],
    after: [],
    freeze: [],
    hasUnits: false,
    hasCohorts: false,
    hasCandidate: true,
    hasDeny: false,
    salt: "parallax",
    gateSettings: { policy: "standard" },
  });
});

test("what a route says itself comes before what holds for all", () => {
  const ramp = (text: string) =>
    termsOf(text)?.steps.flatMap((step) => (step.stage === "ramp" ? [stepText(step)] : []));
  const own = `${GLOBAL}${ROUTE}    rollout: { steps: [30], advance: approval, approvers: [ed], policy: cautious }\n`;
  expect(ramp(GLOBAL + ROUTE)).toEqual(["ramp 20 %"]);
  expect(termsOf(GLOBAL + ROUTE)).toMatchObject({
    advance: "automatic",
    approvers: ["dana"],
    salt: "s2",
    gateSettings: { policy: "fast" },
  });
  expect(ramp(own)).toEqual(["ramp 30 %"]);
  expect(termsOf(own)).toMatchObject({
    advance: "approval",
    approvers: ["ed"],
    salt: "s2",
    gateSettings: { policy: "cautious" },
  });
});

test("lists of people and dependencies are the route's own", () => {
  const list = (name: string) => `[{ name: ${name}, where: [{ header: x, is: a }] }]`;
  const other = "  - { name: first, match: { path: /first } }\n";
  const route = (rollout: string) => termsOf(`${ROUTE}    rollout: { ${rollout} }\n${other}`);
  expect(route(`allow: ${list("a")}`)).toMatchObject({ hasCohorts: true, hasDeny: false });
  expect(route(`cohorts: ${list("c")}`)).toMatchObject({ hasCohorts: true, hasDeny: false });
  expect(route(`deny: ${list("d")}, after: [first]`)).toMatchObject({
    hasCohorts: false,
    hasDeny: true,
    after: ["first"],
  });
});

test("without routes there is one for everything, which mirrors where there is a candidate", () => {
  expect([...routeTermsOf(configOf(GLOBAL)).keys()]).toEqual(["default"]);
  expect(termsOf(GLOBAL, "default")).toMatchObject({ begin: "shadow", gateSettings: { policy: "fast" } });
  const alone = loaded(loadText('upstreams: { legacy: { url: "http://127.0.0.1:3001" } }\n'));
  expect(routeTermsOf(alone).get("default")).toMatchObject({ begin: "off", hasCandidate: false });
});

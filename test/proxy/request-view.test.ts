import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DECISION_REASONS } from "../../src/core/decision.ts";
import type { RequestValue } from "../../src/core/snapshot.ts";
import { HeadView } from "../../src/proxy/request-view.ts";
import { newDecision, RouteDecider } from "../../src/rollout/decide/decide.ts";
import { viewOf } from "../../src/rollout/decide/described-request.ts";
import { RequestHead } from "../../src/wire/request-head.ts";
import { header, routeOf, snapshotOf, TENANT } from "../rollout/decide/deciding.ts";

const LIMITS = { headBytesMax: 32_768, targetBytesMax: 8192, headerLinesMax: 128 };
const head = new RequestHead(LIMITS);
const view = new HeadView(head);

/** Points the one view at a head that came over the wire, with other bytes around it. */
function pointAt(text: string, { address = "192.0.2.1", isTrusted = false } = {}): HeadView {
  const bytes = Buffer.concat([
    Buffer.from("previous body"),
    Buffer.from(text),
    Buffer.from("body behind it"),
  ]);
  const end = head.parse(bytes, 13, bytes.length);
  if (end <= 0) throw new Error(`refused: ${head.error}`);
  view.point(head, { address, isTls: false, isTrusted });
  return view;
}

function idOf(text: string, from: RequestValue): string | undefined {
  const decider = new RouteDecider(routeOf("ramp", { units: [{ kind: "u", from }] }), snapshotOf());
  decider.decide(pointAt(text), newDecision());
  return decider.grounds().unit?.id;
}

describe("of a head on the wire", () => {
  const get = (target: string, ...lines: readonly string[]) =>
    `GET ${target} HTTP/1.1\r\n${["host: a", ...lines].map((line) => `${line}\r\n`).join("")}\r\n`;
  const path = { kind: "path", name: "t", segment: 1 } as const;
  const query = { kind: "query", name: "tenant" } as const;

  test("values are found where the codec found them", () => {
    expect(idOf(get("/", "X-Tenant:  acme \t"), header("x-tenant"))).toBe("acme");
    expect(idOf(get("/", "cookie: a=1; sid=s"), { kind: "cookie", name: "sid" })).toBe("s");
    expect(idOf(get("/t/acme?tenant=globex"), path)).toBe("acme");
    expect(idOf(get("/t/acme?tenant=globex"), query)).toBe("globex");
  });

  test("a target with its authority is read behind that", () => {
    expect(idOf(get("http://t/acme/globex?tenant=x"), path)).toBe("globex");
    expect(idOf(get("http://a?tenant=x"), query)).toBe("x");
    expect(idOf(get("http://a?tenant=x"), path)).toBeUndefined();
    expect(idOf(get("http://a"), path)).toBeUndefined();
    expect(idOf("OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n", path)).toBeUndefined();
  });

  test("bytes that are no UTF-8 are the unit's bytes (docs/bucketing.md)", () => {
    const decider = new RouteDecider(routeOf("ramp"), snapshotOf());
    const decision = newDecision();
    const bytes = Buffer.from(get("/", "x-tenant: M\u00fcller"), "latin1");
    expect(head.parse(bytes, 0, bytes.length)).toBe(bytes.length);
    view.point(head, { address: "", isTls: false, isTrusted: false });
    decider.decide(view, decision);
    expect(decision.unit).toBe(230_549_864);
  });

  test("one view serves head after head, client after client", () => {
    const tens = { name: "tens", conditions: [{ kind: "networks", networks: ["10.0.0.0/8"] }] } as const;
    const decider = new RouteDecider(routeOf("canary", { units: [TENANT], cohorts: [tens] }), snapshotOf());
    const decision = newDecision();
    const ask = (address: string, isTrusted: boolean, ...lines: readonly string[]) => {
      decider.decide(pointAt(get("/", ...lines), { address, isTrusted }), decision);
      return [DECISION_REASONS[decision.reason], decision.unit >= 0];
    };
    expect(ask("10.0.0.1", false, "x-tenant: acme")).toEqual(["cohort", true]);
    expect(ask("192.0.2.1", false, "x-forwarded-for: 10.0.0.1")).toEqual(["stage", false]);
    expect(ask("192.0.2.1", true, "x-forwarded-for: 10.0.0.1")).toEqual(["cohort", false]);
  });
});

test("a request that is described is decided as the same one on the wire", () => {
  const token = fc.string({ unit: fc.constantFrom(..."abXY01-"), minLength: 1, maxLength: 4 });
  const value = fc.string({ unit: fc.constantFrom(...'ab%+ =;"&,é'), maxLength: 6 });
  const lines = fc.array(
    fc.oneof(
      fc.tuple(fc.constantFrom("x-tenant", "X-TENANT", "cookie"), value),
      fc.tuple(
        fc.constant("Cookie"),
        value.map((text) => `sid=${text}`),
      ),
      fc.tuple(token, value),
    ),
    { maxLength: 5 },
  );
  const target = fc
    .tuple(
      fc.string({ unit: fc.constantFrom(..."ab%2f/"), maxLength: 8 }),
      fc.string({ unit: fc.constantFrom(..."t=a&%+4"), maxLength: 10 }),
    )
    .map(([path, query]) => `/${path}?${query}`);
  const units = [
    { kind: "a", from: header("x-tenant") },
    { kind: "b", from: { kind: "cookie", name: "sid" } },
    { kind: "c", from: { kind: "query", name: "t" } },
    { kind: "d", from: { kind: "path", name: "p", segment: 0 } },
  ] as const;
  const decider = new RouteDecider(routeOf("ramp", { units, basisPoints: 5000 }), snapshotOf());
  const told = newDecision();
  fc.assert(
    fc.property(target, lines, (asked, headers) => {
      const text = `GET ${asked} HTTP/1.1\r\nhost: a\r\n${headers.map(([name, of]) => `${name}: ${of}\r\n`).join("")}\r\n`;
      decider.decide(pointAt(text), told);
      const onTheWire = { ...told };
      decider.decide(
        viewOf({ target: asked, headers: [["host", "a"], ...headers], address: "192.0.2.1" }, () => false),
        told,
      );
      expect(told).toEqual(onTheWire);
    }),
    { numRuns: 3000 },
  );
});

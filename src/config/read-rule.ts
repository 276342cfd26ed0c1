// One rule as it is written → as the judge takes it: JSONPath becomes a pointer, header names lower case, a module's
// path absolute, numbers of a tolerance text. Pure.
import { resolve } from "node:path";
import { assertNever } from "../core/assert.ts";
import type { Rule, RuleTarget, ShapeClass } from "../core/rule.ts";
import { pointerOf, type RuleConfig } from "./schema-rules.ts";

function targetOf(rule: {
  readonly path?: string | undefined;
  readonly header?: string | undefined;
}): RuleTarget {
  return rule.path === undefined
    ? { header: (rule.header ?? "").toLowerCase() }
    : { path: pointerOf(rule.path) };
}

const textOf = (value: string | number | undefined) => (value === undefined ? undefined : String(value));

/** A rule that the schema accepted. `folder` is what a module's path is relative to. */
export function ruleFrom(rule: RuleConfig, folder: string): Rule {
  const meta = { owner: rule.owner, reason: rule.reason, expires: rule.expires };
  switch (rule.kind) {
    case "ignore":
    case "coerce":
    case "case":
    case "trim":
      return { kind: rule.kind, ...targetOf(rule), ...meta };
    case "shape":
      return { kind: rule.kind, ...targetOf(rule), class: rule.class as ShapeClass, ...meta };
    case "tolerance":
      return { kind: rule.kind, ...targetOf(rule), abs: textOf(rule.abs), rel: textOf(rule.rel), ...meta };
    case "timestamp":
      return { kind: rule.kind, ...targetOf(rule), withinMs: rule.withinMs, ...meta };
    case "nullIsAbsent":
    case "additive":
      return { kind: rule.kind, path: pointerOf(rule.path), ...meta };
    case "array": {
      const by = typeof rule.by === "string" ? [rule.by] : rule.by;
      return {
        kind: rule.kind,
        path: pointerOf(rule.path),
        mode: rule.mode,
        by: by?.map(pointerOf),
        ...meta,
      };
    }
    case "default":
      return { kind: rule.kind, path: pointerOf(rule.path), value: rule.value, ...meta };
    case "rename":
      return { kind: rule.kind, from: pointerOf(rule.from), to: pointerOf(rule.to), ...meta };
    case "status":
      return { kind: rule.kind, legacy: rule.legacy, candidate: rule.candidate, ...meta };
    case "custom": {
      const path = rule.path === undefined ? undefined : pointerOf(rule.path);
      return { kind: rule.kind, module: resolve(folder, rule.module), path, ...meta };
    }
    default:
      return assertNever(rule);
  }
}

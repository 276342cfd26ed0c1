// What a rule is called where people read it: by what it does and where.
import type { RuleAnswer } from "../admin/rule-schemas.ts";

/** A rule of the config, or one that the API answered with. */
type NamedRule = Pick<
  RuleAnswer["rule"],
  "kind" | "path" | "header" | "from" | "to" | "legacy" | "candidate" | "module"
>;

/** `ignore body /at`, `rename /a → /b`, `status 200 → 204`; `part` stands before a path into the body. */
export function ruleName(rule: NamedRule, part = "body "): string {
  switch (rule.kind) {
    case "rename":
      return `rename ${rule.from} → ${rule.to}`;
    case "status":
      return `status ${rule.legacy} → ${rule.candidate}`;
    case "custom":
      return `custom ${rule.module}`;
    default:
      if (rule.path === undefined) return `${rule.kind} header ${rule.header}`;
      return `${rule.kind} ${part}${rule.path === "" ? "(root)" : rule.path}`;
  }
}

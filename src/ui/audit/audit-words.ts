// An entry of the audit log as a sentence. Pure; an action that this page does not know is told by its name.
import type { AuditAnswer } from "../../admin/review-schemas.ts";
import type { Rule } from "../../core/rule.ts";
import { formatCount, formatDate } from "../format.ts";
import { ruleTitle } from "../rules/rule-words.ts";

export type AuditEntry = AuditAnswer["entries"][number];

/** Of AUDIT_ACTIONS, with the word for a choice. */
export const ACTIONS = [
  { value: "triage", text: "decisions" },
  { value: "comment", text: "comments" },
  { value: "rule-added", text: "rules put to work" },
  { value: "rule-removed", text: "rules removed" },
  { value: "killed", text: "kill switch on" },
  { value: "unkilled", text: "kill switch off" },
  { value: "reloaded", text: "reloads" },
  { value: "purged", text: "deletions" },
  { value: "vacuumed", text: "tidying of the file" },
] as const;

const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);

function decisionWords(detail: AuditEntry["detail"]): string {
  const decision = (detail["decision"] ?? detail) as Readonly<Record<string, unknown>>;
  const expires = decision["expiresMs"];
  const until = typeof expires === "number" ? formatDate(expires - 1) : text(decision["expires"]);
  const owner = detail["owner"];
  const ownership =
    typeof owner !== "string" ? undefined : owner === "" ? "took its owner away" : `gave it to ${owner}`;
  const state = {
    accepted: `accepted it${until === undefined ? "" : ` until ${until}`}`,
    bug: "called it a bug",
    fixed: "called it fixed",
    new: "put it back to new",
  }[String(decision["state"])];
  return [state, ownership].filter((words) => words !== undefined).join(" and ") || "looked at it";
}

/** What was done, without who and when: `accepted it until 2027-01-31`. */
export function actionWords({ action, subject, detail }: AuditEntry): string {
  switch (action) {
    case "triage":
      return decisionWords(detail);
    case "comment":
      return `said: ${text(detail["text"]) ?? ""}`;
    case "rule-added":
    case "rule-removed": {
      const rule = detail["rule"] as Rule | undefined;
      const what = rule === undefined ? `the rule ${subject}` : `the rule “${ruleTitle(rule)}”`;
      const route = text(detail["route"]);
      const where = route === undefined ? "" : ` on the route ${route}`;
      return action === "rule-added" ? `put ${what} to work${where}` : `removed ${what}${where}`;
    }
    case "killed": {
      const reason = text(detail["reason"]);
      const why = reason === undefined ? "" : `, because: ${reason}`;
      return `turned the kill switch on: the legacy alone, nothing mirrored${why}`;
    }
    case "unkilled": {
      const reason = text(detail["reason"]);
      return `turned the kill switch off${reason === undefined ? "" : `, because: ${reason}`}`;
    }
    case "reloaded":
      return "reloaded the config";
    case "purged": {
      const samples = detail["samples"];
      const count = typeof samples === "number" ? `, ${formatCount(samples, "sample")}` : "";
      return `deleted what was stored of ${subject === "" ? "all" : subject}${count}`;
    }
    case "vacuumed":
      return "tidied the file of the store";
    default:
      return `${action}${subject === "" ? "" : ` ${subject}`}`;
  }
}

/** Where an entry's subject is shown; undefined where it is nowhere. */
export function subjectPath({ action, subject }: AuditEntry): string | undefined {
  if (subject === "") return undefined;
  switch (action) {
    case "triage":
    case "comment":
      return `/differences/${encodeURIComponent(subject)}`;
    case "rule-added":
    case "rule-removed":
      return `/rules?rule=${encodeURIComponent(subject)}`;
    default:
      return undefined;
  }
}

/** `said: …` is long; what can be said of a bug's link is a link. */
export function linkOf({ detail }: AuditEntry): string | undefined {
  const link = text((detail["decision"] as { link?: unknown } | undefined)?.link) ?? text(detail["link"]);
  return link !== undefined && /^https?:\/\//.test(link) ? link : undefined;
}

// What somebody fills in to decide about signatures, checked before it is sent. Pure.
import type { TriageBody } from "../../admin/review-schemas.ts";
import type { TriageDecision } from "../../core/triage.ts";
import { formatCount, formatDate } from "../format.ts";

export type Decision = TriageDecision["state"];

/** `decision` undefined: the state stays, and there is an owner or a comment alone. */
export interface TriageForm {
  readonly decision: Decision | undefined;
  /** A day, `2027-01-31`: the last one of an acceptance. */
  readonly expires: string;
  readonly link: string;
  /** Undefined: it stays. */
  readonly owner: string | undefined;
  readonly comment: string;
}

export const EMPTY_FORM: TriageForm = {
  decision: undefined,
  expires: "",
  link: "",
  owner: undefined,
  comment: "",
};

export type FormProblems = Readonly<Partial<Record<"expires" | "link" | "form", string>>>;
export type CheckedForm =
  | { readonly ok: true; readonly body: TriageBody }
  | { readonly ok: false; readonly problems: FormProblems };

function isLink(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
}

export function checkForm(ids: readonly string[], form: TriageForm, nowMs: number): CheckedForm {
  const { decision, expires, owner } = form;
  const link = form.link.trim();
  const comment = form.comment.trim();
  const problems: Record<string, string> = {};
  if (decision === "accepted" && expires === "")
    problems["expires"] = "Until when? After that day it is new again.";
  else if (decision === "accepted" && expires < formatDate(nowMs))
    problems["expires"] = "A day that is not over yet.";
  if (decision === "bug" && !isLink(link))
    problems["link"] = "Where the bug is followed up: an http or https address.";
  if (decision === undefined && owner === undefined && comment === "")
    problems["form"] = "Choose a decision, an owner, or say something.";
  if (Object.keys(problems).length > 0) return { ok: false, problems };
  return {
    ok: true,
    body: {
      ids: [...ids],
      ...(decision === undefined ? {} : { state: decision }),
      ...(decision === "accepted" ? { expires } : {}),
      ...(decision === "bug" ? { link } : {}),
      ...(owner === undefined ? {} : { owner: owner.trim() }),
      ...(comment === "" ? {} : { comment }),
    },
  };
}

/** What was done, for who did it. */
export function doneWords({ state, expires, owner, comment }: TriageBody, changed: number): string {
  const what = formatCount(changed, "signature");
  switch (state) {
    case "accepted":
      return `Accepted ${what} until ${expires}`;
    case "bug":
      return `Called ${what} a bug`;
    case "fixed":
      return `Called ${what} fixed; what comes back is reopened`;
    case "new":
      return `Put ${what} back to new`;
    case undefined:
      if (owner !== undefined) return owner === "" ? `${what} without an owner` : `${what} with ${owner}`;
      return comment === undefined ? what : `Commented on ${what}`;
    default:
      return state satisfies never;
  }
}

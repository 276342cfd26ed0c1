// One entry of the audit log as a sentence, with a link to what it is about.

import { SignatureName } from "../differences/signature-name.tsx";
import { Time } from "../parts/time.tsx";
import { Link } from "../router.tsx";
import { type AuditEntry, actionWords, linkOf, subjectPath } from "./audit-words.ts";

interface EntryLineProps {
  readonly entry: AuditEntry;
  /** The view is about its subject: no link there. */
  readonly isOfOneSubject?: boolean;
}

export function EntryLine({ entry, isOfOneSubject = false }: EntryLineProps) {
  const path = isOfOneSubject ? undefined : subjectPath(entry);
  const link = linkOf(entry);
  return (
    <li>
      <span>
        <strong>{entry.who}</strong> {actionWords(entry)}
        {link === undefined ? null : (
          <>
            {" "}
            (
            <a href={link} target="_blank" rel="noreferrer">
              {link}
            </a>
            )
          </>
        )}
        {path === undefined ? null : (
          <>
            {" "}
            ·{" "}
            <Link to={path}>
              {entry.action.startsWith("rule") ? "the rules" : <SignatureName id={entry.subject} />}
            </Link>
          </>
        )}
      </span>{" "}
      <span class="muted small">
        <Time atMs={entry.atMs} /> as {entry.role}
      </span>
    </li>
  );
}

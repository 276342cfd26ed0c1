// Why it was judged so: how the bodies were compared, what rules hid, and which signatures it belongs to.
import { formatCount, formatNumber } from "../format.ts";
import { Link } from "../router.tsx";
import type { Exchange, HiddenByRule } from "./exchange.ts";
import { incomparableReason, noteWords, verdictWords } from "./words.ts";

/** Links to signatures; an exchange has one for each difference at most. */
const SIGNATURES_SHOWN_MAX = 50;

export function WhyView({ exchange }: { readonly exchange: Exchange }) {
  const { notes = [], hidden, signatureIds } = exchange;
  return (
    <>
      <p>{verdictWords(exchange)}</p>
      {notes.length === 0 ? null : (
        <>
          <h3>How it was judged</h3>
          <ul>
            {notes.map((note) => (
              <li key={note}>{noteWords(note)}</li>
            ))}
          </ul>
        </>
      )}
      <h3>What rules hid</h3>
      <Hidden hidden={hidden} />
      <h3>Signatures</h3>
      {signatureIds.length === 0 ? <p class="muted">None: no difference is listed.</p> : null}
      <ul class="signatures">
        {signatureIds.slice(0, SIGNATURES_SHOWN_MAX).map((id) => (
          <li key={id}>
            <Link to={`/differences/${encodeURIComponent(id)}`}>
              <code>{id}</code>
            </Link>
          </li>
        ))}
      </ul>
      {signatureIds.length > SIGNATURES_SHOWN_MAX ? (
        <p class="muted">and {formatNumber(signatureIds.length - SIGNATURES_SHOWN_MAX)} more</p>
      ) : null}
    </>
  );
}

export function Incomparable({ reason, detail }: { readonly reason: string; readonly detail: string }) {
  const known = incomparableReason(reason);
  return (
    <div class="notice">
      <p>
        <strong>Not compared: {known?.means ?? reason}.</strong>{" "}
        {detail === "" ? null : <span class="muted">({detail})</span>}
      </p>
      <p>What to do: {known?.advice ?? "see docs/operations.md"}</p>
    </div>
  );
}

function Hidden({ hidden }: { readonly hidden: readonly HiddenByRule[] | undefined }) {
  if (hidden === undefined)
    return <p class="muted">It is not known: an older version stored this exchange.</p>;
  if (hidden.length === 0) return <p class="muted">Nothing.</p>;
  return (
    <table class="heads">
      <thead>
        <tr>
          <th scope="col">Rule</th>
          <th scope="col">Hid</th>
          <th scope="col">First place</th>
          <th scope="col">Legacy</th>
          <th scope="col">Candidate</th>
        </tr>
      </thead>
      <tbody>
        {hidden.map((rule) => (
          <tr key={rule.ruleId}>
            <td>
              <Link to={`/rules?rule=${encodeURIComponent(rule.ruleId)}`}>
                <code>{rule.ruleId}</code>
              </Link>
            </td>
            <td>{formatCount(rule.places, "place")}</td>
            <td>
              {rule.part} <code>{rule.path}</code>
            </td>
            <td>
              <code>{rule.legacy ?? "–"}</code>
            </td>
            <td>
              <code>{rule.candidate ?? "–"}</code>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

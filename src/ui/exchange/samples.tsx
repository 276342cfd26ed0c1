// The samples of a signature, one after the other: the address says which signature they are of.
import type { SignatureAnswer } from "../../admin/schemas.ts";
import { formatNumber } from "../format.ts";
import { useKeys } from "../parts/keys.tsx";
import { Link, navigate } from "../router.tsx";

export interface SamplesProps {
  readonly exchangeId: string;
  readonly signatureId: string;
  /** Undefined until it is known, and where it is gone. */
  readonly signature: SignatureAnswer | undefined;
}

/** `n` counts the stored samples from 1, newest first. */
export function samplePath(signatureId: string, exchangeId: string, n: number): string {
  const query = new URLSearchParams({ signature: signatureId, n: String(n) });
  return `/exchanges/${encodeURIComponent(exchangeId)}?${query}`;
}

export function Samples({ exchangeId, signatureId, signature }: SamplesProps) {
  const ids = signature?.exchangeIds ?? [];
  const at = ids.indexOf(exchangeId);
  const addressOf = (id: string) => samplePath(signatureId, id, ids.indexOf(id) + 1);
  const before = ids[at - 1];
  // An exchange that is no sample any more comes before all that are.
  const after = ids[at + 1];
  useKeys({
    "[": { text: "Sample before", run: () => before !== undefined && navigate(addressOf(before)) },
    "]": { text: "Sample after", run: () => after !== undefined && navigate(addressOf(after)) },
  });
  return (
    <nav class="samples row" aria-label="Samples of the signature">
      <Link to={`/differences/${encodeURIComponent(signatureId)}`}>Back to the signature</Link>
      {before === undefined ? null : (
        <Link to={addressOf(before)}>
          ← Newer <kbd>[</kbd>
        </Link>
      )}
      {at < 0 ? null : (
        <span>
          sample {formatNumber(at + 1)} of {formatNumber(ids.length)}
        </span>
      )}
      {after === undefined ? null : (
        <Link to={addressOf(after)}>
          Older <kbd>]</kbd> →
        </Link>
      )}
    </nav>
  );
}

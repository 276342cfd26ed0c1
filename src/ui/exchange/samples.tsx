// The samples of a signature, one after the other: the address says which signature they are of.
import type { SignatureAnswer } from "../../admin/schemas.ts";
import { useApi } from "../api.ts";
import { formatNumber } from "../format.ts";
import { useKeys } from "../parts/keys.tsx";
import { Link, navigate } from "../router.tsx";

export interface SamplesProps {
  readonly exchangeId: string;
  readonly signatureId: string;
}

export function Samples({ exchangeId, signatureId }: SamplesProps) {
  const { value } = useApi<SignatureAnswer>(`/api/differences/${encodeURIComponent(signatureId)}`);
  const ids = value?.exchangeIds ?? [];
  const at = ids.indexOf(exchangeId);
  const addressOf = (id: string) =>
    `/exchanges/${encodeURIComponent(id)}?signature=${encodeURIComponent(signatureId)}`;
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

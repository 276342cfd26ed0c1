// How many signatures the default view leaves out because they are noise or transient: never hidden without a word.
import { useApi } from "../api.ts";
import { formatNumber } from "../format.ts";
import type { AddressQuery } from "../router.tsx";
import { asidePaths, type Filters } from "./filters.ts";

interface LeftAsideProps {
  readonly filters: Filters;
  readonly nowMs: number;
  readonly query: AddressQuery;
}

export function LeftAside({ filters, nowMs, query }: LeftAsideProps) {
  const aside = asidePaths(filters, nowMs);
  return (
    <span class="muted">
      {aside.map(({ tier, path }) => (
        <Aside key={tier} tier={tier} path={path} onShow={() => query.set({ tier, page: undefined })} />
      ))}
    </span>
  );
}

interface AsideProps {
  readonly tier: string;
  readonly path: string;
  readonly onShow: () => void;
}

function Aside({ tier, path, onShow }: AsideProps) {
  const { value } = useApi<{ readonly total: number }>(path);
  if (value === undefined || value.total === 0) return null;
  return (
    <>
      ·{" "}
      <button type="button" class="link" onClick={onShow}>
        {formatNumber(value.total)} more {value.total === 1 ? "is" : "are"} {tier}
      </button>{" "}
    </>
  );
}

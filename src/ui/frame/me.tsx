// Who looks at the page, and what they may do.
import { useEffect, useState } from "preact/hooks";
import type { Me } from "../../admin/review-schemas.ts";
import { get } from "../api.ts";

let asked: Promise<Me | undefined> | undefined;

/** Asked once for the whole page; undefined until then, and where it is not told. */
export function useMe(): Me | undefined {
  const [me, setMe] = useState<Me>();
  useEffect(() => {
    asked ??= get<Me>("/api/me").then((result) => (result.kind === "ok" ? result.value : undefined));
    asked.then(setMe, () => undefined); // only an abort rejects, and nobody aborts it
  }, []);
  return me;
}

export function Who() {
  const me = useMe();
  if (me === undefined) return null;
  return (
    <span class="who" title="Who you are to Parallax, and your role">
      {me.who} <span class="muted">{me.role}</span>
    </span>
  );
}

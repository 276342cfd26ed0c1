// Rules worth having, from what is stored of noise. Bounded: the heaviest places, the most frequent signatures.
import { type Suggestion, suggestRules } from "../noise/suggest.ts";
import type { Store, StoreRead } from "../store/store.ts";

const PLACES_MAX = 2000;
const SIGNATURES_MAX = 5000;

/** Those that explain most come first. */
export async function readSuggestions(
  store: Pick<Store, "paths" | "differences">,
  endpoint: string | undefined,
): Promise<StoreRead<readonly Suggestion[]>> {
  const places = await store.paths({ endpoint, limit: PLACES_MAX });
  if (places.kind === "failed") return places;
  const found = await store.differences({ endpoint, sort: "count", limit: SIGNATURES_MAX, offset: 0 });
  if (found.kind === "failed") return found;
  return {
    kind: "ok",
    value: suggestRules({ places: places.value, signatures: found.value.rows }),
  };
}

// All endpoints, a thousand at a time: the first are shown while the rest are on their way, and read again in a while.
import { useEffect, useState } from "preact/hooks";
import type { EndpointAnswer } from "../../admin/schemas.ts";
import { type ApiFailure, get } from "../api.ts";

/** What one answer holds at most. */
const PAGE_ROWS = 1000;
/** For each page that there is: ten thousand endpoints are read again once in a minute. */
const AGAIN_MS_PER_PAGE = 6000;

interface EndpointsAnswer {
  readonly total: number;
  readonly endpoints: readonly EndpointAnswer[];
}

export interface LoadedEndpoints {
  readonly rows: readonly EndpointAnswer[];
  /** Undefined until the first answer. */
  readonly total: number | undefined;
  readonly failure: ApiFailure | undefined;
}

export const keyOfEndpoint = ({ endpoint, route }: EndpointAnswer): string => `${route} ${endpoint}`;

/** Throws an AbortError when `signal` says so. What came is told after each page. */
async function loadAll(
  signal: AbortSignal,
  tell: (rows: readonly EndpointAnswer[], total: number) => void,
): Promise<ApiFailure | undefined> {
  // By key: rows move between pages while the list grows.
  const rows = new Map<string, EndpointAnswer>();
  for (let offset = 0; ; offset += PAGE_ROWS) {
    const result = await get<EndpointsAnswer>(
      `/api/endpoints?sort=endpoint&limit=${PAGE_ROWS}&offset=${offset}`,
      signal,
    );
    if (result.kind === "failed") return result.failure;
    const { total, endpoints } = result.value;
    for (const endpoint of endpoints) rows.set(keyOfEndpoint(endpoint), endpoint);
    tell([...rows.values()], total);
    if (endpoints.length < PAGE_ROWS) return undefined;
  }
}

export function useEndpoints(): LoadedEndpoints {
  const [loaded, setLoaded] = useState<LoadedEndpoints>({ rows: [], total: undefined, failure: undefined });
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = async (isFirst: boolean) => {
      let newest: Pick<LoadedEndpoints, "rows" | "total"> | undefined;
      const failure = await loadAll(abort.signal, (rows, total) => {
        newest = { rows, total };
        if (isFirst) setLoaded({ rows, total, failure: undefined });
      });
      setLoaded((before) =>
        failure === undefined ? { ...before, ...newest, failure } : { ...before, failure },
      );
      const pages = Math.max(1, Math.ceil((newest?.total ?? 0) / PAGE_ROWS));
      timer = setTimeout(again, pages * AGAIN_MS_PER_PAGE);
    };
    const again = () => {
      if (document.hidden) timer = setTimeout(again, AGAIN_MS_PER_PAGE);
      else load(false).catch(() => undefined); // aborted: nobody looks any more
    };
    load(true).catch(() => undefined); // aborted: nobody looks any more
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, []);
  return loaded;
}

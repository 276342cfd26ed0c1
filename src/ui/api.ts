// Asks the admin API, which is all that the page knows. A failed answer is a value, and what was there stays shown.
import { useEffect, useState } from "preact/hooks";

export interface ApiFailure {
  /** 0 where nothing answered at all. */
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly problems: readonly string[];
}

export type ApiResult<T> =
  | { readonly kind: "ok"; readonly value: T }
  | { readonly kind: "failed"; readonly failure: ApiFailure };

const UNREACHABLE: ApiFailure = {
  status: 0,
  code: "unreachable",
  message: "Parallax does not answer; is it running?",
  problems: [],
};

async function failureOf(response: Response): Promise<ApiFailure> {
  const body = (await response.json().catch(() => ({}))) as {
    readonly error?: string;
    readonly message?: string;
    readonly problems?: readonly string[];
  };
  return {
    status: response.status,
    code: body.error ?? "failed",
    message: body.message ?? `the answer was ${response.status}`,
    problems: body.problems ?? [],
  };
}

async function ask<T>(path: string, request: RequestInit): Promise<ApiResult<T>> {
  try {
    const response = await fetch(path, { ...request, credentials: "same-origin" });
    if (!response.ok) return { kind: "failed", failure: await failureOf(response) };
    return { kind: "ok", value: (await response.json()) as T };
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    return { kind: "failed", failure: UNREACHABLE };
  }
}

/** Throws an AbortError when `signal` says so, and nothing else. */
export function get<T>(path: string, signal?: AbortSignal): Promise<ApiResult<T>> {
  return ask<T>(path, signal === undefined ? {} : { signal });
}

export function send<T>(method: "POST" | "DELETE", path: string, body?: unknown): Promise<ApiResult<T>> {
  return ask<T>(path, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
}

export interface Loaded<T> {
  /** The newest answer; it stays while a newer one is asked for, and when that fails. */
  readonly value: T | undefined;
  readonly failure: ApiFailure | undefined;
  readonly isLoading: boolean;
  readonly reload: () => void;
}

/** What `path` answers, asked anew when it changes and every `everyMs`; undefined asks nothing. */
export function useApi<T>(path: string | undefined, everyMs?: number): Loaded<T> {
  const [state, setState] = useState<{ path?: string; value?: T; failure?: ApiFailure; isLoading: boolean }>({
    isLoading: path !== undefined,
  });
  const [turn, setTurn] = useState(0);
  const reload = () => setTurn((before) => before + 1);
  // `turn` is not read: it only asks again.
  useEffect(() => {
    if (path === undefined) return;
    const abort = new AbortController();
    setState((before) => ({ ...before, isLoading: true }));
    get<T>(path, abort.signal).then(
      (result) =>
        setState((before) =>
          result.kind === "ok"
            ? { path, value: result.value, isLoading: false }
            : { ...before, failure: result.failure, isLoading: false },
        ),
      () => undefined, // aborted: another question took its place
    );
    return () => abort.abort();
  }, [path, turn]);
  useEffect(() => {
    if (everyMs === undefined) return;
    const timer = setInterval(() => {
      if (!document.hidden) reload();
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return { value: state.value, failure: state.failure, isLoading: state.isLoading, reload };
}

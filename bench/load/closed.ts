// A closed loop: every connection sends its next request after each answer. autocannon does it.
import { createRequire } from "node:module";
import type { LoadRequest, LoadResult } from "./load.ts";
import { REQUEST_HEADERS } from "./request-head.ts";

// autocannon has no types: what is used of it.
interface AutocannonResult {
  readonly requests: { readonly total: number };
  readonly duration: number;
  readonly non2xx: number;
  readonly errors: number;
  readonly latency: Readonly<Record<"p50" | "p90" | "p99" | "p99_9" | "max", number>>;
}
type Autocannon = (options: Readonly<Record<string, unknown>>) => Promise<AutocannonResult>;
const autocannon = createRequire(import.meta.url)("autocannon") as Autocannon;

/** Latencies are in whole milliseconds: autocannon's resolution. */
export async function runClosed(request: LoadRequest): Promise<LoadResult> {
  const result = await autocannon({
    url: request.url,
    connections: request.connections,
    duration: request.seconds,
    headers: REQUEST_HEADERS,
  });
  const { p50, p90, p99, p99_9, max } = result.latency;
  return {
    requests: result.requests.total,
    seconds: result.duration,
    non2xx: result.non2xx,
    errors: result.errors,
    unanswered: 0,
    latencyMs: { p50, p90, p99, p999: p99_9, max },
  };
}

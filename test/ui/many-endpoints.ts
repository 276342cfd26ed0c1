// A data folder whose store holds as many endpoints as a test wants, written through the store as verdicts are.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import { batch, endpointDelta } from "../store/batches.ts";

/** Of one batch, as a shadow thread would send it. */
const BATCH_ENDPOINTS = 500;

/** `GET /items-00042/{id}` has 43 exchanges, of which every seventh endpoint has mismatches. */
export async function dataWithEndpoints(count: number): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "parallax-many-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const silent = () => undefined;
  const log = { info: silent, warn: silent, error: silent };
  const opened = openSqliteStore({ directory, clock: systemClock, log });
  if (opened.kind === "failed") throw new Error(opened.message);
  for (let from = 0; from < count; from += BATCH_ENDPOINTS)
    opened.store.record(
      batch({
        endpoints: Array.from({ length: Math.min(BATCH_ENDPOINTS, count - from) }, (_, at) => {
          const index = from + at;
          const mismatch = index % 7 === 0 ? 1 : 0;
          return endpointDelta({
            endpoint: `GET /items-${String(index).padStart(5, "0")}/{id}`,
            route: index % 2 === 0 ? "even" : "odd",
            exchanges: index + 1,
            match: index + 1 - mismatch,
            mismatch,
            incomparable: {},
            skipped: {},
            lastSeenMs: Date.now(),
          });
        }),
      }),
    );
  await opened.store.close();
  return directory;
}

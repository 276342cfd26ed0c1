// The process that the crash test kills: writes one batch per flush and says its number once it is flushed.
import { systemClock } from "../../src/core/clock.ts";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import { batch, endpointDelta, sample, signatureDelta } from "./batches.ts";

const [directory = "", run = ""] = process.argv.slice(2);
/** Of a sample: some twenty pages. */
const PADDING = "x".repeat(80_000);
const silent = () => undefined;
const opened = openSqliteStore({
  directory,
  clock: systemClock,
  log: { info: silent, warn: silent, error: silent },
  limits: { samplesPerSignature: 5 },
});
if (opened.kind === "failed") throw new Error(opened.message);
for (let n = 1; ; n++) {
  opened.store.record(
    batch({
      // Many pages per flush, so that a kill often falls in the middle of one.
      endpoints: Array.from({ length: 100 }, (_, index) =>
        endpointDelta({ endpoint: `GET /${index}`, route: run, exchanges: 1 }),
      ),
      signatures: [signatureDelta({ id: `${run}-${n % 50}` }, 1)],
      samples: [sample(`${run}-${n}`, { atMs: n, signatureIds: [`${run}-${n % 50}`], patch: [PADDING] })],
    }),
  );
  await opened.store.flush();
  const seen = { firstSeenMs: n, lastSeenMs: n, requests: 1 };
  await opened.store.recordCallers([{ route: run, unitKind: "", unit: "", userAgent: "app/1", ...seen }]);
  process.stdout.write(`${n}\n`);
}

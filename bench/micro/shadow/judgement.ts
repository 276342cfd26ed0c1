// What judging costs the running proxy beyond the mirror: both heads read, both answers compared, the verdict booked.

import { loadConfig } from "../../../src/config/load.ts";
import { buildSnapshot, RouteSlots } from "../../../src/config/snapshot.ts";
import { Counters } from "../../../src/core/counters.ts";
import type { Snapshot } from "../../../src/core/snapshot.ts";
import type { ExchangeRecord } from "../../../src/seam/record.ts";
import { type CompiledRoute, compileSnapshot } from "../../../src/shadow/compiled.ts";
import { NO_MODULES } from "../../../src/shadow/custom-modules.ts";
import { type BookedContext, JudgementStep } from "../../../src/shadow/judgement.ts";
import { Tally } from "../../../src/shadow/tally.ts";
import { CORPORA } from "../diff/corpora.ts";
import type { Pair } from "../pair.ts";

/** The one route of a Parallax that is given two URLs and nothing else. */
function plainRoute(): { readonly snapshot: Snapshot; readonly compiled: CompiledRoute } {
  const loaded = loadConfig({ legacy: "http://127.0.0.1:1", candidate: "http://127.0.0.1:2" }, {});
  if (!loaded.ok) throw new Error("two URLs are a config");
  const snapshot = buildSnapshot(loaded.config, {
    epoch: 1,
    instanceId: "bench",
    isKilled: false,
    slots: new RouteSlots(),
  });
  const compiled = compileSnapshot(snapshot, NO_MODULES).routes.get(1);
  if (compiled === undefined) throw new Error("the default route has slot 1");
  return { snapshot, compiled };
}

function bodyOf(corpus: string): Buffer {
  return Buffer.from(JSON.stringify(CORPORA.find(({ name }) => name === corpus)?.value));
}

function headOf(body: Buffer): Buffer {
  const lines = [
    "HTTP/1.1 200 OK",
    "Date: Sun, 22 Nov 2026 10:00:00 GMT",
    "Server: nginx",
    "Content-Type: application/json; charset=utf-8",
    `Content-Length: ${body.length}`,
    "Cache-Control: no-store",
    "Vary: Accept-Encoding",
    "X-Request-Id: 8f14e45fceea167a",
  ];
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`);
}

function recordOf(answerBody: Buffer): ExchangeRecord {
  const requestHead = Buffer.from("GET /users HTTP/1.1\r\nHost: a\r\n\r\n");
  const answerHead = headOf(answerBody);
  return {
    slot: 1,
    epoch: 1,
    sequence: 1,
    skip: -1,
    status: 200,
    servedBy: "legacy",
    isAdapted: false,
    decidedBy: 1,
    unit: -1,
    answerCapture: "complete",
    recordedRequest: undefined,
    startedAtMs: 1000,
    latencyMs: 5,
    bytesTotal: requestHead.length + answerHead.length + answerBody.length,
    requestHead,
    requestBody: Buffer.alloc(0),
    answerHead,
    answerBody,
  };
}

/** Both of its numbers count: the goal is a time, not a ratio. */
export const judgementStep: Pair = (() => {
  const counters = new Counters();
  const { snapshot, compiled } = plainRoute();
  const tally = new Tally(0, snapshot);
  const reportFailure = (code: string, detail: string): never => {
    throw new Error(`${code}: ${detail}`);
  };
  const step = new JudgementStep({ counters, tally, limits: snapshot.limits, reportFailure });
  const context: BookedContext = {
    id: "x1",
    seen: { route: "r", endpoint: "GET /users", atMs: 1000, servedBy: "legacy", status: 200, latencyMs: 5 },
    compiled,
    isNoise: false,
    latencyMs: 5,
  };
  const record = recordOf(bodyOf("users 2 KB"));
  const candidate = Buffer.from(record.answerBody);
  const answered = { head: headOf(candidate), body: candidate, capture: "complete", latencyMs: 5 } as const;
  return {
    name: "shadow/judgement: users 2 KB, equal bytes, judged and booked",
    base: {
      name: "JSON.parse of both",
      run(times) {
        let seen = 0;
        for (let time = 0; time < times; time++)
          if (JSON.parse(record.answerBody.toString()) !== JSON.parse(candidate.toString())) seen++;
        return seen;
      },
    },
    other: {
      name: "judged and booked",
      run(times) {
        let booked = 0;
        for (let time = 0; time < times; time++)
          booked += step.book(record, step.compare(record, answered, compiled), context).length;
        return booked;
      },
    },
    otherNanosecondsMax: 2000,
  };
})();

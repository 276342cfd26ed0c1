// Recorded traffic, on real sockets: every line is an exchange that was served, redacted, and nothing else changes.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { RECORDING_SCHEMA_VERSION, type RecordedExchange } from "../../src/core/recording.ts";
import { converse, startHouse } from "./house.ts";
import { startHttp } from "./upstreams.ts";

test("a running Parallax records what it mirrors, redacted, and serves as before", async () => {
  const upstream = () =>
    startHttp((incoming, answer) => {
      incoming.resume();
      answer.writeHead(200, { "content-type": "application/json" });
      answer.end(JSON.stringify({ path: incoming.url, contact: "planted@example.com" }));
    });
  const directory = mkdtempSync(join(tmpdir(), "parallax-record-"));
  const [legacy, candidate] = await Promise.all([upstream(), upstream()]);
  const house = await startHouse({
    threads: { serving: 1, shadow: 1 },
    upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
    record: { dir: directory },
  });
  try {
    for (let n = 0; n < 3; n++) {
      const answer = await converse(
        house.port,
        `GET /item/${n}?m=planted%40example.com HTTP/1.1\r\nhost: a.test\r\nauthorization: Bearer planted-token-1\r\nconnection: close\r\n\r\n`,
      );
      const served = JSON.stringify({
        path: `/item/${n}?m=planted%40example.com`,
        contact: "planted@example.com",
      });
      expect(answer.toString()).toContain(served);
    }
    expect((await house.settled(3)).match).toBe(3);
  } finally {
    await house.stop();
    await Promise.all([legacy.stop(), candidate.stop()]);
  }
  const names = readdirSync(directory);
  expect(names).toHaveLength(1);
  const text = gunzipSync(readFileSync(join(directory, names[0] ?? ""))).toString();
  rmSync(directory, { recursive: true });
  const recorded = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as RecordedExchange);
  expect(
    recorded.map(({ schemaVersion, request }) => [schemaVersion, request.method, request.target]),
  ).toEqual([0, 1, 2].map((n) => [RECORDING_SCHEMA_VERSION, "GET", `/item/${n}?m=[redacted%20email]`]));
  expect(recorded[0]?.endpoint).toBe("GET /item/{id}");
  expect(recorded[0]?.legacy).toMatchObject({ status: 200, isBodyCut: false });
  expect(recorded[0]?.legacy?.body).toContain('"contact":"[redacted email]"');
  expect(text).not.toContain("planted");
});

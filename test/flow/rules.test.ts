// Rules answer for themselves, from the shadow thread to the report.
import { expect, test } from "vitest";
import { fetchReport } from "../../src/report/fetch-report.ts";
import { renderReportText } from "../../src/report/report-text.ts";
import { converse, startHouse } from "./house.ts";
import { startHttp } from "./upstreams.ts";

test("a rule says where it stands and how often it hit, one that never hit too", async () => {
  const upstream = (at: number) =>
    startHttp((incoming, answer) => {
      incoming.resume();
      answer.writeHead(200, { "content-type": "application/json" }).end(`{"at":${at},"n":1}`);
    });
  const [legacy, candidate] = await Promise.all([upstream(1), upstream(2)]);
  const house = await startHouse({
    threads: { serving: 1, shadow: 1 },
    upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
    rules: [{ kind: "ignore", path: "/never" }],
    routes: [
      { name: "on", match: { path: "/on/**" }, stage: "shadow", rules: [{ kind: "ignore", path: "/at" }] },
      { name: "off", match: { path: "/off/**" }, stage: "off" },
    ],
  });
  try {
    await converse(house.port, "GET /on/a HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n");
    expect((await house.settled(1)).match).toBe(1);
    const rules = async () => (await fetchReport({ admin: house.admin })).rules;
    await expect
      .poll(async () => (await rules()).map(({ hits }) => hits), { timeout: 5_000 })
      .toEqual([1, 0]);
    expect(await rules()).toMatchObject([
      { route: "on", index: 0, rule: { kind: "ignore", path: "/at" } },
      { route: "on", index: 1, rule: { kind: "ignore", path: "/never" }, lastHitMs: null },
    ]);
    expect(renderReportText(await fetchReport({ admin: house.admin }))).toContain(
      "0× ignore body /never, route on, never hit",
    );
  } finally {
    await house.stop();
    await Promise.all([legacy.stop(), candidate.stop()]);
  }
});

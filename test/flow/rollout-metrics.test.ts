// What a scrape tells of a route on its way, in a whole Parallax with a journal on disk.
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startHouse } from "./house.ts";
import { answerByPath, startHttp } from "./upstreams.ts";

test("tells where a route stands, that it was taken back, and that the journal does not have it", async () => {
  const [legacy, candidate] = await Promise.all([startHttp(answerByPath), startHttp(answerByPath)]);
  const house = await startHouse({
    threads: { serving: 1, shadow: 1 },
    upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
    rollout: { units: [{ kind: "tenant", header: "x-tenant" }], steps: [5, 50, 100] },
    routes: [{ name: "all", match: { path: "/**" } }],
  });
  const act = (action: string, body: object) =>
    fetch(`${house.admin}/api/rollout/all/${action}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  try {
    expect(await house.metrics()).toContain('parallax_rollout_stage{route="all",stage="shadow"} 1');
    await act("promote", { to: "50", force: true, reason: "test" });
    const serving = await house.metrics();
    for (const line of [
      'parallax_rollout_stage{route="all",stage="ramp"} 1',
      'parallax_rollout_percent{route="all"} 50',
      'parallax_rollout_latched{route="all"} 0',
      "parallax_rollout_stragglers 0",
      "parallax_rollout_journal_failures_total 0",
    ])
      expect(serving).toContain(line);
    expect(serving).not.toContain('stage="shadow"');
    appendFileSync(join(house.dataDirectory, "rollout.journal"), "somebody else's\n");
    expect((await act("rollback", { reason: "test" })).status).toBe(200);
    const back = await house.metrics();
    for (const line of [
      'parallax_rollout_stage{route="all",stage="shadow"} 1',
      'parallax_rollout_latched{route="all"} 1',
      "parallax_rollout_journal_unwritten 1",
    ])
      expect(back).toContain(line);
    expect(back).toMatch(/^parallax_rollout_journal_failures_total [1-9]/m);
  } finally {
    await house.stop();
    await Promise.all([legacy.stop(), candidate.stop()]);
  }
});

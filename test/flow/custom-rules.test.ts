// Custom rules in the running program: whatever their modules do, clients are served and the books add up.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { converse, nonZero, skippedSum, startHouse } from "./house.ts";
import { startHttp } from "./upstreams.ts";

const folder = mkdtempSync(join(tmpdir(), "parallax-custom-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SOURCES = {
  same: "export default (legacy, candidate, { path, legacyText }) => path === '/same' && legacyText === '1' && candidate === 2;",
  other: "export default () => false;",
  throws: "export default () => { throw new Error('custom'); };",
  hangs: "export default () => { for (;;); };",
  text: "export default () => 'yes';",
  promise: "export default async () => { throw new Error('later'); };",
  broken: "export default (",
  nothing: "export const named = () => true;",
};

function writeModules(): readonly { kind: "custom"; path: string; module: string }[] {
  return Object.entries(SOURCES).map(([name, source]) => {
    const module = join(folder, `${name}.mjs`);
    writeFileSync(module, source);
    return { kind: "custom", path: `/${name}`, module };
  });
}

test("a custom rule that throws, hangs or is not there is incomparable, and serving goes on", async () => {
  const upstream = (value: number) =>
    startHttp((incoming, answer) => {
      incoming.resume();
      answer.writeHead(200, { "content-type": "application/json" });
      answer.end(JSON.stringify({ [incoming.url?.slice(1) ?? ""]: value }));
    });
  const [legacy, candidate] = await Promise.all([upstream(1), upstream(2)]);
  const rules = writeModules();
  const house = await startHouse({
    threads: { serving: 1, shadow: 1 },
    upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
    routes: [{ name: "all", match: { path: "/**" }, stage: "shadow" }],
    rules,
  });
  try {
    for (const name of Object.keys(SOURCES)) {
      const answer = await converse(
        house.port,
        `GET /${name} HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n`,
      );
      expect(answer.toString()).toMatch(new RegExp(`^HTTP/1.1 200 [^]*\\{"${name}":1\\}`));
    }
    const totals = await house.settled(8);
    expect(totals).toMatchObject({ match: 1, mismatch: 1, incomparable: 6 });
    expect(nonZero(totals.incomparableByReason)).toEqual({ "rule-failed": 6 });
    expect(skippedSum(totals)).toBe(0);
    const { threads } = await house.summary();
    expect(threads.map(({ restarts }) => restarts)).toEqual(threads.map(() => 0));
    expect(house.log.join("\n")).toMatch(/rule-failed.*custom rule (broken|nothing)\.mjs/);
    const metrics = await house.metrics();
    expect(metrics).toMatch(/reason="rule-failed"[^\n]* 6\n/);
  } finally {
    await house.stop();
    await Promise.all([legacy.stop(), candidate.stop()]);
  }
}, 60_000);

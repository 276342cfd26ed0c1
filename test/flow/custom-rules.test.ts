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

/** What a polyfill or a mistake may do to the thread that judges all routes. */
const PATCHES = {
  compare: "Buffer.compare = () => 0; Buffer.prototype.compare = () => 0;",
  slices: "Uint8Array.prototype.subarray = function () { return this; };",
  arrays: "Array.prototype.push = () => 0; Array.prototype.find = () => undefined;",
  maps: "Map.prototype.get = () => undefined;",
  iterators: "Object.getPrototypeOf([].values()).next = () => ({ done: true });",
  json: "JSON.parse = () => ({});",
  globals: "delete globalThis.String;",
  exit: "process.exit(0);",
};

test.each(["loaded", "asked"])(
  "a module that changes built-ins while it is %s fails alone: every other verdict stands",
  async (when) => {
    const upstream = (value: number) =>
      startHttp((incoming, answer) => {
        incoming.resume();
        answer.writeHead(200, { "content-type": "application/json" });
        const name = incoming.url?.slice(1) ?? "";
        answer.end(name === "equal" ? `{"a":${" ".repeat(value)}1}` : JSON.stringify({ [name]: [value, 1] }));
      });
    const [legacy, candidate] = await Promise.all([upstream(1), upstream(2)]);
    const rules = Object.entries(PATCHES).map(([name, patch]) => {
      const module = join(folder, `${when}-${name}.mjs`);
      const [atLoad, atCall] = when === "loaded" ? [patch, ""] : ["", patch];
      writeFileSync(module, `${atLoad}\nexport default () => { ${atCall} return true; };`);
      return { kind: "custom", path: `/${name}`, module };
    });
    // Assignments that libraries make to objects of their own.
    writeFileSync(
      join(folder, "heir.mjs"),
      "class Own { }\nOwn.prototype.toString = () => 'own';\nfunction Old() {}\nOld.prototype.constructor = Old;\n" +
        "const fault = new Error('x'); fault.name = 'Own'; fault.message = 'y';\n" +
        "export default () => String(new Own()) === 'own' && fault.name === 'Own' && String(fault) === 'Own: y';",
    );
    const heir = { kind: "custom", path: "/heir", module: join(folder, "heir.mjs") };
    const house = await startHouse({
      threads: { serving: 1, shadow: 1 },
      upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
      routes: [{ name: "all", match: { path: "/**" }, stage: "shadow" }],
      rules: [...rules, heir, { kind: "shape", path: "/shaped/0", class: "/[0-9]/" }],
    });
    try {
      const ask = (name: string) =>
        converse(house.port, `GET /${name} HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n`);
      const patched = Object.keys(PATCHES);
      for (const name of [...patched, "plain", "equal", "heir", "shaped", "plain"]) await ask(name);
      const totals = await house.settled(patched.length + 5);
      expect(nonZero(totals.incomparableByReason)).toEqual({ "rule-failed": patched.length });
      expect(totals).toMatchObject({ match: 3, mismatch: 2 });
      const { threads } = await house.summary();
      expect(threads.map(({ restarts }) => restarts)).toEqual(threads.map(() => 0));
    } finally {
      await house.stop();
      await Promise.all([legacy.stop(), candidate.stop()]);
    }
  },
);

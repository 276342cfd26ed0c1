// Invariant 7: nothing is stored or shown before redaction; nothing listens beyond loopback without a token.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { converse, startHouse } from "../flow/house.ts";
import { startHttp } from "../flow/upstreams.ts";

/** Planted where the defaults or the config say that values are secret; each is unique. */
const SECRETS = {
  authorization: "Bearer planted-one",
  cookie: "planted-two",
  setCookie: "planted-three",
  header: "planted-four",
  queryDefault: "planted-five",
  queryConfigured: "planted-six",
  pointerLegacy: "planted-seven",
  pointerCandidate: "planted-eight",
  requestBody: "planted-nine",
  nested: "planted-ten",
  keyLegacy: "planted-eleven",
  keyCandidate: "planted-twelve",
  recordLegacy: "planted-record-one",
  recordCandidate: "planted-record-two",
  hiddenRecordLegacy: "planted-record-three",
  hiddenRecordCandidate: "planted-record-four",
  renamedLegacy: "planted-renamed-one",
  renamedCandidate: "planted-renamed-two",
} as const;

/** Known by their looks: planted in every place, as they are and encoded. None is to be seen, in whole or in part. */
const LOOKS = (side: "legacy" | "candidate") => ({
  email: `${side}.planted@mail-${side}.example`,
  upper: `UPPER.PLANTED@${side.toUpperCase()}.EXAMPLE`,
  card: side === "legacy" ? "4111 1111 1111 1111" : "5555-5555-5555-4444",
  bearer: `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJwbGFudGVk${side}In0.cGxhbnRlZA${side}`,
  key: `ghp_${"planted0123456789abcdefghij"}${side}`,
});
/** Of which no part may be seen. */
const LOOKED_FOR = [
  ".planted",
  "UPPER.PLANTED",
  "mail-legacy",
  "mail-candidate",
  "1111 1111",
  "5555-4444",
  "eyJ",
  "cGxhbnRlZA",
  "ghp_",
  "4111111111111111",
];
const escaped = (text: string) => text.replaceAll("@", "\\u0040").replaceAll("planted", "pl\\u0061nted");

const json = (side: "legacy" | "candidate") =>
  JSON.stringify({
    password: side === "legacy" ? SECRETS.pointerLegacy : SECRETS.pointerCandidate,
    list: [{ token: SECRETS.nested, n: side }],
    sessions: { [side === "legacy" ? SECRETS.keyLegacy : SECRETS.keyCandidate]: 1 },
    [side === "legacy" ? "pin" : "personal"]:
      side === "legacy" ? SECRETS.renamedLegacy : SECRETS.renamedCandidate,
    looks: LOOKS(side),
    looksEscaped: "ESCAPED",
    nested: JSON.stringify({ within: LOOKS(side) }),
    looksByKey: { [LOOKS(side).email]: 1, both: { [LOOKS("legacy").email]: { n: side } } },
    card: { number: side === "legacy" ? 4111111111111111 : 1 },
    hiddenByRule: LOOKS(side).email,
    open: `seen-${side}`,
  }).replace("ESCAPED", escaped(LOOKS(side).email));

/** What a record of its own names as secret, as a key, as a value, and hidden by a rule. */
const records = (side: "legacy" | "candidate") =>
  [
    { sessions: { [side === "legacy" ? SECRETS.recordLegacy : SECRETS.recordCandidate]: 1 } },
    { password: side === "legacy" ? SECRETS.hiddenRecordLegacy : SECRETS.hiddenRecordCandidate },
  ]
    .map((record) => JSON.stringify(record))
    .join("\n");

describe("planted secrets", () => {
  test("are in no file of the data directory and in no answer of the admin API; the rest is", async () => {
    const upstream = (side: "legacy" | "candidate") =>
      startHttp((incoming, answer) => {
        incoming.resume();
        const isRecords = incoming.url === "/records";
        const type = isRecords ? "application/x-ndjson" : "application/json";
        answer.writeHead(200, {
          "content-type": type,
          "set-cookie": `a=${SECRETS.setCookie}`,
          "x-contact": LOOKS(side).email,
          location: `/of/${encodeURIComponent(LOOKS(side).email)}?c=${encodeURIComponent(LOOKS(side).card)}`,
        });
        answer.end(isRecords ? records(side) : json(side));
      });
    const [legacy, candidate] = await Promise.all([upstream("legacy"), upstream("candidate")]);
    const house = await startHouse({
      threads: { serving: 1, shadow: 1 },
      upstreams: { legacy: { url: legacy.url }, candidate: { url: candidate.url } },
      mirror: { methods: ["POST", "GET"] },
      // Each GET is a pair: the places that it differs at are kept, too.
      noise: { baseline: "self", samplePercent: 100 },
      rules: [
        { kind: "ignore", path: "/1/password" },
        { kind: "rename", from: "/pin", to: "/personal" },
        { kind: "ignore", path: "/hiddenByRule" },
      ],
      redact: {
        headers: ["x-tenant-secret"],
        pointers: ["/password", "/list/*/token", "/sessions", "/personal"],
        queryParameters: ["voucher"],
      },
    });
    try {
      const looks = LOOKS("legacy");
      const body = JSON.stringify({
        password: SECRETS.requestBody,
        open: "seen-request",
        looks,
        again: [looks.email],
      });
      await converse(
        house.port,
        `POST /orders/${encodeURIComponent(looks.email)}-x/y?m=${encodeURIComponent(looks.upper)}&j=${looks.bearer}&token=${SECRETS.queryDefault}&voucher=${SECRETS.queryConfigured}&page=seen-query HTTP/1.1\r\n` +
          `host: a.test\r\nauthorization: ${SECRETS.authorization}\r\ncookie: s=${SECRETS.cookie}\r\n` +
          `x-tenant-secret: ${SECRETS.header}\r\nx-open: seen-header\r\n` +
          `x-from: ${looks.email}\r\nx-paid: Bearer ${looks.key}\r\nreferer: /u/${looks.email}\r\ncontent-type: application/json\r\n` +
          `content-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
      );
      const get = (path: string) =>
        converse(house.port, `GET ${path} HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n`);
      await get("/records");
      await get("/json");
      expect((await house.settled(3)).mismatch).toBe(3);
      const read = async (path: string) => (await fetch(`${house.admin}${path}`)).text();
      await expect.poll(() => read("/api/differences"), { timeout: 5_000 }).toContain("exchangeIds");
      const differences = JSON.parse(await read("/api/differences")) as {
        readonly differences: readonly { readonly exchangeIds: readonly string[] }[];
      };
      const id = differences.differences.flatMap(({ exchangeIds }) => exchangeIds)[0];
      expect(id).toBeDefined();
      const exchange = await read(`/api/exchanges/${id}`);
      const paths = ["/", "/metrics", "/api/summary", "/api/endpoints", "/api/differences", "/api/rules"];
      const shown = [exchange, ...(await Promise.all(paths.map(read))), ...house.log].join("\n");
      const stored = readdirSync(house.dataDirectory)
        .map((name) => readFileSync(join(house.dataDirectory, name), "latin1"))
        .join("\n");
      // What is no secret is there: else the absence of the rest says nothing.
      for (const open of ["seen-request", "seen-query", "seen-header", "seen-legacy", "seen-candidate"]) {
        expect(exchange).toContain(open);
        expect(stored).toContain(open);
      }
      expect(exchange).toContain("/password");
      expect(exchange).toContain("[redacted email]");
      for (const part of LOOKED_FOR) {
        expect([part, shown.includes(part)]).toEqual([part, false]);
        expect([part, stored.includes(part)]).toEqual([part, false]);
      }
      for (const [where, secret] of Object.entries(SECRETS)) {
        const planted = secret.replace("Bearer ", "");
        expect([where, shown.includes(planted)]).toEqual([where, false]);
        expect([where, stored.includes(planted)]).toEqual([where, false]);
      }
    } finally {
      await house.stop();
      await Promise.all([legacy.stop(), candidate.stop()]);
    }
  });
});

describe("the admin listener beyond loopback", () => {
  for (const host of ["0.0.0.0", "[::]"]) {
    test(`refuses to start on ${host} without a token: exit code 2, one clear line`, () => {
      const data = mkdtempSync(join(tmpdir(), "parallax-exposed-"));
      const flags = ["--legacy", "http://127.0.0.1:1", "--listen", "127.0.0.1:0", "--data", data];
      const { status, stderr } = spawnSync(
        process.execPath,
        ["src/main.ts", "run", ...flags, "--admin", `${host}:0`],
        { encoding: "utf8", timeout: 20_000, env: { PATH: process.env["PATH"] } },
      );
      rmSync(data, { recursive: true, force: true });
      expect([status, stderr.trim().split("\n").length]).toEqual([2, 1]);
      expect(stderr).toMatch(/token/);
    });
  }
});

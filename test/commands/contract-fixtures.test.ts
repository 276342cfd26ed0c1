import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type ContractFixturesOptions, runContractFixtures } from "../../src/commands/contract-fixtures.ts";
import { batch, sample, signatureDelta, startAdmin } from "../admin/fixtures.ts";
import { testDirectory, testFile } from "../config/config-file.ts";

async function fixtures(options: Partial<ContractFixturesOptions> & { admin: string; out: string }) {
  const written: string[] = [];
  const errors: string[] = [];
  const code = await runContractFixtures(
    { isForced: false, ...options },
    {
      isColored: false,
      write: (text) => void written.push(text),
      writeError: (text) => void errors.push(text),
    },
  );
  return { code, out: written.join(""), err: errors.join("") };
}

const MESSAGE = { headers: [], bodyEncoding: "utf8", isBodyCut: false } as const;
const JSON_TYPE = [["content-type", "application/json"]] as const;

function answered(body: string, status = 200) {
  return { ...MESSAGE, headers: JSON_TYPE, body, bodyBytes: body.length, status, latencyMs: 1 };
}

/** Two exchanges of one endpoint and status, one of another status. */
async function seeded() {
  const admin = await startAdmin();
  const request = {
    ...MESSAGE,
    headers: [["authorization", "[redacted]"]] as const,
    body: "",
    bodyBytes: 0,
    method: "GET",
    target: "/users/7",
  };
  const old = sample("s1");
  const ids = old.signatureIds;
  admin.store.record(
    batch({
      signatures: [signatureDelta()],
      samples: [
        { ...old, request, legacy: answered('{"id":"old"}') },
        {
          ...sample("s2"),
          // Before the endpoint's template was learnt.
          endpoint: "GET /users/alice",
          atMs: old.atMs + 1000,
          signatureIds: ids,
          request,
          legacy: answered('{"id":12345678901234567890,"name":"[redacted]"}'),
        },
        { ...sample("s3"), signatureIds: ids, request, legacy: answered("{}", 404) },
      ],
    }),
  );
  await admin.store.flush();
  return admin;
}

const CONTRACT = `
openapi: 3.1.0
paths:
  /users/{id}:
    get:
      responses:
        "200": { content: { application/json: { schema: { properties: { id: { type: integer }, name: { maxLength: 3 } } } } } }
        "404": { content: { application/json: { schema: { required: [title] } } } }
`;

test("writes the newest exchange of each endpoint and status, says what was redacted and what breaks the contract", async () => {
  const { base } = await seeded();
  const out = join(testDirectory(), "new", "fixtures");
  const contract = testFile("users.yaml", CONTRACT);
  const { code, out: said, err } = await fixtures({ admin: base, out, contract });
  expect({ code, err }).toEqual({ code: 0, err: "" });
  const names = readdirSync(out).sort();
  expect(names).toEqual([
    expect.stringMatching(/^get-users-id-[0-9a-f]{8}\.200\.json$/),
    expect.stringMatching(/^get-users-id-[0-9a-f]{8}\.404\.json$/),
  ]);
  expect(said.trimEnd().split("\n")).toEqual([
    `${names[0]}  GET /users/{id} 200 · 2 redacted · contract satisfied`,
    `${names[1]}  GET /users/{id} 404 · 1 redacted · contract broken`,
  ]);
  const text = readFileSync(join(out, names[0] ?? ""), "utf8");
  expect(text).toContain('"id": 12345678901234567890,');
  expect(JSON.parse(text)).toMatchObject({
    endpoint: "GET /users/{id}",
    exchangeId: "s2",
    request: { method: "GET", target: "/users/7" },
    response: { status: 200, bodyEncoding: "json" },
    redacted: ["request/headers/authorization", "response/body/name"],
    contract: { satisfied: "yes", violations: [] },
  });
  expect(JSON.parse(readFileSync(join(out, names[1] ?? ""), "utf8"))).toMatchObject({
    contract: { satisfied: "no", violations: [{ part: "body", path: "/title", asked: "a required member" }] },
  });
});

test("writes nothing where one file would be written over, unless it is forced; the same again is fine", async () => {
  const { base } = await seeded();
  const out = testDirectory();
  expect((await fixtures({ admin: base, out })).code).toBe(0);
  expect((await fixtures({ admin: base, out })).code).toBe(0);
  const [first = ""] = readdirSync(out).sort();
  writeFileSync(join(out, first), "mine");
  const refused = await fixtures({ admin: base, out });
  expect(refused.code).toBe(3);
  expect(refused.err).toBe(
    `parallax contract fixtures: ${join(out, first)} is there; give --force, or another --out\n`,
  );
  expect(readFileSync(join(out, first), "utf8")).toBe("mine");
  expect((await fixtures({ admin: base, out, isForced: true })).code).toBe(0);
  expect(readFileSync(join(out, first), "utf8")).not.toBe("mine");
});

test("one endpoint alone, and nothing stored of it", async () => {
  const { base } = await seeded();
  const out = join(testDirectory(), "none");
  expect(await fixtures({ admin: base, out, endpoint: "GET /other" })).toEqual({
    code: 0,
    out: "no stored exchange; send traffic that differs\n",
    err: "",
  });
  expect(existsSync(out)).toBe(false);
});

test("an admin API that is not there, a directory that is a file, a contract that is none: one line each", async () => {
  const { base } = await seeded();
  const out = testDirectory();
  const gone = await fixtures({ admin: "http://127.0.0.1:1", out });
  expect(gone.code).toBe(3);
  expect(gone.err).toMatch(/^parallax contract fixtures: no answer from http:\/\/127\.0\.0\.1:1 .*\n$/);
  const file = testFile("file", "");
  const taken = await fixtures({ admin: base, out: file });
  expect(taken.code).toBe(3);
  expect(taken.err).toMatch(/^parallax contract fixtures: cannot write to .*\n$/);
  const bad = await fixtures({ admin: base, out, contract: testFile("bad.yaml", "{ openapi: 4.0.0 }") });
  expect(bad.code).toBe(2);
  expect(bad.err).toMatch(/^parallax contract fixtures: \S+bad\.yaml: bad\.yaml#\/openapi: version .*\n$/);
});

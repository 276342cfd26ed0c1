import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { readContractFile } from "../../src/config/contract-files.ts";
import { loadConfig } from "../../src/config/load.ts";
import { buildSnapshot, RouteSlots } from "../../src/config/snapshot.ts";
import { loaded, problemLines, TWO_URLS, testDirectory } from "./config-file.ts";

/** A config beside the files that it names. */
function load(config: string, files: Readonly<Record<string, string>>) {
  const folder = testDirectory();
  for (const [name, text] of Object.entries({ ...files, "parallax.yaml": `${TWO_URLS}${config}` })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return loadConfig({ config: join(folder, "parallax.yaml") }, {});
}

const snapshotOf = (result: ReturnType<typeof load>) =>
  buildSnapshot(loaded(result), { epoch: 1, instanceId: "i", isKilled: false, slots: new RouteSlots() });

const USERS = `{ openapi: 3.1.0, info: { version: 1.4.0 }, servers: [{ url: /v1 }], paths: { "/users/{id}": { get: { responses: {} } } } }`;

test("a route's own contract comes before the global one; the version is the document's unless it is said", () => {
  const snapshot = snapshotOf(
    load(
      `contract: { file: api/users.yaml }
endpoints: [ /first ]
routes:
  - { name: own, match: { path: /own }, contract: { file: schema.json, version: v7 } }
  - { name: rest, match: {} }
`,
      { "api/users.yaml": USERS, "schema.json": '{ "type": "object" }' },
    ),
  );
  expect(snapshot.routes.map(({ name, contract }) => [name, contract?.name, contract?.version])).toEqual([
    ["own", "schema.json", "v7"],
    ["rest", "users.yaml", "1.4.0"],
    ["*other*", "users.yaml", "1.4.0"],
  ]);
  expect(snapshot.endpointTemplates).toEqual(["/first", "GET /v1/users/{id}"]);
  expect(structuredClone(snapshot)).toEqual(snapshot);
});

test("what is wrong with a document is told at the key that names it, with the place in the document", () => {
  const config = "contract: { file: users.yaml }\n";
  const problem = (text: string) => problemLines(load(config, { "users.yaml": text }));
  expect(problem(USERS.replace("responses: {}", "responses: { x: {} }"))).toEqual([
    "FILE:4:13: contract.file: users.yaml#/paths/~1users~1{id}/get/responses/x: a status is 200, 2XX or default; correct it",
  ]);
  expect(problem("a: [")).toEqual([
    expect.stringMatching(
      /^FILE:4:13: contract\.file: users\.yaml: users\.yaml:\d+ must be valid YAML \(.*\)$/,
    ),
  ]);
  expect(problemLines(load(config, {}))).toEqual([
    "FILE:4:13: contract.file: users.yaml: users.yaml must be a file that exists",
  ]);
  expect(problemLines(load("contract: { files: users.yaml }\n", {}))).toHaveLength(2);
});

test("a document of 4 MiB is read, one byte more is not", () => {
  const text = (bytes: number) => `{}${" ".repeat(bytes - 2)}`;
  const config = "contract: { file: a.yaml }\n";
  for (const [bytes, problems] of [
    [4 * 1024 * 1024, 0],
    [4 * 1024 * 1024 + 1, 1],
  ] as const)
    expect(problemLines(load(config, { "a.yaml": text(bytes) }))).toHaveLength(problems);
});

test("an empty file is no contract", () => {
  for (const text of ["", " \n\t\n"])
    expect(problemLines(load("contract: { file: users.yaml }\n", { "users.yaml": text }))).toEqual([
      expect.stringContaining("users.yaml must be a document; it is empty"),
    ]);
});

test("a link that leads out of the document's folder is not followed, one within it is", () => {
  const outside = testDirectory();
  writeFileSync(join(outside, "secret.json"), '{ "type": "string" }');
  const folder = testDirectory();
  mkdirSync(join(folder, "..data"));
  writeFileSync(join(folder, "..data", "inner.json"), '{ "type": "string" }');
  symlinkSync(join("..data", "inner.json"), join(folder, "inner.json"));
  symlinkSync(join(outside, "secret.json"), join(folder, "link.json"));
  symlinkSync(outside, join(folder, "linked"));
  const read = (name: string) => {
    const file = join(folder, "root.json");
    writeFileSync(file, JSON.stringify({ $ref: name }));
    const result = readContractFile(file, { isLive: true });
    return result.ok ? [] : result.problems.map(({ what }) => what);
  };
  expect(read("inner.json")).toEqual([]);
  expect(read("gone.json")).toEqual([expect.stringContaining("gone.json must be a file that exists")]);
  for (const name of ["link.json", "linked/secret.json"])
    expect(read(name)).toEqual([`${name} is a link out of the document's folder; put the file itself there`]);
});

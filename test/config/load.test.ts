import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { CONFIG_BYTES_MAX, loadConfig } from "../../src/config/load.ts";
import { loaded, loadText, problemLines, TWO_URLS, testDirectory, testFile } from "./config-file.ts";

const URLS = { legacy: "http://127.0.0.1:3001", candidate: "http://127.0.0.1:3002" };

/** The conventional number of the user without rights. */
const NOBODY = 65_534;

describe("where values come from", () => {
  test("two URLs alone suffice", () => {
    const config = loaded(loadConfig(URLS, {}));
    expect(config.settings.upstreams.legacy?.url).toBe(URLS.legacy);
    expect(config.listen).toEqual({ host: "0.0.0.0", port: 8080 });
    expect(config.adminListen).toEqual({ host: "127.0.0.1", port: 9090 });
    expect(config.settings.data.dir).toBe("./data");
  });

  test("flags beat the environment, which beats the file", () => {
    const file = testFile(
      "parallax.yaml",
      `${TWO_URLS}listen: 127.0.0.1:1001\nthreads: { serving: 1 }\ndata: { dir: f }\n`,
    );
    const environment = {
      PARALLAX_LISTEN: "127.0.0.1:1002",
      PARALLAX_THREADS: "2",
      PARALLAX_CANDIDATE: "http://c.example",
      PARALLAX_BASELINE: "http://b.example",
      PARALLAX_LOG_LEVEL: "debug",
      PARALLAX_ADMIN: "[::1]:0",
    };
    const config = loaded(loadConfig({ config: file, listen: "127.0.0.1:1003" }, environment));
    expect(config.listen.port).toBe(1003);
    expect(config.threads.serving).toBe(2);
    expect(config.settings.data.dir).toBe("f");
    expect(config.settings.upstreams.candidate?.url).toBe("http://c.example");
    expect(config.settings.upstreams.baseline?.url).toBe("http://b.example");
    expect(config.settings.log.level).toBe("debug");
    expect(config.adminListen).toEqual({ host: "::1", port: 0 });
  });

  test("--baseline self and PARALLAX_BASELINE=self make the legacy its own baseline", () => {
    for (const [flags, environment] of [
      [{ ...URLS, baseline: "self" }, {}],
      [URLS, { PARALLAX_BASELINE: "self" }],
    ] as const) {
      const { settings } = loaded(loadConfig(flags, environment));
      expect([settings.noise.baseline, settings.upstreams.baseline]).toEqual(["self", undefined]);
    }
  });

  test("PARALLAX_CONFIG names the file, --config another one", () => {
    const one = testFile("one.yaml", `${TWO_URLS}listen: 127.0.0.1:1\n`);
    const two = testFile("two.yaml", `${TWO_URLS}listen: 127.0.0.1:2\n`);
    expect(loaded(loadConfig({}, { PARALLAX_CONFIG: one })).listen.port).toBe(1);
    expect(loaded(loadConfig({ config: two }, { PARALLAX_CONFIG: one })).listen.port).toBe(2);
  });

  test("a variable set to nothing is not set", () => {
    const environment = { PARALLAX_CANDIDATE: "", PARALLAX_CONFIG: "", PARALLAX_THREADS: "" };
    expect(
      loaded(loadConfig({ legacy: URLS.legacy }, environment)).settings.upstreams.candidate,
    ).toBeUndefined();
  });

  test("a problem names the flag or variable that it came from", () => {
    const result = loadConfig(
      { legacy: "localhost:3001", threads: "many" },
      { PARALLAX_CANDIDATE: "ftp://x" },
    );
    expect(problemLines(result)).toEqual([
      expect.stringMatching(/^--threads: threads\.serving: found "many"; allowed: auto, or a whole number/),
      expect.stringMatching(
        /^--legacy: upstreams\.legacy\.url: found "localhost:3001"; allowed: a URL with scheme/,
      ),
      expect.stringMatching(/^PARALLAX_CANDIDATE: upstreams\.candidate\.url: found "ftp:\/\/x"/),
    ]);
  });

  test("without a legacy it says how to give one", () => {
    expect(problemLines(loadConfig({}, {}))).toEqual([
      "config: upstreams.legacy.url: the legacy's URL, which is missing: --legacy URL, PARALLAX_LEGACY or this key",
    ]);
  });

  test.each(["0", "65"])("threads out of bounds, %s, are told the bounds", (threads) => {
    expect(problemLines(loadConfig({ ...URLS, threads }, {}))).toEqual([
      `--threads: threads.serving: found ${threads}; allowed: auto, or a whole number of threads from 1 to 64`,
    ]);
  });

  test("auto threads are at least one", () => {
    expect(loaded(loadConfig(URLS, {})).threads.serving).toBeGreaterThanOrEqual(1);
  });

  test("the config is frozen all the way down", () => {
    const config = loaded(loadConfig(URLS, {}));
    expect(Object.isFrozen(config.settings.mirror.methods)).toBe(true);
  });
});

describe("the admin token", () => {
  test("comes from the environment before the file's tokenFile", () => {
    const file = testFile("parallax.yaml", `${TWO_URLS}admin: { tokenFile: /nowhere }\n`);
    expect(
      loaded(loadConfig({ config: file }, { PARALLAX_ADMIN_TOKEN: "t0ken-of-16-char" })).adminToken,
    ).toBe("t0ken-of-16-char");
  });

  test("is read from tokenFile, line end taken off", () => {
    const tokenFile = testFile("token", "s3cret-of-16-chr\n");
    expect(loaded(loadText(`${TWO_URLS}admin: { tokenFile: ${tokenFile} }\n`)).adminToken).toBe(
      "s3cret-of-16-chr",
    );
  });

  test.each([
    ["missing", "/nowhere/token", "a file that exists"],
    ["empty", "", "a file that holds 16 to 1024 visible ASCII characters"],
    ["short", "x".repeat(15), "a file that holds 16 to 1024 visible ASCII characters"],
    ["two words", "a-long-one and-more", "a file that holds 16 to 1024 visible ASCII characters"],
  ])("a %s tokenFile is a problem", (_case, content, allowed) => {
    const tokenFile = content.startsWith("/") ? content : testFile("token", content);
    const lines = problemLines(loadText(`${TWO_URLS}admin: { tokenFile: ${tokenFile} }\n`));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`FILE:4:10: admin.tokenFile: found "${tokenFile}"; allowed: ${allowed}`);
  });

  test.each([
    [15, false],
    [16, true],
    [1024, true],
    [1025, false],
  ])("of %i characters: good is %s, on loopback too, from file and environment", (characters, isGood) => {
    const token = "x".repeat(characters);
    expect(loadText(`${TWO_URLS}admin: { token: ${token} }\n`).ok).toBe(isGood);
    expect(loadText(TWO_URLS, { PARALLAX_ADMIN_TOKEN: token }).ok).toBe(isGood);
  });

  test("is never shown in a problem", () => {
    const lines = problemLines(loadText(`${TWO_URLS}admin: { token: "my secret" }\n`)).join("\n");
    expect(lines).toContain("admin.token");
    expect(lines).not.toContain("my secret");
  });

  test.each(["0.0.0.0:9090", "10.0.0.1:9090", "[::]:9090", "admin.example:9090"])(
    "is needed to listen on %s",
    (listen) => {
      const text = `${TWO_URLS}admin: { listen: "${listen}" }\n`;
      expect(problemLines(loadText(text)).join()).toContain("elsewhere a token is needed");
      expect(loadText(text, { PARALLAX_ADMIN_TOKEN: "x".repeat(16) }).ok).toBe(true);
    },
  );

  test.each(["127.0.0.1:9090", "127.1.2.3:9090", "[::1]:9090", "localhost:9090"])(
    "is not needed to listen on %s",
    (listen) => {
      expect(loadText(`${TWO_URLS}admin: { listen: "${listen}" }\n`).ok).toBe(true);
    },
  );
});

describe("files that are no config", () => {
  test.each<[string, () => string, string]>([
    ["missing", () => join(testDirectory(), "none.yaml"), "a file that exists"],
    ["a directory", testDirectory, "a regular file, not a directory"],
    ["not UTF-8", () => testFile("c.yaml", Uint8Array.of(0x6c, 0xff, 0xfe)), "UTF-8 text"],
    ["with NUL", () => testFile("c.yaml", "a: \0"), "text without NUL bytes"],
    [
      "over its size",
      () => testFile("c.yaml", "#".repeat(CONFIG_BYTES_MAX + 1)),
      `at most ${CONFIG_BYTES_MAX} bytes`,
    ],
  ])("%s: one clear problem", (_case, file, said) => {
    const path = file();
    const lines = problemLines(loadConfig({ config: path }, {}));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`${path}: the config must be`);
    expect(lines[0]).toContain(said);
  });

  test("a file of exactly the size is read", () => {
    const text = TWO_URLS.padEnd(CONFIG_BYTES_MAX, "#");
    expect(loadText(text).ok).toBe(true);
  });

  test.skipIf(process.platform === "win32")("a pipe is refused and does not hang", () => {
    const pipe = join(testDirectory(), "pipe");
    execFileSync("mkfifo", [pipe]);
    expect(problemLines(loadConfig({ config: pipe }, {})).join()).toContain("a regular file");
  });

  test("a file without permission says so", () => {
    const file = testFile("c.yaml", TWO_URLS);
    chmodSync(dirname(file), 0o755);
    chmodSync(file, 0);
    const loaded = asPlainUser(() => loadConfig({ config: file }, {}));
    expect(problemLines(loaded).join()).toContain("this user may read");
  });

  test("an empty file is an empty config", () => {
    expect(problemLines(loadText(""))).toEqual([expect.stringContaining("upstreams.legacy.url")]);
    const file = testFile("parallax.yaml", "# nothing yet\n");
    expect(loadConfig({ config: file, ...URLS }, {}).ok).toBe(true);
  });

  test.each(["- a\n", "text\n", "7\n"])("%j is no mapping of keys", (text) => {
    expect(problemLines(loadText(text)).join()).toContain("allowed: a mapping of the keys");
  });

  test("a byte order mark does not matter", () => {
    expect(loadText(`\uFEFF${TWO_URLS}`).ok).toBe(true);
  });
});

/** Root may read everything: as root, the work is done as nobody. */
function asPlainUser<T>(work: () => T): T {
  if (process.getuid?.() !== 0) return work();
  process.seteuid?.(NOBODY);
  try {
    return work();
  } finally {
    process.seteuid?.(0);
  }
}

describe("PEM files", () => {
  test("an upstream's caFile must hold a certificate", () => {
    const caFile = testFile("ca.pem", "not a certificate");
    const text = `upstreams: { legacy: { url: "https://a.example", tls: { caFile: ${caFile} } } }`;
    expect(problemLines(loadText(text))).toEqual([
      expect.stringContaining("upstreams.legacy.tls.caFile: found"),
    ]);
  });

  test("listenTls must be a certificate and its key", () => {
    const pem = testFile("x.pem", "nothing");
    const text = `${TWO_URLS}listenTls: { certFile: ${pem}, keyFile: ${pem} }\n`;
    expect(problemLines(loadText(text)).join()).toContain(
      "listenTls: a PEM certificate and the unencrypted key",
    );
  });

  test("a directory in place of a file is named with its key", () => {
    const directory = join(testDirectory(), "d");
    mkdirSync(directory);
    const text = `${TWO_URLS}listenTls: { certFile: ${directory}, keyFile: /nowhere }\n`;
    const lines = problemLines(loadText(text));
    expect(lines[0]).toContain(`listenTls.certFile: found "${directory}"; allowed: a regular file`);
    expect(lines[1]).toContain('listenTls.keyFile: found "/nowhere"; allowed: a file that exists');
  });
});

// The image and the manifests, without a container engine: what can be wrong in them is looked at or really run.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { loadConfig } from "../../src/config/load.ts";
import { loadText, problemLines } from "../config/config-file.ts";
import { ROOT, read } from "./source-tree.ts";

interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** Instructions of the Dockerfile, continued lines joined. */
function instructions(): Instruction[] {
  const text = read("Dockerfile").replace(/^#.*$/gm, "").replace(/\\\n/g, " ");
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [, name = "", rest = ""] = /^\s*([A-Z]+)\s+(.*)$/.exec(line) ?? [];
      return { name, rest: rest.replace(/\s+/g, " ").trim() };
    });
}

function only(name: string): string {
  const found = instructions().filter((instruction) => instruction.name === name);
  expect(found, name).toHaveLength(1);
  return found[0]?.rest ?? "";
}

/** The last stage: what the image is made of. */
function lastStage(): Instruction[] {
  const all = instructions();
  return all.slice(all.findLastIndex(({ name }) => name === "FROM"));
}

/** What COPY takes from the build context, stages left out. */
function copiedSources(): string[] {
  return instructions()
    .filter(({ name, rest }) => name === "COPY" && !rest.includes("--from="))
    .flatMap(({ rest }) => rest.split(" ").slice(0, -1))
    .filter((word) => !word.startsWith("--"));
}

/** An exec form with the image's paths replaced by the ones here. */
function commandHere(execForm: string): string[] {
  const words = JSON.parse(execForm.slice(execForm.indexOf("["))) as string[];
  return words.map((word) => word.replace("/usr/local/bin/node", process.execPath).replace(/^\/app\//, ROOT));
}

async function exitCodeOf(
  command: readonly string[],
  environment: Record<string, string> = {},
): Promise<number> {
  const [file = "", ...rest] = command;
  try {
    await promisify(execFile)(file, rest, { cwd: "/", env: { PATH: "/nowhere", ...environment } });
    return 0;
  } catch (error) {
    return (error as { code: number }).code;
  }
}

async function healthServer(status: number): Promise<number> {
  const server = createServer((request, response) => {
    response.statusCode = request.url === "/healthz" ? status : 404;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

describe("Dockerfile", () => {
  test("copies what exists and is not ignored", () => {
    const allowed = read(".dockerignore")
      .split("\n")
      .filter((line) => line.startsWith("!"))
      .map((line) => line.slice(1));
    expect(copiedSources().length).toBeGreaterThan(5);
    for (const source of copiedSources()) {
      expect([source, existsSync(join(ROOT, source))]).toEqual([source, true]);
      expect(allowed).toContain(source.replace(/^\.\//, ""));
    }
    expect(read(".dockerignore")).toMatch(/^\*$/m);
  });

  test("copies all that package.json ships", () => {
    const { files } = JSON.parse(read("package.json")) as { files: string[] };
    const built = lastStage().flatMap(({ rest }) => /^--from=page \/app\/(\S+)/.exec(rest)?.[1] ?? []);
    for (const file of files) expect([...copiedSources(), ...built]).toContain(file);
  });

  test("takes from earlier stages only what they are called", () => {
    const stages = instructions().flatMap(({ name, rest }) =>
      name === "FROM" ? [/ AS (\S+)/.exec(rest)?.[1]] : [],
    );
    for (const { rest } of lastStage()) {
      const from = /--from=(\S+)/.exec(rest)?.[1];
      if (from !== undefined) expect(stages).toContain(from);
    }
  });

  test("runs as a number that is not root", () => {
    const user = only("USER");
    expect(user).toMatch(/^[1-9][0-9]*:[1-9][0-9]*$/);
    expect(lastStage().find(({ rest }) => rest.endsWith("/data"))?.rest).toContain(`--chown=${user}`);
  });

  test("writes to a volume alone", () => {
    expect(only("VOLUME")).toBe("/data");
    expect(only("ENV")).toContain("PARALLAX_DATA=/data");
  });

  test("exposes the ports that are the defaults", () => {
    const result = loadConfig({ legacy: "http://a.example" }, {});
    expect(result.ok && `${result.config.listen.port} ${result.config.adminListen.port}`).toBe(
      only("EXPOSE"),
    );
  });

  test("its entry point starts Parallax", async () => {
    const entry = commandHere(only("ENTRYPOINT"));
    expect(entry).toHaveLength(2);
    expect(await exitCodeOf([...entry, "--version"])).toBe(0);
    expect(await exitCodeOf([...entry, "check", `${ROOT}config/minimal.yaml`])).toBe(0);
    expect(await exitCodeOf([...entry, "check", "/nowhere"])).toBe(2);
    expect(JSON.parse(only("CMD"))).toEqual(["run"]);
  });

  test("its health check tells a healthy Parallax from a sick, a mute and an absent one", async () => {
    const check = commandHere(only("HEALTHCHECK"));
    const askAt = (admin: string) => exitCodeOf(check, { PARALLAX_ADMIN: admin });
    const healthy = await healthServer(200);
    expect(await askAt(`127.0.0.1:${healthy}`)).toBe(0);
    expect(await askAt(`0.0.0.0:${healthy}`)).toBe(0);
    expect(await askAt(`127.0.0.1:${await healthServer(503)}`)).toBe(1);
    expect(await askAt("127.0.0.1:1")).toBe(1);
    expect(await askAt("not an address")).toBe(1);
  });

  test.runIf(process.platform === "linux")(
    "installs every library that the pinned Node.js is linked against",
    () => {
      const report = process.report.getReport() as unknown as { sharedObjects: string[] };
      const glibc = /\/(ld-linux[^/]*|lib(c|m|dl|pthread|rt))\.so/;
      const packages: [RegExp, string][] = [
        [/\/libatomic\.so/, "libatomic1"],
        [/\/libstdc\+\+\.so/, "libstdc++6"],
        [/\/libgcc_s\.so/, "libstdc++6"], // which needs libgcc-s1
      ];
      const installed = lastStage().find(({ name }) => name === "RUN")?.rest ?? "";
      for (const object of report.sharedObjects) {
        if (!object.startsWith("/") || glibc.test(object) || object.endsWith(".node")) continue;
        const [, name] = packages.find(([pattern]) => pattern.test(object)) ?? [];
        expect([object, name !== undefined && installed.includes(name)]).toEqual([object, true]);
      }
    },
  );
});

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface Container {
  readonly name: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly lifecycle?: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } };
  readonly securityContext?: Readonly<Record<string, unknown>>;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly startupProbe: Probe;
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
}

describe("config/kubernetes/sidecar.yaml", () => {
  const documents = parseAllDocuments(read("config/kubernetes/sidecar.yaml")).map((document) =>
    document.toJS(),
  );
  const byKind = (kind: string) => documents.find((document) => document.kind === kind);
  const pod = byKind("Deployment").spec.template.spec;
  const parallax = (pod.containers as Container[]).find(({ name }) => name === "parallax") as Container;

  test("its config is one that Parallax accepts, with the variables that the container sets", () => {
    const environment: Record<string, string> = { PARALLAX_ADMIN_TOKEN: "t".repeat(16) };
    for (const { name, value } of parallax.env ?? []) if (value !== undefined) environment[name] = value;
    expect(problemLines(loadText(byKind("ConfigMap").data["parallax.yaml"], environment))).toEqual([]);
  });

  test("runs without privileges on a read-only root", () => {
    expect(parallax.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      runAsUser: Number(only("USER").split(":")[0]),
      capabilities: { drop: ["ALL"] },
    });
    expect(pod.securityContext.fsGroup).toBe(Number(only("USER").split(":")[1]));
  });

  test("mounts what it writes and what it reads, from volumes that are there", () => {
    const mounts = parallax.volumeMounts ?? [];
    expect(mounts.map(({ mountPath }) => mountPath)).toEqual(["/etc/parallax", "/data", "/tmp"]);
    expect(pod.volumes.map((volume: { name: string }) => volume.name)).toEqual(
      mounts.map(({ name }) => name),
    );
  });

  test("probes the admin port on its two health paths", () => {
    const names = parallax.ports?.map(({ name }) => name);
    for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"] as const) {
      expect(["/healthz", "/readyz"]).toContain(parallax[probe].httpGet.path);
      expect(names).toContain(parallax[probe].httpGet.port);
    }
    expect(parallax.livenessProbe.httpGet.path).toBe("/healthz");
  });

  test("lets endpoints forget the pod, then drains, while the legacy is still there; all within the grace", () => {
    const result = loadConfig({ legacy: "http://a.example" }, {});
    const drainSeconds = result.ok ? result.config.settings.timeouts.drainMs / 1000 : Number.NaN;
    const sleepSeconds = ({ lifecycle }: Container): number => {
      const [command, seconds] = lifecycle?.preStop.exec.command ?? [];
      expect(command).toBe("sleep");
      return Number(seconds);
    };
    const legacy = (pod.containers as Container[]).find(({ name }) => name === "legacy") as Container;
    const drainedSeconds = sleepSeconds(parallax) + drainSeconds;
    expect(sleepSeconds(parallax)).toBeGreaterThanOrEqual(5);
    expect(sleepSeconds(legacy)).toBeGreaterThan(drainedSeconds);
    // The shadow side takes 2 s more, and each thread a second before it is ended.
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(drainedSeconds + 4);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(sleepSeconds(legacy));
  });
});

describe("config/compose.yaml", () => {
  const { parallax } = parse(read("config/compose.yaml")).services;

  test("runs without privileges on a read-only root, with a volume for the store", () => {
    expect(parallax).toMatchObject({
      read_only: true,
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
    });
    expect(parallax.volumes).toContain("parallax-data:/data");
  });

  test("its variables are ones that Parallax accepts", () => {
    const result = loadConfig({}, { ...parallax.environment, PARALLAX_ADMIN_TOKEN: "t".repeat(16) });
    expect(problemLines(result)).toEqual([]);
  });

  test("publishes the admin listener on the host's loopback alone, and asks for a token", () => {
    expect(parallax.ports.filter((port: string) => port.endsWith(":9090"))).toEqual(["127.0.0.1:9090:9090"]);
    expect(parallax.environment.PARALLAX_ADMIN_TOKEN).toMatch(/^\$\{PARALLAX_ADMIN_TOKEN:\?/);
  });
});

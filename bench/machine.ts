// What a number is worth nothing without: the machine, the versions, the commit.
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { isNginxInstalled } from "./nginx.ts";
import { isPinned } from "./processes.ts";

const PACKAGES = ["autocannon", "http-proxy", "@fastify/reply-from", "fastify", "undici"] as const;

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGigabytes: number;
  readonly platform: string;
  readonly isPinned: boolean;
  /** Name → version: node, nginx, the packages. */
  readonly versions: Readonly<Record<string, string>>;
  /** Short, with `-dirty` where files differ from it. */
  readonly commit: string;
}

function versionOf(name: string): string {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { readonly version: string }).version;
}

function git(...args: readonly string[]): string {
  return execFileSync("git", [...args], { encoding: "utf8", cwd: import.meta.dirname }).trim();
}

function commitNow(): string {
  try {
    return git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain") === "" ? "" : "-dirty");
  } catch {
    return "unknown"; // Not a clone: the results say so.
  }
}

export function describeMachine(): Machine {
  const versions: Record<string, string> = { node: process.versions.node };
  // nginx writes its version to standard error.
  if (isNginxInstalled)
    versions["nginx"] = spawnSync("nginx", ["-v"], { encoding: "utf8" })
      .stderr.replace(/^.*nginx\//s, "")
      .trim();
  for (const name of PACKAGES) versions[name] = versionOf(name);
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGigabytes: Math.round(totalmem() / 1024 ** 3),
    platform: `${process.platform} ${process.arch}`,
    isPinned,
    versions,
    commit: commitNow(),
  };
}

// What Linux knows of a process tree: CPU time and resident memory, from /proc. Elsewhere: undefined.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // The process ended while the tree was read.
  }
}

export interface ProcessStat {
  readonly parent: number;
  /** User and system time of the process and of its reaped children, in clock ticks. */
  readonly ticks: number;
}

/** Reads one line of /proc/PID/stat; undefined where it is not one. */
export function parseStat(text: string): ProcessStat | undefined {
  // The second field is the command in parentheses and may hold anything: count from the last one.
  const end = text.lastIndexOf(")");
  if (end === -1) return undefined;
  const fields = text.slice(end + 2).split(" ");
  const at = (index: number): number => Number(fields[index]);
  // Fields 4 (ppid), 14-17 (utime, stime, cutime, cstime) of proc(5); fields[0] is field 3.
  const ticks = at(11) + at(12) + at(13) + at(14);
  return Number.isFinite(ticks) ? { parent: at(1), ticks } : undefined;
}

/** `root` and everything below it. */
export function treeOf(root: number, parents: ReadonlyMap<number, number>): readonly number[] {
  const children = new Map<number, number[]>();
  for (const [pid, parent] of parents) {
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [pid]);
    else siblings.push(pid);
  }
  const tree = [root];
  // Grows while it is walked; a process has one parent, so it ends.
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

function readStats(): ReadonlyMap<number, ProcessStat> {
  const stats = new Map<number, ProcessStat>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = parseStat(readOrEmpty(`/proc/${entry}/stat`));
    if (stat !== undefined) stats.set(Number(entry), stat);
  }
  return stats;
}

let ticksPerSecond: number | undefined;

/** CPU seconds that the whole tree below `root` has used so far (resolution 10 ms); undefined off Linux. */
export function cpuSeconds(root: number): number | undefined {
  if (process.platform !== "linux") return undefined;
  ticksPerSecond ??= Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
  const stats = readStats();
  const tree = treeOf(root, new Map([...stats].map(([pid, stat]) => [pid, stat.parent])));
  return tree.reduce((sum, pid) => sum + (stats.get(pid)?.ticks ?? 0), 0) / ticksPerSecond;
}

/** Resident bytes of one process (VmRSS); undefined off Linux. */
export function residentBytes(pid: number): number | undefined {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readOrEmpty(`/proc/${pid}/status`))?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

// `parallax cleanup`: what can go now, each with its evidence, for people and for CI. It takes nothing away.
import type { CleanupAnswer } from "../admin/cleanup.ts";
import { CommandError } from "../core/errors.ts";
import { type AdminAddress, getJson } from "../report/admin-client.ts";
import { counted } from "../report/wording.ts";
import { name, sentence } from "./rollout-words.ts";
import { STANDARD_TERMINAL, type Terminal } from "./terminal.ts";

export interface CleanupOptions extends AdminAddress {
  readonly format: "text" | "json";
}

/** The exit code: 0 nothing, 1 something can go, 2 usage, 3 it could not be asked. */
export async function runCleanup(
  options: CleanupOptions,
  terminal: Pick<Terminal, "write" | "writeError"> = STANDARD_TERMINAL,
): Promise<number> {
  try {
    const answer = await getJson<CleanupAnswer>(options, "/api/cleanup", {});
    const text =
      options.format === "json" ? `${JSON.stringify(answer, undefined, 2)}\n` : renderCleanup(answer);
    terminal.write(text);
    return answer.items.length === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    terminal.writeError(`parallax cleanup: ${error.message}\n`);
    return error.exitCode;
  }
}

function renderCleanup({ items }: CleanupAnswer): string {
  if (items.length === 0) return "Nothing can go: all there is, is in use, or too little is known of it.\n";
  const lines = items.flatMap(({ kind, subject, what, evidence, how }) => [
    "",
    `${sentence(what)}${kind === "rule" ? ` (${name(subject)})` : ""}`,
    ...evidence.map((text) => `  ${sentence(text)}`),
    `  To do: ${sentence(how)}.`,
  ]);
  return `${counted(items.length, "thing")} can go:\n${lines.join("\n")}\n`;
}

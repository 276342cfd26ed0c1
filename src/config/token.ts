// The admin token for a command that calls a running Parallax: from a file that a flag names, or the environment.
import { CommandError } from "../core/errors.ts";
import type { Environment } from "./overlays.ts";
import { readTextFile } from "./text-file.ts";
import { adminToken } from "./values.ts";

const TOKEN_BYTES_MAX = 4096;

/** The token, or undefined where none is given. Throws CommandError 2 for a file that does not hold one. */
export function readToken(file: string | undefined, environment: Environment): string | undefined {
  if (file === undefined) return environment["PARALLAX_ADMIN_TOKEN"] || undefined;
  const content = readTextFile(file, TOKEN_BYTES_MAX);
  if (!content.ok) throw new CommandError(2, `--token-file: ${file}: must be ${content.allowed}`);
  const token = content.text.trim();
  const outcome = adminToken.safeParse(token);
  if (outcome.success) return token;
  throw new CommandError(2, `--token-file: ${file}: must hold ${outcome.error.issues[0]?.message}`);
}
